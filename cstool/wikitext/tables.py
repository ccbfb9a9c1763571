"""Data files of this package, each read once."""

from cstool.languages import data_tables


def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """Return a TSV's rows without its comments and its header."""
    return data_tables.rows("cstool.wikitext", name)


def of_language(name: str, language: str) -> list[tuple[str, ...]]:
    """Return the rows of `*` and of a language, without their first column.

    A variant (`de-at`) without rows uses those of its language (`de`).
    """
    table = rows(name)
    known = {row[0] for row in table}
    language = language if language in known else language.split("-", maxsplit=1)[0]
    return [row[1:] for row in table if row[0] in ("*", language)]
