"""Compares folders with each other and with the published EntityCS corpus."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from cstool.languages.data_tables import rows
from cstool.report.stats.folder_figures import FolderStats, LanguageStats, TextStats


class CorpusSummary(msgspec.Struct, frozen=True):
    """The main figures of a corpus."""

    name: str
    source: TextStats | None
    switched: TextStats | None
    languages: int


def published() -> CorpusSummary:
    """Return the figures of the published EntityCS corpus."""
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
    """Return the main figures of a folder."""
    languages = sum(one.rows > 0 for one in stats.languages)
    return CorpusSummary(name, stats.source, stats.switched, languages)


def by_language(folders: Mapping[str, FolderStats]) -> dict[str, dict[str, LanguageStats]]:
    """Return the counts by language, and for each language by folder."""
    languages: dict[str, dict[str, LanguageStats]] = {}
    for name, stats in folders.items():
        for one in stats.languages:
            languages.setdefault(one.language, {})[name] = one
    return dict(sorted(languages.items()))


def flat_rows(folders: Mapping[str, FolderStats]) -> list[dict[str, Any]]:
    """Return a flat row for each folder and language, for a table file."""
    flat = []
    for name, stats in folders.items():
        for one in stats.languages:
            # Parquet strings are UTF-8, so other bytes of a path are escaped.
            text = os.fsencode(name).decode(errors="backslashreplace")
            row = {"folder": text, **msgspec.structs.asdict(one)}
            mixing, documents = row.pop("mixing"), row.pop("documents")
            if one.dictionary_words is msgspec.UNSET:
                del row["dictionary_words"]
            measures = msgspec.structs.asdict(mixing) if mixing else {}
            lengths = msgspec.structs.asdict(documents) if documents else {}
            flat.append(row | measures | lengths)
    return flat
