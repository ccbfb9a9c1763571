"""Files of a corpus that are not Parquet, and the record of what was written.

A Parquet file of a run contains the fingerprints of the run and of its input. For other files, a
part in the work folder records their sizes and checksums.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from cstool.formats.format_options import FormatOptions
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import Part
from cstool.storage.ownership import note_file

# The record of the files that a task has written.
WRITTEN = pa.schema(
    [
        ("file", pa.string()),
        ("rows", pa.int64()),
        ("bytes", pa.int64()),
        ("checksum", pa.string()),
    ]
)


class Destination(NamedTuple):
    """Where a task writes: the folder of the corpus, and the name of the file in its data folder.

    `name`: with the subfolder, without suffix (`de/train-00000-of-00003`).
    """

    out: Path
    name: str

    @property
    def split(self) -> str:
        """The split that the file belongs to, with the subfolder (`de/train`)."""
        return self.name.rsplit("-", 3)[0]


# Writes rows in order; returns the files, of which the first is the data file.
FileWriter = Callable[[Iterable[pa.Table], Destination, FormatOptions, Counts], list[Part]]


@contextmanager
def new_file(out: Path, file: str, parts: list[Part]) -> Iterator[tuple[Path, list[int]]]:
    """Yield a temporary path, which becomes `file` in the folder `out` when the block ends.

    Also yields a list to which the block adds the number of rows. The file is appended to `parts`.
    """
    rows: list[int] = []
    with whole_file(out / file) as temporary:
        yield temporary, rows
        size, checksum = temporary.stat().st_size, sha256(temporary)
        part = Part(file, sum(rows), size, checksum)
        note_file(out, part)
    parts.append(part)


def record_of(parts: list[Part]) -> pa.Table:
    """Return the record of written files."""
    columns = zip(*((p.file, p.rows, p.bytes, p.checksum) for p in parts), strict=True)
    return pa.table([*map(list, columns)], schema=WRITTEN)


def recorded(path: Path) -> list[Part]:
    """Return the files in a record."""
    return [Part(**row) for row in read_part(path).to_pylist()]


def are_as_recorded(out: Path, record: Path) -> bool:
    """Whether all files of a record exist in `out` with their sizes and checksums."""
    return all(is_part(out, part) for part in recorded(record))


def is_part(out: Path, part: Part) -> bool:
    """Whether the file of a part exists and has its size and checksum."""
    path = out / part.file
    return path.is_file() and path.stat().st_size == part.bytes and sha256(path) == part.checksum
