from cstool.wikitext.doubtful_stops import StopWords

def doubtful_stops(words: StopWords, text: str, pieces: list[str]) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge; None if they must judge all."""

def doubtful_unspaced(joins: str, text: str, pieces: list[str]) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge; None if they must judge all."""

def masked(text: str) -> str:
    """Return a text without labels of lists, and without unusual spaces before full stops."""

def are_joined(pieces: list[str], text: str) -> bool:
    """Return whether the pieces, joined, are the text."""

def is_unbroken(text: str, plain: bytes, others: str) -> bool:
    """Return whether all characters but the last are plain: no sentence can begin after them."""
