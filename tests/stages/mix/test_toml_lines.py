"""The lines of keys in TOML documents."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cstool.stages.mix.toml_lines import KeyPath, lines_of_keys

SCALARS = [
    "1_000", "-0.5e3", "true", "inf", "1979-05-27 07:32:00", "07:32:00.5",
    '"# ] } [[a]] = \\" \\\\"', "'# ] \\'", '""', "''",
    '"""\n[[x]] # "" \\"""\ny = 1\\\\"""""', "'''\n]'' \\'''", '"""a"""', "''''a'''''",
]  # fmt: skip
KEYS = st.sampled_from(["a", "b-c", "1", "x y", "d.e", "#", "[", '"', "é", "'", "", "="])


class Writer:
    """Writes a document, and the line of each key in it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def put(self, text: str) -> None:
        self.text += text

    def note(self, path: KeyPath) -> None:
        """Record that the rest of a key is written here."""
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def blank(self, breaks: bool) -> None:
        choices = ["", " ", "\t"] + [" # c ] [[a]]\n", "\r\n", "\n\n  "] * breaks
        self.put(self.draw(st.sampled_from(choices)))

    def key(self, name: str) -> None:
        plain = name.isascii() and name.isalnum()
        literal = "'" not in name
        forms = [json.dumps(name)] + [f"'{name}'"] * literal + [name] * (plain * 3)
        self.put(self.draw(st.sampled_from(forms)))

    def dotted(self, table: KeyPath, names: list[str]) -> KeyPath:
        """Write a dotted key."""
        for number, name in enumerate(names):
            table = (*table, name)
            self.note(table)
            if number:
                self.put(self.draw(st.sampled_from([".", " . "])))
            self.key(name)
        return table

    def pairs(self, table: KeyPath, depth: int, *, inline: bool) -> None:
        """Write keys of a table, which are not keys of its tables."""
        names = self.draw(st.lists(KEYS, max_size=3, unique=True))
        for number, name in enumerate(names):
            more = self.draw(st.lists(KEYS, max_size=2)) if name != "a" else []
            self.blank(breaks=not inline)
            path = self.dotted(table, [name, *more])
            self.put(self.draw(st.sampled_from(["=", " = "])))
            self.value(path, depth)
            self.put(self.draw(st.sampled_from(["", " "])))
            if inline:
                self.put("," * (number + 1 < len(names)))
            else:
                self.put(self.draw(st.sampled_from(["\n", "# [x]\n", "\r\n"])))

    def value(self, path: KeyPath, depth: int) -> None:
        kind = self.draw(st.sampled_from(["scalar", "array", "table"] if depth else ["scalar"]))
        if kind == "scalar":
            self.put(self.draw(st.sampled_from(SCALARS)))
        elif kind == "array":
            self.put("[")
            number = self.draw(st.integers(0, 3))
            for place in range(number):
                self.blank(breaks=True)
                self.note((*path, place))
                self.value((*path, place), depth - 1)
                self.blank(breaks=True)
                self.put("," * (place + 1 < number or self.draw(st.booleans())))
            self.blank(breaks=True)
            self.put("]")
        else:
            self.put("{")
            self.pairs(path, depth - 1, inline=True)
            self.put(" }")

    def tables(self, names: list[str], table: KeyPath, depth: int) -> None:
        """Write tables with headers, below a table that has the keys of `pairs` only."""
        for name in ("T", "U U")[: self.draw(st.integers(0, 2))]:
            header = [*names, name]
            several = self.draw(st.booleans())
            for number in range(self.draw(st.integers(1, 3)) if several else 1):
                self.blank(breaks=True)
                path: KeyPath = (*table, name)
                self.note(path)
                path = (*path, number) if several else path
                self.note(path)
                self.put("[[" if several else "[")
                for place, part in enumerate(header):
                    self.put("." * (place > 0))
                    self.key(part)
                self.put(("]]" if several else "]") + "\n")
                self.pairs(path, 2, inline=False)
                if depth:
                    self.tables(header, path, depth - 1)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    writer = Writer(draw)
    writer.pairs((), 2, inline=False)
    writer.tables([], (), 1)
    return writer.text, writer.lines


def paths_in(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    paths = set()
    for key, below in items:
        paths.add((*path, key))
        if isinstance(below, dict | list):
            paths |= paths_in(below, (*path, key))
    return paths


@given(documents())
def test_the_line_of_a_key_is_that_where_it_is_written(
    document: tuple[str, dict[KeyPath, int]],
) -> None:
    text, lines = document
    assert paths_in(tomllib.loads(text)) == {*lines}
    assert lines_of_keys(text) == lines


def test_a_header_gives_a_table_its_line_also_after_those_below_it() -> None:
    lines = lines_of_keys("[a.b]\nx = 1\n[a]\ny = 2\n")
    assert lines == {("a",): 3, ("a", "b"): 1, ("a", "b", "x"): 2, ("a", "y"): 4}
