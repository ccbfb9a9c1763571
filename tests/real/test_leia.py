"""The recipe leia on real pages, mention for mention as the published rules would have it.

Linked pages do not show which links have a fragment; LEIA skips these, both sides here take them.
"""

import random
from pathlib import Path
from typing import Any

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import LinkOptions, link
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from tests.stages.switch.leia_rules import leia
from tests.stages.switch.switching import names
from tests.support import gzipped, item, rows_of, wikidata_json

QUIET = RunOptions(jobs=1, quiet=True)
# Titles of the English Wikipedia, for the targets of links.
FORMS = ("{}", "{}", "{} (thing)", "{}(II) {}", "List of {}", "Category:{}", "{} (a) (b)")


def items_for(sentences: Path, language: str) -> list[dict[str, Any]]:
    """An item for each target; two of three have an English page, half of these the same title."""
    mentions = rows_of(sentences)["mentions"].explode().struct.field("target")
    draw = random.Random(1)
    items = []
    for qid, target in enumerate(sorted(set(mentions.drop_nulls())), 1):
        links = {f"{language}wiki": target}
        if draw.random() < 2 / 3:
            name = target if draw.random() < 0.5 else f"Thing {qid}"
            links["enwiki"] = draw.choice(FORMS).format(name, name)
        items.append(item(qid, {language: target, "en": f"thing {qid}"}, links))
    return items


@pytest.mark.parametrize("language", ["sw", "ja", "ru", "ar"])
def test_real_pages_are_annotated_by_the_published_rules(
    shared: Path, tmp_path: Path, language: str
) -> None:
    pages, wiki = [str(shared / f"realdata/wikipedia/{language}.xml.bz2")], f"{language}wiki"
    extract(pages, tmp_path / "pages", ExtractOptions(unit="page"), QUIET)
    items = items_for(tmp_path / "pages", language)
    (tmp_path / "wikidata.json.gz").write_bytes(gzipped(wikidata_json(items).encode()))
    wikidata = str(tmp_path / "wikidata.json.gz")
    entities(wikidata, tmp_path / "entities", EntitiesOptions(), QUIET)
    titles(wiki, tmp_path / "entities", pages, tmp_path / "titles", QUIET)
    keep = LinkOptions(keep_disambiguation=True)
    link(tmp_path / "pages", tmp_path / "titles", tmp_path / "linked", QUIET, keep)
    options = SwitchOptions.of("leia", passes=3)
    switch(tmp_path / "linked", tmp_path / "entities", tmp_path / "out", options, QUIET)

    english = {
        int(one["id"][1:]): one["sitelinks"]["enwiki"]["title"]
        for one in items
        if "enwiki" in one["sitelinks"]
    }
    linked = rows_of(tmp_path / "linked").to_dicts()
    told = {(r["id"], n): leia(r, english, number=n) for r in linked for n in range(3)}
    rows = rows_of(tmp_path / "out").to_dicts()
    made = {
        (row["id"], row["pass"]): (
            row["text"],
            [(e["qid"], name) for e, name in zip(row["entities"], names(row), strict=True)],
        )
        for row in rows
        if row["language"] == "en"
    }
    assert made == {key: result for key, result in told.items() if result[1]}
    assert sum(len(put) for _, put in made.values()) > (200 if language in ("ja", "ru") else 5)
    # Each sentence is where `sentences` says, with the names that belong to it.
    starts = {row["id"]: (row["text"], row["sentences"]) for row in linked}
    for row in rows:
        text, sources = starts[row["id"]]
        for start, source in zip(row["sentences"], sources, strict=True):
            assert row["text"][start : start + 1] == text[source : source + 1]
