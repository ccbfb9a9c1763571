def unescaped(data: bytes, start: int, end: int) -> str | None:
    """Return the text of `data[start:end]` with its character references decoded.

    None if the bytes contain anything but text and the references that MediaWiki writes.
    """
