"""Statistics of a folder of `lexicon`: pairs by languages, origin and script, linked entities."""

from collections import Counter
from heapq import nlargest
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, one_chunk
from cstool.languages.scripts import codes_of, scripts_of
from cstool.report.stats.read_batches import at_once, batches
from cstool.storage.manifest import Manifest
from cstool.storage.schemas import LEXICON

MOST_LINKED = 20


class LexiconPair(msgspec.Struct, frozen=True):
    """A pair of languages: its pairs of names, those by origin, and their entities."""

    source_language: str
    target_language: str
    pairs: int
    entities: int
    origins: dict[str, int]


class LinkedEntity(msgspec.Struct, frozen=True):
    """An entity, the first of its names, and the number of mentions that are linked to it."""

    qid: int
    name: str
    links: int


class LexiconStats(msgspec.Struct, frozen=True):
    """The statistics of a folder of `lexicon`.

    `entities`: with a pair; `linked`: those of them with a mention, None if links are unknown.
    `scripts`: pairs by the scripts of the target name; `most_linked`: the first entities.
    """

    pairs: int
    entities: int
    linked: int | None
    languages: list[LexiconPair]
    scripts: dict[str, int]
    most_linked: list[LinkedEntity]


class _Sums:
    """The sums over the batches that were read, which are in the order of the entities."""

    def __init__(self) -> None:
        self.pairs, self.origins = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
        self.entities_of = Counter[tuple[str, str]]()
        self.scripts = Counter[int]()
        self.entities = self.linked = 0
        self.counts_links = False
        self.top: list[LinkedEntity] = []
        self._last: int | None = None
        self._seen: dict[tuple[str, str], int] = {}

    def add(self, rows: pa.RecordBatch) -> None:
        """Add a batch."""
        table = pa.table(rows)
        qids = one_chunk(table.column("qid")).fill_null(0).to_numpy()
        codes = ["source_language", "target_language"]
        by_origin = table.group_by([*codes, "origin"]).aggregate([([], "count_all")])
        for source, target, origin, number in zip(*_lists(by_origin), strict=True):
            self.pairs[source, target] += number
            self.origins[source, target, origin or ""] += number
        self._add_entities(table, qids, codes)
        masks, number_of = np.unique(
            scripts_of(one_chunk(table.column("target"))), return_counts=True
        )
        self.scripts.update(dict(zip(masks.tolist(), number_of.tolist(), strict=True)))

    def _add_entities(self, table: pa.Table, qids: Array, codes: list[str]) -> None:
        if not len(qids):
            return
        distinct = table.group_by(codes).aggregate([("qid", "count_distinct")])
        ends = table.group_by(codes).aggregate([("qid", "min"), ("qid", "max")])
        known = {
            (source, target): (low, high)
            for source, target, low, high in zip(*_lists(ends), strict=True)
        }
        for source, target, number in zip(*_lists(distinct), strict=True):
            low, high = known[source, target]
            # The last entity of the batch before may go on in this one.
            again = self._seen.get((source, target)) == low
            self.entities_of[source, target] += number - again
            self._seen[source, target] = high
        first = changes(qids)
        first[0] = self._last != qids[0]
        self._last = int(qids[-1])
        self.entities += int(first.sum())
        links = one_chunk(table.column("links"))
        self.counts_links |= links.null_count < len(links)
        here = np.flatnonzero(first)
        some = links.fill_null(0).to_numpy()[here]
        self.linked += int((some > 0).sum())
        largest = here[np.argsort(-some.astype(np.int64), kind="stable")[:MOST_LINKED]]
        rows = table.select(["qid", "source", "links"]).take(numbers(largest)).to_pylist()
        found = [LinkedEntity(r["qid"] or 0, r["source"], r["links"]) for r in rows if r["links"]]
        self.top = nlargest(MOST_LINKED, [*self.top, *found], key=lambda one: one.links)


def lexicon_stats(folder: Path, manifest: Manifest) -> LexiconStats:
    """Return the statistics of a folder of `lexicon`. Raises InputError if it cannot be read."""
    sums = _Sums()
    for batch in batches(folder, manifest.tables, LEXICON.names, at_once("sentence")):
        sums.add(batch)
    origins: dict[tuple[str, str], dict[str, int]] = {}
    for (source, target, origin), number in sorted(sums.origins.items()):
        origins.setdefault((source, target), {})[origin] = number
    languages = [
        LexiconPair(*pair, number, sums.entities_of[pair], origins[pair])
        for pair, number in sorted(sums.pairs.items(), key=lambda one: (-one[1], one[0]))
    ]
    scripts = Counter[str]()
    for scripts_of_name, number in sums.scripts.items():
        scripts["+".join(codes_of(np.uint64(scripts_of_name))) or "none"] += number
    ranked = dict(sorted(scripts.items(), key=lambda one: (-one[1], one[0])))
    linked = sums.linked if sums.counts_links else None
    whole = sum(sums.pairs.values())
    return LexiconStats(whole, sums.entities, linked, languages, ranked, sums.top)


def _lists(table: pa.Table) -> list[list[Any]]:
    return [column.to_pylist() for column in table.columns]
