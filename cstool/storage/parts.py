"""Parts: Parquet files that know how they were made.

A part's footer holds, under the key `cstool`, the fingerprints of the run and of the slice that
it was made from, and its counts: an interrupted run is continued from the parts alone.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from cstool.errors import RESUME, InputError, OutputError, is_full
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import STANDARD, PartWriter, open_part, read_footer, write_table
from cstool.storage.counts import Counts, total
from cstool.storage.manifest import Part, sha256

FOOTER_KEY = b"cstool"


class SideTable(NamedTuple):
    """Rows that go beside a part: into a file of its name in `folder`, in the run's work folder.

    Few of them: they are held in memory until the part is written.
    """

    folder: str
    rows: pa.Table


Batches = Generator[pa.RecordBatch | pa.Table | SideTable, None, Counts]


class PartFooter(msgspec.Struct, frozen=True):
    """What a part tells of itself; `beside`: the folders in which more lies beside it.

    `file`: its path in the folder, "" if cstool 0.1 wrote it.
    """

    run: str
    slice: str
    counts: Counts
    beside: tuple[str, ...] = ()
    file: str = ""


class FinishedPart(msgspec.Struct, frozen=True):
    """A part that lies on disk, and its counts."""

    part: Part
    counts: Counts


@dataclass(frozen=True)
class PartSpec:
    """What the parts of one step of a stage are.

    `schema`, `layout` (arguments of pyarrow's ParquetWriter): of the Parquet files. `label`: the
    step's name in progress and timings. `phase`: the subfolder of the work folder for intermediate
    parts, which are removed when the run finishes; None for parts of the output. `unit`: what the
    weights of tasks count; "B" is bytes.
    """

    schema: pa.Schema
    label: str = ""
    phase: str | None = None
    unit: str = "B"
    layout: Mapping[str, Any] = field(default_factory=lambda: STANDARD)


@dataclass(frozen=True)
class PartFolder:
    """The folder that the parts of a step are written to.

    `work`: the run's work folder, for side tables. `run`: the run's fingerprint. `listed`: whether
    the manifest will list the parts, with their checksums.
    """

    path: Path
    work: Path
    run: str
    listed: bool = True


def write_part(
    folder: PartFolder, file: str, slice_: str, spec: PartSpec, batches: Batches
) -> FinishedPart:
    """Write a part from batches, each its own row group; its side tables are written first.

    `file`: its path in the folder. `slice_`: the fingerprint of the slice it is made from.
    Raises InputError when an input cannot be read, OutputError when the part cannot be written.
    """
    path = folder.path / file
    side_tables: list[SideTable] = []
    with whole_file(path) as temporary:
        writer = PartWriter(temporary, spec.schema, spec.layout)
        try:
            rows, counts = _write_all(writer, batches, side_tables.append)
            counts = total([counts])
            # In sorted order: a part's bytes must not depend on the order of a set.
            by_folder = _by_folder(side_tables)
            footer = PartFooter(folder.run, slice_, counts, tuple(by_folder), file)
            writer.close({FOOTER_KEY: msgspec.json.encode(footer)})
        finally:
            writer.abort()
        checksum = sha256(temporary) if folder.listed else ""
        size = temporary.stat().st_size
        for name, tables in by_folder.items():
            with whole_file(folder.work / name / file) as temporary_side:
                write_table(temporary_side, pa.concat_tables(tables), {"compression": "zstd"})
    return FinishedPart(Part(file, rows, size, checksum), counts)


def _by_folder(beside: list[SideTable]) -> dict[str, list[pa.Table]]:
    folders: dict[str, list[pa.Table]] = {}
    for folder, rows in beside:
        folders.setdefault(folder, []).append(rows)
    return dict(sorted(folders.items()))


def _write_all(
    writer: PartWriter, batches: Batches, put_beside: Callable[[SideTable], None]
) -> tuple[int, Counts]:
    """Write the batches; return how many rows they had, and the counts."""
    rows = 0
    while True:
        try:
            batch = next(batches)
        except StopIteration as end:
            return rows, end.value
        except OSError as error:  # of reading: not to be told as one of writing the part
            if is_full(error):  # but for what a stage writes beside it
                raise
            raise InputError(
                f"{error.filename or 'an input'}: cannot be read ({error.strerror or error}); "
                f"fix this and {RESUME}"
            ) from error
        if isinstance(batch, SideTable):
            put_beside(batch)
        elif batch.num_rows:
            table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            writer.write(table)
            rows += table.num_rows


def footer_of(path: Path) -> PartFooter | None:
    """Return what a part tells of itself; None for a file that is no sound part of cstool's."""
    if not path.is_file():  # a pipe would block
        return None
    try:
        metadata = read_footer(path).metadata or {}
        return msgspec.json.decode(metadata[FOOTER_KEY], type=PartFooter)
    except (OSError, KeyError, InputError, msgspec.DecodeError):
        return None


def refuse_foreign_part(path: Path, run: str) -> None:
    """Raise OutputError when a part's name is that of a Parquet file that another has written.

    Not for one that is damaged: that may be a part.
    """
    footer = footer_of(path)
    if footer is not None and footer.run == run:
        return
    with suppress(OSError, InputError):
        if path.is_file():
            read_footer(path)
            raise OutputError(
                f"{path}: is a Parquet file that this run did not write; move it elsewhere, or "
                "choose another output folder with -o"
            )


def find_part(folder: PartFolder, file: str, slice_: str) -> FinishedPart | None:
    """Return the part if the same run wrote it from the same slice and nothing of it is damaged.

    Its side tables must be there, too. None otherwise: then it is due.
    """
    path = folder.path / file
    footer = footer_of(path)
    if footer is None or footer.run != folder.run or footer.slice != slice_:
        return None
    try:
        rows = open_part(path).metadata.num_rows
        for name in footer.beside:
            open_part(folder.work / name / file)
    except (OSError, InputError):
        return None
    part = Part(file, rows, path.stat().st_size, sha256(path) if folder.listed else "")
    return FinishedPart(part, footer.counts)
