"""Words of dictionaries in `switch`: beside entities, alone, and why some are left."""

from pathlib import Path
from typing import Any

import pytest

from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.storage.manifest import Manifest
from tests.stages.switch.switching import (
    Entity,
    Row,
    Words,
    names,
    sentence,
    switched,
    text_of,
    write,
    write_words,
)

DE: Words = {"de": {"dog": ["Hund"], "dogs": ["hunde"], "i": ["ich"], "new york": ["neu-york"]}}
BERLIN = {7: Entity({"en": "Berlin", "de": "Bärlin", "fr": "Bèrlin"})}
LONG = " and so on and so forth."


def made(
    tmp_path: Path, rows: list[Row], words: Words, items: dict[int, Entity] | None = None,
    **options: Any,
) -> tuple[list[Row], Manifest]:  # fmt: skip
    folder = write(tmp_path / "in", [rows], items or {}, unit=options.pop("unit", "sentence"))
    given = {"languages": ",".join(words), "words": write_words(tmp_path, words)} | options
    found, manifest = switched(folder, tmp_path / "out", **given)
    return [row for row in found if row["language"] != "en"], manifest


def test_words_are_switched_beside_entities_but_not_within_them(tmp_path: Path) -> None:
    row = sentence(1, "The dog of ", ("Berlin", 7), ", not the ", ("Hot Dog", None), LONG)
    rows, manifest = made(
        tmp_path, [row], {"de": {"dog": ["Hund"], "berlin": ["B"], "the hot": ["x"]}}, BERLIN
    )
    (row,) = rows
    assert row["text"] == "The Hund of Bärlin, not x Hund and so on and so forth."
    assert [(e["qid"], e["name_language"], e["origin"]) for e in row["entities"]] == [
        (None, "de", "dictionary"),
        (7, "de", "label"),
        (None, "de", "dictionary"),
        (None, "de", "dictionary"),
    ]
    words = manifest.counts.tallies["words"]
    assert (words.read, words.written, words.dropped) == (4, 3, {"in a linked mention": 1})
    details = manifest.counts.details
    assert (details["words by language"], details["entities by language"]) == (
        {"de": 3},
        {"de": 1, "en": 1},
    )


def test_entities_decide_on_the_languages_of_a_row_that_has_some(tmp_path: Path) -> None:
    words: Words = {"de": {"dog": ["Hund"]}, "es": {"dog": ["perro"]}, "fr": {"cat": ["chat"]}}
    rows = [
        sentence(1, "The dog of ", ("Berlin", 7), " is big", LONG),
        sentence(2, "The dog of ", ("Berlin", None), " is big", LONG),
    ]
    found, _ = made(tmp_path, rows, words, BERLIN)
    assert [(row["id"] % 2, row["language"], names(row)) for row in found] == [
        (1, "de", ["Hund", "Bärlin"]),
        (1, "fr", ["Bèrlin"]),
        (0, "de", ["Hund"]),
        (0, "es", ["perro"]),
    ]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("Dogs and DOGS and dogs", {}, "Hunde and HUNDE and hunde"),
        ("I think I see NEW YORK", {}, "Ich think ich see NEU-YORK"),
        ("Dogs and DOGS and dogs", {"fit": False}, "hunde and hunde and hunde"),
        ("Dogs and I", {"style": "annotate"}, "Dogs (hunde) and I (ich)"),
    ],
)
def test_capitals_are_carried_over_where_names_are_fitted(
    tmp_path: Path, text: str, options: dict[str, Any], expected: str
) -> None:
    rows, _ = made(tmp_path, [sentence(1, text, LONG)], DE, switch_rate=0.0, **options)
    assert [row["text"] for row in rows] == [expected + LONG]


def test_capitals_are_those_of_the_language(tmp_path: Path) -> None:
    words: Words = {"tr": {"work": ["iş"]}, "nl": {"work": ["ijver"]}, "ka": {"work": ["მუშა"]}}
    rows, _ = made(tmp_path, [sentence(1, "Work is WORK", LONG)], words, switch_rate=0.0)
    assert [names(row) for row in rows] == [
        ["მუშა", "მუშა"],
        ["IJver", "IJVER"],
        ["İş", "İŞ"],
    ]


def test_a_capital_alone_is_kept_at_the_start_of_a_sentence_of_a_page(tmp_path: Path) -> None:
    page = text_of(1, ["Now I go. "], ["I stay."])
    rows, _ = made(tmp_path, [page], DE, unit="page", switch_rate=0.0)
    assert rows[0]["text"] == "Now ich go. Ich stay."
    assert rows[0]["sentences"] == [0, 12]


def test_words_only_need_no_mention_and_no_link(tmp_path: Path) -> None:
    row = sentence(1, "A dog in ", ("New York", 8), LONG)
    folder = write(tmp_path / "in", [[row]], {})
    manifest = (folder / "linked/_manifest.json").read_text()
    (folder / "linked/_manifest.json").write_text(manifest.replace('"link"', '"extract"'))
    given: dict[str, Any] = {
        "languages": "de",
        "words": write_words(tmp_path, DE),
        "switch_rate": 0.0,
    }
    rows, made_manifest = switched(folder, tmp_path / "out", **given)
    assert [names(row) for row in rows] == [["New York"], ["Hund"]]
    rows, _ = switched(folder, tmp_path / "all", words_in_mentions=True, **given)
    assert [names(row) for row in rows] == [["New York"], ["Hund", "Neu-york"]]
    assert made_manifest.counts.tallies["mentions"].dropped == {"left by --switch-rate": 1}


def test_the_rates_of_rows_sentences_and_words_are_counted(tmp_path: Path) -> None:
    pages = [text_of(n, *[["dog dog dog. "]] * 20) for n in range(40)]
    rates: dict[str, Any] = {"row_rate": 0.5, "sentence_rate": 0.5, "word_rate": 0.5}
    rows, manifest = made(tmp_path, pages, DE, unit="page", switch_rate=0.0, passes=2, **rates)
    words, sources = (manifest.counts.tallies[name] for name in ("words", "source pages"))
    assert words.read == 40 * 60
    assert words.written < sum(len(row["entities"]) for row in rows)
    assert {*words.dropped} == {
        "left by --row-rate", "left by --sentence-rate", "left by --word-rate"
    }  # fmt: skip
    assert {*sources.dropped} == {"left by --row-rate"}
    assert 8 <= len([row for row in rows if row["pass"] == 0]) <= 32
    for row in rows:
        drawn = {e["source_start"] // 13 for e in row["entities"]}
        assert len(drawn) < 20


def test_words_without_a_translation_in_their_language_are_left(tmp_path: Path) -> None:
    words: Words = {"de": {"dog": ["Hund"]}, "fr": {"cat": ["chat"]}}
    row = sentence(1, "dog " * 40, ("Berlin", 7))
    rows, manifest = made(tmp_path, [row], words, BERLIN, mix=True, prose=False)
    number = len(rows[0]["entities"]) - 1
    assert 5 < number < 35
    tally = manifest.counts.tallies["words"]
    assert (tally.written, tally.dropped) == (
        number,
        {"no translation in the language": 40 - number},
    )


def test_rows_of_words_only_have_no_bounds_of_mentions(tmp_path: Path) -> None:
    rows = [
        sentence(1, "A dog without a link", LONG),
        sentence(2, "A dog", *[("x", 1)] * 12, LONG),
        sentence(3, "A dog."),
    ]
    _, manifest = made(tmp_path, rows, DE, switch_rate=0.0)
    assert manifest.counts.tallies["sentences"].dropped == {"too short": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"switch_rate": 0.0}, "--switch-rate 0: only words are switched; give --words"),
        ({"word_rate": 0.5}, "--word-rate: there is no dictionary; give --words"),
        ({"words_in_mentions": True}, "--words-in-mentions: there is no dictionary"),
        ({"recipe": "cosda"}, "--recipe cosda: only words are switched; give --words"),
        ({"words": ("x",), "words_in_mentions": True}, "--words-in-mentions: mentions are"),
        ({"words": ("x",), "switch_rate": 0.0, "anchors": "all"}, "--anchors: with --switch-rate"),
        ({"word_rate": float("nan"), "words": ("x",)}, "--word-rate: nan is not a number"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCallError, match=message):
        SwitchOptions.of(options.pop("recipe", "default"), **options)


def test_entities_are_needed_unless_only_words_are_switched(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, "A dog", LONG)]], BERLIN)
    words = write_words(tmp_path, DE)
    both = SwitchOptions.of("default", languages="de", words=words)
    only = SwitchOptions.of("default", languages="de", words=words, switch_rate=0.0)
    for entities, options in ((None, both), (folder / "entities", only)):
        with pytest.raises(WrongCallError, match="--entities"):
            switch(folder / "linked", entities, tmp_path / "out", options, RunOptions(quiet=True))


def test_all_languages_are_those_of_the_dictionaries(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, "A dog", LONG)]], {})
    for code, name in (("de", "Hund"), ("fr", "chien")):
        (tmp_path / f"en-{code}.txt").write_text(f"dog {name}\n")
    paths = str(tmp_path / "en-de.txt"), f"fr={tmp_path / 'en-fr.txt'}"
    _, manifest = switched(folder, tmp_path / "out", "prealign", words=paths)
    assert manifest.parameters["languages"] == ["de", "fr"]
    assert manifest.parameters["words"] == ["en-de.txt", "en-fr.txt"]
    with pytest.raises(InputError, match=r"absent\.txt: no such file"):
        switched(folder, tmp_path / "out", "cosda", words=(str(tmp_path / "absent.txt"),))
    with pytest.raises(WrongCallError, match="--languages: 'all' needs the languages"):
        switched(folder, tmp_path / "out", "cosda", words=write_words(tmp_path, DE))
