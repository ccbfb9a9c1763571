"""Formats texts for a terminal: wrapped lines, side by side or below each other.

Lines are wrapped by ICU (UAX #14, with dictionaries for Thai and other languages); the width of
characters is that of wcwidth. Right-to-left names are isolated with U+2068 and U+2069, and each
line sets its own direction, so that the words around the names keep their order.
"""

import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from icu4py.breakers import LineBreaker
from wcwidth import iter_graphemes, wcswidth

from cstool.execution.terminal import printable, replace_unsafe
from cstool.languages.segmentation import segments
from cstool.report.show.items import AnnotatedText, ShownRow, TextSpan

# ANSI colors that are readable on a light and on a dark background.
_COLORS = (36, 35, 32, 34, 33, 31)
_BOLD, _UNDERLINED, _DIM, _RESET = "\x1b[1;{}m", "\x1b[4;{}m", "\x1b[2m", "\x1b[0m"
# Without colors, what is around an entity, and around a word.
_BRACKETS, _BRACES = ("[", "]"), ("{", "}")
_FIRST_STRONG, _LEFT, _RIGHT, _END = "\u2068", "\u2066", "\u2067", "\u2069"
# Minimum width, in columns, to show two texts side by side.
SIDE_BY_SIDE = 100
_BAR = " │ "


@dataclass(frozen=True)
class Style:
    """The output style: width in columns (None: lines are not wrapped), colors, isolates.

    Without colors entities are in brackets and words in braces.
    """

    width: int | None = None
    color: bool = False
    isolates: bool = False


def lines_of(shown: ShownRow, style: Style) -> Iterator[str]:
    """Yield the lines that show a row."""
    head = printable(shown.head)
    pieces = tuple(_safe(piece) for piece in shown.pieces)
    for line in _broken(head, style.width):
        text = head[line.start : line.end].rstrip()
        text = _isolated(text, _LEFT) if style.isolates and is_rtl(text) else text
        yield f"{_DIM}{text}{_RESET}" if style.color else text
    names = max((wcswidth(piece.language) for piece in pieces), default=0)
    indent = names + 2 if names else 2
    colors = _colors(pieces)
    # A switched sentence has the direction of its source, even if it starts with an Arabic name.
    runs = [_direction(piece.text) for piece in pieces]
    runs = [runs[0]] * 2 if len(runs) == 2 and shown.alike else runs
    if len(pieces) == 2 and style.width is not None and style.width >= SIDE_BY_SIDE:
        column = (style.width - len(_BAR)) // 2
        left, right = (
            _block(piece, color, run, indent, column, style)
            for piece, color, run in zip(pieces, colors, runs, strict=True)
        )
        for i in range(max(len(left), len(right))):
            text, used = left[i] if i < len(left) else ("", 0)
            other = right[i][0] if i < len(right) else ""
            yield f"{text}{' ' * (column - used)}{_BAR}{other}".rstrip()
    else:
        for piece, color, run in zip(pieces, colors, runs, strict=True):
            yield from (text for text, _ in _block(piece, color, run, indent, style.width, style))
    if shown.below:
        piece = _safe(shown.below)
        color = colors[-1] if colors else color_of(piece.language)
        # Below the text, at the same place, unless the language's code is too long for it.
        wider = max(indent, wcswidth(piece.language) + 2)
        lines = _block(piece, color, _direction(piece.text), wider, style.width, style)
        yield from (text for text, _ in lines)
    yield from _columns(shown.pairs, style)
    if shown.more:
        hint = f"… {shown.more:,} more characters; --full shows them"
        yield f"{_DIM}{hint}{_RESET}" if style.color else hint


def _columns(rows: tuple[tuple[str, ...], ...], style: Style) -> Iterator[str]:
    """Yield the lines of cells in columns; right-to-left cells are isolated."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(wcswidth, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = ""
        for cell, width in zip(row, widths, strict=True):
            text = _isolated(cell, _FIRST_STRONG) if style.isolates and is_rtl(cell) else cell
            line += f"{text}{' ' * (width - wcswidth(cell) + 2)}"
        yield f"  {line}".rstrip()


def _safe(piece: AnnotatedText) -> AnnotatedText:
    """Return the piece without terminal control characters but line feeds; its spans stay valid."""
    text = replace_unsafe(piece.text, lines=True)
    return AnnotatedText(printable(piece.language), text, piece.spans)


def color_of(language: str) -> int:
    """Return the color of a language, which is always the same."""
    return _COLORS[zlib.crc32(language.encode()) % len(_COLORS)]


def _colors(pieces: tuple[AnnotatedText, ...]) -> list[int]:
    """Return the color of each text; two texts always differ."""
    colors = [color_of(piece.language) for piece in pieces]
    if len(pieces) == 2 and colors[0] == colors[1]:
        colors[1] = _COLORS[(_COLORS.index(colors[1]) + 1) % len(_COLORS)]
    return colors


def is_rtl(text: str) -> bool:
    """Whether the text contains right-to-left characters."""
    return not text.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _direction(text: str) -> str:
    """Return the direction character for a text, by its first letter."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return _RIGHT if next((k for k in kinds if k in ("L", "R", "AL")), "L") != "L" else _LEFT


def _isolated(text: str, opening: str) -> str:
    return f"{opening}{text}{_END}"


def _block(
    piece: AnnotatedText, color: int, run: str, indent: int, width: int | None, style: Style
) -> list[tuple[str, int]]:
    """Return the lines of a text after its language code, each with its width in columns."""
    if not style.color:
        piece = _bracketed(piece)
    direction = run if style.isolates and is_rtl(piece.text) else ""
    lines: list[tuple[str, int]] = []
    room = None if width is None else max(1, width - indent)
    for where in _lines(piece.text, room):
        text = piece.text[where.start : where.end].rstrip()
        line = TextSpan(where.start, where.start + len(text))
        name = "" if lines else piece.language
        used = indent + wcswidth(text)
        begin = f"{name}{' ' * (indent - wcswidth(name))}"
        if style.color and name:
            begin = f"\x1b[{color}m{begin}{_RESET}"
        text = _decorated(piece, line, color, style)
        if not text and not name:  # a blank line of a page
            lines.append(("", 0))
            continue
        lines.append((begin + (_isolated(text, direction) if direction else text), used))
    return lines


def _lines(text: str, width: int | None) -> Iterator[TextSpan]:
    """Yield the spans of lines of at most `width` columns; a line feed ends a line."""
    start = 0
    for line in text.split("\n"):
        for span in _broken(line, width):
            yield TextSpan(start + span.start, start + span.end)
        start += len(line) + 1


def _bracketed(piece: AnnotatedText) -> AnnotatedText:
    """Return the text with its entities in brackets, and its words in braces."""
    out, spans, at = "", [], 0
    for start, end, word in piece.spans:
        out += piece.text[at:start]
        spans.append(TextSpan(len(out), len(out) + end - start + 2, word))
        first, last = _BRACES if word else _BRACKETS
        out += f"{first}{piece.text[start:end]}{last}"
        at = end
    return AnnotatedText(piece.language, out + piece.text[at:], tuple(spans))


def _decorated(piece: AnnotatedText, line: TextSpan, color: int, style: Style) -> str:
    """Return a line of a text with its entities colored and isolated."""
    out, at = "", line.start
    for span in piece.spans:
        start, end = max(span.start, line.start), min(span.end, line.end)
        if start >= end:
            continue
        name = piece.text[start:end]
        if style.isolates and is_rtl(name):
            name = _isolated(name, _FIRST_STRONG)
        if style.color:
            way = _UNDERLINED if span.word else _BOLD
            name = f"{way.format(color)}{name}{_RESET}"
        out += piece.text[at:start] + name
        at = end
    return out + piece.text[at : line.end]


def _broken(text: str, width: int | None) -> Iterator[TextSpan]:
    """Yield the spans of lines of at most `width` columns."""
    if width is None or (text.isascii() and len(text) <= width):
        yield TextSpan(0, len(text))
        return
    start = 0
    for begin, end in _breakable(text, width):
        if begin > start and wcswidth(text[start:end].rstrip()) > width:
            yield TextSpan(start, begin)
            start = begin
    yield TextSpan(start, len(text))


def _breakable(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the spans between line breaks; one that is too long is split into graphemes.

    No span starts with a combining mark, which would take a column of its own after a space.
    """
    for start, end in segments(LineBreaker, text):
        if wcswidth(text[start:end].rstrip()) <= width:
            yield start, end
            continue
        begin = at = start
        for grapheme in iter_graphemes(text[start:end]):
            if at > begin and unicodedata.category(grapheme[0])[0] != "M":
                yield begin, at
                begin = at
            at += len(grapheme)
        yield begin, end
