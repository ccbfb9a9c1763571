from cstool.arrays import Array

def replaced(
    offsets: Array,
    pieces: Array,
    first: Array,
    count: Array,
    replaced: Array,
    place: Array,
    which: Array,
    name_offsets: Array,
    names: Array,
    /,
) -> tuple[bytes, bytes]:
    """Return the int32 offsets and the UTF-8 of rows of pieces, with names in place of some."""
