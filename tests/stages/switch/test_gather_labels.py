"""Label selection from a dump to the switched sentences: fallbacks, titles, counts."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import link
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import Manifest, need_stage
from tests.support import Source, dump_xml, item, rows_of, wikidata_json

QUIET = RunOptions(jobs=1, quiet=True)
ITEMS = [
    item(
        1,
        {"en": "Alder", "mul": "Alder", "de": "Erle", "ta": "Alder", "zh-tw": "榿木", "xx-q": "Al"},
        {"enwiki": "Alder (tree)", "dewiki": "Erlen (Bäume)", "jawiki": "ハンノキ（木）"},
    ),
    item(2, {"mul": "Birk", "ja": "Birk", "no": "Bjerk"}, {"enwiki": "Birk", "jawiki": "Birk"}),
]
TEXT = "The [[alder (tree)|alder]] stands next to [[Birk]] on the bank of the small river."


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with entities, and one linked sentence."""
    folder = tmp_path_factory.mktemp("linked")
    pages = folder / "pages.xml"
    pages.write_text(dump_xml([Source("River", TEXT), Source("Alder (tree)"), Source("Birk")]))
    wikidata = folder / "wikidata.json"
    wikidata.write_text(wikidata_json(ITEMS))
    entities(str(wikidata), folder / "entities", EntitiesOptions(), QUIET)
    titles("enwiki", folder / "entities", [str(pages)], folder / "titles", QUIET)
    extract([str(pages)], folder / "sentences", ExtractOptions(), QUIET)
    link(folder / "sentences", folder / "titles", folder / "linked", QUIET)
    return folder


def switched(linked: Path, out: Path, languages: str, **options: Any) -> dict[str, str]:
    """The switched sentences by language, without their common text."""
    switch(
        linked / "linked",
        linked / "entities",
        out,
        SwitchOptions(languages, 1000, **options),
        QUIET,
    )
    rows = rows_of(out).filter(pl.col("language") != "en")
    return {row["language"]: _names(row) for row in rows.to_dicts()}


def _names(row: dict[str, Any]) -> str:
    return " ".join(row["text"][e["start"] : e["end"]] for e in row["entities"])


def counts(out: Path) -> Manifest:
    return need_stage(out, "switch")


def test_labels_come_from_fallbacks_and_mul_where_their_script_fits(
    linked: Path, tmp_path: Path
) -> None:
    found = switched(linked, tmp_path / "o", "de,de-at,sw,ja,ta,zh,zh-hk,nb")
    assert found == {
        "de": "Erle Birk",
        "de-at": "Erle Birk",
        "sw": "Alder Birk",
        "nb": "Alder Bjerk",
    }
    counted = counts(tmp_path / "o").counts
    assert counted.tallies["labels"].dropped["own: repeats the English one in another script"] == 1
    # In ja, ta, zh (榿 is a traditional character), zh-hk: Birk, in all but ja and zh-hk Alder.
    assert counted.tallies["labels"].dropped["mul: in another script"] == 6
    assert counted.details["labels refused"] == {"ta": 1}


def test_without_fallback_only_labels_of_just_that_code_count(linked: Path, tmp_path: Path) -> None:
    assert switched(linked, tmp_path / "o", "de,de-at,ja,ta,nb", fallback="none") == {}


def test_titles_may_replace_labels(linked: Path, tmp_path: Path) -> None:
    assert switched(linked, tmp_path / "o", "de,ja,sw", labels="sitelink") == {
        "ja": "ハンノキ Birk"
    }


def test_all_languages_are_those_with_labels_and_unknown_codes_are_reported(
    linked: Path, tmp_path: Path
) -> None:
    found = switched(linked, tmp_path / "o", "all")
    assert set(found) == {"de", "nb"}
    assert counts(tmp_path / "o").counts.details["labels in unknown languages"] == {"xx-q": 1}
    languages = counts(tmp_path / "o").parameters["languages"]
    assert languages == ["de", "ja", "nb", "ta", "xx-q", "zh-tw"]


def test_another_way_to_choose_labels_is_another_run(linked: Path, tmp_path: Path) -> None:
    from cstool.errors import OutputError

    switched(linked, tmp_path / "o", "de")
    with pytest.raises(OutputError, match="fallback"):
        switched(linked, tmp_path / "o", "de", fallback="all")
