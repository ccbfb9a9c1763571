"""Find the braces, bars and equals signs that belong to calls and arguments.

After Preprocessor_Hash::preprocessToObj (MediaWiki REL1_39). Runs of braces are paired from the
inside, three before two. Within `[[ ]]` and `-{ }-`, and in a line that begins with `=`, bars and
equals signs are text; while one of them is open, `}}` does not end the call around it.
"""

import re
from typing import NamedTuple

_OPEN = "{"
_LINK = "["
_VARIANT = "-"
_HEADING = "="
# What may change the state: of equals signs, only those that may end a name.
_EVENT = re.compile(r"\{\{+|\[\[+|-\{+|[}\]|\n]")
_EVENT_OR_EQUALS = re.compile(r"\{\{+|\[\[+|-\{+|[}\]|\n=]")
_LEVEL = re.compile("={1,6}")


class Delimiter(NamedTuple):
    """A part of a text that delimits a call: `text[start:end]`.

    It is one of `{{`, `{{{`, `|`, `=`, `}}`, `}}}`. `starts_line`: braces that begin a call at the
    start of a line, of which all have a partner.
    """

    start: int
    end: int
    starts_line: bool = False


class _Piece:
    """A run of opening brackets; `count` of them, from `start` on, have no partner yet."""

    __slots__ = ("bars", "count", "equals", "kind", "named", "prefixed", "start", "starts_line")

    def __init__(self, kind: str, start: int, count: int, *, starts_line: bool = False) -> None:
        self.kind = kind
        self.start = start
        self.count = count
        self.starts_line = starts_line
        self.prefixed = False  # a hyphen before the run: it may open a variant
        self.clear()

    def clear(self) -> None:
        """Forget the parts: those of a pair that was closed."""
        self.bars: list[int] = []
        self.equals: list[int] = []
        self.named = True  # no equals sign can end a name: there is no bar, or it has one


def delimiters(text: str, *, after_newline: bool = False) -> list[Delimiter]:
    """Return the delimiters of the calls and arguments in a text, in its order.

    Comments and extension tags are already removed. `after_newline`: whether the text begins at
    the start of a line of a page.
    """
    return _Scan(text, after_newline=after_newline).run()


class _Scan:
    def __init__(self, text: str, *, after_newline: bool) -> None:
        self._text = text
        self._after_newline = after_newline
        self._found: list[Delimiter] = []
        self._stack: list[_Piece] = []

    def run(self) -> list[Delimiter]:
        """Return the delimiters."""
        text, stack = self._text, self._stack
        at = self._line_start(0)
        while True:
            top = stack[-1] if stack else None
            event = _EVENT if top is None or top.named else _EVENT_OR_EQUALS
            match = event.search(text, at)
            if match is None:
                break
            at = match.start()
            character = text[at]
            if character == "\n":
                if top is not None and top.kind == _HEADING:
                    stack.pop()
                else:
                    at = self._line_start(at + 1)
            elif character in "}]":
                at = self._close(at, top)
            elif character == "|":
                if top is not None and top.kind in (_OPEN, _VARIANT):
                    top.bars.append(at)
                    top.named = False
                at += 1
            elif character == "=":
                assert top is not None, "searched only inside a call"
                top.equals.append(at)
                top.named = True
                at += 1
            else:
                at = self._open(at, match.end())
        self._found.sort()
        return self._found

    def _line_start(self, at: int) -> int:
        """Open a heading if one begins at `at`; return the offset where to go on."""
        match = _LEVEL.match(self._text, at)
        if match is None:
            return at
        named = not self._stack or self._stack[-1].named
        if match.end() == at + 1 and not named:
            return at  # it ends the name of an argument
        self._stack.append(_Piece(_HEADING, at, 1))
        return match.end()

    def _open(self, start: int, end: int) -> int:
        text = self._text
        starts_line = text[start - 1] == "\n" if start else self._after_newline
        kind = text[start]
        piece = _Piece(kind, start, end - start, starts_line=starts_line)
        if kind == _VARIANT and end - start > 2:
            piece = _Piece(_OPEN, start + 1, end - start - 1, starts_line=starts_line)
            piece.prefixed = True
        self._stack.append(piece)
        return end

    def _close(self, at: int, top: _Piece | None) -> int:
        """Close what is open, if `at` has its closing brackets; return where to go on."""
        text = self._text
        if top is None or top.kind == _HEADING:
            return at + 1
        if top.kind == _VARIANT:
            if not text.startswith("}-", at):
                return at + 1
            self._stack.pop()
            return at + 2
        character = "}" if top.kind == _OPEN else "]"
        if text[at] != character:
            return at + 1
        most = min(top.count, 3 if top.kind == _OPEN else 2)
        pair = 1
        while pair < most and text.startswith(character, at + pair):
            pair += 1
        if pair < 2:
            return at + 1
        if top.kind == _OPEN:
            self._pair(top, at, pair)
        self._stack.pop()
        top.count -= pair
        if top.count >= 2:
            top.clear()
            self._stack.append(top)
        elif top.count == 1 and top.prefixed:
            variant = _Piece(_VARIANT, top.start - 1, 2)
            self._stack.append(variant)
        return at + pair

    def _pair(self, top: _Piece, at: int, pair: int) -> None:
        """Note the delimiters of a call or an argument whose closing braces are at `at`."""
        start = top.start + top.count - pair
        starts_line = top.starts_line and top.count == pair and not top.prefixed
        self._found.append(Delimiter(start, start + pair, starts_line))
        self._found += [Delimiter(bar, bar + 1) for bar in top.bars]
        if pair == 2:
            self._found += [Delimiter(sign, sign + 1) for sign in top.equals]
        self._found.append(Delimiter(at, at + pair))
