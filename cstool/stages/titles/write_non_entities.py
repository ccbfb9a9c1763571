"""Writes the table of items that are not entities, which `link` reads."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.storage.atomic import whole_file
from cstool.storage.checksums import read_part, write_table
from cstool.storage.manifest import NOT_ENTITIES, Part, describe_part
from cstool.storage.non_entities import NON_ENTITIES
from cstool.storage.schemas import QID


def rows_of_reasons(
    qids: np.ndarray[Any, Any], numbers: np.ndarray[Any, Any], names: tuple[str, ...]
) -> pa.Table:
    """Return the items that have a reason. `numbers`: index of the reason in `names` + 1, or 0."""
    selected = numbers != 0
    reasons = pa.array(names, pa.string()).take(pa.array(numbers[selected].astype(np.int64) - 1))
    return pa.Table.from_arrays([pa.array(qids[selected], QID), reasons], schema=NON_ENTITIES)


def write_not_entities(folder: Path, files: Iterable[Path]) -> tuple[Part, dict[str, int]]:
    """Write the items of all lists, sorted by QID; return the part and the items by reason.

    If an item has two reasons, that of the earlier file is kept.
    """
    table = pa.concat_tables([NON_ENTITIES.empty_table(), *(read_part(file) for file in files)])
    _, first = np.unique(table.column("qid").to_numpy(), return_index=True)
    table = table.take(pa.array(first)).combine_chunks()
    with whole_file(folder / NOT_ENTITIES) as temporary:
        write_table(temporary, table, {"compression": "zstd"})
    numbers = {
        row["values"]: row["counts"] for row in table.column("reason").value_counts().to_pylist()
    }
    return describe_part(folder, NOT_ENTITIES, table.num_rows), numbers
