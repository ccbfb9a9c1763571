"""Labels of real items: which are known, chosen, refused."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cstool.languages.codes import entitycs, is_known, wiki_language
from cstool.languages.fallbacks import chain
from cstool.languages.labels import LabelRules, choose
from cstool.storage.counts import Counts
from tests.languages.test_labels import names

Item = dict[str, Any]
# Items whose Latin labels in other scripts are copies of English: a long word, languages' codes.
COPIES = {102, 190, 209, 278, 13351, 33287, 33303, 33475, 36494}
# Items with a Latin label in Uyghur, whose other labels are in Arabic script.
LATIN_UYGHUR = {22, 64, 268}


@pytest.fixture(scope="module")
def items(shared: Path) -> list[Item]:
    path = shared / "realdata/wikidata/wikidata-sample-all.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line.rstrip(",\n")) for line in lines if line.startswith("{")]


def labels_of(item: Item) -> dict[str, str]:
    return {code: label["value"] for code, label in dict(item["labels"]).items()}


def titles_of(item: Item) -> dict[str, str]:
    return {site: link["title"] for site, link in dict(item.get("sitelinks") or {}).items()}


def test_every_code_of_real_labels_is_in_the_table(items: list[Item]) -> None:
    # The other items have CLDR's codes.
    whole = [item for item in items if item.get("descriptions")]
    assert len(whole) == 49
    codes = {code for item in whole for code in labels_of(item)}
    assert len(codes) > 300
    assert {code for code in codes if not is_known(code)} == set()


def test_every_real_wikipedia_has_a_language(items: list[Item]) -> None:
    sites = {site for item in items for site in titles_of(item) if site.endswith("wiki")}
    assert len(sites) > 280
    assert {site for site in sites if not wiki_language(site)} == {"commonswiki", "specieswiki"}


def test_real_labels_are_chosen_as_wikibase_does_but_for_copies_and_variants(
    items: list[Item],
) -> None:
    targets = [code for code in entitycs() if code != "en"]
    rules = LabelRules.of(targets, "all")
    many = [labels_of(item) for item in items]
    counts = Counts()
    found = choose(
        rules,
        len(items),
        names(many, rules.codes),
        names([titles_of(item) for item in items], rules.wikis()),
        counts,
    )
    texts = found.texts.to_pylist()
    refused, chinese = set(), 0
    for item, labels, row in zip(items, many, found.places.tolist(), strict=True):
        for code, place in zip(targets, row, strict=True):
            # Wikibase: the first of the chain that has a label.
            wikibase = next((labels[c] for c in (code, *chain(code), "mul") if c in labels), None)
            if wikibase == (texts[place] if place >= 0 else None):
                continue
            if code == "zh":  # a fifth of its labels are in traditional characters
                chinese += 1
            else:
                refused.add((int(item["id"][1:]), code))
    assert {qid for qid, code in refused if code != "ug"} == COPIES
    assert {qid for qid, code in refused if code == "ug"} == LATIN_UYGHUR
    assert len(refused) == 16 + 3
    assert 500 < chinese < 600
    own = sum(code in labels for labels in many for code in targets)
    traditional = counts.tallies["labels"].dropped["own: in the other Chinese characters"]
    assert counts.details["labels by origin"]["label"] == own - 14 - 3 - traditional
