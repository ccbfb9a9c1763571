from collections.abc import Buffer

def replaced(
    offsets: Buffer,
    pieces: Buffer,
    first: Buffer,
    count: Buffer,
    replaced: Buffer,
    place: Buffer,
    which: Buffer,
    name_offsets: Buffer,
    names: Buffer,
    /,
) -> tuple[bytes, bytes]:
    """Return the int32 offsets and the UTF-8 of rows of pieces, with names in place of some."""
