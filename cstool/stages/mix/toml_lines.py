"""Finds the lines of the keys of a TOML document, which tomllib does not return.

The document has been read by tomllib, so the scanner relies on its syntax (TOML 1.0.0).
"""

import re
import tomllib
from bisect import bisect_left
from typing import Any

# Keys, and indexes from 0 of elements of arrays, from the top of the document.
KeyPath = tuple[str | int, ...]

_STRING = (
    r'"""(?:\\[\s\S]|(?!""")[^\\])*+"""(?:"{0,2})'
    r"|'''(?:(?!''')[\s\S])*+'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*+"'
    r"|'[^']*+'"
)
_KEY = r"""(?:[\w-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_DOTTED_KEY = re.compile(rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*")
# A string, a comment, a bracket, a comma, or the end of a line; anything between is of no interest.
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*|[\[\]{{}},\n]")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


def lines_of_keys(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of each key and of each element of an array.

    A table has the line of its header; one without a header has that of the first key in it.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, int] = {}  # of arrays of tables that have headers

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank():
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _skip_blank(self) -> bool:
        """Skip white space and comments; return whether something follows."""
        found = _BLANK.match(self._text, self._at)
        assert found
        self._at = found.end()
        return self._at < len(self._text)

    def _next(self) -> str:
        return self._text[self._at]

    def _line(self) -> int:
        return bisect_left(self._breaks, self._at) + 1

    def _header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`; return the path of its table."""
        line = self._line()
        several = self._text.startswith("[[", self._at)
        self._at += 2 if several else 1
        self._skip_blank()
        *above, last = self._key()
        self._at = self._text.index("]" * (1 + several), self._at) + 1 + several
        path: KeyPath = ()
        for key in above:
            path = self._last_element((*path, key))
            self._lines.setdefault(path, line)
        path = (*path, last)
        if several:
            self._lines.setdefault(path, line)
            self._elements[path] = self._elements.get(path, 0) + 1
            path = self._last_element(path)
        self._lines[path] = line
        return path

    def _last_element(self, path: KeyPath) -> KeyPath:
        number = self._elements.get(path, 0)
        return (*path, number - 1) if number else path

    def _key(self) -> list[str]:
        """Read a dotted key; return its parts."""
        found = _DOTTED_KEY.match(self._text, self._at)
        assert found
        self._at = found.end()
        parts = []
        table: Any = tomllib.loads(f"{found[0]} = 0")
        while isinstance(table, dict):
            ((part, table),) = table.items()
            parts.append(part)
        return parts

    def _pair(self, table: KeyPath) -> None:
        """Read `key = value` in a table."""
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        equals = _EQUALS.match(self._text, self._at)
        assert equals
        self._at = equals.end()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        """Read a value, up to what ends it: a line break, a comment, a comma or a bracket."""
        if self._next() == "[":
            self._array(path)
        elif self._next() == "{":
            self._inline_table(path)
        else:
            found = _TOKEN.search(self._text, self._at)
            if found and found[0][0] in "\"'":
                self._at = found.end()
            else:
                self._at = found.start() if found else len(self._text)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        number = 0
        while self._after_comma("]"):
            self._lines[*path, number] = self._line()
            self._value((*path, number))
            number += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._after_comma("}"):
            self._pair(path)

    def _after_comma(self, end: str) -> bool:
        """Skip a comma and white space; at `end`, skip it and return False."""
        self._skip_blank()
        if self._next() == ",":
            self._at += 1
            self._skip_blank()
        if self._next() == end:
            self._at += 1
            return False
        return True
