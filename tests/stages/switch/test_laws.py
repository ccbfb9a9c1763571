"""Properties of every row of `switch`, for any sentences, labels and options."""

import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cstool.stages.switch import part_rows
from cstool.storage.counts import imbalances
from cstool.storage.schemas import Unit
from tests.stages.switch.published import published
from tests.stages.switch.switching import (
    Entity,
    Row,
    Words,
    anchors,
    names,
    outside,
    sentence,
    switched,
    write,
    write_words,
)

LANGUAGES = ("ar", "de", "fr", "he", "ja", "ru", "tr")
Items = dict[int, Entity]
# Letters of several widths in UTF-8, right-to-left ones, marks that compose, quotes and brackets.
text = st.text(st.sampled_from("ab Tthe日本語é😀برلשל'\"(.)«»\u0301İ-"), min_size=1, max_size=9)
link = st.tuples(text, st.sampled_from([None, 1, 2, 3, 4, 99]))
long_text = st.text(st.sampled_from("abc 日é"), min_size=21, max_size=30)


@st.composite
def sentences(draw: st.DrawFn) -> list[Row]:
    return [
        sentence(number, *draw(st.lists(text | link, max_size=6)), draw(long_text))
        for number in range(draw(st.integers(1, 4)))
    ]


entity = st.builds(
    Entity,
    st.dictionaries(st.sampled_from([*LANGUAGES, "en", "mul"]), text),
    st.dictionaries(st.sampled_from(["en", "de"]), st.lists(text, max_size=2)),
    st.lists(st.sampled_from([5, 577]), max_size=1),
    st.just("") | text,
)
items = st.dictionaries(st.sampled_from([1, 2, 3, 4]), entity, min_size=1)
options = st.fixed_dictionaries(
    {"prose": st.sampled_from([False, False, True]), "anchors": st.sampled_from(["all", "named"])},
    optional={
        "policy": st.sampled_from(["sample", "all", "round-robin"]),
        "max_languages": st.integers(1, 4),
        "switch_rate": st.sampled_from([0.3, 1.0]),
        "require_all": st.booleans(),
        "min_changed": st.integers(0, 2),
        "fit": st.booleans(),
        "inflected": st.sampled_from(["keep", "skip-mention", "skip-sentence"]),
        "fallback": st.sampled_from(["all", "variants", "none"]),
        "mix": st.just(True),
        "source_rows": st.sampled_from(["switched", "all", "none"]),
        "weights": st.just((("de", 3.0), ("fr", 0.0))),
        "seed": st.integers(0, 5),
    },
)


# Words of one letter or several, in capitals or not, and entries of several words.
source_words = st.sampled_from(["a", "b", "ab", "t", "the", "the b", "a-b", "b a"])
translation = st.text("xyéقß日", min_size=1, max_size=3)
dictionary = st.fixed_dictionaries(
    {
        code: st.dictionaries(
            source_words, st.lists(translation, min_size=1, max_size=3), min_size=1
        )
        for code in LANGUAGES
    }
)
word_options = st.fixed_dictionaries(
    {"prose": st.just(False)},
    optional={
        "word_rate": st.sampled_from([0.4, 1.0]),
        "row_rate": st.sampled_from([0.6, 1.0]),
        "sentence_rate": st.sampled_from([0.6, 1.0]),
        "switch_rate": st.sampled_from([0.0, 0.5, 1.0]),
        "passes": st.integers(1, 2),
        "policy": st.sampled_from(["sample", "all", "round-robin"]),
        "max_languages": st.integers(1, 4),
        "min_changed": st.integers(0, 2),
        "fit": st.booleans(),
        "mix": st.just(True),
        "style": st.sampled_from(["replace", "annotate"]),
        "source_rows": st.sampled_from(["switched", "unswitched", "all", "none"]),
        "weights": st.just((("de", 3.0), ("fr", 0.5))),
        "words_in_mentions": st.just(True),
        "seed": st.integers(0, 5),
    },
)


def sound_with_words(chosen: dict[str, Any]) -> dict[str, Any]:
    """The options, without those that exclude each other."""
    found = sound(chosen)
    if found.get("switch_rate") != 0:
        found.pop("words_in_mentions", None)
    rates = (found.get(name, 1) or 1 for name in ("switch_rate", "word_rate", "row_rate"))
    if found.get("policy") == "all" and min(*rates, found.get("sentence_rate", 1)) == 1:
        found.pop("passes", None)
    return found


def sound(chosen: dict[str, Any]) -> dict[str, Any]:
    """The options, without those that exclude each other."""
    found = dict(chosen)
    if found.get("mix"):
        found.pop("policy", None)
        found.pop("max_languages", None)
    if found.get("policy") == "all":
        found.pop("max_languages", None)
    if found.get("policy", "sample") != "sample":
        found.pop("weights", None)
    return found


def check(source: Row, rows: list[Row], known: Items, chosen: dict[str, Any]) -> None:
    """Check the properties of the rows of a sentence."""
    linked = [m for m in source["mentions"] if m["qid"] is not None]
    others = [row for row in rows if row["language"] != "en"]
    wanted = chosen.get("source_rows", "switched")
    assert len(rows) - len(others) == (wanted == "all" or (wanted == "switched" and bool(others)))
    for first in rows[: len(rows) - len(others)]:
        assert first["language"] == "en"
        assert first["text"] == first["source_text"] == source["text"]
        assert [(e["qid"], e["start"], e["end"]) for e in first["entities"]] == [
            (m["qid"], m["start"], m["end"]) for m in linked
        ]
        origins = {(e["name_language"], e["origin"]) for e in first["entities"]}
        assert origins <= {("en", "anchor")}
    codes = [row["language"] for row in others]
    assert codes == sorted(set(codes))
    assert set(codes) <= ({"mul"} if chosen.get("mix") else set(LANGUAGES))
    assert len(others) <= (99 if chosen.get("policy") == "all" else chosen.get("max_languages", 5))
    spans_before = {(m["qid"], m["start"], m["end"]) for m in linked}
    for row in others:
        assert row["source_text"] == source["text"]
        assert (row["id"], row["page_id"], row["title"]) == (source["id"], 1, "Page")
        spans = row["entities"]
        assert {(e["qid"], e["source_start"], e["source_end"]) for e in spans} <= spans_before
        before = outside(row["source_text"], [(e["source_start"], e["source_end"]) for e in spans])
        assert outside(row["text"], [(e["start"], e["end"]) for e in spans]) == before
        changed = sum(a != b for a, b in zip(names(row), anchors(row), strict=True))
        assert changed >= chosen.get("min_changed", 1)
        assert spans
        assert all(names(row))
        assert row["wiki"] == "enwiki"
        for name, e in zip(names(row), spans, strict=True):
            if not chosen.get("fit", True):
                assert known[e["qid"]].labels[e["name_language"]] == name
            if e["origin"] == "label" and row["language"] != "mul":
                assert e["name_language"] == row["language"]
            assert e["origin"] in ("label", "mul")  # no language here has other fallbacks
            assert (e["origin"] == "mul") == (e["name_language"] == "mul")


@settings(max_examples=40)
@given(sentences(), items, options)
def test_any_sentence_is_rewritten_exactly(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], known: Items, chosen: dict[str, Any]
) -> None:
    chosen = sound(chosen)
    folder = write(tmp_path_factory.mktemp("laws"), [rows], known)
    made, manifest = switched(folder, folder / "out", languages=",".join(LANGUAGES), **chosen)
    assert imbalances(manifest.counts) == []
    assert manifest.counts.tallies["sentences"].read == len(rows)
    assert sum(manifest.counts.details["languages"].values()) == len(made)
    by_id: dict[int, list[Row]] = {}
    for row in made:
        by_id.setdefault(row["id"], []).append(row)
    tally = manifest.counts.tallies
    assert tally["sentences"].written == tally["source sentences"].read
    if chosen.get("source_rows") == "all":
        assert len(by_id) == tally["sentences"].written
    switched_ids = {row["id"] for row in made if row["language"] != "en"}
    assert len(switched_ids) == tally["source sentences"].written
    for source in rows:
        if source["id"] in by_id:
            check(source, by_id[source["id"]], known, chosen)
    if chosen.get("fit", True):
        for row in made:
            if row["language"] != "en":
                assert all(unicodedata.is_normalized("NFC", name) for name in names(row))
                shown = "".join(names(row))
                assert not {"\u200e", "\u200f"} & set(shown)


@settings(max_examples=15)
@given(sentences(), items)
def test_the_recipe_of_entitycs_is_the_published_loop(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], known: Items
) -> None:
    folder = write(tmp_path_factory.mktemp("laws"), [rows], known)
    made, _ = switched(folder, folder / "out", "entitycs", languages=",".join(LANGUAGES))
    labels = {qid: {c: v for c, v in e.labels.items() if v} for qid, e in known.items()}
    assert made == [row for one in rows for row in published(one, labels, LANGUAGES)]


@settings(max_examples=12)
@given(sentences(), items, options)
def test_the_distribution_over_parts_changes_no_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], known: Items, chosen: dict[str, Any]
) -> None:
    assume(len(rows) > 1)
    chosen = sound(chosen)
    folder = tmp_path_factory.mktemp("laws")
    one = write(folder / "one", [rows], known)
    each = write(folder / "each", [[row] for row in rows], known)
    found = [
        switched(where, where / "out", languages=",".join(LANGUAGES), **chosen)
        for where in (one, each)
    ]
    assert found[0][0] == found[1][0]
    assert found[0][1].counts == found[1][1].counts


def check_words(source: Row, row: Row, words: Words, chosen: dict[str, Any]) -> None:
    """Check the properties of a switched row, words and entities together."""
    spans = row["entities"]
    assert spans
    assert row["source_text"] == source["text"]
    bounds = [(e["source_start"], e["source_end"]) for e in spans]
    inside = [e["start"] for e in spans], [e["end"] for e in spans]
    assert [a for pair in bounds for a in pair] == sorted(a for pair in bounds for a in pair)
    linked = [(m["start"], m["end"], m["qid"]) for m in source["mentions"] if m["qid"] is not None]
    if chosen.get("style") == "annotate":
        put, at = [], 0
        for (_, end), name in zip(bounds, names(row), strict=True):
            put += [source["text"][at:end], f" ({name})"]
            at = end
        assert row["text"] == "".join([*put, source["text"][at:]])
    else:
        before = outside(row["source_text"], bounds)
        assert outside(row["text"], [*zip(*inside, strict=True)]) == before
    for e, name, anchor in zip(spans, names(row), anchors(row), strict=True):
        if e["qid"] is not None:
            assert (e["source_start"], e["source_end"], e["qid"]) in linked
            assert chosen.get("switch_rate") != 0
            continue
        assert e["origin"] == "dictionary"
        assert row["language"] in (e["name_language"], "mul")
        names_there = words[e["name_language"]][anchor.lower().replace("\t", " ")]
        fitted = chosen.get("fit", True) and chosen.get("style") != "annotate"
        assert name in names_there or (
            (fitted and name.lower() in map(str.lower, names_there)) or name == "SS"
        )
        assert name != anchor
        if not chosen.get("words_in_mentions"):
            assert all(e["source_end"] <= a or b <= e["source_start"] for a, b, _ in linked)
    changed = sum(a != b for a, b in zip(names(row), anchors(row), strict=True))
    assert changed >= chosen.get("min_changed", 1)


@settings(max_examples=60)
@given(sentences(), items, dictionary, word_options)
def test_any_sentence_is_rewritten_exactly_with_words(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    known: Items,
    words: Words,
    chosen: dict[str, Any],
) -> None:
    chosen = sound_with_words(chosen)
    folder = write(tmp_path_factory.mktemp("laws"), [rows], known)
    given = {"languages": ",".join(LANGUAGES), "words": write_words(folder, words), **chosen}
    made, manifest = switched(folder, folder / "out", **given)
    assert imbalances(manifest.counts) == []
    tallies, details = manifest.counts.tallies, manifest.counts.details
    assert tallies["sentences"].written == tallies["source sentences"].read
    assert sum(details["languages"].values()) == len(made)
    sources = {row["id"]: row for row in rows}
    others = [row for row in made if row["language"] != "en"]
    for row in others:
        check_words(sources[row["id"]], row, words, chosen)
    for row in made:
        if row["language"] == "en":
            assert row["text"] == sources[row["id"]]["text"]
            linked = [m for m in sources[row["id"]]["mentions"] if m["qid"] is not None]
            assert [(e["qid"], e["start"], e["end"]) for e in row["entities"]] == [
                (m["qid"], m["start"], m["end"]) for m in linked
            ]
    found = {
        (row["id"], e["source_start"])
        for row in others
        for e in row["entities"]
        if e["qid"] is None
    }
    assert tallies["words"].written == len(found)
    number = sum(e["qid"] is None for row in others for e in row["entities"])
    assert sum(details["words by language"].values()) == number
    assert len({row["id"] for row in others}) == tallies["source sentences"].written


@settings(max_examples=15)
@given(sentences(), items, dictionary, word_options, st.booleans())
def test_the_distribution_over_parts_and_batches_changes_no_row_with_words(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    known: Items,
    words: Words,
    chosen: dict[str, Any],
    pages: bool,
) -> None:
    assume(len(rows) > 1)
    chosen = sound_with_words(chosen)
    folder = tmp_path_factory.mktemp("laws")
    given = {"languages": ",".join(LANGUAGES), "words": write_words(folder, words), **chosen}
    unit: Unit = "page" if pages else "sentence"
    if pages:
        rows = [row | {"sentences": [0], "gaps": 0} for row in rows]
    one = write(folder / "one", [rows], known, unit=unit)
    each = write(folder / "each", [[row] for row in rows], known, unit=unit)
    found = [switched(where, where / "out", **given) for where in (one, each)]
    with pytest.MonkeyPatch.context() as patch:  # long texts, in a few languages at a time
        patch.setattr(part_rows, "_BYTES_AT_ONCE", 40)
        found.append(switched(one, one / "long", **given))
    for rows_there, manifest in found[1:]:
        assert rows_there == found[0][0]
        assert manifest.counts == found[0][1].counts
