"""Wikitext compiled to small programs: text, arguments and calls.

`delimiters` decides which braces, bars and equals signs are those of calls. mwparserfromhell parses
a skeleton of them, in which a character stands for each text between two: so its other rules (which
names a template may have, how runs of braces are paired) do not apply.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Argument as ArgumentNode
from mwparserfromhell.nodes import Template as TemplateNode

from cstool.wikitext.expansion.delimiters import Delimiter, delimiters
from cstool.wikitext.expansion.inclusion import REMOVED

# Text in the skeleton; a call in it that is parsed by itself.
_TEXT = "\ue000"
_INNER = "\ue001"
# Calls inside calls that the parser gets at once (it has a limit), and at all: MediaWiki evaluates
# no more than 100 levels.
_DEPTH_AT_ONCE = 25
_DEEPEST = 150


class Parameter(NamedTuple):
    """`{{{name|default}}}`; `default` is None without a bar."""

    name: "Program"
    default: "Program | None"


class CallPart(NamedTuple):
    """An argument of a call; `name` is the text before its first equals sign, None without one."""

    name: "Program | None"
    value: "Program"


class Call(NamedTuple):
    """`{{title|part|…}}`; `starts_line`: at the start of a line of its source."""

    title: "Program"
    parts: tuple[CallPart, ...]
    starts_line: bool


# Wikitext to evaluate; one without calls and arguments is a string.
Program = str | tuple["str | Parameter | Call", ...]


class TooDeepError(Exception):
    """Calls in a text are nested more deeply than any wiki evaluates them."""


def compiled(text: str, *, after_newline: bool = False) -> Program:
    """Return the program of a text without comments and extension tags.

    `after_newline`: whether the text begins at the start of a line. Raises TooDeepError.
    """
    found = delimiters(text, after_newline=after_newline)
    if not found:
        return text.replace(REMOVED, "")
    return _Compiler(text, found).program(0, len(found), 0, len(text))


class _Compiler:
    def __init__(self, text: str, found: list[Delimiter]) -> None:
        self._text = text
        self._found = found
        self._ends = _partners(found, text)

    def program(self, first: int, last: int, start: int, end: int) -> Program:
        """Return the program of `text[start:end]`, which has the delimiters `first` to `last`."""
        skeleton: list[str] = []
        pieces: list[Any] = []  # the texts, and the programs of calls parsed by themselves
        lines: list[bool] = []
        index, at, depth = first, start, 0
        while index < last:
            item = self._found[index]
            pieces.append(self._text[at : item.start].replace(REMOVED, ""))
            source = self._text[item.start : item.end]
            at = item.end
            if source[0] == "{" and depth == _DEPTH_AT_ONCE:
                close = self._ends[index]
                at = self._found[close].end
                pieces.append(self.program(index, close + 1, item.start, at))
                skeleton += (_TEXT, _INNER)
                index = close + 1
                continue
            if source[0] == "{":
                depth += 1
                lines.append(item.starts_line)
            elif source[0] == "}":
                depth -= 1
            skeleton += (_TEXT, source)
            index += 1
        pieces.append(self._text[at:end].replace(REMOVED, ""))
        skeleton.append(_TEXT)
        code = mwparserfromhell.parse("".join(skeleton), skip_style_tags=True)
        return _Builder(iter(pieces), iter(lines)).program(code)


def _partners(found: list[Delimiter], text: str) -> dict[int, int]:
    """Return the index of the closing delimiter of each opening one. Raises TooDeepError."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for index, item in enumerate(found):
        if text[item.start] == "{":
            opened.append(index)
            if len(opened) > _DEEPEST:
                raise TooDeepError
        elif text[item.start] == "}":
            partners[opened.pop()] = index
    return partners


class _Builder:
    """Fills a parsed skeleton with its texts, in their order."""

    def __init__(self, pieces: Iterator[Any], lines: Iterator[bool]) -> None:
        self._pieces = pieces
        self._lines = lines

    def program(self, code: Any) -> Program:
        """Return the program of parsed wikitext."""
        return self._parts(code)[0]

    def _parts(self, code: Any) -> list[Program]:
        """Return the programs between the bars that the parser left in a text."""
        parts: list[list[str | Parameter | Call]] = [[]]
        for node in code.nodes:
            if isinstance(node, TemplateNode):
                starts_line = next(self._lines)
                title = self.program(node.name)
                call = Call(title, tuple(map(self._part, node.params)), starts_line)
                parts[-1].append(call)
            elif isinstance(node, ArgumentNode):
                next(self._lines)
                name = self.program(node.name)
                default = None if node.default is None else self.program(node.default)
                parts[-1].append(Parameter(name, default))
            else:
                for character in str(node):
                    if character == "|":  # only the first part of a default counts
                        parts.append([])
                    else:
                        piece = next(self._pieces)
                        parts[-1] += piece if isinstance(piece, tuple) else (piece,) * bool(piece)
        return list(map(_joined, parts))

    def _part(self, parameter: Any) -> CallPart:
        name = self.program(parameter.name) if parameter.showkey else None
        return CallPart(name, self.program(parameter.value))


def _joined(nodes: list[str | Parameter | Call]) -> Program:
    """Return nodes as a program, with adjacent texts joined."""
    out: list[str | Parameter | Call] = []
    for node in nodes:
        if isinstance(node, str) and out and isinstance(out[-1], str):
            out[-1] += node
        else:
            out.append(node)
    if not out:
        return ""
    return out[0] if len(out) == 1 and isinstance(out[0], str) else tuple(out)
