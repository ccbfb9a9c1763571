"""The origin of each name, and which source sentences are rows."""

from pathlib import Path
from typing import Any

import pytest

from tests.stages.switch.switching import Entity, Row, names, sentence, switched, write

ALDER = Entity({"en": "alder", "de": "Erle", "no": "or", "fr": "aulne", "zh-tw": "赤楊"})
ADA = Entity({"en": "Ada", "mul": "Ada Lovelace"})
REST = " it was, as everybody said."
ONE = sentence(1, ("alder", 1), REST)


def made(tmp_path: Path, *rows: Row, **options: Any) -> list[Row]:
    folder = write(tmp_path / "in", [rows], {1: ALDER, 2: ADA})
    return switched(folder, tmp_path / "out", **{"prose": False} | options)[0]


def origins(rows: list[Row]) -> dict[str, list[tuple[str, str, str]]]:
    """The names of rows, the codes that they are taken from, and their origins, by language."""
    return {
        row["language"]: [
            (name, e["name_language"], e["origin"])
            for name, e in zip(names(row), row["entities"], strict=True)
        ]
        for row in rows
    }


def test_every_name_tells_its_language_and_its_origin(tmp_path: Path) -> None:
    two = sentence(2, ("Ada", 2), REST)
    codes = "de,de-at,gsw,mg,nb,sw,zh-hk"
    rows = made(tmp_path, ONE, two, languages=codes, fallback="all", max_languages=9)
    assert origins(rows[:7]) == {
        "en": [("alder", "en", "anchor")],
        "de": [("Erle", "de", "label")],
        "de-at": [("Erle", "de", "variant")],
        "gsw": [("Erle", "de", "fallback")],
        "mg": [("aulne", "fr", "fallback")],
        "nb": [("or", "no", "label")],
        "zh-hk": [("赤楊", "zh-tw", "variant")],
    }
    assert origins(rows[7:]) == {"en": [("Ada", "en", "anchor")]} | {
        code: [("Ada Lovelace", "mul", "mul")] for code in codes.split(",") if code != "zh-hk"
    }


def test_by_default_no_name_is_in_another_language(tmp_path: Path) -> None:
    rows = made(tmp_path, ONE, languages="de-at,gsw,mg,su,sa,zh-hk", max_languages=9)
    assert [*origins(rows)] == ["en", "de-at", "zh-hk"]


def test_a_mixed_row_tells_the_language_of_each_name(tmp_path: Path) -> None:
    one = sentence(1, ("alder", 1), " and ", ("alder", 1), " and ", ("Ada", 2), REST)
    [_, row] = made(tmp_path, one, languages="de,fr", mix=True)
    assert {name.lower(): code for name, code, _ in origins([row])["mul"]} == {
        "erle": "de",
        "aulne": "fr",
        "ada lovelace": "mul",
    }


def test_a_source_language_with_another_code_is_told_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[ONE]], {1: ALDER}, source="no")
    options: dict[str, Any] = {"source_rows": "all", "prose": False, "anchors": "all"}
    rows, _ = switched(folder, tmp_path / "out", languages="de", **options)
    assert origins(rows)["no"] == [("alder", "no", "anchor")]


@pytest.mark.parametrize(
    ("options", "languages"),
    [
        ({}, ["en", "de"]),
        ({"source_rows": "all"}, ["en", "de", "en", "en"]),
        ({"source_rows": "none"}, ["de"]),
        ({"recipe": "entitycs"}, ["en", "de", "en", "en"]),
        ({"recipe": "entitycs", "source_rows": "switched"}, ["en", "de"]),
    ],
)
def test_which_source_sentences_are_rows(
    tmp_path: Path, options: dict[str, Any], languages: list[str]
) -> None:
    others = sentence(2, ("nothing", None), REST), sentence(3, ("unknown", 99), REST)
    rows = made(tmp_path, ONE, *others, languages="de", **options)
    assert [row["language"] for row in rows] == languages
