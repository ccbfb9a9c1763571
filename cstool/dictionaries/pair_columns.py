"""Which columns of a file of pairs have the words, and which their languages.

Two forms: `source⇥target` or `source target` as in MUSE, whose languages are not in the file; and
tables with a column of language codes for the targets, and mostly one for the sources, as PanLex's
data is exported. Their columns are known by a header or by their content.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from cstool.languages.data_tables import rows
from cstool.languages.iso639 import from_iso639, language_code

# PanLex: a code of ISO 639-3 and the number of a variety, of which 000 is the main one.
_PANLEX = re.compile(r"([a-z]{3})-([0-9]{3})")
_MAIN = "000"


class PairColumns(NamedTuple):
    """The indexes of the columns of a file, -1 for none.

    `header`: the first line names them. `spaced`: they are separated by spaces instead of tabs.
    """

    source: int = 0
    target: int = 1
    source_language: int = -1
    target_language: int = -1
    header: bool = False
    spaced: bool = False

    @property
    def number(self) -> int:
        """The number of columns that each line must have."""
        return max(self[:4]) + 1


def language_in(cell: str) -> str | None:
    """Return the language of a cell: a code in any form, or one of PanLex (`eng-000`); else None.

    Varieties of PanLex other than the main one are not known.
    """
    matched = _PANLEX.fullmatch(cell)
    if matched is None:
        return language_code(cell.strip())
    return from_iso639(matched[1]) if matched[2] == _MAIN else None


def languages_of_name(name: str) -> tuple[str, str] | None:
    """Return the languages in the name of a file (`en-de.0-5000.txt`: en, de), or None.

    They are separated by a hyphen or a low line, and end at the first point.
    """
    stem = name.split(".", maxsplit=1)[0]
    for place in (i for i, character in enumerate(stem) if character in "-_"):
        source, target = language_code(stem[:place]), language_code(stem[place + 1 :])
        if source and target:
            return source, target
    return None


def columns_of(lines: Sequence[str]) -> PairColumns:
    """Return the columns of a file from its first lines, which are not empty."""
    cells = [line.split("\t") for line in lines]
    if 2 * sum(len(row) > 1 for row in cells) < len(cells):
        return PairColumns(spaced=True)
    named = _by_header(cells[0])
    if named:
        return named
    width = min(map(len, cells))
    if width < 3:
        return PairColumns()
    coded = [i for i in range(width) if all(_is_code(row[i]) for row in cells)]
    others = [i for i in range(width) if i not in coded]
    if len(others) < 2 or not coded:
        return PairColumns()
    return PairColumns(others[0], others[1], coded[-2] if len(coded) > 1 else -1, coded[-1])


def _by_header(cells: list[str]) -> PairColumns | None:
    roles = {name: role for role, name in rows("cstool.dictionaries", "pair_columns.tsv")}
    found: dict[str, int] = {}
    for i, cell in enumerate(cells):
        role = roles.get(cell.strip().lower())
        if role:
            found.setdefault(role, i)
    if not {"source", "target"} <= found.keys():
        return None
    return PairColumns(
        found["source"],
        found["target"],
        found.get("source_language", -1),
        found.get("target_language", -1),
        header=True,
    )


def _is_code(cell: str) -> bool:
    return _PANLEX.fullmatch(cell) is not None or language_code(cell.strip()) is not None
