"""Data files of this package, each read once."""

import re
from collections.abc import Iterable, Iterator
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
    table = _table(name)
    if f"\n{language}\t".encode() not in table:
        language = language.split("-", maxsplit=1)[0]
    # A pattern that begins with a line break is ten times as fast as one that begins with `^`.
    lines = re.findall(rf"\n(?:\*|{re.escape(language)})\t(.*)".encode(), table)
    return tuple(_split(lines))


def beginning_with(name: str, pattern: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows whose line begins with a pattern; other rows are not split."""
    return _split(re.findall(rf"\n({pattern}.*)".encode(), _table(name)))


def _split(lines: Iterable[bytes]) -> Iterator[tuple[str, ...]]:
    return (tuple(line.decode().split("\t")) for line in lines)


@cache
def _table(name: str) -> bytes:
    """Return a data file without its header line; a line break precedes each row."""
    table = data_tables.content("cstool.wikitext", name)
    head = re.match(rb"((?:# .*\n)*).*", table)
    return head[1] + table[head.end() :] if head else table
