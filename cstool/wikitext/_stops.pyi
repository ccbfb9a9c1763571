from cstool.wikitext.doubtful_stops import StopWords

def doubtful_stops(text: str, pieces: list[str], words: StopWords) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge; None if they must judge all."""

def doubtful_unspaced(text: str, pieces: list[str], joins: str) -> list[int] | None:
    """Return the offsets of the stops that the rules must judge; None if they must judge all."""
