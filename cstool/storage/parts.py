"""Parts: Parquet files that know how they were made.

A part's footer holds, under the key `cstool`, the fingerprints of the run and of the slice that
it was made from, and its counts: an interrupted run is continued from the parts alone.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from cstool.errors import InputError, OutputError, is_full
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


def write_part(
    folder: Path,
    file: str,
    schema: pa.Schema,
    batches: Batches,
    *,
    run: str,
    slice_: str,
    work: Path,
    layout: Mapping[str, Any] = STANDARD,
    listed: bool = True,
) -> FinishedPart:
    """Write a part from record batches, each its own row group; return what was made.

    `listed`: it will stand in a manifest, which has its checksum.
    What goes beside it, in folders of `work`, is there before the part is. `layout`: how pyarrow's
    ParquetWriter is to write.
    """
    path = folder / file
    beside: list[SideTable] = []
    with whole_file(path) as temporary:
        writer = PartWriter(temporary, schema, layout)
        try:
            # In sorted order: a part's bytes must not depend on the order of a set.
            rows, counts = _write_all(writer, batches, beside.append)
            counts = total([counts])
            folders = _by_folder(beside)
            footer = PartFooter(run, slice_, counts, tuple(folders), file)
            writer.close({FOOTER_KEY: msgspec.json.encode(footer)})
        finally:
            writer.abort()
        checksum = sha256(temporary) if listed else ""
        size = temporary.stat().st_size
        for name, tables in folders.items():
            with whole_file(work / name / file) as temporary_beside:
                write_table(temporary_beside, pa.concat_tables(tables), {"compression": "zstd"})
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
                "mend that and run the same command again: finished parts are kept"
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
                "choose another folder with -o"
            )


def find_part(
    folder: Path, file: str, *, run: str, slice_: str, work: Path, listed: bool = True
) -> FinishedPart | None:
    """Return the part if it is there and undamaged, made by the same run from the same slice.

    With all that belongs beside it, in folders of `work`. `listed` as in `write_part`.
    """
    path = folder / file
    footer = footer_of(path)
    if footer is None or footer.run != run or footer.slice != slice_:
        return None
    try:
        rows = open_part(path).metadata.num_rows
        for name in footer.beside:
            open_part(work / name / file)
    except (OSError, InputError):
        return None  # missing or damaged: it is made again
    part = Part(file, rows, path.stat().st_size, sha256(path) if listed else "")
    return FinishedPart(part, footer.counts)
