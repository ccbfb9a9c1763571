"""The rows of a part of `lexicon`: entities in, pairs of their names out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, coded, numbers, one_chunk, strings
from cstool.languages.entity_types import REASONS, EntityTypes
from cstool.languages.scripts import scripts_of, written_in
from cstool.stages.lexicon.links import LinkCounts
from cstool.stages.lexicon.names import EntityNames, NameRules, names_of
from cstool.stages.lexicon.options import RANKS
from cstool.stages.lexicon.pairs import NamePairs, pairs_of
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.schemas import LEXICON, with_dictionaries

NOT_LINKED = "not linked"
NO_PAIR = "no pair of names"
IDENTICAL = "equal names"
OTHER_SCRIPT = "target in another script"
# Columns of few values, which are written as dictionaries.
CODED = with_dictionaries(LEXICON, ("source_language", "target_language", "origin"))

# Cells of a table of entities by languages, and pairs, that are held in memory.
_CELLS_AT_ONCE = 1 << 20
_PAIRS_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class LexiconWork:
    """The parameters of the workers.

    `sources`: codes of the source languages. `links`: file of the table of mentions, None without
    one; `only_linked`, `types`, `scripts`, `identical`: see `LexiconOptions`.
    """

    rules: NameRules
    sources: tuple[str, ...]
    links: str | None = None
    only_linked: bool = False
    types: EntityTypes = field(default_factory=EntityTypes)
    scripts: tuple[str, ...] = ()
    identical: bool = True

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of all languages."""
        return self.rules.languages

    @property
    def columns(self) -> list[str]:
        """The columns of the entities that are needed."""
        return ["qid", *self.rules.columns, *(["types"] if self.types.any else [])]


def pairs_part(file: str, work: LexiconWork) -> Batches:
    """Yield the pairs of names of the entities in a part, and return their counts."""
    counts = Counts()
    yield from lexicon_part(file, work, counts)
    return counts


def lexicon_part(file: str, work: LexiconWork, counts: Counts) -> Iterator[pa.RecordBatch]:
    """Yield the pairs of names of the entities in a part; the pairs of an entity are in one batch.

    Counts entities, names and pairs.
    """
    is_source = np.isin(work.languages, work.sources)
    for every_entity in _tables(file, work):
        table, links = _selected(every_entity, work, counts)
        names = names_of(table, work.rules, counts)
        qids = one_chunk(table.column("qid"))
        found = np.zeros(table.num_rows, bool)
        scripts = _written_in(names, work.scripts)
        for candidates in pairs_of(names, is_source, _PAIRS_AT_ONCE):
            pairs = _kept(candidates, names, scripts, work, counts)
            found[names.entity[pairs.source]] = True
            rank = np.maximum(names.rank[pairs.source], names.rank[pairs.target])
            _count(pairs, names, rank, work, counts)
            if len(pairs.source):
                yield _rows(pairs, names, rank, qids, links, work)
        tally = counts.tally("entities")
        tally.keep(int(found.sum()))
        tally.drop(NO_PAIR, int((~found).sum()))


def _tables(file: str, work: LexiconWork) -> Iterator[pa.Table]:
    """Yield the entities of a part, in tables that fit into memory with their names."""
    entities = open_part(Path(file))
    at_once = max(1, _CELLS_AT_ONCE // work.rules.width)
    for group in range(entities.num_row_groups):
        table = entities.read_row_group(group, columns=work.columns, use_threads=False)
        for start in range(0, table.num_rows, at_once):
            yield table.slice(start, at_once).combine_chunks()


def _selected(table: pa.Table, work: LexiconWork, counts: Counts) -> tuple[pa.Table, Array]:
    """Return the entities to use and their numbers of mentions; count the others by reason."""
    tally = counts.tally("entities")
    qids = table.column("qid").to_numpy()
    links = np.zeros(len(qids), np.uint32)
    kept = np.ones(len(qids), bool)
    if work.links:
        links = _links(work.links).of(qids)
    if work.only_linked:
        kept = links > 0
        tally.drop(NOT_LINKED, int((~kept).sum()))
    if work.types.any:
        marks = work.types.marks(table)
        for mark, reason in enumerate(REASONS):
            if mark:
                tally.drop(reason, int((kept & (marks == mark)).sum()))
        kept &= marks == 0
    if kept.all():
        return table, links
    return table.filter(booleans(kept)).combine_chunks(), links[kept]


@lru_cache(maxsize=1)
def _links(file: str) -> LinkCounts:
    """Return the table of mentions, opened once per process."""
    return LinkCounts.open(Path(file))


def _written_in(names: EntityNames, scripts: tuple[str, ...]) -> Array:
    """Return bool[texts]: which names consist of letters of these scripts; all if none is given."""
    if not scripts:
        return np.ones(len(names.texts), bool)
    found = scripts_of(names.texts)
    wanted: Array = (found != 0) & (found & ~written_in(scripts) == 0)
    return wanted


def _kept(
    pairs: NamePairs, names: EntityNames, scripts: Array, work: LexiconWork, counts: Counts
) -> NamePairs:
    """Return the pairs that are written; count the others by reason."""
    tally = counts.tally("pairs")
    kept = scripts[names.text[pairs.target]]
    tally.drop(OTHER_SCRIPT, int((~kept).sum()))
    if not work.identical:
        equal = names.text[pairs.source] == names.text[pairs.target]
        tally.drop(IDENTICAL, int((kept & equal).sum()))
        kept &= ~equal
    tally.keep(int(kept.sum()))
    return pairs if kept.all() else NamePairs(pairs.source[kept], pairs.target[kept])


def _count(
    pairs: NamePairs, names: EntityNames, rank: Array, work: LexiconWork, counts: Counts
) -> None:
    """Count pairs by their languages and by origin."""
    size = len(work.languages)
    both = names.language[pairs.source] * size + names.language[pairs.target]
    number = np.bincount(both, minlength=size * size)
    used = np.flatnonzero(number).tolist()
    codes = work.languages
    counts.add(
        "pairs by language", {f"{codes[i // size]}-{codes[i % size]}": int(number[i]) for i in used}
    )
    by_origin = np.bincount(rank, minlength=len(RANKS)).tolist()
    counts.add("pairs by origin", {o: n for o, n in zip(RANKS, by_origin, strict=True) if n})


def _rows(
    pairs: NamePairs, names: EntityNames, rank: Array, qids: pa.Array, links: Array,
    work: LexiconWork,
) -> pa.RecordBatch:  # fmt: skip
    source, target = pairs
    entity = names.entity[source]
    codes = strings(work.languages)
    return pa.RecordBatch.from_arrays(
        [
            qids.take(numbers(entity)),
            coded(names.language[source], codes),
            names.texts.take(numbers(names.text[source])),
            coded(names.language[target], codes),
            names.texts.take(numbers(names.text[target])),
            coded(rank, strings(RANKS)),
            numbers(links[entity]) if work.links else pa.nulls(len(entity), pa.uint32()),
        ],
        schema=CODED,
    )
