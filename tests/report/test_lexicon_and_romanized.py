"""Lexicons and rows in Latin letters, in `show`, `stats`, `verify` and the report."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner

from cstool.cli.main import cstool
from cstool.report.html.facts import facts_of
from cstool.report.html.page import page_of
from cstool.report.show.items import shown, shown_pairs
from cstool.report.show.query import RowQuery
from cstool.report.show.rows import occurrences
from cstool.report.show.terminal import Style, lines_of
from cstool.report.verify.check import targets, verify
from cstool.storage.counts import Counts
from cstool.storage.manifest import need_stage
from cstool.storage.ownership import Claim
from cstool.storage.schemas import LEXICON, ROMANIZED_FIELDS, SWITCHED
from cstool.storage.tasks import part_name
from tests.word_rows import (
    input_of,
    rows_with_words,
    write_folder,
    write_lexicon,
    write_romanized,
)


def told(*words: Any) -> str:
    result = CliRunner().invoke(cstool, [*map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_show_puts_pairs_of_a_lexicon_in_columns(tmp_path: Path) -> None:
    write_lexicon(tmp_path)
    assert told("show", tmp_path).splitlines() == [
        "Q64 · 3 links",
        "  en  Berlin          ar  برلين   label",
        "  en  Berlin          de  Berlin  label",
        "  en  German capital  de  Berlin  alias",
        "",
        "Q90",
        "  en  Paris  ru  Париж  sitelink",
    ]
    assert told("show", tmp_path, "--language", "ru", "--json").count("\n") == 1
    assert told("show", tmp_path, "--entity", "Q64", "-n", "1").count("Berlin") == 1
    assert "Париж" in told("show", tmp_path, "--grep", "^Пар")


def test_right_to_left_names_are_isolated_in_a_terminal() -> None:
    rows = [
        {"qid": 64, "source_language": "en", "source": "Berlin", "target_language": "ar",
         "target": "برلين", "origin": "label", "links": None}
    ]  # fmt: skip
    [_, line] = lines_of(shown_pairs(rows), Style(isolates=True))
    assert line == "  en  Berlin  ar  \u2068برلين\u2069  label"


def test_stats_of_a_lexicon_count_pairs_by_languages_origin_and_script(tmp_path: Path) -> None:
    write_lexicon(tmp_path)
    lexicon = json.loads(told("stats", tmp_path, "--json"))["lexicon"]
    assert (lexicon["pairs"], lexicon["entities"], lexicon["linked"]) == (4, 2, 1)
    assert lexicon["languages"][0] == {
        "source_language": "en",
        "target_language": "de",
        "pairs": 2,
        "entities": 1,
        "origins": {"alias": 1, "label": 1},
    }
    assert lexicon["scripts"] == {"Latn": 2, "Arab": 1, "Cyrl": 1}
    assert lexicon["most_linked"] == [{"qid": 64, "name": "Berlin", "links": 3}]
    table = told("stats", tmp_path)
    assert "linked entities" in table and "per entity" in table
    assert "ru" not in told("stats", tmp_path, "--language", "de")


def test_a_lexicon_without_links_does_not_count_them(tmp_path: Path) -> None:
    write_lexicon(tmp_path, (None, None))
    lexicon = json.loads(told("stats", tmp_path, "--json"))["lexicon"]
    assert lexicon["linked"] is None and lexicon["most_linked"] == []
    assert "linked" not in told("stats", tmp_path)


def test_show_puts_latin_letters_below_the_text(tmp_path: Path) -> None:
    write_romanized(tmp_path)
    assert told("show", tmp_path, "--grep", "spíti").splitlines() == [
        "Page 1 · 1:0 · Q90 · 1 word",
        "en  [Paris] has a {house}.",
        "el  [Παρίσι] has a {σπίτι}.",
        "el-latn  [Parísi] has a {spíti}.",
    ]
    found = occurrences(tmp_path, need_stage(tmp_path, "romanize"), RowQuery(entity=90), 9)
    assert found.rows == {"el": 1, "en": 1, "sv": 1}


def test_stats_of_romanized_rows_count_changes_and_latin_letters(tmp_path: Path) -> None:
    write_romanized(tmp_path)
    stats = json.loads(told("stats", tmp_path, "--json"))
    [greek] = [one for one in stats["romanized"] if one["language"] == "el"]
    assert (greek["rows"], greek["changed"]) == (1, 1)
    assert (greek["letters"], greek["latin"], greek["latin_after"]) == (15, 4, 15)
    assert [one["dictionary_words"] for one in stats["languages"]] == [1, 1, 0, 1]
    table = told("stats", tmp_path).split("\n\n")[-1]
    assert table.splitlines()[0].split() == ["language", "rows", "read", "changed", "Latin",
                                             "letters", "romanized"]  # fmt: skip
    assert "100.0%" in table and "26.7%" in table


def test_verify_accepts_lexicons_and_romanized_rows(tmp_path: Path) -> None:
    write_lexicon(tmp_path / "lexicon")
    write_romanized(tmp_path / "romanized")
    assert "no problems" in told("verify", tmp_path / "lexicon", tmp_path / "romanized")


LEXICON_ROW = {
    "qid": 64, "source_language": "en", "source": "Berlin", "target_language": "de",
    "target": "Berlin", "origin": "label", "links": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"qid": 63}, "row 1: QIDs are not sorted"),
        ({"source": ""}, "row 1: source is empty"),
        ({"target": None}, "row 1: target is empty"),
    ],
)
def test_verify_reports_rows_of_a_lexicon_that_break_a_rule(
    tmp_path: Path, changed: dict[str, Any], what: str
) -> None:
    table = pa.Table.from_pylist([LEXICON_ROW, LEXICON_ROW | changed], LEXICON)
    claim = Claim("lexicon", "0", {}, [input_of("entities")])
    write_folder(tmp_path, {part_name(0): table}, claim, Counts())
    [problem] = verify(targets([tmp_path])).wrong
    assert (problem.kind, problem.what) == ("invalid", what)
    assert verify(targets([tmp_path]), quick=True).sound


@pytest.mark.parametrize(
    ("romanized", "spans", "what"),
    [
        ("Lutetia", [(0, 7)], "row 0: not as many romanized_entities as entities"),
        ("Lutetia", [(0, 7), (8, 10)], "row 0: a span ends beyond romanized"),
        ("Lutetia", [(0, 5), (3, 7)], "row 0: romanized_entities overlap"),
        (None, [(0, 1), (1, 2)], "row 0: romanized is null"),
    ],
)
def test_verify_reports_spans_in_latin_letters_that_break_a_rule(
    tmp_path: Path, romanized: str | None, spans: list[tuple[int, int]], what: str
) -> None:
    row = rows_with_words(1)[1]
    places = [{"start": start, "end": end} for start, end in spans]
    row |= {"romanized": romanized, "romanized_entities": places}
    table = pa.Table.from_pylist([row], pa.schema([*SWITCHED, *ROMANIZED_FIELDS]))
    claim = Claim("romanize", "0", {}, [input_of("switch")])
    write_folder(tmp_path, {part_name(0): table}, claim, Counts())
    assert [one.what for one in verify(targets([tmp_path])).wrong] == [what]


def test_the_report_of_a_lexicon_shows_its_pairs(tmp_path: Path) -> None:
    write_lexicon(tmp_path)
    page = page_of(facts_of(tmp_path))
    assert "4 pairs of names of 2 entities, 1 of them linked." in page
    assert "Most linked entities" in page and "Berlin (Q64)" in page
    assert "cstool lexicon: enwiki" in page


def test_the_report_of_romanized_rows_shows_what_changes(tmp_path: Path) -> None:
    write_romanized(tmp_path)
    page = page_of(facts_of(tmp_path))
    assert "Rows that change in Latin letters" in page and "26.7%" in page


def test_show_puts_the_latin_letters_of_each_page_below_it() -> None:
    text = "Berlin is large.\n\nБерлин велик."
    spans = [{"start": 0, "end": 16}, {"start": 18, "end": 31}]
    pages = [("en", "enwiki", 1, "Berlin"), ("ru", "ruwiki", 2, "Берлин")]
    names = ("language", "wiki", "page_id", "title")
    segments = [dict(zip(names, page, strict=True)) | span
                for page, span in zip(pages, spans, strict=True)]  # fmt: skip
    row = {
        "qid": 64,
        "languages": ["en", "ru"],
        "segments": segments,
        "text": text,
        "romanized": "Berlin is large.\n\nBerlin velik.",
        "romanized_entities": spans,
    }
    lines = [*lines_of(shown("pair", row, ""), Style())]
    assert lines == [
        "Q64 · en+ru",
        "en       [Berlin (enwiki)]",
        "         Berlin is large.",
        "ru       [Берлин (ruwiki)]",
        "         Берлин велик.",
        "ru-latn  Berlin velik.",
    ]
