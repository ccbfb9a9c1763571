"""Safe output to a terminal: control characters are written as visible escapes.

File names, page titles, arguments and texts of dumps are untrusted. An escape sequence in them can
move the cursor, hide text or set the window title; a bidirectional override can reorder a line.

This is the only module that writes to standard output and standard error: `echo_line` for a line
with untrusted values, `echo` for several lines whose values have been escaped by `printable`,
`echo_styled` for text with colours of cstool, `echo_json` for JSON. A test verifies that no other
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

# Left-to-right, right-to-left and Arabic letter mark: they are common in right-to-left text and
# affect only adjacent characters.
_MARKS = "\u061c\u200e\u200f"
# Embeddings, overrides, isolates, and deprecated switches of shaping and mirroring.
_DIRECTIONS = "\u202a-\u202e\u2066-\u206f"
# Controls (C0, DEL, C1 with U+0085), line separators, lone surrogates. Private use, variation
# selectors, joiners (needed in Indic scripts and Persian) and tags (flags) are harmless.
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSAFE = _CONTROLS + _DIRECTIONS + _MARKS
_ANY = re.compile(f"[{_UNSAFE}]")
_IN_LINES = re.compile(f"(?![\n\t])[{_UNSAFE}]")
_IN_TEXT = re.compile(f"[{_CONTROLS}{_DIRECTIONS}]")
# The first group is kept: a colour (SGR), a line feed, an isolate, a mark.
_IN_STYLED = re.compile(f"(\x1b\\[[0-9;]*m|[\n\u2066-\u2069{_MARKS}])|[{_UNSAFE}]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with each unsafe character as an escape, such as `\x1b` or `\u202e`.

    With `lines`, line feeds and tabs are kept, for text composed of escaped values. Without it,
    as for a single name or value, they are escaped too.
    """
    return (_IN_LINES if lines else _ANY).sub(_escape, text)


def replace_unsafe(text: str, *, lines: bool = False) -> str:
    """Return running text with U+FFFD for each unsafe character; character offsets stay valid.

    Unlike `printable` it keeps the three direction marks, which are legitimate in running text.
    With `lines`, line feeds are kept, for text of several paragraphs.
    """
    if lines:
        return "\n".join(map(replace_unsafe, text.split("\n")))
    return _IN_TEXT.sub("\ufffd", text)


def _escape(found: re.Match[str]) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(found[0])
    return known.get(found[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def echo_line(text: str, err: bool = False) -> None:
    """Write one line to standard output, or to standard error, without unsafe characters.

    Line feeds in the text are escaped too, so that a file name cannot add a line.
    """
    echo(printable(text), err)


def in_lines(text: str, width: int) -> str:
    """Return the text with its lines broken at spaces, to at most `width` columns.

    A word that is longer than that, such as a path, is not broken.
    """
    from wcwidth import wcswidth

    lines = []
    for line in text.split("\n"):
        words = line.split(" ")
        whole, used = words[0], max(0, wcswidth(words[0]))
        for word in words[1:]:
            columns = max(0, wcswidth(word))
            fits = not word or used + 1 + columns <= width
            whole, used = whole + (" " if fits else "\n") + word, columns + (used + 1) * fits
        lines.append(whole)
    return "\n".join(lines)


def echo(text: str = "", err: bool = False, *, wrap: bool = True) -> None:
    """Write lines to standard output, or to standard error, without unsafe characters.

    Line feeds and tabs are kept; escape values that may contain some with `printable` first.
    Characters that the stream's encoding lacks are escaped as well. With `wrap`, long lines on
    standard error are broken at spaces if it is a terminal. If standard error cannot be written,
    the message is lost without an error.
    """
    text = printable(text, lines=True)
    if err:
        with suppress(OSError, ValueError):
            if wrap and sys.stderr.isatty():
                text = in_lines(text, _columns(sys.stderr))
            click.echo(_encodable(text, sys.stderr), err=True)
    else:
        click.echo(_encodable(text, sys.stdout))


def _columns(stream: TextIO) -> int:
    """Return the width of a terminal."""
    try:
        known = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        known = 0
    return known or 80


def echo_styled(texts: Iterable[str], *, pager: bool) -> None:
    """Write texts with colours and isolates to standard output, or show them in a pager.

    Colours (SGR), line feeds, isolates and direction marks are kept, so escape each value in the
    texts with `printable` or `replace_unsafe` first. Nothing is added between the texts.
    """
    safe = (_IN_STYLED.sub(lambda found: found[1] or _escape(found), text) for text in texts)
    if pager:
        click.echo_via_pager(safe, color=True)
        return
    for text in safe:
        # Without `color`, click strips colours even if FORCE_COLOR is set.
        click.echo(_encodable(text, sys.stdout), nl=False, color=True)


def echo_json(value: Any, *, indent: int = 0) -> None:
    r"""Write a value as JSON and a line feed to standard output, in UTF-8.

    In a file or a pipe, characters are not escaped unless JSON requires it. In a terminal, unsafe
    characters are written as JSON escapes (`\u202e`), which a parser reads as the same text. Lone
    surrogates (in file names that are not UTF-8) are always escaped, because UTF-8 cannot encode
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
    if found[0].isascii():  # DEL, which `json` does not escape
        return f"\\u{ord(found[0]):04x}"
    return json.dumps(found[0])[1:-1]


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with escapes for characters that the stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def open_missing_streams() -> None:
    """Open standard streams that are closed at the start of the program (`>&-`).

    Otherwise the next file that is opened would get the descriptor of a standard stream, and what
    a library prints would be written into it. Writing to a closed standard output fails, as in
    other programs; messages to a closed standard error are discarded.
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
    """Flush standard output and error; return the error of standard output, if any.

    A failed stream is redirected to /dev/null: Python flushes it again at exit, and would print a
    traceback.
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
