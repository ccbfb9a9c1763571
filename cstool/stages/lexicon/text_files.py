"""The steps of `lexicon` that write text files, one for each pair of languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import one_chunk
from cstool.arrays.codepoints import bytes_of
from cstool.formats.written_files import (
    WRITTEN,
    are_as_recorded,
    new_file,
    record_of,
    recorded,
)
from cstool.stages.lexicon.part_rows import LexiconWork, lexicon_part
from cstool.stages.lexicon.text_lines import LINE_FORMATS
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment, SegmentWriter, read_segments, segment_file
from cstool.storage.tasks import Task

_SEGMENTS = "segments"
_SCATTERED = "scattered"
_RECORDS = "written"
# The columns of pairs that lines need.
_NAMES = pa.schema([("source", pa.string()), ("target", pa.string())])


@dataclass(frozen=True)
class ScatterPairs:
    """The parameters of the workers that divide pairs among files; `files`: of the segments."""

    work: LexiconWork
    files: str


@dataclass(frozen=True)
class PairsPart:
    """A part of the entities, and the name of the index of its segments."""

    entities: str
    index: str


@dataclass(frozen=True)
class PairFile:
    """A text file to write: its name without suffix, and its pairs."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class WriteLines:
    """The parameters of the workers that write text files into the folder `out`."""

    out: str
    format: str


def scatter_pairs(part: PairsPart, work: ScatterPairs) -> Batches:
    """Write the pairs of a part as segments by pair of languages; yield their index."""
    place = {code: i for i, code in enumerate(work.work.languages)}
    size = len(place)
    made = lexicon_part(part.entities, work.work)
    with SegmentWriter(segment_file(Path(work.files), part.index), _NAMES) as writer:
        while True:
            try:
                rows = next(made)
            except StopIteration as stopped:
                counts: Counts = stopped.value
                break
            assert isinstance(rows, pa.RecordBatch)
            source, target = (
                np.array([place[code] for code in column.dictionary.to_pylist()], np.int64)[
                    column.indices.to_numpy()
                ]
                for column in (rows.column("source_language"), rows.column("target_language"))
            )
            names = pa.Table.from_batches([rows.select(_NAMES.names)], _NAMES)
            writer.write(names, source * size + target)
    yield writer.index()
    return counts


def write_pairs(file: PairFile, work: WriteLines) -> Batches:
    """Write the text file of a pair of languages; yield its record."""
    counts = Counts()
    form = LINE_FORMATS[work.format]
    parts: list[Part] = []
    with (
        new_file(Path(work.out), f"{file.name}.{form.suffix}", parts) as (path, rows),
        path.open("wb") as out,
    ):
        for table in _tables(file.segments):
            lines = form.lines(table.column("source"), table.column("target"), counts)
            rows.append(len(lines))
            offsets, data = bytes_of(lines)
            out.write(np.insert(data, offsets[1:], np.uint8(10)).tobytes())
    yield record_of(parts)
    return counts


def _tables(segments: tuple[Segment, ...]) -> Iterator[pa.RecordBatch]:
    for segment in segments:
        table = read_segments([segment], _NAMES)
        yield pa.RecordBatch.from_arrays(
            [one_chunk(column) for column in table.columns], schema=_NAMES
        )


def write_text_files(
    run: Run, work: LexiconWork, form: str, tasks: list[Task[str]]
) -> tuple[list[FinishedPart], list[FinishedPart], list[Part]]:
    """Write all text files; return the indexes and the records of what was written, and the files.

    `tasks`: one for each part of the entities.
    """
    segments, records = run.work(_SEGMENTS), run.work(_RECORDS)
    codes = work.languages
    scattered = write_segments(
        run,
        scatter_pairs,
        ScatterPairs(work, str(segments)),
        [Task(t.file, PairsPart(t.slice, t.file), t.fingerprint, t.weight) for t in tasks],
        label="lexicon: pairs",
        phase=_SCATTERED,
        files=segments,
    )
    by_file = {
        f"{codes[index // len(codes)]}-{codes[index % len(codes)]}": its
        for index, its in sorted(scattered.by_destination.items())
    }
    written = run.map(
        write_pairs,
        WriteLines(str(run.out), form),
        [
            Task(
                f"{name}.parquet",
                PairFile(name, its),
                " ".join(f"{segment.checksum:x}" for segment in its),
                sum(segment.bytes for segment in its),
            )
            for name, its in by_file.items()
        ],
        PartSpec(WRITTEN, label="lexicon: write", phase=_RECORDS),
        is_intact=lambda record: are_as_recorded(run.out, records / record),
    )
    files = [part for one in written for part in recorded(records / one.part.file)]
    return scattered.made, written, files
