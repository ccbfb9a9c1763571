"""What can go wrong, told in one line.

Every message names the file, the place in it, and what to do. The command line prints it and
ends with exit code 1 (2 for a wrong call); a traceback appears with `--debug` only.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cstool import __version__
from cstool.distribution import issues

# The last part of a message about a run that was interrupted.
RESUME = "run the same command again to resume; finished parts are kept"

# Where to report an internal error if the installed distribution has no address `Issues`.
ISSUES = 'the maintainers (CONTRIBUTING.md, "Report a bug")'


class CstoolError(Exception):
    """A fault that a user can act on; its one argument is the whole message."""


class InputError(CstoolError):
    """The input is not what it should be: wrong format, damaged, or empty."""


class WrongCallError(InputError):
    """What an option says means nothing, whatever the files hold: exit code 2."""


class CutInputError(InputError):
    """The input ends before its end, or is damaged from some place on.

    What stands before that place is sound: `--keep-going` keeps it.
    """


class OutputError(CstoolError):
    """The output folder cannot be used or written."""


class Unfinished(CstoolError):  # noqa: N818 - it is no error: the other shards are still to run
    """An array task (`--task`) is finished; parts of other array tasks are missing."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM during a run; its one argument tells what is done and how to go on."""


def is_full(error: OSError) -> bool:
    """Whether there is no space left to write, or no more is allowed."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


# Said by Python, the dynamic linker, Arrow, Polars (Rust) and C++ when there is no memory for more:
# of heap, of address space, for a thread's stack.
_NO_MEMORY = (
    "cannot allocate memory",
    "can't start new thread",
    "failed to map segment",
    "failed to spawn thread",
    "memory allocation",
    "malloc of size",
    "realloc of size",
    "out of memory",
    "bad_alloc",
    "unable to allocate",
    "cannot create memory",
    "could not spawn",
    "resource temporarily unavailable",
)
MORE_MEMORY = (
    "out of memory; use fewer --jobs or a smaller --part-size, or allow more (`ulimit -v`, "
    "control groups)"
)


def is_out_of_memory(fault: BaseException | None) -> bool:
    """Whether a fault, or what it came from, tells that there is no memory for more."""
    while fault is not None:
        if isinstance(fault, MemoryError) or getattr(fault, "errno", None) == errno.ENOMEM:
            return True
        # A library that has not been loaded for want of memory; a panic is no Exception.
        if isinstance(fault, OSError | ImportError | RuntimeError) or not _is_ours(fault):
            text = str(fault).lower()
            if any(words in text for words in _NO_MEMORY):
                return True
        fault = fault.__cause__ or fault.__context__
    return False


def _is_ours(fault: BaseException) -> bool:
    return isinstance(fault, CstoolError | KeyboardInterrupt | SystemExit)


def how_to_report() -> str:
    """Return, for a fault of cstool itself, where to report it and what it happened with."""
    import platform

    where = issues() or ISSUES
    versions = f"cstool {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"run again with --debug and report what it prints to {where} ({versions})"


def is_damage(error: BaseException) -> bool:
    """Whether a file that should be Parquet is none any more, in the words of Arrow or Polars."""
    return "Parquet magic bytes" in str(error) or str(error).startswith("parquet: ")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an operating system's error while writing `path` into an `OutputError`."""
    try:
        yield
    except OSError as error:
        if is_full(error) and error.errno != errno.EDQUOT:
            what = "no space left on the disk; free some space"
        elif is_full(error):
            what = "disk quota exceeded; free some space"
        else:
            what = f"cannot be written ({error.strerror or error}); fix this"
        raise OutputError(f"{path}: {what} and {RESUME}") from error
