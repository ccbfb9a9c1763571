"""`cstool mask --strategy pairs-…`: makes pairs of sentences from the same page and from others.

A corpus is shuffled, so its rows are first grouped by page: `group` writes each row to a bucket of
its language and split, chosen by a hash of its page; `pair` reads one bucket. At most one bucket is
held in memory. The paragraph of a sentence is looked up in an index of the corpus's `_paragraphs/`,
which all workers on a machine share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers, one_chunk
from cstool.arrays.hashing import U64, mix, page_hashes
from cstool.masking.draw import sentence_keys
from cstool.masking.pair_tokens import PairFrame, PairRows, PairTexts, pair_rows
from cstool.masking.pairs import KINDS, SAME, PairScope, pair_up
from cstool.masking.vocabulary import one_thread, read_tokenizer
from cstool.storage.checksums import is_sound, open_part
from cstool.storage.counts import Counts, total
from cstool.storage.hash_index import HashIndex, building
from cstool.storage.manifest import PARAGRAPHS, Manifest, Part
from cstool.storage.older_folders import wikis_by_language, with_wikis
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run
from cstool.storage.schemas import PAIRS, POSITIONS_A_PAGE
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import (
    Segment,
    SegmentWriter,
    read_segments,
    row_groups,
    segment_file,
)
from cstool.storage.tasks import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer


PAIRINGS: dict[str, PairScope] = {"pairs-paragraph": "paragraph", "pairs-page": "page"}

_ROWS_A_BUCKET = 200_000
_PAIRS_AT_ONCE = 4096
_MAP = "paragraphs"
_PAGED = pa.schema(
    [("id", pa.int64()), ("page", pa.uint64()), ("text", pa.string()), ("wiki", pa.string())]
)
_COLUMNS = ["id", "source_language", "page_id", "text", "wiki"]


@dataclass(frozen=True)
class _PartToGroup:
    """A part of the corpus; index of the first bucket of its split, and its number of buckets."""

    name: str
    file: str
    first: int
    buckets: int


@dataclass(frozen=True)
class _Grouping:
    """The parameters of `group`: the folder of segments, and the wikis of source languages."""

    segments: str
    seed: int
    wikis: dict[str, str]


@dataclass(frozen=True)
class _Bucket:
    language: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class _Work:
    """The parameters of the workers; `fingerprint` makes cached files of another run unequal."""

    tokenizer: str
    paragraphs: str
    fingerprint: str
    place: PairScope
    max_length: int
    seed: int


def make_pairs(
    run: Run,
    corpus: Path,
    read: Manifest,
    tokenizer: Path,
    strategy: str,
    max_length: int,
) -> Manifest:
    """Write pairs of the corpus's sentences to the run's output folder; return the manifest."""
    seed = int(run.claim.parameters["seed"])
    paragraphs = run.work("paragraphs")
    wikis = wikis_by_language(corpus, read)
    _index(paragraphs, [corpus / part.file for part in read.beside(PARAGRAPHS)], seed, wikis)
    splits = _splits(read.tables)
    groups = []
    first = 0
    bases: list[tuple[str, int, int]] = []
    for split, parts in splits.items():
        buckets = -(-sum(p.rows for p in parts) // _ROWS_A_BUCKET) or 1
        bases.append((split, first, buckets))
        for part in parts:
            name = part.file.replace("/", "-")
            slice_ = _PartToGroup(name, str(corpus / part.file), first, buckets)
            groups.append(Task(name, slice_, part.checksum))
        first += buckets
    segments = run.work("segments")
    by_bucket, _, _ = write_segments(
        run,
        group,
        _Grouping(str(segments), seed, wikis),
        groups,
        label="mask: pages",
        phase="grouped",
        files=segments,
        unit="part",
    )
    tasks = [
        Task(file, _Bucket(language, by_bucket[destination]), str(destination))
        for file, language, destination in _files(bases, by_bucket)
    ]
    work = _Work(
        str(tokenizer),
        str(paragraphs),
        run.claim.fingerprint(),
        PAIRINGS[strategy],
        max_length,
        seed,
    )
    made = run.map(pair, work, tasks, PartSpec(PAIRS, label="mask: pairs", unit="part"))
    return run.finish(made, total(m.counts for m in made), source=read.source)


def _index(folder: Path, files: Sequence[Path], seed: int, wikis: dict[str, str]) -> None:
    """Write the index from sentences to paragraphs unless an interrupted run has written it."""
    paths = [folder / file for file in HashIndex.files(_MAP)]
    if all(path.is_file() and is_sound(path) for path in paths):
        return
    with building(folder, _MAP, np.uint32) as add:
        for file in files:
            for rows in open_part(Path(file)).iter_batches(_ROWS_A_BUCKET, use_threads=False):
                ids = rows.column("id").to_numpy()
                pages = numbers((ids // POSITIONS_A_PAGE).astype(np.uint32))
                table = with_wikis(rows, wikis).append_column("page_id", pages)
                paragraphs = rows.column("paragraph").to_numpy() + np.uint32(1)  # 0: missing
                add(_sentence_hashes(page_hashes(table, seed), ids), paragraphs)


def _sentence_hashes(pages: U64, ids: Array) -> U64:
    """Return a hash of each sentence, from the hash of its page and its position there."""
    return mix(pages + (ids % POSITIONS_A_PAGE).astype(np.uint64))


def _splits(parts: list[Part]) -> dict[str, list[Part]]:
    """Return the parts by language and split (`data/de/train`)."""
    splits: dict[str, list[Part]] = {}
    for part in parts:
        splits.setdefault(part.file.split("-")[0], []).append(part)
    return splits


def _files(
    bases: list[tuple[str, int, int]], by_bucket: dict[int, tuple[Segment, ...]]
) -> list[tuple[str, str, int]]:
    """Return the file, language and index of each bucket that has rows."""
    files = []
    for split, first, buckets in bases:
        filled = [d for d in range(first, first + buckets) if d in by_bucket]
        for number, destination in enumerate(filled):
            file = f"{split}-{number:05d}-of-{len(filled):05d}.parquet"
            files.append((file, split.split("/")[1], destination))
    return files


def group(part: _PartToGroup, work: _Grouping) -> Batches:
    """Write the rows of a part as segments, one per bucket; yield the index of the segments."""
    with SegmentWriter(segment_file(Path(work.segments), part.name), _PAGED) as segments:
        for rows_ in row_groups(open_part(Path(part.file)), _COLUMNS):
            table = with_wikis(rows_, work.wikis)
            pages = page_hashes(table, work.seed)
            rows = table.append_column("page", numbers(pages)).select(_PAGED.names)
            buckets = pages % np.uint64(part.buckets) + np.uint64(part.first)
            segments.write(rows, buckets.astype(np.uint32))
    yield segments.index()
    return Counts()


@lru_cache(maxsize=1)
def _paragraphs(work: _Work) -> HashIndex:
    """Open the index from sentences to paragraphs, once per run in each worker."""
    return HashIndex.open(Path(work.paragraphs), _MAP)


@lru_cache(maxsize=1)
def _tokenizer(work: _Work) -> tuple["Tokenizer", PairFrame]:
    """Read the tokenizer and its frame of pairs, once per run in each worker."""
    one_thread()
    tokenizer = read_tokenizer(Path(work.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()  # pair_rows truncates
    return tokenizer, PairFrame.of(tokenizer)


def pair(bucket: _Bucket, work: _Work) -> Batches:
    """Yield the pairs of a bucket's sentences, in the order of a hash."""
    counts = Counts()
    table = read_segments(bucket.segments, _PAGED).combine_chunks()
    ids, pages = (table.column(name).to_numpy() for name in ("id", "page"))
    order = np.lexsort((ids, pages))
    paragraphs = _paragraphs(work).look_up(_sentence_hashes(pages[order], ids[order]))
    counts.tally("sentences").drop("its paragraph is not told", int((paragraphs == 0).sum()))
    order, paragraphs = order[paragraphs > 0], paragraphs[paragraphs > 0]
    ids, pages = ids[order], pages[order]
    wikis = one_chunk(table.column("wiki")).take(numbers(order))
    random_keys = sentence_keys(ids, [bucket.language] * len(ids), work.seed, epoch=0)
    result = pair_up(pages, paragraphs, ids, random_keys, work.place)
    counts.tally("sentences").keep(result.anchors)
    for reason, number in result.dropped.items():
        counts.tally("sentences").drop(reason, number)
    pairs = result.pairs
    of_kind = np.bincount(pairs.kind, minlength=len(KINDS))
    counts.add("pairs", {kind: int(n) for kind, n in zip(KINDS, of_kind, strict=True)})
    counts.add("rows", {bucket.language: len(pairs.first)})
    tokenizer, frame = _tokenizer(work)
    texts = PairTexts.of(tokenizer, frame, table.column("text").take(numbers(order)).to_pylist())
    for start in range(0, len(pairs.first), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        first, second, kind = pairs.first[some], pairs.second[some], pairs.kind[some]
        rows = pair_rows(texts, first, second, work.max_length)
        both = np.stack([first, second], 1)
        yield _table(bucket.language, ids[both], wikis.take(numbers(both.ravel())), kind, rows)
    return counts


def _table(
    language: str, ids: Array, wikis: pa.Array, kind: Array, rows: PairRows
) -> pa.RecordBatch:
    """Return pairs as rows; `ids`: int64[n, 2]; `wikis`: those of the sentences, flattened."""
    flat: dict[str, tuple[Array, pa.Array]] = {
        "ids": (np.full(len(ids), 2), numbers(ids.ravel())),
        "input_ids": (rows.sizes, numbers(rows.ids)),
        "token_type_ids": (rows.sizes, numbers(rows.types)),
        "attention_mask": (rows.sizes, numbers(np.ones(len(rows.ids), np.int8))),
        "wikis": (np.full(len(ids), 2), wikis),
    }
    single = {
        "language": pa.array([language] * len(ids), pa.string()),
        "label": numbers((kind == SAME).astype(np.int8)),
        "kind": pa.array([KINDS[k] for k in kind], pa.string()),
    }
    columns = [
        single[field.name] if field.name in single else list_of(*flat[field.name], field.type)
        for field in PAIRS
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PAIRS)
