"""The stage `lexicon`: pairs of names of entities."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dictionaries.dictionary_files import find_dictionaries
from cstool.errors import InputError, Unfinished, WrongCallError
from cstool.execution.options import RunOptions
from cstool.languages.entity_types import EntityTypes
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.lexicon.options import LexiconOptions
from cstool.stages.lexicon.stage import lexicon
from cstool.storage.manifest import Manifest
from tests.conftest import Sample
from tests.stages.switch.switching import Entity, sentence, write
from tests.support import files_of, rows_of

QUIET = RunOptions(jobs=1, quiet=True)
Pair = tuple[int, str, str, str, str, str]

ITEMS = {
    1: Entity({"en": "universe", "de": "Universum", "ja": "宇宙"}, {"de": ["Weltall"]}, [5]),
    2: Entity({"en": "New York", "de": "New York"}, {"en": ["NYC"], "de": ["Big Apple"]}),
    3: Entity({"de": "Niemand"}),
    4: Entity({"en": "dollar $ sign", "de": "Zeichen"}),
}


def make(tmp_path: Path, given: dict[int, Entity], **options: Any) -> tuple[list[Pair], Manifest]:
    """Return the pairs and the manifest of a lexicon of these entities."""
    if not (tmp_path / "entities").exists():
        links = [sentence(0, ("a", 1), " and ", ("b", 1)), sentence(1, ("c", 2), ".")]
        write(tmp_path, [links], given)
    linked = [tmp_path / "linked"] if options.pop("linked", False) else []
    settings_ = LexiconOptions(**{"languages": "en,de,ja", **options})
    out = tmp_path / "out"
    manifest = lexicon(
        tmp_path / "entities", linked, out, settings_, replace(QUIET, overwrite=True)
    )
    if settings_.format != "cstool":
        return [], manifest
    names = ("qid", "source_language", "source", "target_language", "target", "origin")
    return [tuple(row[name] for name in names) for row in rows_of(out).to_dicts()], manifest


def test_each_name_in_the_first_language_is_paired_with_each_in_others(tmp_path: Path) -> None:
    pairs, manifest = make(tmp_path, ITEMS, names=("label", "alias"))
    assert pairs == [
        (1, "en", "universe", "de", "Universum", "label"),
        (1, "en", "universe", "de", "Weltall", "alias"),
        (1, "en", "universe", "ja", "宇宙", "label"),
        (2, "en", "New York", "de", "New York", "label"),
        (2, "en", "New York", "de", "Big Apple", "alias"),
        (2, "en", "NYC", "de", "New York", "alias"),
        (4, "en", "dollar $ sign", "de", "Zeichen", "label"),
    ]
    tally = manifest.counts.tallies["entities"]
    assert (tally.read, tally.written, tally.dropped) == (4, 3, {"no pair of names": 1})
    assert manifest.counts.details["pairs by language"] == {"en-de": 6, "en-ja": 1}
    assert manifest.counts.details["pairs by origin"] == {"label": 4, "alias": 3}


NAMES = st.text("abcÄß", min_size=1)
TERMS = st.dictionaries(st.sampled_from(["en", "de", "fr"]), NAMES)
OTHERS = st.dictionaries(st.sampled_from(["en", "de", "fr"]), st.lists(NAMES, max_size=3))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.builds(Entity, TERMS, OTHERS), min_size=1, max_size=5),
    st.sampled_from(["en", "all"]),
)
def test_pairs_are_those_of_a_plain_loop(items: list[Entity], sources: str) -> None:
    expected: list[Pair] = []
    codes = ["de", "en", "fr"]
    for qid, item in enumerate(items, 1):
        names = [
            (code, name, origin)
            for code in codes
            for origin, found in (
                ("label", [item.labels[code]] if code in item.labels else []),
                ("alias", item.aliases.get(code, [])),
            )
            for name in found
        ]
        seen: set[tuple[str, str]] = set()
        names = [n for n in names if n[:2] not in seen and not seen.add(n[:2])]  # type: ignore[func-returns-value]
        expected += [
            (qid, one, source, other, target, "alias" if "alias" in (first, second) else "label")
            for one, source, first in names
            for other, target, second in names
            if one != other and sources in ("all", one)
            if not first == second == "alias"
        ]
    with TemporaryDirectory() as folder:
        found, _ = make(
            Path(folder),
            dict(enumerate(items, 1)),
            languages="en,de,fr",
            sources=sources,
            names=("label", "alias"),
            fallback="none",
        )
    assert sorted(found) == sorted(expected)
    assert [pair[0] for pair in found] == sorted(pair[0] for pair in found)


def test_links_are_counted_and_select_entities(tmp_path: Path) -> None:
    _, manifest = make(tmp_path, ITEMS, linked=True, only_linked=True)
    rows = rows_of(tmp_path / "out").to_dicts()
    assert {(row["qid"], row["links"]) for row in rows} == {(1, 2), (2, 1)}
    assert manifest.counts.tallies["entities"].dropped == {"not linked": 2}


def test_without_linked_text_the_number_of_links_is_unknown(tmp_path: Path) -> None:
    make(tmp_path, ITEMS)
    assert {row["links"] for row in rows_of(tmp_path / "out").to_dicts()} == {None}


@pytest.mark.parametrize(
    ("options", "qids"),
    [
        ({"types": EntityTypes(asked=(5,))}, {1}),
        ({"types": EntityTypes(excluded=(5,))}, {2, 4}),
        ({"scripts": ("Hani",)}, {1}),
        ({"identical": False}, {1, 4}),
    ],
)
def test_pairs_are_selected(tmp_path: Path, options: dict[str, Any], qids: set[int]) -> None:
    pairs, manifest = make(tmp_path, ITEMS, **options)
    assert {pair[0] for pair in pairs} == qids
    tally = manifest.counts.tallies["pairs"]
    assert tally.read == tally.written + sum(tally.dropped.values())


def test_titles_have_no_disambiguator(tmp_path: Path) -> None:
    items = {1: Entity({}, title="Paris (Texas)", titles={"dewiki": "Paris (Stadt)"})}
    pairs, _ = make(tmp_path, items, names=("sitelink",))
    assert pairs == [(1, "en", "Paris", "de", "Paris", "sitelink")]


def test_text_files_have_the_form_that_their_readers_want(tmp_path: Path) -> None:
    names = ("label", "alias")
    make(tmp_path, ITEMS, names=names, format="muse")
    # src/evaluation/word_translation.py of MUSE: lower case, two words
    for line in (tmp_path / "out/en-de.txt").read_text().splitlines():
        assert line == line.lower()
        assert len(line.rstrip().split()) == 2
    make(tmp_path, ITEMS, names=names, format="tsv")
    lines = (tmp_path / "out/en-de.txt").read_text().split("\n")
    assert lines[2:4] == ["New York\tNew York", "New York\tBig Apple"]
    make(tmp_path, ITEMS, names=names, format="moses")
    lines = (tmp_path / "out/en-de.moses").read_text().split("\n")
    assert lines[-2:] == ["dollar $ sign ||| Zeichen", ""]
    assert all(len(line.split(" ||| ")) == 2 for line in lines[:-1])
    _, manifest = make(tmp_path, ITEMS, names=names, format="prealign")
    # src/data/lm_dataset.py of PreAlign
    lines = (tmp_path / "out/en.jsonl").read_text().splitlines()
    table = [(entry["index"], entry["words"].split(" $ ")) for entry in map(json.loads, lines)]
    assert table[0] == (1, ["universe", "Universum", "Weltall", "宇宙"])
    assert manifest.counts.tallies["lines"].dropped == {"$ in a name": 1}


def test_a_name_with_bars_or_a_line_break_does_not_change_the_columns(tmp_path: Path) -> None:
    items = {1: Entity({"en": "a|||b", "de": "c\nd\te"})}
    make(tmp_path, items, format="moses")
    assert (tmp_path / "out/en-de.moses").read_text() == "a | | | b ||| c d e\n"
    make(tmp_path, items, format="tsv")
    assert len((tmp_path / "out/en-de.txt").read_text().split("\t")) == 2


def test_text_files_are_a_dictionary(tmp_path: Path) -> None:
    make(tmp_path, ITEMS, format="tsv")
    found = find_dictionaries([str(tmp_path / "out")], "en", ["de", "ja"])
    assert {file.language for file in found.files} == {"de", "ja"}
    make(tmp_path, ITEMS, format="moses")
    with pytest.raises(InputError, match="--format moses"):
        find_dictionaries([str(tmp_path / "out")], "en", ["de"])


@pytest.mark.parametrize("form", ["cstool", "tsv", "prealign"])
def test_array_tasks_and_workers_write_the_same_bytes(
    sample: Sample, tmp_path: Path, form: Any
) -> None:
    running = replace(QUIET, part_size=1 << 14)
    store = tmp_path / "entities"
    entities(str(sample.wikidata), store, EntitiesOptions(), running)
    options = LexiconOptions("en,de,fr,ja", "all", ("label", "alias"), format=form)
    lexicon(store, [], tmp_path / "whole", options, running)
    for task in (1, 2):
        with pytest.raises(Unfinished):
            lexicon(store, [], tmp_path / "tasks", options, replace(running, array_task=(task, 2)))
    lexicon(store, [], tmp_path / "tasks", options, running)
    lexicon(store, [], tmp_path / "workers", options, replace(running, jobs=2))
    whole = files_of(tmp_path / "whole")
    assert len(whole) > 3
    assert files_of(tmp_path / "tasks") == whole
    assert files_of(tmp_path / "workers") == whole


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"languages": "en"}, "--languages: only en"),
        ({"languages": "entitycs"}, "--source: missing"),
        ({"languages": "en,xx"}, "--languages"),
        ({"only_linked": True}, "--only-linked: needs linked text"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((WrongCallError, InputError), match=message):
        make(tmp_path, ITEMS, **options)
    assert not (tmp_path / "out").exists()


def test_columns_are_those_of_the_schema(tmp_path: Path) -> None:
    make(tmp_path, ITEMS, linked=True)
    table = pl.read_parquet(tmp_path / "out/*.parquet")
    assert table.schema["links"] == pl.UInt32
    assert table.schema["source"] == pl.String
