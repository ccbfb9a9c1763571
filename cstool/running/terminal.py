"""Text for a terminal: characters that a terminal would obey are written as visible escapes.

File names, page titles, arguments and texts of dumps come from others. An escape sequence in one
of them can move the cursor, hide text or set the window's title; a bidirectional override can
show a line in another order than it has.
"""

import os
import re
import sys
from contextlib import suppress

import click

# Controls (C0, DEL, C1), marks and overrides of direction, separators of lines, lone surrogates.
_UNSAFE = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_ANY = re.compile(f"[{_UNSAFE}]")
_IN_LINES = re.compile(f"(?![\n\t])[{_UNSAFE}]")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with each unsafe character as an escape, such as `\x1b` or `\u202e`.

    With `lines`, line feeds and tabs are kept: for text that has been put together from safe
    parts. Without it, as for a single name or value, they are escaped too.
    """
    return (_IN_LINES if lines else _ANY).sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(found[0])
    return known.get(found[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def echo(text: str = "", err: bool = False) -> None:
    """Write lines to standard output, or to standard error, without unsafe characters.

    Line feeds and tabs are kept; a value that may hold some is to be passed through `printable`
    first. Characters that the stream's encoding lacks are escaped as well. Standard error that
    cannot be written is no fault: what was to be done is done without the message.
    """
    text = printable(text, lines=True)
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    if err:
        with suppress(OSError, ValueError):
            click.echo(text, err=True)
    else:
        click.echo(text)


def open_missing_streams() -> None:
    """Open standard streams that the program was started without (`>&-`).

    Else the next file that is opened gets the number of one, and what a library prints goes into
    it. What is written to such an output fails, as it does in other programs; messages go nowhere.
    """
    for number, name, mode, flags in (
        (0, "stdin", "r", os.O_WRONLY),
        (1, "stdout", "w", os.O_RDONLY),
        (2, "stderr", "w", os.O_WRONLY),
    ):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def finish_output() -> OSError | None:
    """Write what is buffered for standard output and error; return the fault of standard output.

    After a fault Python's own attempt, at its end, is led to nowhere: it would print a traceback.
    """
    fault: OSError | None = None
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            fault = fault or (error if number == 1 else None)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
        except ValueError:  # closed
            continue
    return fault
