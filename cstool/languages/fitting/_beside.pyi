from cstool.arrays import Array

def beside(
    points: Array,
    begin: Array,
    left: Array,
    start: Array,
    end: Array,
    right: Array,
    classes: Array,
    small: Array,
    articles: Array,
    letters: int,
    /,
) -> tuple[bytes, bytes]:
    """Return the flags of mentions, and int64[6, n]: the keys of the words beside them."""
