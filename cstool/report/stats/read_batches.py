"""Reads columns of a folder's parts in batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from cstool.errors import InputError
from cstool.storage.checksums import open_part, read_footer
from cstool.storage.manifest import Part
from cstool.storage.schemas import UNIT_FIELDS, Unit

_ROWS_AT_ONCE, _PAGES_AT_ONCE = 20_000, 200


def at_once(unit: Unit) -> int:
    """Return the number of rows of a unit to read together."""
    return _PAGES_AT_ONCE if unit == "page" else _ROWS_AT_ONCE


def more_columns(unit: Unit) -> list[str]:
    """Return the columns that only paragraphs and pages have."""
    return [] if unit == "sentence" else [field.name for field in UNIT_FIELDS]


def batches(
    folder: Path, parts: list[Part], columns: list[str], rows: int, *, every: int = 1
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of the parts in batches of at most `rows`.

    Of one in `every` row groups. Raises InputError if a part cannot be read.
    """
    groups_before = 0
    for part in parts:
        try:
            footer = read_footer(folder / part.file)
            groups = [i for i in range(footer.num_row_groups) if (groups_before + i) % every == 0]
            file = open_part(folder / part.file, groups)
            groups_before += file.num_row_groups
            yield from file.iter_batches(rows, row_groups=groups, columns=columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{folder / part.file}: cannot be read ({error}); make the folder again with "
                "--overwrite"
            ) from error
