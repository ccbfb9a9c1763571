"""Wikitext compiled to small programs: text, arguments and calls.

`delimiters` decides which braces, bars and equals signs are those of calls. mwparserfromhell parses
a skeleton of them, in which each text between two is one character: so its other rules (which names
a template may have, how runs of braces are paired) do not apply.
"""

from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import mwparserfromhell
from mwparserfromhell.nodes import Argument as ArgumentNode
from mwparserfromhell.nodes import Template as TemplateNode

from cstool.wikitext.expansion.budget import BudgetExceededError
from cstool.wikitext.expansion.delimiters import Delimiter, delimiters
from cstool.wikitext.expansion.inclusion import REMOVED

# Text in the skeleton, or a call that is parsed by itself.
_TEXT = "\ue000"
_SHAPES_KEPT = 4096
# Calls inside calls that the parser gets at once (it has a limit), and at all: MediaWiki evaluates
# no more than 100 levels.
_DEPTH_AT_ONCE = 25
_DEEPEST = 150
# The parser takes about 12 µs for each.
_MOST_DELIMITERS = 100_000


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


def compiled(text: str, *, after_newline: bool = False) -> Program:
    """Return the program of a text without comments and extension tags.

    `after_newline`: whether the text begins at the start of a line. Raises BudgetExceededError if
    it has too many calls, or calls nested too deeply.
    """
    found = delimiters(text, after_newline=after_newline)
    if not found:
        return text.replace(REMOVED, "")
    if len(found) > _MOST_DELIMITERS:
        raise BudgetExceededError("size")
    return _Compiler(text, found).program(0, len(found), 0, len(text))


class _Compiler:
    def __init__(self, text: str, found: list[Delimiter]) -> None:
        self._text = text
        self._found = found
        self._ends = _partners(found, text)

    def program(self, first: int, last: int, start: int, end: int) -> Program:
        """Return the program of `text[start:end]`, which has the delimiters `first` to `last`."""
        skeleton: list[str] = []
        pieces: list[Program] = []  # the texts, and the programs of calls parsed by themselves
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
                skeleton.append(_TEXT + _TEXT)
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
        return _filled(_shape("".join(skeleton)), pieces, lines)


def _partners(found: list[Delimiter], text: str) -> dict[int, int]:
    """Return the index of the closing delimiter of each opening one. Raises BudgetExceededError."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for index, item in enumerate(found):
        if text[item.start] == "{":
            opened.append(index)
            if len(opened) > _DEEPEST:
                raise BudgetExceededError("depth")
        elif text[item.start] == "}":
            partners[opened.pop()] = index
    return partners


class _ParameterShape(NamedTuple):
    name: "_Shape"
    default: "_Shape | None"


class _CallShape(NamedTuple):
    number: int  # of the opening braces
    title: "_Shape"
    parts: tuple[tuple["_Shape | None", "_Shape"], ...]


# A parsed skeleton: numbers of texts, arguments and calls.
_Shape = tuple[int | _ParameterShape | _CallShape, ...]


@lru_cache(maxsize=_SHAPES_KEPT)
def _shape(skeleton: str) -> _Shape:
    """Return a skeleton parsed. Most calls of pages have one of a few skeletons."""
    return _SkeletonReader().shape(mwparserfromhell.parse(skeleton, skip_style_tags=True))


class _SkeletonReader:
    """Numbers the texts and the braces of a parsed skeleton, in their order."""

    def __init__(self) -> None:
        self._texts = count()
        self._braces = count()

    def shape(self, code: Any) -> _Shape:
        """Return the shape of parsed wikitext, up to a bar that the parser has left in it.

        Only the first part of an argument's default counts.
        """
        shape: list[int | _ParameterShape | _CallShape] = []
        ended = False
        for node in code.nodes:
            found: list[int | _ParameterShape | _CallShape] = []
            if isinstance(node, TemplateNode):
                number = next(self._braces)
                title = self.shape(node.name)
                found.append(_CallShape(number, title, tuple(map(self._part, node.params))))
            elif isinstance(node, ArgumentNode):
                next(self._braces)
                name = self.shape(node.name)
                found.append(
                    _ParameterShape(
                        name, None if node.default is None else self.shape(node.default)
                    )
                )
            else:
                for character in str(node):
                    if character != "|":
                        found.append(next(self._texts))
                    elif not ended:
                        shape += found
                        ended = True
            if not ended:
                shape += found
        return tuple(shape)

    def _part(self, parameter: Any) -> tuple[_Shape | None, _Shape]:
        name = self.shape(parameter.name) if parameter.showkey else None
        return name, self.shape(parameter.value)


def _filled(shape: _Shape, pieces: list[Program], lines: list[bool]) -> Program:
    """Return the program of a shape with these texts."""
    nodes: list[str | Parameter | Call] = []
    for part in shape:
        if isinstance(part, int):
            piece = pieces[part]
            nodes += (piece,) if isinstance(piece, str) else piece
        elif isinstance(part, _ParameterShape):
            default = None if part.default is None else _filled(part.default, pieces, lines)
            nodes.append(Parameter(_filled(part.name, pieces, lines), default))
        else:
            parts = tuple(
                CallPart(
                    None if name is None else _filled(name, pieces, lines),
                    _filled(value, pieces, lines),
                )
                for name, value in part.parts
            )
            title = _filled(part.title, pieces, lines)
            nodes.append(Call(title, parts, lines[part.number]))
    return _joined(nodes)


def _joined(nodes: list[str | Parameter | Call]) -> Program:
    """Return nodes as a program, with adjacent texts joined."""
    out: list[str | Parameter | Call] = []
    for node in nodes:
        if isinstance(node, str) and out and isinstance(out[-1], str):
            out[-1] += node
        elif node != "":
            out.append(node)
    if not out:
        return ""
    return out[0] if len(out) == 1 and isinstance(out[0], str) else tuple(out)
