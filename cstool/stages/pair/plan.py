"""Plans the documents: which pages are written, and which range of documents each part contains.

The main process reads numbers of all pages, one wiki at a time, and keeps 8 bytes of each page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import changes
from cstool.errors import InputError
from cstool.stages.pair.find_entities import tally_name
from cstool.stages.pair.options import PairOptions
from cstool.stages.pair.wikis import WikiInput
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part, save_array
from cstool.storage.counts import Counts, Tally
from cstool.storage.parts import FinishedPart

TOO_FEW = "entity in too few wikis"
_SECOND = "second page of its entity"
_ENTITIES_AT_ONCE = 1 << 16
_KEYS = 1 << 64


class SavedArray(NamedTuple):
    """An array in a file, and the xxh3 of its bytes."""

    file: str
    digest: str


@dataclass(frozen=True)
class PairPlan:
    """What the workers need to know.

    `cuts`: the ranges of the key that the parts contain, from cuts[i] up to cuts[i + 1]; the key is
    the QID or, with `unpaired`, a hash of the page. `entities`, `repeated`: the files of the sorted
    QIDs, and of the sorted places (see `place`) of pages that are left out although their entity is
    in the first. `wikis`: name and language of each wiki.
    """

    cuts: tuple[int, ...]
    entities: SavedArray
    repeated: SavedArray
    wikis: tuple[tuple[str, str], ...]
    options: PairOptions


class _WikiPages(NamedTuple):
    """The entities of a wiki's pages, sorted, each once, with the bytes of its page.

    `repeated`: the places of further pages of these entities.
    """

    qids: Array
    bytes: Array
    repeated: Array


def place(part: int, rows: Array) -> Array:
    """Return a number for each row of a part (uint64), in the order of parts and rows."""
    return rows.astype(np.uint64) + np.uint64(part << 32)


def plan_of(
    wikis: Sequence[WikiInput],
    found: Path,
    parts: Sequence[tuple[int, FinishedPart]],
    work: Path,
    options: PairOptions,
    part_size: int,
) -> tuple[PairPlan, Counts]:
    """Choose the entities and divide them into parts; write them to files in `work`.

    `parts`: the index of the wiki and the part of `find_entities`, for each part; `found`: their
    folder. The counts are those of all pages, and of entities. Raises InputError if no entity is in
    enough wikis.
    """
    pages = [_pages_of(found, parts, index) for index in range(len(wikis))]
    qids, in_wikis = np.unique(np.concatenate([p.qids for p in pages]), return_counts=True)
    chosen = in_wikis >= options.min_wikis
    entities = qids[chosen]
    if not len(entities):
        raise _nothing_in_common(wikis, pages, options)
    counts = _entity_counts(len(qids), in_wikis[chosen])
    sizes = np.zeros(len(entities), np.uint64)
    indices = []
    for wiki, own in zip(wikis, pages, strict=True):
        index = np.searchsorted(entities, own.qids)
        is_in = entities[np.minimum(index, len(entities) - 1)] == own.qids
        indices.append(index[is_in])
        sizes[index[is_in]] += own.bytes[is_in]
        tally = counts.tally(tally_name(wiki.source.wiki))
        tally.drop(TOO_FEW, int((~is_in).sum()))
        tally.drop(_SECOND, len(own.repeated))
    counts.add("pairs of languages", _pairs([w.source.language for w in wikis], indices))
    repeated = np.sort(np.concatenate([p.repeated for p in pages]))
    plan = PairPlan(
        _cuts(entities, sizes, part_size, unpaired=options.unpaired),
        _saved(work / "entities.npy", entities),
        _saved(work / "repeated.npy", repeated),
        tuple((w.source.wiki, w.source.language) for w in wikis),
        options,
    )
    return plan, counts


def _pages_of(found: Path, parts: Sequence[tuple[int, FinishedPart]], wiki: int) -> _WikiPages:
    """Read the pages of a wiki; the first page of an entity is the one with the smallest id."""
    files = [
        (number, found / part.part.file)
        for number, (index, part) in enumerate(parts)
        if index == wiki
    ]
    qids, sizes = _columns(files, ("qid", "bytes"))
    order = np.argsort(qids, kind="stable")
    qids = qids[order]
    new = changes(qids)
    if new.all():
        return _WikiPages(qids, sizes[order], np.zeros(0, np.uint64))
    [ids] = _columns(files, ("page_id",))
    places = np.concatenate(
        [place(number, read_part(file, ["row"]).column(0).to_numpy()) for number, file in files]
    )
    order = order[np.lexsort((places[order], ids[order], qids))]
    return _WikiPages(qids[new], sizes[order[new]], places[order[~new]])


def _columns(files: list[tuple[int, Path]], names: tuple[str, ...]) -> list[Array]:
    """Return columns of all files, each as one array (uint32)."""
    tables = [read_part(file, [*names]) for _, file in files]
    return [
        np.concatenate([np.zeros(0, np.uint32), *(t.column(name).to_numpy() for t in tables)])
        for name in names
    ]


def _entity_counts(number: int, in_wikis: Array) -> Counts:
    counts = Counts()
    by_number = np.bincount(in_wikis).tolist()
    counts.add("entities by number of wikis", {str(n): many for n, many in enumerate(by_number)
                                               if many})  # fmt: skip
    counts.tallies["entities"] = Tally(number, len(in_wikis))
    if number > len(in_wikis):
        counts.tallies["entities"].dropped[TOO_FEW] = number - len(in_wikis)
    return counts


def _pairs(languages: list[str], indices: list[Array]) -> dict[str, int]:
    """Return for each pair of wikis, by their languages, the number of entities in both."""
    number = np.zeros((len(indices), len(indices)), np.int64)
    last = max(int(index[-1]) for index in indices if len(index))
    for first in range(0, last + 1, _ENTITIES_AT_ONCE):
        present = np.zeros((len(indices), _ENTITIES_AT_ONCE), np.float32)  # exact up to 2^24
        for wiki, index in enumerate(indices):
            begin, end = np.searchsorted(index, [first, first + _ENTITIES_AT_ONCE])
            present[wiki, index[begin:end] - first] = 1
        number += (present @ present.T).astype(np.int64)
    pairs: dict[str, int] = {}
    for one, language in enumerate(languages):
        for other in range(one + 1, len(languages)):
            name = f"{language}-{languages[other]}"
            pairs[name] = pairs.get(name, 0) + int(number[one, other])
    return pairs


def _cuts(entities: Array, sizes: Array, part_size: int, *, unpaired: bool) -> tuple[int, ...]:
    """Return the bounds of ranges of the key with about `part_size` bytes of text each."""
    ends = np.cumsum(sizes)
    number = max(1, -(-int(ends[-1]) // part_size))
    if unpaired:
        return tuple(_KEYS * i // number for i in range(number + 1))
    goals = [int(ends[-1]) * i // number for i in range(1, number)]
    inner = entities[np.searchsorted(ends, np.array(goals, np.uint64))].tolist()
    return (0, *sorted({*inner} - {0}), 1 << 32)


def _saved(path: Path, array: Array) -> SavedArray:
    with whole_file(path) as temporary:
        save_array(temporary, array)
    return SavedArray(str(path), xxhash.xxh3_128_hexdigest(array.tobytes()))


def _nothing_in_common(
    wikis: Sequence[WikiInput], pages: Sequence[_WikiPages], options: PairOptions
) -> InputError:
    numbers = ", ".join(
        f"{wiki.source.wiki} {len(own.qids):,}" for wiki, own in zip(wikis, pages, strict=True)
    )
    return InputError(
        f"{', '.join(str(wiki.pages) for wiki in wikis)}: no entity has a page in "
        f"{options.min_wikis} of the wikis (entities: {numbers}); give folders with pages about "
        "the same entities, and titles made from the same version of Wikidata"
    )
