"""What can go wrong, told in one line.

Every message names the file, the place in it, and what to do. The command line prints it and
ends with exit code 1 (2 for a wrong call); a traceback appears with `--debug` only.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    """This run did its share (`--shard`); other parts are missing still."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM during a run; its one argument tells what is done and how to go on."""


def is_full(error: OSError) -> bool:
    """Whether there is no space left to write, or no more is allowed."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


def is_damage(error: Exception) -> bool:
    """Whether a file that should be Parquet is none any more, in the words of Arrow or Polars."""
    return "Parquet magic bytes" in str(error) or str(error).startswith("parquet: ")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an operating system's error while writing `path` into an `OutputError`."""
    try:
        yield
    except OSError as error:
        if is_full(error) and error.errno != errno.EDQUOT:
            what = "no space left on the disk; free some"
        elif is_full(error):
            what = "disk quota exceeded; free some space"
        else:
            what = f"cannot be written ({error.strerror or error}); mend that"
        raise OutputError(
            f"{path}: {what} and run the same command again: finished parts are kept"
        ) from error
