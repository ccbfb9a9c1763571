"""The side table `_paragraphs/`: the paragraph of each sentence, from `extract` to `shard`.

The paragraph is not a column of the rows, because other programs read those; the side table has a
file per part instead. `extract` writes it, the later stages copy it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import xxhash

from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.manifest import PARAGRAPHS, Manifest, Source, beside_part
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.storage.schemas import CORPUS_PARAGRAPHS as CORPUS_ROWS
from cstool.storage.schemas import PARAGRAPHS as ROWS
from cstool.storage.tasks import Task, part_name

LEFT_FOLDER = "paragraphs"
# For numbers that increase in small steps.
_DELTAS = "DELTA_BINARY_PACKED"
LAYOUT = {
    "compression": "zstd",
    "use_dictionary": ["source_language", "wiki"],
    "column_encoding": {"id": _DELTAS, "paragraph": _DELTAS},
}


@dataclass(frozen=True)
class _Table:
    """A file of paragraphs; `source`: if given, its language and its wiki become columns."""

    file: str
    source: Source | None = None


def left_beside(ids: pa.Array, paragraphs: pa.Array) -> SideTable:
    """Return the paragraph numbers of sentences (by id) as a side table of their part."""
    return SideTable(LEFT_FOLDER, pa.table([ids, paragraphs], schema=ROWS))


def gather(run: Run, made: Sequence[FinishedPart]) -> list[FinishedPart]:
    """Write parts from the side tables of these parts; return them."""
    files = [m.part.file for m in made if (run.work(LEFT_FOLDER) / m.part.file).is_file()]
    paths = [run.work(LEFT_FOLDER) / file for file in files]
    return _copy(run, ROWS, [
        Task(beside_part(PARAGRAPHS, file), _Table(str(path)), _fingerprint(path))
        for file, path in zip(files, paths, strict=True)
    ])  # fmt: skip


def _fingerprint(path: Path) -> str:
    return xxhash.xxh3_128_hexdigest(path.read_bytes())


def hand_on(run: Run, folder: Path, read: Manifest) -> list[FinishedPart]:
    """Copy the paragraphs of the input folder; return no parts if an older cstool made it."""
    parts = read.beside(PARAGRAPHS)
    tasks = [Task(part.file, _Table(str(folder / part.file)), part.checksum) for part in parts]
    return _copy(run, ROWS, tasks)


def of_corpus(run: Run, read: Iterable[tuple[Path, Manifest]]) -> list[FinishedPart]:
    """Copy the paragraphs of the input folders of a corpus, with columns for language and wiki."""
    files = [
        (_Table(str(folder / part.file), manifest.source), part)
        for folder, manifest in read
        if manifest.source
        for part in manifest.beside(PARAGRAPHS)
    ]
    return _copy(run, CORPUS_ROWS, [
        Task(beside_part(PARAGRAPHS, part_name(number)), table, part.checksum)
        for number, (table, part) in enumerate(files)
    ])  # fmt: skip


def _copy(run: Run, schema: pa.Schema, tasks: list[Task[_Table]]) -> list[FinishedPart]:
    label = f"{run.claim.stage}: paragraphs"
    return run.map(rows_of, None, tasks, PartSpec(schema, label=label, unit="part", layout=LAYOUT))


def rows_of(table: _Table, _: None) -> Batches:
    """Yield the rows of a file of paragraphs."""
    rows = read_part(table.file)
    if table.source is not None:
        columns = {
            "source_language": pa.repeat(table.source.language, rows.num_rows),
            "wiki": pa.repeat(table.source.wiki, rows.num_rows),
        } | {name: rows.column(name) for name in ROWS.names}
        rows = pa.table([columns[name] for name in CORPUS_ROWS.names], schema=CORPUS_ROWS)
    yield rows.combine_chunks()
    return Counts()
