"""`cstool entities`: Wikidata's JSON dump → a table of items, sorted by QID.

Two phases: each slice of lines becomes a run sorted by QID; then each range of QIDs is gathered
from all runs. Memory depends on the part size only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import xxhash

from cstool.dumps.streams import describe_dump
from cstool.dumps.wikidata import (
    DEFAULT_PART_SIZE,
    Entity,
    LineSlice,
    decode,
    is_item,
    line_slices,
    mapped,
)
from cstool.parts.claims import refuse_damage
from cstool.parts.columns import list_of_structs, offsets_of, one_chunk
from cstool.parts.counts import Counts, total
from cstool.parts.files import Batches, Made
from cstool.parts.folder import Run, Task, open_run, part_name
from cstool.parts.manifest import Manifest
from cstool.parts.runs import KeyRange, cut_by_bytes, in_groups, key_range, read_groups, read_range
from cstool.parts.schemas import ENTITIES, SITELINKS, TERMS
from cstool.running.errors import InputError
from cstool.running.options import RunOptions

_ROWS_A_GROUP = 32_768
_MALFORMED = "malformed line"


@dataclass(frozen=True)
class EntitiesOptions:
    """`max_errors`: malformed lines that are borne; `keep_going`: keep what a cut dump has."""

    max_errors: int = 0
    keep_going: bool = False


def entities(dump: str, out: Path, options: EntitiesOptions, running: RunOptions) -> Manifest:
    """Read a Wikidata dump into `out`; return the manifest.

    Raises InputError for a dump that is damaged, malformed or empty, OutputError for `out`.
    """
    part_size = running.part_size or DEFAULT_PART_SIZE
    inputs = [describe_dump(dump)]
    with open_run(
        out,
        stage="entities",
        parameters={"part_size": part_size},
        inputs=inputs,
        options=running,
    ) as run:
        if run.finished:
            counts = run.finished.counts
            refuse_damage(out, counts, keep_going=options.keep_going)
            _ErrorLimit(dump, options.max_errors).check(counts)
        return run.finished or _fill(run, dump, inputs[0].bytes, part_size, options)


def _fill(
    run: Run, dump: str, size: int | None, part_size: int, options: EntitiesOptions
) -> Manifest:
    faults: list[str] | None = [] if options.keep_going else None
    limit = _ErrorLimit(dump, options.max_errors)
    runs = run.map(
        sort_lines,
        None,
        _tasks(dump, part_size, faults),
        ENTITIES,
        label="entities: read",
        size=size,
        phase="sorted",
        on_made=lambda made: limit.check(made.counts),
    )
    counts = total(made.counts for made in runs)
    if not counts.tally("entities").read:
        raise InputError(f"{dump}: has no entities; give a dump of Wikidata, not an empty file")
    groups = read_groups((run.work("sorted") / m.part.file for m in runs), "qid")
    cuts = cut_by_bytes(groups, 2 * part_size)
    ranges = [
        Task(part_name(i), key_range(groups, low, high), f"{low}-{high}")
        for i, (low, high) in enumerate(pairwise(cuts))
    ]
    parts = run.map(
        gather_range, None, ranges, ENTITIES, label="entities: sort", size=len(ranges), unit="part"
    )
    counts = _joined(counts, parts)
    counts.add("damaged inputs", dict.fromkeys(faults or [], 1))
    return run.finish(parts, counts)


def _tasks(dump: str, part_size: int, faults: list[str] | None) -> Iterator[Task[LineSlice]]:
    for index, (slice_, weight) in enumerate(line_slices(dump, part_size, faults)):
        fingerprint = xxhash.xxh3_128_hexdigest(slice_.data)
        yield Task(part_name(index), slice_, fingerprint, weight)


class _ErrorLimit:
    """Ends the run when more lines are malformed than are borne."""

    def __init__(self, dump: str, most: int) -> None:
        self._dump = dump
        self._most = most
        self._lines: dict[str, int] = {}
        self._number = 0

    def check(self, counts: Counts) -> None:
        """Add a part's malformed lines. Raises InputError past the limit."""
        self._number += counts.tallies["entities"].dropped.get(_MALFORMED, 0)
        self._lines |= counts.details.get("malformed lines", {})
        if self._number > self._most:
            lines = sorted(self._lines, key=lambda line: int(line.split()[1].rstrip(":")))
            raise InputError(
                f"{self._dump}: {self._number} malformed line(s), first {lines[0]}; download the "
                f"dump again, or skip them with --max-errors {max(self._number, 100)}"
            )


def sort_lines(slice_: LineSlice, _: None) -> Batches:
    """Decode the lines of a slice; yield the items sorted by QID; count what is passed over."""
    counts = Counts()
    tally = counts.tally("entities")
    items: list[tuple[int, Entity]] = []
    malformed: dict[str, int] = {}
    for number, line in enumerate(slice_.data.split(b"\n"), slice_.first_line):
        line = line.strip().removeprefix(b"[").removesuffix(b"]")  # noqa: PLW2901
        if not line:
            continue
        try:
            entity = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            tally.drop(_MALFORMED)
            if len(malformed) < 20:
                malformed[f"line {number}: {error}"] = 1
            continue
        if entity.type != "item" or not is_item(entity.id):
            tally.drop(entity.type if entity.type != "item" else "no QID")
            continue
        tally.keep()
        items.append((int(entity.id[1:]), entity))
    if malformed:
        counts.add("malformed lines", malformed)
    items.sort(key=lambda item: item[0])
    yield from in_groups(_table(items))
    return counts


def _table(items: list[tuple[int, Entity]]) -> pa.Table:
    """Return items as columns; labels, aliases and sitelinks by language or wiki."""
    lengths: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    labels: tuple[list[str], list[str]] = ([], [])
    aliases: tuple[list[str], list[str]] = ([], [])
    sitelinks: tuple[list[str], list[str]] = ([], [])
    types: list[int] = []
    for _, entity in items:
        terms = mapped(entity.labels)
        languages = sorted(terms)
        labels[0].extend(languages)
        labels[1].extend([terms[language].value for language in languages])
        lengths[0].append(len(languages))
        before = len(aliases[0])
        for language, others in sorted(mapped(entity.aliases).items()):
            aliases[0].extend([language] * len(others))
            aliases[1].extend([term.value for term in others])
        lengths[1].append(len(aliases[0]) - before)
        links = mapped(entity.sitelinks)
        sites = sorted(links)
        sitelinks[0].extend(sites)
        sitelinks[1].extend([links[site].title for site in sites])
        lengths[2].append(len(sites))
        classes = entity.types()
        types.extend(classes)
        lengths[3].append(len(classes))
    return pa.table(
        [
            pa.array([qid for qid, _ in items], pa.uint32()),
            list_of_structs(lengths[0], labels, TERMS),
            list_of_structs(lengths[1], aliases, TERMS),
            list_of_structs(lengths[2], sitelinks, SITELINKS),
            pa.ListArray.from_arrays(
                offsets_of(lengths[3]),
                pa.array(types, pa.uint32()),
                type=ENTITIES.field("types").type,
            ),
        ],
        schema=ENTITIES,
    )


def gather_range(range_: KeyRange, _: None) -> Batches:
    """Yield the items of a range of QIDs; of an item that the dump has twice, the last one."""
    rows = read_range(range_, "qid", ENTITIES)
    last = np.ones(len(rows), bool)
    last[:-1] = rows.keys[1:] != rows.keys[:-1]
    counts = Counts()
    tally = counts.tally("items")
    tally.keep(int(last.sum()))
    tally.drop("duplicate", int((~last).sum()))
    languages: Counter[str] = Counter()
    for group in rows.kept(last).chunks(_ROWS_A_GROUP):
        labels = one_chunk(group.column("labels")).flatten()
        found = labels.field("language").value_counts()
        languages.update({v["values"]: v["counts"] for v in found.to_pylist()})
        yield group
    counts.add("languages", languages)
    return counts


def _joined(read: Counts, parts: list[Made]) -> Counts:
    """Join the counts of both phases into one tally of entities."""
    gathered = total(made.counts for made in parts)
    duplicates = gathered.tally("items").dropped.get("duplicate", 0)
    tally = read.tally("entities")
    tally.written -= duplicates
    if duplicates:
        tally.dropped["duplicate"] = duplicates
    for kind, numbers in gathered.details.items():
        read.add(kind, numbers)
    return read
