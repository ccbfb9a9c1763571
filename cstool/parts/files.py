"""Files that appear whole or not at all, and parts: Parquet files that know how they were made.

A part's footer holds, under the key `cstool`, the fingerprints of the run and of the slice that
it was made from, and its counts: an interrupted run is continued from the parts alone.
"""

import errno
import glob
import os
import re
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.parts.counts import Counts, total
from cstool.parts.manifest import Part, sha256
from cstool.running.errors import InputError, is_full, writing

FOOTER_KEY = b"cstool"
_TEMPORARY = re.compile(r"\..+\..+\.[0-9]+\.tmp")
_CANNOT_FLUSH = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_CANNOT_OPEN = {errno.EACCES, errno.EPERM, errno.EISDIR, errno.EBADF}
STANDARD = {"compression": "zstd", "compression_level": 3, "write_page_index": True}


class Beside(NamedTuple):
    """Rows that go beside a part: into a file of its name in `folder`, in the run's work folder.

    Few of them: they are held in memory until the part is written.
    """

    folder: str
    rows: pa.Table


Batches = Generator[pa.RecordBatch | pa.Table | Beside, None, Counts]


class Footer(msgspec.Struct, frozen=True):
    """What a part tells of itself; `beside`: the folders in which more lies beside it."""

    run: str
    slice: str
    counts: Counts
    beside: tuple[str, ...] = ()


class Made(msgspec.Struct, frozen=True):
    """A part that lies on disk, and its counts."""

    part: Part
    counts: Counts


_tag: ContextVar[str | None] = ContextVar("tag", default=None)


def temporary_tag() -> str:
    """Return what marks a run's temporary files: its host and process number.

    In a worker they are those of the coordinating process.
    """
    return _tag.get() or f"{socket.gethostname()}.{os.getpid()}"


@contextmanager
def tagged(tag: str) -> Iterator[None]:
    """Mark temporary files as those of a run, here in one of its workers."""
    token = _tag.set(tag)
    try:
        yield
    finally:
        _tag.reset(token)


def _temporary(path: Path, tag: str) -> Path:
    return path.with_name(f".{path.name}.{tag}.tmp")


def remove_temporaries(folder: Path, tag: str) -> None:
    """Remove the temporary files of the run with that tag."""
    for path in folder.rglob(f".*.{glob.escape(tag)}.tmp"):
        path.unlink(missing_ok=True)


def remove_orphans(folder: Path, tags_at_work: Callable[[], list[str]]) -> None:
    """Remove the temporary files of runs that are no more: of all but those at work."""
    found = [path for path in folder.rglob(".*.tmp") if _TEMPORARY.fullmatch(path.name)]
    # Asked for later: a run tells that it is at work before it makes a file.
    endings = tuple(f".{tag}.tmp" for tag in tags_at_work())
    for path in found:
        if not path.name.endswith(endings):
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Ask the disk to keep the file, or the folder's entries, through a power cut.

    Some network file systems cannot, above all for folders, and say so: then it is theirs to keep
    what was written. A disk that fails is told.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in (_CANNOT_FLUSH | _CANNOT_OPEN if path.is_dir() else _CANNOT_FLUSH):
            raise


@contextmanager
def whole_file(path: Path, tag: str | None = None) -> Iterator[Path]:
    """Give a temporary path; what is written there becomes `path` at once when the block ends.

    Raises OutputError when the disk is full or the place cannot be written.
    """
    temporary = _temporary(path, tag or temporary_tag())
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _flush(temporary)
            temporary.replace(path)
            _flush(path.parent)
        except BaseException:
            with suppress(OSError):  # the fault that led here is the one to tell
                temporary.unlink(missing_ok=True)
            raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file whole."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def write_part(
    folder: Path,
    file: str,
    schema: pa.Schema,
    batches: Batches,
    *,
    run: str,
    slice_: str,
    tag: str,
    work: Path,
    layout: Mapping[str, Any] = STANDARD,
    listed: bool = True,
) -> Made:
    """Write a part from record batches, each its own row group; return what was made.

    `listed`: it will stand in a manifest, which has its checksum.
    What goes beside it, in folders of `work`, is there before the part is. `layout`: how pyarrow's
    ParquetWriter is to write.
    """
    path = folder / file
    beside: list[Beside] = []
    with whole_file(path, tag) as temporary:
        with pq.ParquetWriter(temporary, schema, **layout) as writer:
            # In sorted order: a part's bytes must not depend on the order of a set.
            counts = total([_write_all(writer, batches, beside.append)])
            folders = _by_folder(beside)
            footer = msgspec.json.encode(Footer(run, slice_, counts, tuple(folders)))
            writer.add_key_value_metadata({FOOTER_KEY: footer})
        checksum = sha256(temporary) if listed else ""
        size = temporary.stat().st_size
        rows = pq.read_metadata(temporary).num_rows
        for name, tables in folders.items():
            with whole_file(work / name / file, tag) as temporary_beside:
                pq.write_table(pa.concat_tables(tables), temporary_beside, compression="zstd")
    return Made(Part(file, rows, size, checksum), counts)


def _by_folder(beside: list[Beside]) -> dict[str, list[pa.Table]]:
    folders: dict[str, list[pa.Table]] = {}
    for folder, rows in beside:
        folders.setdefault(folder, []).append(rows)
    return dict(sorted(folders.items()))


def _write_all(
    writer: pq.ParquetWriter, batches: Batches, put_beside: Callable[[Beside], None]
) -> Counts:
    while True:
        try:
            batch = next(batches)
        except StopIteration as end:
            counts: Counts = end.value
            return counts
        except OSError as error:  # of reading: not to be told as one of writing the part
            if is_full(error):  # but for what a stage writes beside it
                raise
            raise InputError(
                f"{error.filename or 'an input'}: cannot be read ({error.strerror or error}); "
                "mend that and run the same command again: finished parts are kept"
            ) from error
        if isinstance(batch, Beside):
            put_beside(batch)
        elif batch.num_rows:
            table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
            writer.write_table(table, row_group_size=max(1, table.num_rows))


def has_footer(path: Path) -> bool:
    """Whether the file is a part that cstool wrote."""
    try:
        return FOOTER_KEY in (pq.read_metadata(path).metadata or {})
    except (OSError, pa.ArrowInvalid):
        return False


def find_part(
    folder: Path, file: str, *, run: str, slice_: str, work: Path, listed: bool = True
) -> Made | None:
    """Return the part if it is there already, made by the same run from the same slice.

    With all that belongs beside it, in folders of `work`. `listed` as in `write_part`.
    """
    path = folder / file
    try:
        metadata = pq.read_metadata(path)
        footer = msgspec.json.decode((metadata.metadata or {})[FOOTER_KEY], type=Footer)
    except (OSError, KeyError, pa.ArrowInvalid, msgspec.DecodeError):
        return None  # not there, or not sound: to be made
    if footer.run != run or footer.slice != slice_:
        return None
    if not all((work / name / file).is_file() for name in footer.beside):
        return None
    checksum = sha256(path) if listed else ""
    part = Part(file, metadata.num_rows, path.stat().st_size, checksum)
    return Made(part, footer.counts)
