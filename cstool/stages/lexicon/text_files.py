"""The steps of `lexicon` that write text files.

The pairs of each part are divided by their target language, or by their source language if there
are several or if a line has all languages. Then each task writes the files of one language.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, one_chunk
from cstool.arrays.codepoints import bytes_of
from cstool.formats.written_files import WRITTEN, are_as_recorded, new_file, record_of, recorded
from cstool.stages.lexicon.part_rows import LexiconWork, lexicon_part
from cstool.stages.lexicon.text_lines import LINE_FORMATS
from cstool.storage.counts import Counts
from cstool.storage.manifest import Part
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.schemas import QID
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment, SegmentWriter, read_segments, segment_file
from cstool.storage.tasks import Task

_SEGMENTS = "segments"
_SCATTERED = "scattered"
_RECORDS = "written"
# What lines are made of. `pair`: index of the source language × number of languages + index of the
# target language.
_ROWS = pa.schema(
    [("qid", QID), ("pair", pa.uint32()), ("source", pa.string()), ("target", pa.string())]
)


@dataclass(frozen=True)
class ScatterPairs:
    """The parameters of the workers that divide pairs among tasks.

    `by_source`: whether by source language, otherwise by target language; `files`: the folder of
    the segments.
    """

    work: LexiconWork
    by_source: bool
    files: str


@dataclass(frozen=True)
class EntitiesPart:
    """A part of the entities, and the name of the index of its segments."""

    entities: str
    index: str


@dataclass(frozen=True)
class WriteLines:
    """The parameters of the workers that write text files in a format into the folder `out`."""

    out: str
    format: str
    languages: tuple[str, ...]

    def name(self, pair: int) -> str:
        """Return the name of the file of a pair of languages."""
        form = LINE_FORMATS[self.format]
        source, target = divmod(pair, len(self.languages))
        name = self.languages[source]
        if not form.joined:
            name += f"-{self.languages[target]}"
        return f"{name}.{form.suffix}"


def scatter_pairs(part: EntitiesPart, work: ScatterPairs) -> Batches:
    """Write the pairs of a part as segments by language; yield their index."""
    counts = Counts()
    place = {code: i for i, code in enumerate(work.work.languages)}
    with SegmentWriter(segment_file(Path(work.files), part.index), _ROWS) as writer:
        for rows in lexicon_part(part.entities, work.work, counts):
            source, target = (
                np.array([place[code] for code in column.dictionary.to_pylist()], np.int64)[
                    column.indices.to_numpy()
                ]
                for column in (rows.column("source_language"), rows.column("target_language"))
            )
            pair = numbers((source * len(place) + target).astype(np.uint32))
            columns = [rows.column("qid"), pair, rows.column("source"), rows.column("target")]
            writer.write(pa.table(columns, schema=_ROWS), source if work.by_source else target)
    yield writer.index()
    return counts


def write_lines(segments: tuple[Segment, ...], work: WriteLines) -> Batches:
    """Write the text files of a language; yield their record."""
    counts = Counts()
    form = LINE_FORMATS[work.format]
    parts: list[Part] = []
    with ExitStack() as stack:
        files: dict[str, tuple[IO[bytes], list[int]]] = {}
        for name, rows in _by_file(segments, work):
            if name not in files:
                path, written = stack.enter_context(new_file(Path(work.out), name, parts))
                files[name] = stack.enter_context(path.open("wb")), written
            file, written = files[name]
            lines = form.lines(rows, counts)
            written.append(len(lines))
            offsets, data = bytes_of(lines)
            file.write(np.insert(data, offsets[1:], np.uint8(10)).tobytes())
    yield record_of(sorted(parts, key=lambda part: part.file))
    return counts


def _by_file(segments: tuple[Segment, ...], work: WriteLines) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of segments with the name of the file that they belong to, in their order."""
    joined = LINE_FORMATS[work.format].joined
    for segment in segments:
        table = read_segments([segment], _ROWS)
        pair = one_chunk(table.column("pair")).to_numpy()
        if joined:
            yield work.name(int(pair[0])), table
            continue
        order = np.argsort(pair, kind="stable")
        table, pair = table.take(numbers(order)), pair[order]
        firsts: Array = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
        for first, last in zip(firsts, np.append(firsts[1:], len(pair)), strict=True):
            yield work.name(int(pair[first])), table.slice(first, last - first)


def write_text_files(
    run: Run, work: LexiconWork, form: str, tasks: list[Task[str]]
) -> tuple[list[FinishedPart], list[Part]]:
    """Write all text files; return the parts that have the counts, and the files.

    `tasks`: one for each part of the entities.
    """
    segments, records = run.work(_SEGMENTS), run.work(_RECORDS)
    by_source = len(work.sources) > 1 or LINE_FORMATS[form].joined
    scattered = write_segments(
        run,
        scatter_pairs,
        ScatterPairs(work, by_source, str(segments)),
        [Task(t.file, EntitiesPart(t.slice, t.file), t.fingerprint, t.weight) for t in tasks],
        label="lexicon: pairs",
        phase=_SCATTERED,
        files=segments,
    )
    written = run.map(
        write_lines,
        WriteLines(str(run.out), form, work.languages),
        [
            Task(
                f"{work.languages[index]}.parquet",
                its,
                " ".join(f"{segment.checksum:x}" for segment in its),
                sum(segment.bytes for segment in its),
            )
            for index, its in sorted(scattered.by_destination.items())
        ],
        PartSpec(WRITTEN, label="lexicon: write", phase=_RECORDS),
        is_intact=lambda record: are_as_recorded(run.out, records / record),
    )
    files = [part for one in written for part in recorded(records / one.part.file)]
    return [*scattered.made, *written], files
