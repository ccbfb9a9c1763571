"""Print one sentence of a corpus in several languages, its entities in color on a terminal.

Usage: python -m scripts.check.excerpt CORPUS [LANGUAGES]
"""

import sys
from pathlib import Path
from typing import Any

import polars as pl

COLORS = (32, 33, 34, 35, 36, 31)


def excerpt(corpus: Path, languages: list[str]) -> list[tuple[str, str, list[tuple[int, int]]]]:
    """Return (language, text, spans) of the sentence that most of these languages have."""
    frame = (
        pl.scan_parquet(corpus / "data/*/*.parquet")
        .filter(pl.col("language").is_in([*languages, "en"]) & (pl.col("source_language") == "en"))
        .with_columns(number=pl.len().over("id"), entities_there=pl.col("entities").list.len())
        .filter(pl.col("entities_there").is_between(2, 4))
        .sort("number", "id", descending=[True, False])
        .collect()
    )
    if frame.is_empty():
        return []
    rows = frame.filter(pl.col("id") == frame["id"][0]).sort(pl.col("language") != "en", "language")
    return [
        (row["language"], row["text"], [(e["start"], e["end"]) for e in row["entities"]])
        for row in rows.iter_rows(named=True)
    ]


def colored(text: str, spans: list[tuple[int, int]], *, color: bool) -> str:
    """Return the text with its spans in color, or in brackets without."""
    out, at = "", 0
    for (start, end), code in zip(spans, COLORS * len(spans), strict=False):
        marks = (f"\033[{code}m", "\033[0m") if color else ("[", "]")
        out += text[at:start] + marks[0] + text[start:end] + marks[1]
        at = end
    return out + text[at:]


def main(arguments: list[Any]) -> None:
    """Print the excerpt of the corpus that the arguments name."""
    if len(arguments) < 2:
        sys.exit(__doc__)
    languages = (arguments[2:] or ["de,ru,zh,ja,ar,hi"])[0].split(",")
    for language, text, spans in excerpt(Path(arguments[1]), languages):
        print(f"{language:>4}  {colored(text, spans, color=sys.stdout.isatty())}")


if __name__ == "__main__":
    main(sys.argv)
