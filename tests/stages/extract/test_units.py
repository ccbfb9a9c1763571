"""Paragraphs and pages as rows."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.execution.options import RunOptions
from cstool.stages.extract import units as units_module
from cstool.stages.extract.options import LARGEST_GAPS, ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.counts import Counts, imbalances
from cstool.storage.schemas import sentence_id
from tests.stages.extract.units_law import Row, check, read
from tests.support import Source, dump_xml, rows_of
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
    text = "A b. C [[d]].\nE f.<br>G h.<br /><br>I j.\n* K\n* L\n\nM."
    assert texts_of(text) == ["A b. C d. E f.\nG h.\n\nI j.\n\nK\n\nL\n\nM."]
    paragraphs = ["A b. C d. E f.\nG h.", "I j.", "K", "L", "M."]
    assert texts_of(text, unit="paragraph") == paragraphs
    assert texts_of("日本は国。中国も[[国]]。\n\n国。", "ja") == ["日本は国。中国も国。\n\n国。"]


def test_a_row_says_where_sentences_begin_and_how_many_are_missing() -> None:
    (page,), _ = of("One. Has {{odd}} [[hole]]. Is [[two|2]].\n\nIs {{odd}}.\n\nThree. {{odd}}.")
    assert page == {
        "id": sentence_id(1, 0),
        "page_id": 1,
        "revision_id": 9,
        "title": "Page 0",
        "position": 0,
        "text": "One. Is 2.\n\nThree.",
        "mentions": [{"start": 8, "end": 9, "target": "Two"}],
        "sentences": [0, 5, 12],
        "gaps": 3,
    }
    rows, _ = of("{{odd}} is. B [[c]]. D.\n\nE.", unit="paragraph", max_gaps=1)
    assert [(row["position"], row["text"], row["gaps"]) for row in rows] == [
        (1, "B c. D.", 1),
        (3, "E.", 0),
    ]


def test_the_widest_separator_is_kept_around_a_gap() -> None:
    assert texts_of("一。二{{odd}}。三。", "ja") == ["一。三。"]
    assert texts_of("A b.<br>C {{odd}}.<br>D e.") == ["A b.\nD e."]
    assert texts_of("A b. C {{odd}}.<br>D e.") == ["A b.\nD e."]
    assert texts_of("A b.\n\nC {{odd}}. D e.") == ["A b.\n\nD e."]


def test_units_without_a_mention_are_dropped_and_counted() -> None:
    texts = ["A [[b]]. C.\n\nD.", "E.", "{{odd}} [[f]].", ""]
    rows, counts = of(texts, all_sentences=False)
    assert [row["text"] for row in rows] == ["A b. C.\n\nD."]
    assert counts.tally("pages").dropped == {"no mention": 1, "no text": 2}
    assert counts.tally("sentences").dropped == {"hole": 1, "in a dropped page": 1}
    assert counts.tally("mentions").dropped == {"in a dropped sentence": 1}
    rows, counts = of(texts, all_sentences=False, unit="paragraph")
    assert [row["text"] for row in rows] == ["A b. C."]
    assert counts.tally("pages").written == 4
    assert counts.tally("paragraphs").dropped == {"no mention": 2, "no text": 1}
    assert counts.tally("sentences").dropped == {"hole": 1, "in a dropped paragraph": 2}


def test_units_with_too_many_gaps_are_dropped_and_counted() -> None:
    text = "A [[b]]. {{odd}} is. C.\n\nD {{odd}}. E {{odd}}. F."
    assert texts_of(text, unit="paragraph") == []
    assert texts_of(text, unit="paragraph", max_gaps=1) == ["A b. C."]
    assert texts_of(text, unit="paragraph", max_gaps=2) == ["A b. C.", "F."]
    assert texts_of(text) == ["A b. C.\n\nF."]
    rows, counts = of(text, max_gaps=2)
    assert rows == []
    assert counts.tally("pages").dropped == {"too many gaps": 1}
    assert counts.tally("mentions").dropped == {"in a dropped page": 1}


def test_headings_are_lines_of_their_own_and_no_sentences() -> None:
    text = (
        "= One =\nA [[b]]. C.\n\n== ''Two'' [[x|y]]'s &amp; <i>z</i> ==\n* D.\n==== Four ====\nE."
    )
    (page,), counts = of(text, headings="markdown")
    assert page["text"] == "# One\n\nA b. C.\n\n## Two y's & z\n\nD.\n\n#### Four\n\nE."
    assert [page["text"][i] for i in page["sentences"]] == ["A", "C", "D", "E"]
    assert (page["position"], [m["target"] for m in page["mentions"]]) == (0, ["B"])
    assert counts.tally("headings").written == 3
    assert texts_of(text) == ["A b. C.\n\nD.\n\nE."]


def test_a_heading_needs_text_before_the_next_one_of_its_level() -> None:
    text = "A.\n== B ==\n=== C ===\nD.\n=== E ===\n== F ==\n== G ==\n{{odd}} h.\n=== I ===\nJ.\n== K =="
    rows, counts = of([text, "L."], headings="markdown")
    assert rows[0]["text"] == "A.\n\n## B\n\n### C\n\nD.\n\n## G\n\n### I\n\nJ."
    assert rows[1]["text"] == "L."
    assert counts.tally("headings").dropped == {"no text below": 3}


def test_a_heading_with_a_hole_is_left_out_and_counted() -> None:
    text = "== {{odd}} ==\nA [[b]].\n== {{nowrap|C}} ==\nD {{odd}}. E.\n== [[x ==\nF.\n== <math>y</math> =="
    for templates in ("dump", "rules"):
        rows, counts = of(text + "\nG.", headings="markdown", templates=templates)
        assert rows[0]["text"] == "A b.\n\n## C\n\nE.\n\nF.\n\nG."
        assert rows[0]["gaps"] == 1
        assert counts.tally("headings").dropped == {"hole": 3}
    (row,), _ = of(text + "\nG.", headings="markdown", formulas="tex")
    assert row["text"].endswith("## $y$\n\nG.")


def test_headings_keep_their_place_between_paragraphs_that_wait() -> None:
    waits = "{{nowrap|%s}} [[b]].\n"
    text = "".join(
        f"== {{{{nowrap|{n}}}}} ==\n{waits % n}\n=== {n} ===\n{waits % n}\n{n}.\n" for n in "ABC"
    )
    for templates in ("dump", "rules"):
        assert texts_of(text, headings="markdown", templates=templates) == [
            "\n\n".join(f"## {n}\n\n{n} b.\n\n### {n}\n\n{n} b.\n\n{n}." for n in "ABC")
        ]


def test_groups_of_rows_are_bounded_by_the_bytes_of_their_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(units_module, "BYTES_A_GROUP", 1000)
    pages = [f"{n} [[b]]. " * size for n, size in enumerate([1, 300, 1, 40, 40, 40, 500, 1])]
    sentences, _ = of(pages, unit="sentence")
    for unit in ("page", "paragraph"):
        check(of(pages, unit=unit)[0], sentences)


def test_a_run_writes_units_their_paragraphs_and_a_manifest(tmp_path: Path) -> None:
    dump = tmp_path / "dump.xml"
    pages = [
        Source("A", "A [[b]]. C.\n\nD {{odd}} [[e]].\n\n== F ==\nG [[h]]."),
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
            left = rows_of(out / "_paragraphs")
            assert left["id"].to_list() == rows["id"].to_list()
            assert left["paragraph"].to_list() == [0, 2]
        else:
            assert manifest.counts.tally("pages").dropped == {"redirect": 1, "no text": 1}
            assert not (out / "_paragraphs").exists()
