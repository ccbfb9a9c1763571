from cstool.wikitext.sentence_columns import Collected, CutLine

def collect(lines: list[CutLine], every: bool, gaps: bool) -> Collected:
    """Cut lines and return their sentences as columns."""
