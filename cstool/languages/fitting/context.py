"""The context of mentions in their sentences, computed once per mention for all languages."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.languages.codes import current
from cstool.languages.data_tables import rows
from cstool.languages.fitting.beside import ArticleHashes, WordKeys, beside, hash_of
from cstool.languages.fitting.windows import ContextWindow


class MentionContexts(NamedTuple):
    """The context of each mention; `flags`, `word_before`, `word_after`: see `Beside`."""

    around: ContextWindow
    labels: pa.Array | None
    source_language: str
    flags: Array
    word_before: WordKeys
    word_after: WordKeys


def places(around: ContextWindow, labels: pa.Array | None, source_language: str) -> MentionContexts:
    """Return the contexts; `labels`: the entities' labels in the source language.

    Labels (null if there is none) show which articles are part of a name: "the Dodgers", label "Los
    Angeles Dodgers".
    """
    return MentionContexts(
        around, labels, source_language, *beside(around, article_hashes(current(source_language)))
    )


class Articles(NamedTuple):
    """A language's articles: those of names, and words before a name that contain one."""

    brought: tuple[str, ...]
    held: tuple[str, ...]


@cache
def articles(language: str) -> Articles:
    """Return a language's articles; none for a language that is not in the table."""
    for code, brought, held in rows("cstool.languages", "articles.tsv"):
        if code == language:
            return Articles(tuple(brought.split()), tuple(held.split()))
    base = language.split("-", maxsplit=1)[0]
    return articles(base) if base != language else Articles((), ())


@cache
def article_hashes(language: str) -> ArticleHashes:
    """Return the hashes of a language's articles."""
    words = [word for part in articles(language) for word in part]
    return ArticleHashes(
        np.array([*map(hash_of, words)], np.uint64), max(map(len, words), default=0)
    )
