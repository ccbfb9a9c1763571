"""Writes the table of items that are not entities, which `link` reads."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import column, numbers, strings
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part, write_table
from cstool.storage.manifest import NOT_ENTITIES, Part, describe_part
from cstool.storage.non_entities import NON_ENTITIES
from cstool.storage.schemas import QID


def rows_of_reasons(
    qids: np.ndarray[Any, Any], reasons: np.ndarray[Any, Any], names: tuple[str, ...]
) -> pa.Table:
    """Return the items that have a reason. `reasons`: index of the reason in `names` + 1, or 0."""
    selected = reasons != 0
    chosen = strings(names).take(numbers(reasons[selected].astype(np.int64) - 1))
    columns = [column(qids[selected], QID), chosen]
    return pa.Table.from_arrays(columns, schema=NON_ENTITIES)


def write_not_entities(folder: Path, files: Iterable[Path]) -> tuple[Part, dict[str, int]]:
    """Write the items of all lists, sorted by QID; return the part and the items by reason.

    If an item has two reasons, that of the earlier file is kept.
    """
    table = pa.concat_tables([NON_ENTITIES.empty_table(), *(read_part(file) for file in files)])
    _, first = np.unique(table.column("qid").to_numpy(), return_index=True)
    table = table.take(numbers(first)).combine_chunks()
    with whole_file(folder / NOT_ENTITIES) as temporary:
        write_table(temporary, table, {"compression": "zstd"})
    written = {
        row["values"]: row["counts"] for row in table.column("reason").value_counts().to_pylist()
    }
    return describe_part(folder, NOT_ENTITIES, table.num_rows), written
