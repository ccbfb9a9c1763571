"""The data files of this package, read once."""

from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """Return a TSV's rows without its comments and its header."""
    text = (files("cstool.wikitext") / "data" / name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith("# ")]
    return tuple(tuple(line.split("\t")) for line in lines[1:])


def of_language(name: str, language: str) -> list[tuple[str, ...]]:
    """Return the rows of `*` and of a language, without their first column.

    A variant (`de-at`) that has no rows takes those of its language (`de`).
    """
    table = rows(name)
    known = {row[0] for row in table}
    language = language if language in known else language.split("-", maxsplit=1)[0]
    return [row[1:] for row in table if row[0] in ("*", language)]
