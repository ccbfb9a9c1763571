def decode(
    data: bytes, position: int, level: int, checksum: int, memory: memoryview
) -> tuple[list[tuple[int, int, bytes]], int, int, int]:
    """Decode the blocks from a bit offset on, as many as there is memory for.

    `level`: that of the stream in which they are, 0 at its beginning; `checksum`: that of its
    blocks so far, -1 if it is not known. `memory`: 4,500,000 bytes for each block, and for one
    more. Returns the bit offsets of each block with its bytes, then the position, level and
    checksum up to which everything is right.
    """
