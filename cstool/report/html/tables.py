"""Tables of the page, and the format of numbers and names of languages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from cstool.languages.codes import codes_in, languages
from cstool.languages.data_tables import rows
from cstool.languages.scripts import main_scripts

Cell = str | int | float | None


@dataclass(frozen=True)
class HtmlTable:
    """A table of formatted cells. `numbers`: the columns of numbers, which are right-aligned."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]


def table(heads: Sequence[str], cells: Iterable[Sequence[Cell]], *, digits: int = 2) -> HtmlTable:
    """Return a table of these cells; floats get `digits` decimal places."""
    lines = [tuple(line) for line in cells]
    kinds = tuple(
        any(isinstance(line[i], int | float) for line in lines) for i in range(len(heads))
    )
    return HtmlTable(
        tuple(heads), tuple(tuple(_cell(c, digits) for c in line) for line in lines), kinds
    )


def _cell(cell: Cell, digits: int) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.{digits}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def percent(share: float | None) -> str:
    """Return a share of 0 to 1 as a percentage."""
    if share is None:
        return "–"
    return "<0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def in_bytes(number: float) -> str:
    """Return a number of bytes with a unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:,.0f} {unit}" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def in_seconds(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def autonym(code: str) -> str:
    """Return a language's name in the language itself, "" if it is unknown."""
    language = languages().get(code)
    return language.autonym if language else ""


@cache
def _scripts() -> dict[str, tuple[str, str]]:
    table_ = rows("cstool.report", "scripts.tsv")
    return {code: (name, way) for code, name, way in table_}


def script_name(code: str) -> str:
    """Return the name of a language's main script, "" if it is unknown."""
    if len(codes := codes_in(code)) > 1:
        return " + ".join(dict.fromkeys(filter(None, map(script_name, codes))))
    scripts = main_scripts(code)
    named = [_scripts().get(script, (script, ""))[0] for script in scripts]
    return {"Han, Hiragana, Katakana": "Japanese", "Hangul, Han": "Korean"}.get(
        ", ".join(named), ", ".join(named)
    )


def direction(code: str) -> str:
    """Return the writing direction of a language: ltr or rtl; auto of several languages."""
    if len(codes_in(code)) > 1:
        return "auto"
    scripts = main_scripts(code)
    return _scripts().get(scripts[0], ("", "ltr"))[1] if scripts else "ltr"
