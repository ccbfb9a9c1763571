"""Paragraphs and pages as rows."""

import itertools
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.cli.extract import command
from cstool.errors import WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.extract import units as units_module
from cstool.stages.extract.options import LARGEST_GAPS, ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.counts import Counts, imbalances
from cstool.storage.schemas import sentence_id
from tests.stages.extract.units_law import Row, check, read
from tests.support import Source, dump_xml, header_xml, page_xml, rows_of
from tests.wikitext.reading import site

PIECES = (
    "It is [[Rome|old]]. ", "A b. ", "is", "日本は[[国]]。", " ", "\n", "\n\n", "\n== H ==\n",
    "\n=== [[L]] x ===\n", "\n= {{odd}} =\n", "\n==[[Category:C]]==\n", "\n====a\n", "{{odd}}",
    "{{nowrap|n [[m]].}}", "{{flag|X}}", "<br>", "<br />\n", "<br><br>", "\n* ", "\n;t: ", "\n#:",
    "<poem>\nx\ny\n</poem>", "<blockquote>\n", "</blockquote>", "\n{|\n|a\n|}\n", "[[File:x.jpg]]",
    "\n[[File:x.jpg|thumb|cap [[a]]]]\n", "[[Category:C]]", "\n[[Category:C]]\n", "[[a\n", "b]]",
    "<span\n", ">", "-{", "}-", "<math>x</math>", "__TOC__", "<div>", "</div>", "''", "{{", "}}",
    "<h2>", "</h2>", "<p>", "\ufffc", "<!-- c -->", "<ref>n</ref>", "<nowiki>== n ==</nowiki>",
)  # fmt: skip
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), max_size=3)
WAYS = [
    *itertools.product(["page"], ["none", "markdown"]),
    ("paragraph", "none"),
]  # fmt: skip


def of(texts: str | list[str], language: str = "en", **options: Any) -> tuple[list[Row], Counts]:
    """Return the units of pages, or of one."""
    how = ExtractOptions(**{"unit": "page", "all_sentences": True, "templates": "rules", **options})
    return read([texts] if isinstance(texts, str) else texts, site(language), how)


def texts_of(texts: str | list[str], language: str = "en", **options: Any) -> list[str]:
    return [row["text"] for row in of(texts, language, **options)[0]]


@pytest.mark.parametrize("templates", ["dump", "rules"])
@pytest.mark.parametrize("language", ["en", "zh", "th"])
@given(texts=TEXTS, formulas=st.sampled_from(["holes", "tex"]))
@settings(max_examples=60)
def test_units_are_made_of_the_sentences_that_are_written_one_by_one(
    templates: str, language: str, texts: list[str], formulas: str
) -> None:
    options = {"templates": templates, "formulas": formulas}
    sentences, counts = of(texts, language, unit="sentence", **options)
    holes = counts.tally("sentences").dropped.get("hole", 0)
    for unit, headings in WAYS:
        how = {"unit": unit, "headings": headings, "max_gaps": LARGEST_GAPS}
        units, found = of(texts, language, **how, **options)
        check(units, sentences)
        assert found.tally("sentences") == counts.tally("sentences")
        assert found.tally("mentions") == counts.tally("mentions")
        kept = {unit["page_id"] for unit in units}
        if kept == {*range(1, len(texts) + 1)} and unit == "page":
            assert sum(unit["gaps"] for unit in units) == holes


def test_sentences_are_parted_as_on_the_page() -> None:
    text = "It is. Was [[old]].\nIt was.<br>It is.<br /><br>It was.\n* Rome\n* Milan\n\nIt is."
    first, *others = ["It is. Was old. It was.\nIt is.", "It was.", "Rome", "Milan", "It is."]
    assert texts_of(text) == ["\n\n".join([first, *others])]
    assert texts_of(text, unit="paragraph") == [first, *others]
    assert texts_of("日本は国。中国も[[国]]。\n\n国。", "ja") == ["日本は国。中国も国。\n\n国。"]


@pytest.mark.parametrize("mark", ["<br>", "<br />", "</br>", "<BR clear=all/>"])
def test_a_line_break_is_one_wherever_the_source_has_it(mark: str) -> None:
    for begin in ("It is [[old]].", "It is ''[[old]]''."):
        for broken in (f"{mark}It was.", f"{mark}\nIt was.", f"\n{mark}It was."):
            assert texts_of(begin + broken) == ["It is old.\nIt was."]
            assert texts_of(begin + broken + mark) == ["It is old.\nIt was."]
            assert texts_of(f"{begin}{broken}\n* A{mark}\n* B") == ["It is old.\nIt was.\n\nA\n\nB"]
    assert texts_of(f"It is.{mark}\n{mark}\nIt was.") == ["It is.\n\nIt was."]
    assert texts_of(f"It is.{mark}\n\nIt was.") == ["It is.\n\nIt was."]
    assert texts_of(f"It is.{mark}\n== H ==\nIt was.") == ["It is.\n\nIt was."]


@pytest.mark.parametrize("templates", ["dump", "rules"])
def test_a_paragraph_with_line_breaks_waits_as_a_whole(templates: str) -> None:
    text = "It is [[old]].<br>\nIt {{nowrap|was [[new]]}}.<br>\nIs {{odd}}.<br>\nIt is."
    (row,), _ = of(text, templates=templates)
    assert row["text"] == "It is old.\nIt was new.\nIt is."
    assert ([m["target"] for m in row["mentions"]], row["gaps"]) == (["Old", "New"], 1)


@pytest.mark.parametrize("templates", ["dump", "rules"])
def test_the_lines_of_a_poem_are_lines_and_its_stanzas_are_paragraphs(templates: str) -> None:
    verses = "Roses are [[red]],\n  ''violets'' are\n\n: blue {{nowrap|and [[x]]}}\n::sweet.\nSo"
    shown = "Roses are red,\nviolets are\n\nblue and x\nsweet.\nSo"
    for begin, end in itertools.product(("<poem>", "<poem>\n", "<poem style=x>"), ("", "\n")):
        poem = f"{begin}{verses}{end}</poem>"
        assert texts_of(f"It is.\n{poem}\nIt was.\nIt is.", templates=templates) == [
            f"It is.\n\n{shown}\n\nIt was. It is."
        ]
    assert texts_of("<poem>a\n* b\n* c\nd\n</poem>") == ["a\n\nb\n\nc\n\nd"]


def test_a_row_says_where_sentences_begin_and_how_many_are_missing() -> None:
    text = "It is. It has {{odd}} [[hole]]. It is [[two|2]].\n\nIs {{odd}}.\n\nIt was. Is {{odd}}."
    (page,), _ = of(text)
    assert page == {
        "id": sentence_id(1, 0),
        "page_id": 1,
        "revision_id": 9,
        "title": "Page 0",
        "position": 0,
        "text": "It is. It is 2.\n\nIt was.",
        "mentions": [{"start": 13, "end": 14, "target": "Two"}],
        "sentences": [0, 7, 17],
        "gaps": 3,
    }
    rows, _ = of("{{odd}} is. It is [[cold]]. It was.\n\nIt is.", unit="paragraph", max_gaps=1)
    assert [(row["position"], row["text"], row["gaps"]) for row in rows] == [
        (1, "It is cold. It was.", 1),
        (3, "It is.", 0),
    ]


def test_around_a_gap_sentences_are_parted_as_widely_as_on_the_page() -> None:
    assert texts_of("一は。二は{{odd}}。三は。", "ja") == ["一は。三は。"]
    assert texts_of("It is.<br>Was {{odd}}.<br>It was.") == ["It is.\nIt was."]
    assert texts_of("It is. Was {{odd}}.<br>It was.") == ["It is.\nIt was."]
    assert texts_of("It is.\n\nWas {{odd}}. It was.") == ["It is.\n\nIt was."]


def test_units_without_a_mention_are_dropped_and_counted() -> None:
    texts = ["It is [[big]]. It was.\n\nIt is.", "It is.", "{{odd}} [[f]].", ""]
    rows, counts = of(texts, all_sentences=False)
    assert [row["text"] for row in rows] == ["It is big. It was.\n\nIt is."]
    assert counts.tally("pages").dropped == {"no mention": 1, "no text": 2}
    assert counts.tally("sentences").dropped == {"hole": 1, "in a dropped page": 1}
    assert counts.tally("mentions").dropped == {"in a dropped sentence": 1}
    rows, counts = of(texts, all_sentences=False, unit="paragraph")
    assert [row["text"] for row in rows] == ["It is big. It was."]
    assert counts.tally("pages").written == 4
    assert counts.tally("paragraphs").dropped == {"no mention": 2, "no text": 1}
    assert counts.tally("sentences").dropped == {"hole": 1, "in a dropped paragraph": 2}


def test_units_with_too_many_gaps_are_dropped_and_counted() -> None:
    text = "It is [[big]]. {{odd}} is. It was.\n\nIs {{odd}}. Was {{odd}}. It is."
    assert texts_of(text, unit="paragraph") == []
    assert texts_of(text, unit="paragraph", max_gaps=1) == ["It is big. It was."]
    assert texts_of(text, unit="paragraph", max_gaps=2) == ["It is big. It was.", "It is."]
    assert texts_of(text) == ["It is big. It was.\n\nIt is."]
    rows, counts = of(text, max_gaps=2)
    assert rows == []
    assert counts.tally("pages").dropped == {"too many gaps": 1}
    assert counts.tally("mentions").dropped == {"in a dropped page": 1}


def test_headings_are_lines_of_their_own_and_no_sentences() -> None:
    text = (
        "= One =\nIt is [[big]]. Was it?\n\n== ''Two'' [[x|y]]'s &amp; <i>z</i> ==\n* Rome\n"
        "==== Four ====\nIt is."
    )
    (page,), counts = of(text, headings="markdown")
    assert page["text"] == (
        "# One\n\nIt is big. Was it?\n\n## Two y's & z\n\nRome\n\n#### Four\n\nIt is."
    )
    starts = [page["text"][i:].split()[0] for i in page["sentences"]]
    assert starts == ["It", "Was", "Rome", "It"]
    assert (page["position"], [m["target"] for m in page["mentions"]]) == (0, ["Big"])
    assert counts.tally("headings").written == 3
    assert texts_of(text) == ["It is big. Was it?\n\nRome\n\nIt is."]


@pytest.mark.parametrize("templates", ["dump", "rules"])
def test_terms_are_headings_of_their_definitions(templates: str) -> None:
    text = (
        "It is.\n; [[One]]: is ''a'' [[b]].\n;{{nowrap|Two}} : c\n: d\n* ; no : e\n*; Three\n*: f"
        "\n== H ==\n; Four\nIt was.\n; {{odd}}: g\n; http://a.b : h\n;\n: i\n; Five\n"
    )
    (row,), counts = of(text, headings="markdown", templates=templates)
    shown = "It is.|One|is a b.|Two|c|d|; no : e|Three|f|## H|Four|It was.|g|http://a.b|h|i"
    assert row["text"] == shown.replace("|", "\n\n")
    assert [m["target"] for m in row["mentions"]] == ["B"]
    assert counts.tally("headings").dropped == {"hole": 1, "no text below": 1}
    (row,), _ = of(text, templates=templates)
    assert row["text"] == "It is.|is a b.|c|d|; no : e|f|It was.|g|h|i".replace("|", "\n\n")


def test_terms_in_a_row_share_their_definitions() -> None:
    of_all = [f"; A\n; B\n: is [[b]].\n; C\n== H ==\n; D\n; E\n{end}" for end in ("", "It is.")]
    rows, counts = of([*of_all, "; F"], headings="markdown")
    assert [row["text"].split("\n\n") for row in rows] == [
        ["A", "B", "is b."],
        ["A", "B", "is b.", "## H", "D", "E", "It is."],
    ]
    assert counts.tally("headings").dropped == {"no text below": 5, "in a dropped page": 1}


def test_a_heading_needs_text_before_the_next_one_of_its_level() -> None:
    text = (
        "It is.\n== B ==\n=== C ===\nIt was.\n=== E ===\n== F ==\n== G ==\n{{odd}} h.\n"
        "=== I ===\nIt is.\n== K =="
    )
    rows, counts = of([text, "It was."], headings="markdown")
    shown = ["It is.", "## B", "### C", "It was.", "## G", "### I", "It is."]
    assert [row["text"] for row in rows] == ["\n\n".join(shown), "It was."]
    assert counts.tally("headings").dropped == {"no text below": 3}


@pytest.mark.parametrize("templates", ["dump", "rules"])
def test_a_heading_with_a_hole_is_left_out_and_counted(templates: str) -> None:
    text = (
        "== {{odd}} ==\nIt is [[big]].\n== {{nowrap|C}} ==\nIs {{odd}}. It is.\n== [[x ==\nIt was."
        "\n== <math>y</math> ==\nIt is."
    )
    (row,), counts = of(text, headings="markdown", templates=templates)
    assert row["text"] == "It is big.\n\n## C\n\nIt is.\n\nIt was.\n\nIt is."
    assert row["gaps"] == 1
    assert counts.tally("headings").dropped == {"hole": 3}
    (row,), _ = of(text, headings="markdown", templates=templates, formulas="tex")
    assert row["text"].endswith("## $y$\n\nIt is.")


@pytest.mark.parametrize("templates", ["dump", "rules"])
def test_headings_keep_their_place_between_paragraphs_that_wait(templates: str) -> None:
    waits = "{{nowrap|%s}} [[big]].\n"
    text = "".join(
        f"== {{{{nowrap|{n}}}}} ==\n{waits % n}\n=== {n} ===\n{waits % n}\n{n}.\n" for n in "ABC"
    )
    assert texts_of(text, headings="markdown", templates=templates) == [
        "\n\n".join(f"## {n}\n\n{n} big.\n\n### {n}\n\n{n} big.\n\n{n}." for n in "ABC")
    ]


def test_groups_of_rows_are_bounded_by_the_bytes_of_their_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(units_module, "BYTES_A_GROUP", 1000)
    pages = [f"It is [[b|{n}]]. " * size for n, size in enumerate([1, 300, 1, 40, 40, 40, 500, 1])]
    sentences, _ = of(pages, unit="sentence")
    for unit in ("page", "paragraph"):
        check(of(pages, unit=unit)[0], sentences)


def test_a_run_writes_units_their_paragraphs_and_a_manifest(tmp_path: Path) -> None:
    dump = tmp_path / "dump.xml"
    pages = [
        Source("A", "It is [[big]]. It was.\n\nIs {{odd}} [[e]].\n\n== F ==\nIt is [[h]]."),
        Source("B", redirect="A"),
        Source("C", "== I =="),
    ]
    dump.write_text(dump_xml(pages))
    for unit, headings in WAYS:
        out = tmp_path / unit / headings
        options = ExtractOptions(unit=unit, headings=headings)  # type: ignore[arg-type]
        manifest = extract([str(dump)], out, options, RunOptions(jobs=1, quiet=True))
        assert manifest.row_unit == unit
        assert manifest.parameters["unit"] == unit
        assert not imbalances(manifest.counts)
        rows = rows_of(out)
        assert len(rows) == manifest.counts.tally(f"{unit}s").written
        assert rows.columns[-2:] == ["sentences", "gaps"]
        if unit == "paragraph":
            assert manifest.counts.tally("pages").dropped == {"redirect": 1}
            left = pl.read_parquet(out / "_paragraphs/*")
            assert left["id"].to_list() == rows["id"].to_list()
            assert left["paragraph"].to_list() == [0, 2]
        else:
            assert manifest.counts.tally("pages").dropped == {"redirect": 1, "no text": 1}
            assert not (out / "_paragraphs").exists()


def test_of_a_repeated_page_the_greatest_revision_is_written(tmp_path: Path) -> None:
    texts = [
        f"It is {word} [[big]].\n\n== H ==\nIs {{{{odd}}}}. It was." for word in ("old", "new")
    ]
    texts.insert(0, "It is {{nowrap|one}} [[page]].")
    dump = tmp_path / "dump.xml"
    pages = [page_xml(1 + bool(n), Source(f"P{bool(n)}", text)) for n, text in enumerate(texts)]
    dump.write_text(header_xml() + "".join(pages) + "</mediawiki>\n")
    for part_size in (1, None):
        out = tmp_path / str(part_size)
        options = ExtractOptions(unit="page", headings="markdown")
        running = RunOptions(jobs=1, part_size=part_size, quiet=True)
        counts = extract([str(dump)], out, options, running).counts
        shown = ["It is one page.", "It is new big.\n\n## H\n\nIt was."]
        assert rows_of(out)["text"].to_list() == shown
        assert not imbalances(counts)
        assert counts.tally("pages").dropped == {"page twice": 1}
        assert counts.tally("sentences").written == 3
        assert counts.tally("sentences").dropped == {"page twice": 1, "hole": 1}
        assert counts.tally("headings").written == 1


def test_sentences_beyond_the_largest_position_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units_module, "POSITIONS_A_PAGE", 2)
    (row,), counts = of(
        "It is [[old]]. {{odd}} is. It was [[new]].\n== H ==\nIt is.", headings="markdown"
    )
    assert (row["text"], row["gaps"]) == ("It is old.", 3)
    assert counts.tally("sentences").dropped == {"hole": 1, "more than 2^20 in a page": 2}
    assert counts.tally("mentions").dropped == {"in a dropped sentence": 1}
    assert counts.tally("headings").dropped == {"no text below": 1}


def test_only_what_differs_from_sentences_is_in_the_parameters() -> None:
    def given(**options: Any) -> dict[str, Any]:
        parameters = ExtractOptions(**options).parameters(None, None)
        return {name: parameters.get(name) for name in ("unit", "headings", "max_gaps")}

    assert given() == {"unit": None, "headings": None, "max_gaps": None}
    pages = {"unit": "page", "headings": "markdown", "max_gaps": 3}
    assert given(**pages) == pages
    paragraphs = {"unit": "paragraph", "headings": None, "max_gaps": None}
    assert given(unit="paragraph", max_gaps=0) == paragraphs


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"headings": "markdown"}, "--headings: needs --unit page"),
        ({"headings": "markdown", "unit": "paragraph"}, "--headings: needs --unit page"),
        ({"max_gaps": 1}, "--max-gaps: needs --unit paragraph or page"),
    ],
)
def test_options_of_another_unit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCallError, match=message):
        ExtractOptions(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--max-gaps", "-1", "--unit", "page"), "-1 is not in the range"),
        (("--unit", "word"), "'word' is not one of"),
    ],
)
def test_options_without_such_a_value_are_refused(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(command, ["x.xml", "-o", str(tmp_path / "o"), *options])
    assert done.exit_code == 2
    assert message in done.output
