from cstool.arrays import Array

def labels(
    rows: Array,
    which: Array,
    steps: Array,
    offsets: Array,
    text: Array,
    width: int,
    entities: Array,
    languages: Array,
    /,
) -> tuple[bytes, bytes, bytes]:
    """Return the int32 offsets and the UTF-8 of labels, and the steps of their searches."""

def same(
    rows: Array,
    which: Array,
    steps: Array,
    offsets: Array,
    text: Array,
    width: int,
    entities: Array,
    text_offsets: Array,
    texts: Array,
    /,
) -> bytes:
    """Return the masks of languages in which the label of `entities[i]` is the i-th text."""
