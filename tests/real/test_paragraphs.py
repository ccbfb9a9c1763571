"""Our paragraphs against the blocks of MediaWiki's rendering."""

import gzip
import json
import re
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from tests.support import rows_of

_HOLE = re.compile("⟦[^⟦⟧]*⟧")


def plain(text: str) -> str:
    return " ".join(_HOLE.sub("", text).split())


def blocks(gold: Path) -> dict[str, list[str]]:
    with gzip.open(gold, "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    return {page["title"]: [plain(block["text"]) for block in page["blocks"]] for page in pages}


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja", "ru"])
def test_sentences_share_a_paragraph_where_they_share_one_on_the_page(
    shared: Path, tmp_path: Path, language: str
) -> None:
    real = shared / "realdata"
    options = ExtractOptions(templates="none", language=language)
    extract(
        [str(real / f"wikipedia/{language}.xml.bz2")], tmp_path / "o", options, RunOptions(jobs=1)
    )
    told = pl.read_parquet(tmp_path / "o/_paragraphs/*.pq")
    pages = blocks(real / f"gold/{language}.gold.jsonl.gz")
    together = apart = parted = 0
    for (title,), page in rows_of(tmp_path / "o").join(told, on="id").sort("id").group_by("title"):
        here = pages.get(str(title), [])
        placed = []
        for text, paragraph in page.select("text", "paragraph").rows():
            found = [n for n, block in enumerate(here) if plain(text) in block]
            placed.append((found, paragraph))
        for (block, paragraph), (next_block, next_paragraph) in pairwise(placed):
            if len(block) == len(next_block) == 1:
                if block == next_block:
                    together += 1
                    assert paragraph == next_paragraph
                else:  # the gold has each line of a paragraph as a block of its own
                    apart += 1
                    parted += paragraph != next_paragraph
    assert together > 50
    assert apart > 50
    assert parted >= 0.9 * apart
