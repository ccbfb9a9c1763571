"""Folders beside each other, and beside the published EntityCS."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from cstool.languages.data_tables import rows
from cstool.report.stats.folder import FolderStats, LanguageStats, TextStats


class CorpusSummary(msgspec.Struct, frozen=True):
    """A corpus in one row."""

    name: str
    source: TextStats | None
    switched: TextStats | None
    languages: int


def published() -> CorpusSummary:
    """Return the figures of the published EntityCS."""
    [(name, sentences, words, entities, switched, switched_entities, languages)] = rows(
        "cstool.report", "published.tsv"
    )
    return CorpusSummary(
        name,
        TextStats(int(sentences), int(entities), float(words)),
        TextStats(int(switched), int(switched_entities)),
        int(languages),
    )


def summary(name: str, stats: FolderStats) -> CorpusSummary:
    """Return a folder's numbers in one row."""
    languages = sum(one.rows > 0 for one in stats.languages)
    return CorpusSummary(name, stats.source, stats.switched, languages)


def by_language(folders: Mapping[str, FolderStats]) -> dict[str, dict[str, LanguageStats]]:
    """Return each language's numbers in each folder that has some."""
    found: dict[str, dict[str, LanguageStats]] = {}
    for name, stats in folders.items():
        for one in stats.languages:
            found.setdefault(one.language, {})[name] = one
    return dict(sorted(found.items()))


def flat_rows(folders: Mapping[str, FolderStats]) -> list[dict[str, Any]]:
    """Return a row for each folder and language, without nesting: for a table file."""
    found = []
    for name, stats in folders.items():
        for one in stats.languages:
            # Parquet holds UTF-8 only: of a name that is none the other bytes become escapes.
            text = os.fsencode(name).decode(errors="backslashreplace")
            row = {"folder": text, **msgspec.structs.asdict(one)}
            mixing = row.pop("mixing")
            measures = msgspec.structs.asdict(mixing) if mixing else {}
            found.append(row | measures)
    return found
