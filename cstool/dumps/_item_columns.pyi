from collections.abc import Buffer
from typing import Any

# Per item the number of texts (int32), the index of each text's name (int32), the offsets of the
# texts (int32, one more than texts), their UTF-8.
_Terms = tuple[bytes, bytes, bytes, bytes]

def index_names(names: list[str]) -> Any:
    """Return a table of the names in a list, for `read_items`, which appends new names to it."""

def read_items(
    data: Buffer, begin: int, end: int, names: tuple[Any, Any, Any], wanted: Buffer | None
) -> tuple[int, int, bytes, _Terms, _Terms, _Terms, bytes, bytes, list[str], int] | None:
    """Read whole lines of `data[begin:end]` up to one that is not in the published form.

    `names`: the tables of the names of labels, aliases and sitelinks. `wanted`: the QIDs to keep
    (uint32, sorted); None keeps all. Return the position behind the lines, their number, the QIDs
    (uint32), labels, aliases, sitelinks, per item the number of its types (int32), the types
    (uint32), the types of entities that are no items, and the number of items that are not wanted.
    None: there is no such line.
    """
