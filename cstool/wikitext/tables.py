"""Data files of this package, each read once."""

import re
from functools import cache

from cstool.languages import data_tables


def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """Return a TSV's rows without its comments and its header."""
    return data_tables.rows("cstool.wikitext", name)


def of_language(name: str, language: str) -> list[tuple[str, ...]]:
    """Return the rows of `*` and of a language, without their first column.

    A variant (`de-at`) without rows uses those of its language (`de`). Other rows are not split:
    most of a large table (magicwords.tsv) is about other languages.
    """
    return list(_rows_of(name, language))


@cache
def _rows_of(name: str, language: str) -> tuple[tuple[str, ...], ...]:
    text = _text(name)
    if f"\n{language}\t" not in text:
        language = language.split("-", maxsplit=1)[0]
    lines = re.findall(rf"^(?:\*|{re.escape(language)})\t(.*)$", text, re.MULTILINE)
    return tuple(tuple(line.split("\t")) for line in lines)


@cache
def _text(name: str) -> str:
    """Return a data file without its header line."""
    text = data_tables.text("cstool.wikitext", name)
    return re.sub(r"\A((?:# .*\n)*).*", r"\1", text)
