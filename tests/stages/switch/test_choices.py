"""The options of `switch`: which languages, which entities, and the treatment of the others."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.languages.entity_types import date_classes, find_types
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.switch.weights import read_weights
from tests.stages.switch.switching import Entity, Row, anchors, names, sentence, switched, write
from tests.support import files_of

DOG = Entity(
    {"en": "dog", "de": "Hund", "fr": "chien", "ru": "собака", "es": "perro"},
    {"en": ["domestic dog"]},
    types=[55983715],
    title="Dog",
)
YEAR = Entity({"en": "1984", "de": "1984", "fr": "1984", "ru": "1984 год"}, types=[577])
PARIS = Entity({"en": "Paris", "de": "Paris", "fr": "Paris", "ru": "Париж"}, types=[515])
BAND = Entity({"en": "The Beatles", "de": "The Beatles", "ru": "Битлз"}, types=[215380])
PERSON = Entity({"en": "Marie Curie", "ru": "Мария Кюри"}, types=[5])
ISLAND = Entity({"en": "Curie Island", "ru": "Остров Кюри"}, types=[23442])
KNOWN = {1: DOG, 2: YEAR, 3: PARIS, 4: BAND, 5: PERSON, 6: ISLAND}
REST = " it was, as everybody said."


def made(tmp_path: Path, *rows: Row, **options: Any) -> tuple[list[Row], dict[str, int]]:
    """The switched rows, and the reasons why mentions were not switched."""
    folder = write(tmp_path / "in", [rows], KNOWN)
    options = {"languages": "de,fr,ru", "prose": False, **options}
    found, manifest = switched(folder, tmp_path / "out", **options)
    left = manifest.counts.tallies["mentions"].dropped
    return [row for row in found if row["language"] != "en"], left


def by_language(rows: list[Row]) -> dict[str, list[str]]:
    return {row["language"]: names(row) for row in rows}


def test_a_language_that_changes_nothing_does_not_count(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, sentence(1, ("Paris", 3), REST))
    assert by_language(rows) == {"ru": ["Париж"]}


def test_as_published_it_counts(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, sentence(1, ("Paris", 3), REST), recipe="entitycs")
    assert by_language(rows) == {"de": ["Paris"], "fr": ["Paris"], "ru": ["Париж"]}


def test_given_options_override_the_recipe(tmp_path: Path) -> None:
    one = sentence(1, ("Paris", 3), REST)
    rows, _ = made(tmp_path, one, recipe="entitycs", min_changed=1)
    assert by_language(rows) == {"ru": ["Париж"]}


def test_two_anchors_may_have_to_change(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, sentence(1, ("Paris", 3), " of ", ("dog", 1), REST), min_changed=2)
    assert by_language(rows) == {"ru": ["Париж", "собака"]}


@pytest.mark.parametrize(
    ("inflected", "texts", "left"),
    [
        ("keep", ["Many Hund of Paris"], {}),
        ("skip-mention", [], {"its anchor carries grammar": 1}),
    ],
)
def test_an_inflected_anchor(
    tmp_path: Path, inflected: str, texts: list[str], left: dict[str, int]
) -> None:
    one = sentence(1, "Many ", ("dogs", 1), " of ", ("Paris", 3), REST)
    rows, told = made(tmp_path, one, inflected=inflected, languages="de")
    assert [row["text"].removesuffix(REST) for row in rows] == texts
    assert told == left


def test_a_sentence_with_an_inflected_anchor_may_be_dropped(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, "Many ", ("dogs", 1), REST)]], KNOWN)
    out = tmp_path / "out"
    options = SwitchOptions.of("default", languages="de", inflected="skip-sentence")
    manifest = switch(folder / "linked", folder / "entities", out, options, RunOptions(jobs=1))
    assert manifest.counts.tallies["sentences"].dropped == {"an anchor carries grammar": 1}
    assert manifest.counts.details["languages"] == {"de": 0, "en": 0}


def test_an_anchor_that_is_not_a_name_is_not_switched(tmp_path: Path) -> None:
    one = sentence(1, "A ", ("city on the Seine", 3), " has a ", ("dog", 1), REST)
    rows, left = made(tmp_path / "a", one, languages="ru")
    assert by_language(rows) == {"ru": ["собака"]}
    assert left == {"its anchor is not a name": 1}
    rows, left = made(tmp_path / "b", one, languages="ru", anchors="all")
    assert by_language(rows) == {"ru": ["Париж", "собака"]}
    assert left == {}


def test_a_name_in_a_compound_is_not_switched(tmp_path: Path) -> None:
    one = sentence(1, "A ", ("Paris", 3), "-based ", ("dog", 1), REST)
    rows, left = made(tmp_path / "a", one, languages="ru")
    assert by_language(rows) == {"ru": ["собака"]}
    assert left == {"part of a compound": 1}
    rows, _ = made(tmp_path / "b", one, languages="ru", anchors="all")
    assert by_language(rows) == {"ru": ["Париж", "собака"]}


def test_a_surname_is_a_name(tmp_path: Path) -> None:
    one = sentence(1, "As ", ("Curie", 5), " saw in ", ("Curie", 6), REST)
    rows, left = made(tmp_path, one, languages="ru")
    assert by_language(rows) == {"ru": ["Мария Кюри"]}
    assert left == {"its anchor is not a name": 1}


def test_anchors_are_compared_without_other_uses_of_the_names(tmp_path: Path) -> None:
    one = sentence(1, "A ", ("city on the Seine", 3), " has ", ("dogs", 1), REST)
    rows, left = made(tmp_path, one, languages="ru", fit=False, inflected="keep")
    assert by_language(rows) == {"ru": ["собака"]}
    assert left == {"its anchor is not a name": 1}


def test_rows_that_are_not_sentences_are_dropped(tmp_path: Path) -> None:
    several = [
        sentence(1, "A ", ("dog", 1), REST),
        sentence(2, '| colspan="2" | ', ("dog", 1), REST),
        sentence(3, "(also a ", ("dog", 1), REST),
        sentence(4, "or a ", ("dog", 1), REST),
        sentence(5, "The ", ("dog", 1), ", a part of the pack (1991)"),
    ]
    folder = write(tmp_path / "in", [several], KNOWN)
    rows, manifest = switched(folder, tmp_path / "a", languages="ru")
    assert {row["id"] for row in rows} == {several[0]["id"]}
    assert manifest.counts.tallies["sentences"].dropped == {
        "cell markup": 1,
        "brackets without a counterpart": 1,
        "no beginning of a sentence": 1,
        "no end of a sentence": 1,
    }
    rows, manifest = switched(folder, tmp_path / "b", languages="ru", prose=False)
    assert len({row["id"] for row in rows}) == 5


def test_labels_are_adapted(tmp_path: Path) -> None:
    rows, _ = made(tmp_path / "a", sentence(1, "He heard the ", ("Beatles", 4), REST))
    assert by_language(rows) == {"ru": ["Битлз"]}
    rows, _ = made(tmp_path / "b", sentence(1, ("Dog", 1), REST), languages="fr")
    assert by_language(rows) == {"fr": ["Chien"]}
    rows, _ = made(tmp_path / "c", sentence(1, ("Dog", 1), REST), languages="fr", fit=False)
    assert by_language(rows) == {"fr": ["chien"]}


def test_types_and_dates(tmp_path: Path) -> None:
    one = sentence(1, ("Paris", 3), " in ", ("1984", 2), " a ", ("dog", 1), REST)
    rows, left = made(tmp_path / "a", one, types=find_types("Q515,q99", None, dates=False))
    assert by_language(rows) == {"ru": ["Париж"]}
    assert left == {"not of the types asked for": 2}
    rows, left = made(tmp_path / "b", one, types=find_types(None, "Q515", dates=True))
    assert by_language(rows) == {"de": ["Hund"], "fr": ["chien"], "ru": ["собака"]}
    assert left == {"a date": 1, "of an excluded type": 1}


def test_classes_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("Q515 # city\nQ577\n")
    types = find_types(f"{tmp_path}/classes.txt,Q5", None, dates=False)
    assert types.asked == (5, 515, 577)
    assert 577 in date_classes()


@pytest.mark.parametrize("spec", ["city", "Q0", "Q99999999999", ""])
def test_an_invalid_class_is_a_wrong_call(spec: str) -> None:
    with pytest.raises(WrongCallError, match="--types"):
        find_types(spec, None, dates=False)


def test_a_language_may_name_some_of_the_entities_only(tmp_path: Path) -> None:
    one = sentence(1, ("dog", 1), " in ", ("Paris", 3), REST)
    rows, _ = made(tmp_path / "a", one, languages="es,ru")
    assert by_language(rows) == {"ru": ["собака", "Париж"]}
    rows, _ = made(tmp_path / "b", one, languages="es,ru", require_all=False)
    assert by_language(rows) == {"es": ["perro"], "ru": ["собака", "Париж"]}
    assert rows[0]["text"] == "perro in Paris" + REST


def test_mixed_rows_have_a_language_for_each_entity(tmp_path: Path) -> None:
    many = [sentence(n, ("dog", 1), " ", ("dog", 1), " ", ("dog", 1), REST) for n in range(20)]
    rows, _ = made(tmp_path, *many, languages="de,fr,ru", mix=True)
    assert [row["language"] for row in rows] == ["mul"] * 20
    assert {frozenset(names(row)) for row in rows} == {frozenset({"Hund", "chien", "собака"})}
    assert len({tuple(names(row)) for row in rows}) > 3


def test_each_entity_is_switched_with_a_probability(tmp_path: Path) -> None:
    many = [sentence(n, ("dog", 1), " and ", ("Paris", 3), REST) for n in range(400)]
    rows, left = made(tmp_path, *many, languages="ru", switch_rate=0.3)
    assert 200 < left["left by --switch-rate"] - 300 < 320
    assert sum(len(row["entities"]) for row in rows) == 800 - left["left by --switch-rate"]
    assert {tuple(anchors(row)) for row in rows} == {("dog",), ("Paris",), ("dog", "Paris")}


def drawn(tmp_path: Path, **options: Any) -> Counter[str]:
    many = [sentence(n, ("dog", 1), REST) for n in range(600)]
    many.append(sentence(600, ("Paris", 3), " ", ("1984", 2), " ", ("Beatles", 4), REST))
    rows, _ = made(tmp_path, *many, **{"languages": "de,es,fr,ru", "max_languages": 1} | options)
    return Counter(row["language"] for row in rows)


def test_languages_are_drawn_by_their_weights(tmp_path: Path) -> None:
    found = drawn(tmp_path, weights=read_weights("de=6,es=0,fr=3"))
    assert sorted(found) == ["de", "fr", "ru"]
    assert 310 < found["de"] < 410 and 140 < found["fr"] < 220 and 40 < found["ru"] < 85


def test_smoothing_weighs_by_labels(tmp_path: Path) -> None:
    # Labels: de 4, es 1, fr 3, ru 4.
    even = drawn(tmp_path / "a", smoothing=0.0)
    assert min(even.values()) > 110
    steep = drawn(tmp_path / "b", smoothing=2.0)
    assert steep["es"] < 35 and steep["de"] > 180


def test_round_robin_gives_languages_equal_rows(tmp_path: Path) -> None:
    # Only two of three sentences can go into es.
    many = [sentence(n, (("dog", 1) if n % 3 else ("Paris", 3)), REST) for n in range(900)]
    few = {"languages": "de,es,fr,ru", "max_languages": 1, "min_changed": 0}
    sample, _ = made(tmp_path / "a", *many, **few)
    evened, _ = made(tmp_path / "b", *many, **few, policy="round-robin")
    counts = [Counter(row["language"] for row in rows) for rows in (sample, evened)]
    assert counts[0]["es"] < 180
    assert max(counts[1].values()) - min(counts[1].values()) < 12


def test_policy_all_uses_all_languages(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, sentence(1, ("dog", 1), REST), languages="all", policy="all")
    assert [row["language"] for row in rows] == ["de", "es", "fr", "ru"]


def test_english_is_a_target_of_other_languages(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, ("Hund", 1), REST)]], KNOWN, source="de")
    rows, _ = switched(
        folder, tmp_path / "out", languages="entitycs", policy="all", fallback="variants"
    )
    assert {row["language"] for row in rows} == {"de", "en", "es", "fr", "ru"}
    assert {row["source_language"] for row in rows} == {"de"}


@pytest.mark.parametrize(
    "options",
    [{"policy": "round-robin", "max_languages": 2}, {"mix": True}, {"weights": (("de", 2.0),)}],
)
def test_workers_change_no_byte(tmp_path: Path, options: dict[str, Any]) -> None:
    parts = [[sentence(n * 9 + i, ("dog", 1), REST) for i in range(9)] for n in range(4)]
    folder = write(tmp_path / "in", parts, KNOWN)
    for jobs in (1, 2):
        switched(folder, tmp_path / f"j{jobs}", languages="de,es,fr", jobs=jobs, **options)
    assert files_of(tmp_path / "j1") == files_of(tmp_path / "j2")


@pytest.mark.parametrize(
    "given",
    [
        {"policy": "all", "max_languages": 3},
        {"policy": "round-robin", "smoothing": 0.5},
        {"weights": (("de", 1.0),), "smoothing": 0.5},
        {"mix": True, "max_languages": 2},
        {"mix": True, "policy": "all"},
        {"smoothing": float("nan")},
        {"switch_rate": float("nan")},
    ],
)
def test_options_that_exclude_each_other_are_a_wrong_call(given: dict[str, Any]) -> None:
    with pytest.raises(WrongCallError):
        SwitchOptions.of("default", **given)


@pytest.mark.parametrize("spec", ["de", "de=", "de=-1", "de=nan", "de=1,de=2", "=", "no-such-file"])
def test_invalid_weights_are_a_wrong_call(spec: str) -> None:
    with pytest.raises(WrongCallError, match="--language-weights"):
        read_weights(spec)


def test_weights_name_languages_in_any_case() -> None:
    assert read_weights("FR=0.5, De=2") == (("de", 2.0), ("fr", 0.5))
    with pytest.raises(WrongCallError, match="de given twice"):
        read_weights("de=1,DE=2")


def test_weights_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("# ours\nde 2\nfr 0.5 # less\n")
    assert read_weights(str(tmp_path / "w")) == (("de", 2.0), ("fr", 0.5))


def test_weights_of_other_languages_are_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(WrongCallError, match="sw is not one of the target languages"):
        made(tmp_path, sentence(1, ("dog", 1), REST), weights=(("sw", 2.0),))


def test_overwrite_uses_the_new_labels(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, ("Dog", 1), REST)]], KNOWN)
    for labels, expected in (("label", "Hund"), ("sitelink", None)):
        given = SwitchOptions.of("default", languages="de", labels=labels)
        again = RunOptions(jobs=1, quiet=True, overwrite=True)
        made = switch(folder / "linked", folder / "entities", tmp_path / "out", given, again)
        assert made.counts.details["languages"]["de"] == (expected is not None)


def test_mentions_that_overlap_are_reported(tmp_path: Path) -> None:
    row = sentence(1, ("dog", 1), REST)
    row["mentions"].append({"start": 2, "end": 5, "target": "T", "qid": 3})
    with pytest.raises(InputError, match="overlap"):
        made(tmp_path, row)


def test_entities_without_the_source_language_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [[sentence(1, ("Hund", 1), REST)]], KNOWN, source="de")
    manifest = folder / "entities/_manifest.json"
    kept = manifest.read_text().replace('"parameters":{}', '"parameters":{"languages":["fr","en"]}')
    manifest.write_text(kept)
    with pytest.raises(InputError, match="made without labels in de"):
        switched(folder, tmp_path / "out", languages="fr")
