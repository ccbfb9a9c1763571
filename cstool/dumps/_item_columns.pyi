from mmap import mmap
from typing import Any

from cstool.arrays import Array

# Per item the number of texts (int32), the index of each text's name (int32), the offsets of the
# texts (int32, one more than texts), their UTF-8.
_Terms = tuple[bytes, bytes, bytes, bytes]

def new_columns(labels: list[str], aliases: list[str], sitelinks: list[str]) -> Any:
    """Return empty columns. The lists: names of languages and sites, to which new ones are added.

    Python may append names to them between two calls.
    """

def read_items(
    columns: Any, data: bytes | mmap, begin: int, end: int, wanted: Array | None
) -> tuple[int, int]:
    """Append the items of whole lines of `data[begin:end]` up to one that is left to Python.

    `wanted`: the QIDs to keep (uint32, sorted); None keeps all. Return the position behind the
    lines, and their number.
    """

def take_items(
    columns: Any,
) -> tuple[bytes, _Terms, _Terms, _Terms, bytes, bytes, list[str], int]:
    """Return the columns' content, and empty them.

    The QIDs (uint32), labels, aliases, sitelinks, per item the number of its types (int32), the
    types (uint32), the types of entities that are no items, the number of items not wanted.
    """
