from collections.abc import Buffer

def labels(
    rows: Buffer,
    which: Buffer,
    steps: Buffer,
    offsets: Buffer,
    text: Buffer,
    width: int,
    entities: Buffer,
    languages: Buffer,
    /,
) -> tuple[bytes, bytes, bytes]:
    """Return the int32 offsets and the UTF-8 of labels, and the steps of their searches."""

def same(
    rows: Buffer,
    which: Buffer,
    steps: Buffer,
    offsets: Buffer,
    text: Buffer,
    width: int,
    entities: Buffer,
    text_offsets: Buffer,
    texts: Buffer,
    /,
) -> bytes:
    """Return the masks of languages in which the label of `entities[i]` is the i-th text."""
