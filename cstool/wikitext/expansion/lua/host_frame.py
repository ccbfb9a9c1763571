"""What frame objects and `mw` need of Python.

After Scribunto (REL1_39), Scribunto_LuaEngine: getExpandedArgument, expandTemplate,
callParserFunction, preprocess, newChildFrame.
"""

import re
from collections.abc import Mapping
from html import unescape

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.lua.lua_values import (
    Callback,
    LuaFaultError,
    UnknownError,
    lua_text,
    text_of,
    unknown,
)
from cstool.wikitext.markers import HOLE

_MOST_FRAMES = 100
_SLICE = 500
_WHITE = " \t\n\r\0\x0b"
_ERROR = re.compile('<strong class="error">(.*)</strong>', re.DOTALL)
_DECIMAL = re.compile("0|-?[1-9][0-9]{0,17}")


class LuaFrames:
    """The frames that modules can refer to, by number; 0 is a frame without arguments."""

    def __init__(self) -> None:
        self._frames: dict[int, Frame] = {}
        self._stack: list[Frame] = []
        self._reads = 0
        self.expensive = 0

    @property
    def current(self) -> Frame:
        """The frame of the innermost call of a module."""
        self._reads += 1
        return self._stack[-1]

    def read_page(self) -> None:
        """Note that data which depends on the current call is used."""
        self._reads += 1

    def page_reads(self) -> int:
        """Return how often something of a current call was read."""
        return self._reads

    @property
    def depth(self) -> int:
        """How many calls of modules are being evaluated."""
        return len(self._stack)

    def enter(self, frame: Frame) -> tuple[int, int | None]:
        """Begin a call of a module; return the numbers of its frame and of its parent."""
        if not self._stack:
            self._frames.clear()
            self.expensive = 0
        self._stack.append(frame)
        parent = frame.parent
        return self._add(frame), None if parent is None else self._add(parent)

    def leave(self) -> None:
        """End the innermost call."""
        self._stack.pop()

    def _add(self, frame: Frame) -> int:
        number = len(self._frames) + 1
        self._frames[number] = frame
        return number

    def _frame(self, number: float) -> Frame:
        frame = self._frames.get(int(number)) if number else self.current
        if frame is None:
            raise LuaFaultError("invalid frame ID")
        return frame

    def functions(self) -> Mapping[str, Callback]:
        """Return the functions of `frame.lua`."""
        return {
            "argument": self._argument,
            "arguments": self._arguments,
            "title": self._title,
            "child": self._child,
            "template": self._template,
            "parser_function": self._parser_function,
            "preprocess": self._preprocess,
        }

    def mw_functions(self) -> Mapping[str, Callback]:
        """Return the functions of `mw.lua`."""
        return {
            "expensive": self._expensive,
            "unknown": _unknown,
            "expression": self._expression,
        }

    def _argument(self, number: float, name: bytes) -> str | None:
        return self._frame(number).argument(text_of(name))

    def _arguments(self, number: float, start: float) -> tuple[object, ...]:
        values: list[object] = []
        first = int(start)
        # Numbered arguments come first (PPTemplateFrame_Hash::getArguments).
        pairs = sorted(
            self._frame(number).arguments().items(), key=lambda pair: not pair[0].isdecimal()
        )[first : first + _SLICE]
        for name, value in pairs:
            values += (_key(name), lua_text(value))
        return tuple(values)

    def _title(self, number: float) -> str:
        return self._frame(number).title

    def _child(self, number: float, title: bytes | None, *flat: object) -> int:
        frame = self._frame(number)
        if len(self._frames) > _MOST_FRAMES:
            raise LuaFaultError("newChild: too many frames")
        if title is None:
            name = frame.title
        else:
            parsed = parsed_title(text_of(title), frame.site)
            if parsed is None:
                raise LuaFaultError("newChild: invalid title")
            name = parsed.full
        return self._add(frame.child(name, {key: (text, False) for key, text in _pairs(flat)}))

    def _template(self, number: float, title: bytes, *flat: object) -> str:
        return self._frame(number).call_template(text_of(title), dict(_pairs(flat)))

    def _parser_function(self, number: float, name: bytes, *flat: object) -> str:
        function, colon, first = text_of(name).partition(":")
        pairs = _pairs(flat)
        named = {key: text for key, text in pairs if not key.isdecimal()}
        arguments = [first.strip(_WHITE)] if colon else []
        arguments += [text for key, text in pairs if key.isdecimal()]
        if not arguments:
            raise LuaFaultError(
                "callParserFunction: At least one unnamed parameter (the parameter that comes "
                "after the colon in wikitext) must be provided"
            )
        return self._frame(number).call_function(function, arguments, named)

    def _preprocess(self, number: float, text: bytes) -> str:
        return self._frame(number).expand(text_of(text).replace("\r\n", "\n").replace("\r", "\n"))

    def _expression(self, text: bytes) -> str:
        result = self.current.call_function("#expr", [text_of(text)])
        if found := _ERROR.fullmatch(result):
            raise LuaFaultError(unescape(found[1]))
        return result

    def _expensive(self) -> int:
        self.expensive += 1
        return self.expensive


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def _pairs(flat: tuple[object, ...]) -> list[tuple[str, str]]:
    texts = [text_of(value) for value in flat]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _key(name: str) -> object:
    """Return a name as PHP has it as an array's key: decimal integers are numbers."""
    if _DECIMAL.fullmatch(name):
        return int(name)
    if HOLE in name:
        raise UnknownError(hole("argument with an unknown name"))
    return name.encode("utf-8", "replace")
