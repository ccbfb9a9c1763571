"""Comments and the tags of extensions."""

import time

import pytest

from cstool.wikitext.extension_tags import strip
from cstool.wikitext.markers import NOTHING, Markers, protect, unprotect
from tests.wikitext.reading import links_of, read, text_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a\n<!-- c -->\nb", "a\nb"),
        ("a\n <!-- c --> <!-- d --> \nb", "a\nb"),
        ("a\n<!-- c\nd -->\nb", "a\nb"),
        ("a\n<!-- c --> b", "a\n b"),
        ("a <!-- c -->\nb", "a \nb"),
    ],
)
def test_a_comment_on_its_own_line_takes_the_line_with_it(source: str, shown: str) -> None:
    assert strip(source, Markers()) == shown


def test_an_unclosed_comment_runs_to_the_end() -> None:
    assert strip("a<!-- b <ref>c</ref>", Markers()) == "a"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a\n\n<includeonly>\nb [[c]]\n\n== d ==\n\ne", "a"),
        ("a <includeonly\nx=y> b\n\nc", "a"),
        ("a [[b]]<includeonly>s <ref>c\n\nd</ref> e", "a b"),
        ("a <includeonly>b</INCLUDEONLY > c\n\n<includeonly>d", "a c"),
        ("* a\n* <includeonly>\n* b", "a"),
        ("a <INCLUDEONLY> b\n\nc", "a ▢ b\nc"),
        ("a <IncludeOnly> b\n\n<includeonly>c", "a ▢ b"),
        ("a <includeonly/> b\n\nc", "a b\nc"),
        ("a <nowiki><includeonly></nowiki> b\n\nc", "a <includeonly> b\nc"),
        ("a <noinclude> b\n\n<onlyinclude>c", "a b\nc"),
    ],
)
def test_an_unclosed_includeonly_in_lower_case_extends_to_the_end(source: str, shown: str) -> None:
    assert text_of(source) == shown


def test_a_comment_joins_what_stands_around_it() -> None:
    assert links_of("[[Foo]]<!-- x -->s") == [("Foos", "Foo")]


@pytest.mark.parametrize(
    "source",
    [
        "a<ref>r</ref>b",
        "a<ref name=x />b",
        "a<ref name=x/>b",
        'a<ref name="x y" group=n>[[r]] {{s}}</ref>b',
        "a<REF>r</REF>b",
        "a<ref >r</ref >b",
        "a<ref>r\n\ns</ref>b",
        "a<ref>r</ref><ref name=y />b",
        "a<templatestyles src=x />b",
    ],
)
def test_a_footnote_shows_nothing(source: str) -> None:
    assert text_of(source) == "ab"
    assert not read(source)[0].holes


def test_an_unclosed_footnote_is_a_hole() -> None:
    (sentence,) = read("a<ref>b [[c]]")
    assert sentence.holes == ["unclosed <ref>"]


def test_a_footnote_ends_at_its_first_closing_tag() -> None:
    (sentence,) = read("a<ref>b <ref>c</ref> d</ref>e")
    assert sentence.holes == ["tag </ref>"]


def test_a_footnote_at_a_lines_beginning_makes_no_preformatted_line() -> None:
    assert text_of("<ref>r</ref> The [[Altes Museum]]") == "The Altes Museum"


def test_what_stands_around_a_footnote_does_not_touch() -> None:
    assert links_of("[[Foo]]<ref>r</ref>s") == [("Foo", "Foo")]
    assert text_of("''a''<ref>r</ref>''b''") == "ab"


def test_nowiki_keeps_its_content_as_it_is() -> None:
    assert text_of("<nowiki>[[a]] ''b'' {{c}} &amp; * <b>x</b></nowiki>") == (
        "[[a]] ''b'' {{c}} & * <b>x</b>"
    )
    assert text_of("a<nowiki>\n* b</nowiki>") == "a * b"


def test_nowiki_parts_a_trail_and_apostrophes() -> None:
    assert links_of("[[Foo]]<nowiki/>s [[Foo]]<nowiki>s</nowiki>") == [("Foo", "Foo")] * 2
    assert text_of("'''<nowiki/>''x") == "'x"


def test_unclosed_nowiki_is_a_hole() -> None:
    assert text_of("a<nowiki />b<nowiki>c") == "ab▢c"


def test_pictures_end_the_line_and_formulas_leave_a_hole() -> None:
    assert text_of("a<gallery>\nFile:x.jpg|b\n</gallery>c") == "a\nc"
    assert text_of("a <math>x^2</math> b") == "a ▢ b"
    assert text_of("<pre>a [[b]]</pre>c") == "c"


def test_protected_text_comes_back() -> None:
    text = "[[a|b]] {{c}} '''d''' <e> = : __F__ ~"
    hidden = protect(text)
    assert not set("[]{}|'<=:_") & set(hidden)
    assert unprotect(hidden) == text


def test_an_extension_that_shows_nothing_leaves_a_mark() -> None:
    assert strip("a<ref/>b", Markers()) == f"a{NOTHING}b"


def test_a_section_mark_shows_nothing_and_tears_nothing() -> None:
    source = "A is a <section begin=x />big [[b]]<section end=x /> of [[c]]."
    assert text_of(source) == "A is a big b of c."


def test_what_follows_a_block_is_a_line_of_text() -> None:
    assert text_of("Before <timeline>x</timeline> and [[after]].") == "Before\nand after."


def test_footnotes_without_an_end_take_linear_time() -> None:
    before = time.process_time()
    strip("<ref>x " * 50_000, Markers())
    assert time.process_time() - before < 5  # a search to the end for each: minutes


def test_behind_a_footnote_without_an_end_others_stand_that_need_none() -> None:
    marks = Markers()
    assert strip("a<ref>b <ref name=c/>d<!-- e -->", marks) == f"a\x040\x05b {NOTHING}d"
    assert marks.holes == ["unclosed <ref>"]
