"""Finds the source sentences that `shard` drops: text of test sets, and duplicates.

Two phases before the shuffle. `screen` reads the source sentences of each part and writes their
marks (a hash of the text, or of each band of its MinHash) as segments, one per bucket of marks.
`find_duplicates` reads a bucket and writes, for each part, the sentences whose mark an earlier
sentence has. Earlier means in a folder given before, or with a lower id. So the result does not
depend on parts or workers, and at most one bucket is held in memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, one_chunk, slices_of
from cstool.arrays.hashing import text_hashes
from cstool.formats.format_translico import SIDES, has_empty_side
from cstool.stages.shard.contamination import TestTexts
from cstool.stages.shard.minhash import (
    BANDS,
    SIMILAR,
    agreement,
    near_marks,
)
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, FinishedPart
from cstool.storage.run import Run
from cstool.storage.schemas import Unit
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import (
    Segment,
    SegmentWriter,
    read_segments,
    row_groups,
    segment_file,
)
from cstool.storage.tasks import Task

Dedup = Literal["none", "exact", "minhash"]

# Reasons to drop a row, by index.
_REASONS: dict[Unit, tuple[str, ...]] = {
    "sentence": (
        "source sentence holds a test set's text",
        "source sentence is there already",
        "source sentence is nearly there already",
    ),
    "paragraph": (
        "source paragraph holds a test set's text",
        "source paragraph is there already",
        "source paragraph is nearly there already",
    ),
    "page": (
        "source page holds a test set's text",
        "source page is there already",
        "source page is nearly there already",
    ),
}
NOT_A_PAIR = "source sentence: nothing to translate"
EMPTY_SIDE = "empty text or transliteration"
_TEST, _SAME, _NEAR = range(3)

# Marks of sentences. `name`: folder and id; `check`, `more`: further bits that must agree. For
# a dropped sentence, `mark` is the index of the reason.
_MARKS = pa.schema(
    [
        ("mark", pa.uint64()),
        ("check", pa.uint64()),
        ("more", pa.uint64()),
        ("name", pa.uint64()),
        ("part", pa.uint32()),
    ]
)
_MARKS_A_BUCKET = 2_000_000
_MOST_BUCKETS = 4096
# The texts that are hashed together: hashing takes about 50 times their memory.
_SENTENCES_AT_ONCE = 20_000
_BYTES_AT_ONCE = 1 << 23
# Marks to collect before writing, about 40 MB: writing fewer at a time makes too many segments.
_MARKS_AT_ONCE = 1 << 20
_ID_BITS = 52  # 32 for the page id, 20 for the position on the page


@dataclass(frozen=True)
class PartToRead:
    """A part of a switched folder.

    `name`: unique among all parts; `file`: path; `folder`: index of its folder; `unit`: of its
    rows; `drops`: segments of the sentences to drop.
    """

    name: str
    file: str
    folder: int
    unit: Unit = "sentence"
    drops: tuple[Segment, ...] = ()

    def reason(self, index: int) -> str:
        """Return the reason with this index to drop a row."""
        return _REASONS[self.unit][index]


@dataclass(frozen=True)
class _Screening:
    """The parameters of `screen`."""

    segments: str
    dedup: Dedup
    buckets: int
    tests: str | None


@dataclass(frozen=True)
class _Marked:
    """The segments of a bucket of marks."""

    name: str
    marks: tuple[Segment, ...]


@dataclass(frozen=True)
class DroppedSentences:
    """The dropped sentences of a part, sorted, with the index of the reason for each."""

    names: Array
    reasons: Array

    @classmethod
    def of(cls, part: PartToRead) -> "DroppedSentences":
        """Read the dropped sentences of a part."""
        table = read_segments(part.drops, _MARKS).combine_chunks()
        names, reasons = (table.column(name).to_numpy() for name in ("name", "mark"))
        # A sentence with several reasons gets the first one, independent of the buckets.
        order = np.lexsort((reasons, names))
        names, first = np.unique(names[order], return_index=True)
        return cls(names, reasons[order][first].astype(np.int64))


@dataclass(frozen=True)
class RowSelection:
    """The rows of a table to keep, `bool[n]`, and the number of the others by reason."""

    rows: Array
    dropped: dict[str, int] = field(default_factory=dict)


def columns_to_choose(format_: str) -> list[str]:
    """Return the columns that `kept_rows` needs, apart from codes and numbers."""
    return [*SIDES] if format_ == "translico" else []


def kept_rows(
    table: pa.Table, part: PartToRead, kept: DroppedSentences, format_: str
) -> RowSelection:
    """Return the rows of the corpus: those whose sentences are not dropped.

    `table`: with the columns `columns_to_choose(format_)`.
    """
    rows = np.ones(table.num_rows, bool)
    dropped: dict[str, int] = {}
    if len(kept.names):
        names = _names(table, part)
        index = np.minimum(np.searchsorted(kept.names, names), len(kept.names) - 1)
        rows = kept.names[index] != names
        for reason, number in enumerate(np.bincount(kept.reasons[index[~rows]])):
            if number:
                dropped[part.reason(reason)] = int(number)
    if format_ == "mt":
        sources = pa.compute.equal(table.column("language"), table.column("source_language"))
        pair = ~one_chunk(sources).to_numpy(zero_copy_only=False)
        if (rows & ~pair).any():
            dropped[NOT_A_PAIR] = int((rows & ~pair).sum())
        rows = rows & pair
    if format_ == "translico":
        empty = has_empty_side(table)
        if (rows & empty).any():
            dropped[EMPTY_SIDE] = int((rows & empty).sum())
        rows = rows & ~empty
    return RowSelection(rows, dropped)


def _names(table: pa.Table, part: PartToRead) -> Array:
    names: Array = table.column("id").to_numpy().astype(np.uint64)
    names |= np.uint64(part.folder) << np.uint64(_ID_BITS)
    return names


def find_drops(
    run: Run,
    parts: Sequence[Task[PartToRead]],
    sentences: int,
    dedup: Dedup,
    tests: Path | None,
) -> list[Task[PartToRead]]:
    """Return the parts with the sentences to drop. `sentences`: their number in all parts."""
    if dedup == "none" and tests is None:
        return list(parts)
    marks = sentences * (BANDS if dedup == "minhash" else 1)
    buckets = min(_MOST_BUCKETS, -(-marks // _MARKS_A_BUCKET) or 1) if dedup != "none" else 0
    files = run.work("marks")
    work = _Screening(str(files), dedup, buckets, str(tests) if tests else None)
    by_bucket, _, screened = write_segments(
        run, screen, work, parts, label="shard: screen", phase="screened", files=files, unit="part"
    )
    tasks = [
        Task(f"bucket-{b:05d}.parquet", _Marked(f"bucket-{b:05d}.parquet", by_bucket[b]), str(b))
        for b in range(buckets)
        if b in by_bucket
    ]
    drops = run.work("drops")
    by_part, _, _ = write_segments(
        run,
        find_duplicates,
        (str(drops), dedup),
        tasks,
        label="shard: compare",
        phase="twice",
        files=drops,
        unit="bucket",
    )
    in_tests = _tests_by_part(screened, by_bucket.get(buckets, ()), files)
    return [
        Task(
            task.file,
            PartToRead(
                task.slice.name,
                task.slice.file,
                task.slice.folder,
                task.slice.unit,
                (*in_tests.get(task.slice.name, ()), *by_part.get(number, ())),
            ),
            task.fingerprint,
        )
        for number, task in enumerate(parts)
    ]


def screen(part: PartToRead, work: _Screening) -> Batches:
    """Write the marks of a part's source sentences as segments; yield the index of these."""
    counts = Counts()
    with SegmentWriter(segment_file(Path(work.segments), part.name), _MARKS) as segments:
        for marks, buckets in _gathered(_marks_of(part, work, counts)):
            segments.write(marks, buckets)
    yield segments.index()
    return counts


def _marks_of(
    part: PartToRead, work: _Screening, counts: Counts
) -> Iterator[tuple[pa.Table, Array]]:
    """Yield the marks of a part's source sentences, and the bucket of each mark."""
    tests = TestTexts.open(Path(work.tests)) if work.tests else None
    number = int(Path(part.name).stem.rsplit("-", 1)[1])
    for table in row_groups(open_part(Path(part.file)), ["id", "source_text"]):
        for rows in _sentences(table):
            texts = one_chunk(rows.column("source_text"))
            names = _names(rows, part)
            in_tests = tests.found_in(texts) if tests else np.zeros(len(names), bool)
            counts.add(
                "sentences", {"screened": len(names), part.reason(_TEST): int(in_tests.sum())}
            )
            if in_tests.any():
                reason = np.full(int(in_tests.sum()), _TEST, np.uint64)
                bucket = np.full(len(reason), work.buckets, np.uint32)
                yield _marked(reason, 0, 0, names[in_tests], number), bucket
            names, texts = names[~in_tests], texts.filter(pa.array(~in_tests))
            if work.dedup == "exact" and len(names):
                marks, check = text_hashes(texts)
                yield _marked(marks, check, 0, names, number), _bucket(marks, work)
            elif work.dedup == "minhash" and len(names):
                bands, check, more = near_marks(texts, part.unit)
                for marks in bands:
                    yield _marked(marks, check, more, names, number), _bucket(marks, work)


def _gathered(some: Iterable[tuple[pa.Table, Array]]) -> Iterator[tuple[pa.Table, Array]]:
    """Yield the marks in larger batches."""
    held: list[tuple[pa.Table, Array]] = []
    for one in some:
        held.append(one)
        if sum(len(buckets) for _, buckets in held) >= _MARKS_AT_ONCE:
            yield _together(held)
            held = []
    if held:
        yield _together(held)


def _together(held: list[tuple[pa.Table, Array]]) -> tuple[pa.Table, Array]:
    tables, buckets = zip(*held, strict=True)
    return pa.concat_tables(tables), np.concatenate(buckets)


def _sentences(table: pa.Table) -> Iterator[pa.Table]:
    """Yield the rows of a table in batches, one row per source sentence, paragraph or page."""
    ids = table.column("id").to_numpy()
    firsts = np.unique(ids, return_index=True)[1]
    sizes = pc.binary_length(one_chunk(table.column("source_text"))).to_numpy()[firsts]
    ends = np.cumsum(sizes, dtype=np.int64)
    for start, end in slices_of(ends, _BYTES_AT_ONCE, _SENTENCES_AT_ONCE):
        yield table.take(numbers(firsts[start:end]))


def _marked(marks: Array, check: Any, more: Any, names: Array, part: int) -> pa.Table:
    columns = np.broadcast_arrays(marks, np.uint64(check), np.uint64(more), names)
    part_ = numbers(np.full(len(names), part, np.uint32))
    return pa.table([*(numbers(column) for column in columns), part_], schema=_MARKS)


def _bucket(marks: Array, work: _Screening) -> Array:
    return ((marks >> np.uint64(32)) * np.uint64(work.buckets) >> np.uint64(32)).astype(np.uint32)


def find_duplicates(bucket: _Marked, work: tuple[str, Dedup]) -> Batches:
    """Write, by part, the sentences whose mark an earlier sentence has; yield the index."""
    folder, dedup = work
    table = read_segments(bucket.marks, _MARKS).combine_chunks()
    mark, check, more, name, part = (table.column(n).to_numpy() for n in _MARKS.names)
    # `check` separates different texts whose marks collide.
    order = np.lexsort((name, check, mark) if dedup == "exact" else (name, mark))
    mark, check, more, name, part = (c[order] for c in (mark, check, more, name, part))
    begins = changes(mark)
    if dedup == "exact":
        begins |= changes(check)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(mark)), 0))
    duplicate = name != name[first]
    if dedup == "minhash":
        duplicate &= agreement(check, more, check[first], more[first]) >= SIMILAR
    names, indexes = np.unique(name[duplicate], return_index=True)
    parts = part[duplicate][indexes]
    reasons = np.full(len(names), _SAME if dedup == "exact" else _NEAR, np.uint64)
    with SegmentWriter(segment_file(Path(folder), bucket.name), _MARKS) as segments:
        segments.write(_marked(reasons, 0, 0, names, 0), parts)
    yield segments.index()
    return Counts()


def _tests_by_part(
    screened: Iterable[FinishedPart], segments: Iterable[Segment], files: Path
) -> dict[str, tuple[Segment, ...]]:
    """Return for each part its segments of sentences with text of a test set."""
    by_file: dict[str, list[Segment]] = {}
    for segment in segments:
        by_file.setdefault(segment.file, []).append(segment)
    return {
        made.part.file: tuple(by_file.get(str(segment_file(files, made.part.file)), ()))
        for made in screened
    }
