"""Writes and recognises parts: Parquet files whose footer says how they were made.

The footer's metadata has, under the key `cstool`, the fingerprints of the run and of the slice, and
the counts. An interrupted run is resumed from this alone.
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
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import Part

FOOTER_KEY = b"cstool"


class SideTable(NamedTuple):
    """Rows for a file with the part's name, in the subfolder `folder` of the run's work folder.

    They are kept in memory until the part is written, so they have to be few.
    """

    folder: str
    rows: pa.Table


Batches = Generator[pa.RecordBatch | pa.Table | SideTable, None, Counts]


class PartFooter(msgspec.Struct, frozen=True):
    """The metadata in a part's footer.

    `run`, `slice`: fingerprints. `beside`: the subfolders with its side tables. `file`: the part's
    path in the folder, "" if cstool 0.1 wrote it.
    """

    run: str
    slice: str
    counts: Counts
    beside: tuple[str, ...] = ()
    file: str = ""


class FinishedPart(msgspec.Struct, frozen=True):
    """A part on disk, and its counts."""

    part: Part
    counts: Counts


@dataclass(frozen=True)
class PartSpec:
    """What the parts of one step of a stage are.

    `schema`, `layout` (arguments of pyarrow's ParquetWriter): of the Parquet files. `dictionaries`:
    the schema of the batches, if it differs (see `checksums.PartWriter`). `label`: the step's name
    in progress and timings. `phase`: the subfolder of the work folder for intermediate parts, which
    are removed when the run finishes; None for parts of the output. `unit`: what the weights of
    tasks count; "B" is bytes.
    """

    schema: pa.Schema
    label: str = ""
    phase: str | None = None
    unit: str = "B"
    layout: Mapping[str, Any] = field(default_factory=lambda: STANDARD)
    dictionaries: pa.Schema | None = None


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
    """Write a part from batches, each as one row group, after its side tables.

    `file`: its path in the folder. `slice_`: the fingerprint of its slice. Raises InputError if an
    input cannot be read, OutputError if the part cannot be written.
    """
    path = folder.path / file
    side_tables: list[SideTable] = []
    with whole_file(path) as temporary:
        writer = PartWriter(temporary, spec.schema, spec.layout, spec.dictionaries)
        try:
            rows, counts = _write_all(writer, batches, side_tables.append)
            counts = total([counts])
            # Sorted, so that a part's bytes do not depend on the order of a set.
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
    """Write the batches; return the number of rows, and the counts."""
    rows = 0
    while True:
        try:
            batch = next(batches)
        except StopIteration as end:
            return rows, end.value
        except OSError as error:  # of reading, which must not be reported as one of writing
            if is_full(error):  # of another file that the stage writes
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
    """Return the metadata in a part's footer; None if the file is damaged or not a part."""
    if not path.is_file():  # a pipe would block
        return None
    try:
        metadata = read_footer(path).metadata or {}
        return msgspec.json.decode(metadata[FOOTER_KEY], type=PartFooter)
    except (OSError, KeyError, InputError, msgspec.DecodeError):
        return None


def refuse_foreign_part(path: Path, run: str) -> None:
    """Raise OutputError if `path` is a Parquet file that another run or program has written.

    A damaged file is not refused, because it may be a part of this run.
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
    """Return the part if this run wrote it from the same slice; None if it has to be made.

    The part and its side tables must exist and be undamaged.
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
