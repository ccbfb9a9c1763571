"""The exceptions of cstool; each carries a message of one line.

A message names the file, the line or byte offset in it, and what to do. The command line prints it
and exits with 1 (with 2 for a usage error); it prints a traceback only with `--debug`.
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
    """An error that the user can act on; its only argument is the message."""


class InputError(CstoolError):
    """The input is invalid: of another format, damaged, or empty."""


class WrongCallError(InputError):
    """The value of an option is invalid regardless of the input: exit code 2."""


class CutInputError(InputError):
    """The input is truncated, or damaged from some byte offset on.

    `--keep-going` keeps what precedes this offset. The message does not name the option: it is also
    shown to who gave it. The command line adds KEEP_GOING for others.
    """


# What to do about a CutInputError instead of what its message says.
KEEP_GOING = "or keep the readable part with --keep-going"


class OutputError(CstoolError):
    """The output folder cannot be used or written."""


class Unfinished(CstoolError):  # noqa: N818 - not an error: other array tasks still have to run
    """An array task (`--task`) is finished; parts of other array tasks are missing."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM during a run; its only argument says what is finished and how to resume."""


def is_full(error: OSError) -> bool:
    """Whether the disk is full or the quota is exceeded."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


# Parts of the messages of Python, the dynamic linker, Arrow, Polars (Rust) and C++ when memory is
# exhausted: the heap, the address space, or the stack of a new thread.
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
    """Whether an exception, or one that caused it, means that memory is exhausted."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))  # a chain of causes may have a cycle: raise a from b from a
        if isinstance(fault, MemoryError) or getattr(fault, "errno", None) == errno.ENOMEM:
            return True
        # ImportError: a library that could not be loaded. A Rust panic is not an Exception.
        if isinstance(fault, OSError | ImportError | RuntimeError) or not _is_ours(fault):
            text = str(fault).lower()
            if any(words in text for words in _NO_MEMORY):
                return True
        fault = fault.__cause__ or fault.__context__
    return False


def _is_ours(fault: BaseException) -> bool:
    return isinstance(fault, CstoolError | KeyboardInterrupt | SystemExit)


def how_to_report() -> str:
    """Return where to report an internal error, with the versions to report."""
    import platform

    where = issues() or ISSUES
    versions = f"cstool {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"run again with --debug and report what it prints to {where} ({versions})"


def is_damage(error: BaseException) -> bool:
    """Whether the error, of Arrow or Polars, means a corrupt Parquet file."""
    return "Parquet magic bytes" in str(error) or str(error).startswith("parquet: ")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise an OutputError that names `path` for an OSError in the block."""
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
