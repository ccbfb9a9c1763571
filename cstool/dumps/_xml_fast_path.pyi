def unescaped(data: bytes, start: int, end: int) -> str | None:
    """Return the text of some bytes of XML, None when there is more in them than that."""
