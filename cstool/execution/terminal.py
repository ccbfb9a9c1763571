"""Text for a terminal: characters that a terminal would obey are written as visible escapes.

File names, page titles, arguments and texts of dumps come from others. An escape sequence in one
of them can move the cursor, hide text or set the window's title; a bidirectional override can
show a line in another order than it has.

This is the only module that writes to standard output and standard error: `echo_line` for a line
with values from outside in it, `echo` for several lines whose values have been through `printable`,
`echo_styled` for text with cstool's own colours, `echo_json` for JSON. A test checks that no other
module writes there (tests/cli/test_one_output.py).
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

import click

# Left-to-right, right-to-left and Arabic letter mark: right-to-left text is written with them, and
# they affect only the characters beside them.
_MARKS = "\u061c\u200e\u200f"
# Embeddings, overrides, isolates, and deprecated switches of shaping and mirroring.
_DIRECTIONS = "\u202a-\u202e\u2066-\u206f"
# Controls (C0, DEL, C1; U+0085 is one), separators of lines, lone surrogates. Private use,
# variation selectors, joiners (Indic and Persian need them), and tags (flags) are harmless.
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSAFE = _CONTROLS + _DIRECTIONS + _MARKS
_ANY = re.compile(f"[{_UNSAFE}]")
_IN_LINES = re.compile(f"(?![\n\t])[{_UNSAFE}]")
_IN_TEXT = re.compile(f"[{_CONTROLS}{_DIRECTIONS}]")
# Kept in the first group: a colour (SGR), a line feed, an isolate, a mark.
_IN_STYLED = re.compile(f"(\x1b\\[[0-9;]*m|[\n\u2066-\u2069{_MARKS}])|[{_UNSAFE}]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with each unsafe character as an escape, such as `\x1b` or `\u202e`.

    With `lines`, line feeds and tabs are kept: for text that has been put together from safe
    parts. Without it, as for a single name or value, they are escaped too.
    """
    return (_IN_LINES if lines else _ANY).sub(_escape, text)


def replace_unsafe(text: str) -> str:
    """Return running text with U+FFFD for each unsafe character: offsets into it stay valid.

    Unlike `printable` it keeps the three marks of direction, which running text contains rightly.
    """
    return _IN_TEXT.sub("\ufffd", text)


def _escape(found: re.Match[str]) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(found[0])
    return known.get(found[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def echo_line(text: str, err: bool = False) -> None:
    """Write one line to standard output, or to standard error, without unsafe characters.

    A line feed in the text is escaped as well: a file name cannot add a line.
    """
    echo(printable(text), err)


def echo(text: str = "", err: bool = False) -> None:
    """Write lines to standard output, or to standard error, without unsafe characters.

    Line feeds and tabs are kept; a value that may hold some is to be passed through `printable`
    first. Characters that the stream's encoding lacks are escaped as well. Standard error that
    cannot be written is no fault: what was to be done is done without the message.
    """
    text = printable(text, lines=True)
    if err:
        with suppress(OSError, ValueError):
            click.echo(_encodable(text, sys.stderr), err=True)
    else:
        click.echo(_encodable(text, sys.stdout))


def echo_styled(texts: Iterable[str], *, pager: bool) -> None:
    """Write texts with colours and isolates to standard output, or show them in a pager.

    Colours (SGR), line feeds, isolates and marks of direction are kept, so each value within the
    texts is to be passed through `printable` or `replace_unsafe` first. Nothing is added between
    the texts.
    """
    safe = (_IN_STYLED.sub(lambda found: found[1] or _escape(found), text) for text in texts)
    if pager:
        click.echo_via_pager(safe, color=True)
        return
    for text in safe:
        # Without `color` click strips colours that FORCE_COLOR asks for.
        click.echo(_encodable(text, sys.stdout), nl=False, color=True)


def echo_json(value: Any, *, indent: int = 0) -> None:
    r"""Write a value as JSON and a line feed to standard output, in UTF-8.

    In a file or a pipe the JSON is exact: characters stand as they are. In a terminal unsafe ones
    are written as JSON's own escapes (`\u202e`), which a parser reads as the same text. Lone
    surrogates (of file names that are not UTF-8) are escaped everywhere: UTF-8 has no bytes for
    them.
    """
    import msgspec

    try:
        data = msgspec.json.encode(value)
        data = msgspec.json.format(data, indent=indent) if indent else data
    except UnicodeEncodeError:
        separators = None if indent else (",", ":")
        bare = msgspec.to_builtins(value)
        text = json.dumps(bare, ensure_ascii=False, indent=indent or None, separators=separators)
        data = re.sub("[\ud800-\udfff]", _escape, text).encode()
    if not sys.stdout.isatty():
        click.echo(data)
        return
    text = _IN_LINES.sub(_escape_in_json, data.decode())
    if _encodable(text, sys.stdout) != text:
        text = _NOT_ASCII.sub(_escape_in_json, text)
    click.echo(text)


def _escape_in_json(found: re.Match[str]) -> str:
    if found[0].isascii():  # DEL, which `json` writes as it is
        return f"\\u{ord(found[0]):04x}"
    return json.dumps(found[0])[1:-1]


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with escapes for characters that the stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


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
