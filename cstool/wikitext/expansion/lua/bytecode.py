"""Find functions in compiled code of Lua 5.1 that its interpreter does not call safely.

A function with fixed parameters before `...` that gets fewer arguments uses more of the stack than
Lua 5.1.5 reserves (CVE-2014-5461). The format is that of ldump.c.
"""

from struct import Struct

# Parameters before `...` for which the stack's reserve (EXTRA_STACK) is enough, with a metamethod.
MOST_FIXED = 3

_HEADER = 12
_NIL, _BOOLEAN, _NUMBER, _STRING = 0, 1, 3, 4


def is_safe(dump: bytes) -> bool:
    """Return whether all functions of a dumped chunk can be called safely.

    Raises ValueError if the dump is not of Lua 5.1.
    """
    if dump[:5] != b"\x1bLua\x51":
        raise ValueError("not a chunk of Lua 5.1")
    return _Reader(dump).most_fixed() <= MOST_FIXED


class _Reader:
    """Reads a dump from its start to its end."""

    def __init__(self, dump: bytes) -> None:
        order = "<" if dump[6] else ">"
        self._dump = dump
        self._at = _HEADER
        self._int = Struct(order + {4: "i", 8: "q"}[dump[7]])
        self._size = Struct(order + {4: "I", 8: "Q"}[dump[8]])
        self._instruction, self._number = dump[9], dump[10]

    def most_fixed(self) -> int:
        """Return the largest number of fixed parameters of a function with `...`."""
        most, functions = 0, 1
        ends: list[int] = []  # functions that are still to be read at each level
        while functions or ends:
            if not functions:
                self._skip_debug()
                functions = ends.pop()
                continue
            functions -= 1
            most = max(most, self._head())
            ends.append(functions)
            functions = self._read_int()
        return most

    def _head(self) -> int:
        """Read a function up to its functions; return its fixed parameters if it has `...`."""
        self._skip_string()
        self._at += 2 * self._int.size + 1
        parameters, is_vararg = self._dump[self._at], self._dump[self._at + 1]
        self._at += 3
        self._skip_list(self._instruction)
        for _ in range(self._read_int()):
            kind = self._dump[self._at]
            self._at += 1
            if kind == _STRING:
                self._skip_string()
            elif kind != _NIL:
                self._at += 1 if kind == _BOOLEAN else self._number
        return parameters if is_vararg else 0

    def _skip_debug(self) -> None:
        """Read the lines and names after the functions of a function."""
        self._skip_list(self._int.size)
        for _ in range(self._read_int()):
            self._skip_string()
            self._at += 2 * self._int.size
        for _ in range(self._read_int()):
            self._skip_string()

    def _read_int(self) -> int:
        (number,) = self._int.unpack_from(self._dump, self._at)
        self._at += self._int.size
        return int(number)

    def _skip_list(self, size: int) -> None:
        count = self._read_int()
        self._at += size * count

    def _skip_string(self) -> None:
        (length,) = self._size.unpack_from(self._dump, self._at)
        self._at += self._size.size
        self._at += int(length)
