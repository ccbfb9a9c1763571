"""Shuffles the rows of a corpus: `scatter` sorts them into shards, `gather` merges each shard.

The random key of a row is a hash of seed, sentence and language. The files of a language are equal
ranges of keys. So the order does not depend on parts or workers. A worker holds a batch of a part
or a row group of a shard in memory, never a whole language.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk
from cstool.arrays.hashing import page_hashes, row_hashes
from cstool.formats.corpus_formats import format_of, group_size
from cstool.formats.format_options import FormatOptions
from cstool.formats.make_files import file_batches
from cstool.formats.written_files import Destination
from cstool.stages.shard.dedup import (
    DroppedSentences,
    PartToRead,
    columns_to_choose,
    kept_rows,
)
from cstool.stages.shard.plan import NARROW, SPLITS, ShardPlan
from cstool.stages.shard.statistics import FileFactsBuilder
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.storage.row_kinds import RowKind
from cstool.storage.segments import (
    Segment,
    SegmentWriter,
    groups_at_once,
    merge_segments,
    order_by_destination,
    read_groups,
    segment_file,
)
from cstool.storage.word_spans import are_words

_KEY = pa.field("random_key", pa.uint64())
# A detail of the counts: rows of the corpus, by language and split.
ROWS = "rows by split"
# A detail of the counts: words that were switched with a dictionary, by language.
DICTIONARY_WORDS = "dictionary words"
_KEY_BITS = 32


@dataclass(frozen=True)
class ScatterTask:
    """The parameters of `scatter`: the plan, and the folder of segments."""

    plan: ShardPlan
    segments: str


@dataclass(frozen=True)
class ShardToWrite:
    """A file of the corpus: its name, its number of rows, its segments.

    `name`: see `written_files.Destination`.
    """

    name: str
    rows: int
    segments: tuple[Segment, ...]

    @property
    def language(self) -> str:
        """The language of the rows."""
        return self.name.split("/")[0]


@dataclass(frozen=True)
class GatherTask:
    """The parameters of `gather`: the output folder, the format, its options, the kind of rows."""

    out: str
    format: str
    kind: RowKind
    options: FormatOptions


def scatter(part: PartToRead, work: ScatterTask) -> Batches:
    """Write the rows of a part as segments, one per destination; yield the index of these."""
    counts = Counts()
    kept = DroppedSentences.of(part)
    file = segment_file(Path(work.segments), part.name)
    schema = work.plan.kind.schema
    with SegmentWriter(file, keyed(schema)) as segments:
        source = open_part(Path(part.file))
        present = source.schema_arrow.names
        passes = ["pass"] if "pass" in present else []
        texts = columns_to_choose(work.plan.options.format)
        for groups in groups_at_once(source):
            narrow = read_groups(source, groups, [*NARROW, *passes, *texts])
            of_table = kept_rows(narrow, part, kept, work.plan.options.format)
            tally = counts.tally("rows")
            for reason, number in of_table.dropped.items():
                tally.drop(reason, number)
            rows = np.flatnonzero(of_table.rows)
            tally.keep(len(rows))
            if not len(rows):
                continue
            here = narrow if len(rows) == narrow.num_rows else narrow.take(numbers(rows))
            destinations, keys = random_keys_of(here, work.plan)
            order = order_by_destination(destinations, keys)
            indices = numbers(rows[order])
            # One column at a time, so that the memory of each is reused.
            columns = [
                one_chunk(read_groups(source, groups, [name]).column(0).take(indices))
                if name in present
                else numbers(np.zeros(len(rows), np.uint8))  # the pass, of a folder of one
                for name in schema.names
            ]
            columns.append(numbers(keys[order]))
            batch = pa.RecordBatch.from_arrays(columns, schema=keyed(schema))
            segments.write_ordered(batch, destinations[order])
    yield segments.index()
    return counts


def keyed(schema: pa.Schema) -> pa.Schema:
    """Return the schema of the segments: with a column for the random key."""
    return schema.append(_KEY)


def random_keys_of(table: pa.Table, plan: ShardPlan) -> tuple[Array, Array]:
    """Return the destination and the random key of each row, which determines its order there."""
    languages = one_chunk(table.column("language")).dictionary_encode()
    codes = languages.dictionary.to_pylist()
    of_row = languages.indices.to_numpy()
    pages = page_hashes(table, plan.options.seed)
    keys = row_hashes(table, pages, plan.options.seed)
    starts = np.cumsum([0, *(files + 1 for files in plan.files)])
    numbers_ = np.array([plan.languages.index(code) for code in codes], np.int64)[of_row]
    files = np.array(plan.files, np.uint64)[numbers_]
    shard = ((keys >> np.uint64(64 - _KEY_BITS)) * files) >> np.uint64(_KEY_BITS)
    held_out = np.isin(pages, np.array(plan.held_out, np.uint64))
    destinations = starts[numbers_] + np.where(held_out, files, shard).astype(np.int64)
    return destinations.astype(np.uint32), keys


def gather(shard: ShardToWrite, work: GatherTask) -> Batches:
    """Yield the rows of a shard in the order of their keys, and its statistics; return counts.

    The files of a format that is not Parquet are written here; their record is yielded.
    """
    form = format_of(work.format, work.kind)
    counts = Counts()
    facts = _facts(shard, work.kind)
    rows = _in_order(shard, work.kind, counts, facts)
    destination = Destination(Path(work.out), shard.name)
    if form.tokens:  # the rows of the files are sequences
        counts.add(ROWS, {destination.split: shard.rows})
    yield from file_batches(form, rows, destination, work.options, counts)
    yield facts.beside()
    return counts


def _facts(shard: ShardToWrite, kind: RowKind) -> FileFactsBuilder:
    sample = split_name(shard.name) == SPLITS[0]
    return FileFactsBuilder(shard.language, shard.rows, sample=sample, kind=kind)


def _in_order(
    shard: ShardToWrite, kind: RowKind, counts: Counts, facts: FileFactsBuilder
) -> Iterator[pa.Table]:
    """Yield the rows of a shard in the order of their keys, in tables of a row group's size."""
    written = 0
    for rows in merge_segments(shard.segments, keyed(kind.schema), _KEY.name, group_size(kind)):
        words = are_words(flat(one_chunk(rows.column("entities")))[1])
        number = int(words.sum())
        counts.add("entities", {shard.language: len(words) - number})
        if number:
            counts.add(DICTIONARY_WORDS, {shard.language: number})
        facts.add(rows)
        written += rows.num_rows
        yield rows
    assert written == shard.rows, f"{shard.name}: {written} of {shard.rows} rows"


def split_name(shard: str) -> str:
    """Return the split in the path of a shard (`data/de/train-00000-of-00001.parquet`)."""
    name = Path(shard).name.split("-")[0]
    assert name in SPLITS
    return name
