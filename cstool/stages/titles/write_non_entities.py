"""Which items are pages and no entities: written by `titles` into its folder, read by `link`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part, write_table
from cstool.storage.manifest import NOT_ENTITIES, Part, sha256
from cstool.storage.schemas import QID

_SCHEMA = pa.schema([("qid", QID), ("reason", pa.string())])


def rows_of_reasons(
    qids: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any], names: tuple[str, ...]
) -> pa.Table:
    """Return the items that have a reason: `numbers` count the names from 1 on, 0 is none."""
    found = numbers != 0
    reasons = pa.array(names, pa.string()).take(pa.array(numbers[found].astype(np.int64) - 1))
    return pa.Table.from_arrays([pa.array(qids[found], QID), reasons], schema=_SCHEMA)


def write_not_entities(folder: Path, files: Iterable[Path]) -> tuple[Part, dict[str, int]]:
    """Join the lists; return the file, and how many items have which reason.

    Sorted by QID; of an item with two reasons that of the earlier file counts.
    """
    table = pa.concat_tables([_SCHEMA.empty_table(), *(read_part(file) for file in files)])
    _, first = np.unique(table.column("qid").to_numpy(), return_index=True)
    table = table.take(pa.array(first)).combine_chunks()
    with whole_file(folder / NOT_ENTITIES) as temporary:
        write_table(temporary, table, {"compression": "zstd"})
    path = folder / NOT_ENTITIES
    numbers = {
        row["values"]: row["counts"] for row in table.column("reason").value_counts().to_pylist()
    }
    return Part(NOT_ENTITIES, table.num_rows, path.stat().st_size, sha256(path)), numbers
