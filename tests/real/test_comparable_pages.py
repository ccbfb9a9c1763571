"""Real pages about one city, in four scripts, side by side."""

import bz2
from pathlib import Path

import polars as pl

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.pair.stage import PairOptions, pair
from cstool.stages.titles.stage import titles
from tests.support import rows_of

RUNNING = RunOptions(jobs=1, quiet=True)
BERLIN = 64


def test_the_pages_about_berlin_are_paired(shared: Path, tmp_path: Path) -> None:
    data = shared / "realdata"
    items = tmp_path / "entities"
    dump = str(data / "wikidata/wikidata-sample-all.json.gz")
    entities(dump, items, EntitiesOptions(), RUNNING)
    pages, tables = [], []
    for code in ("ja", "ko", "sw", "th"):
        # All these exports call themselves enwiki.
        xml = bz2.decompress((data / f"wikipedia/{code}.xml.bz2").read_bytes()).decode()
        xml = xml.replace("<dbname>enwiki", f"<dbname>{code}wiki", 1)
        file = tmp_path / f"{code}.xml"
        file.write_text(xml.replace('xml:lang="en"', f'xml:lang="{code}"', 1))
        tables.append(tmp_path / f"{code}-titles")
        titles(f"{code}wiki", items, [str(file)], tables[-1], RUNNING)
        pages.append(tmp_path / f"{code}-pages")
        options = ExtractOptions(unit="page", all_sentences=True, headings="markdown")
        extract([str(file)], pages[-1], options, RUNNING)
    pair(pages, tables, tmp_path / "pairs", PairOptions(order=("sw",), segments=5), RUNNING)
    [row] = rows_of(tmp_path / "pairs").to_dicts()
    assert (row["qid"], row["languages"]) == (BERLIN, ["sw", "ja", "ko", "th"])
    texts = [row["text"][s["start"] : s["end"]] for s in row["segments"]]
    assert row["text"] == "\n\n".join(texts)
    for folder, code in zip(pages, ("ja", "ko", "sw", "th"), strict=True):
        own = [t for t, s in zip(texts, row["segments"], strict=True) if s["language"] == code]
        titles_of = {s["title"] for s in row["segments"] if s["language"] == code}
        [whole] = rows_of(folder).filter(pl.col("title").is_in([*titles_of]))["text"]
        assert "\n\n".join(own) == whole
        # A heading is not parted from what follows it.
        assert not any(text.rsplit("\n\n", 1)[-1].startswith("## ") for text in own[:-1])
    assert len([s for s in row["segments"] if s["language"] == "ja"]) == 5
