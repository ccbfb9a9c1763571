"""From a page to its sentences: properties of any text, and running time."""

import time
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cstool.wikitext.page import reader
from cstool.wikitext.sentences import split
from tests.wikitext.reading import read, reader_of, site, text_of, whole

PAGE = """{{Short description|Town}}
{{Infobox town
| name = {{lang|de|Stadt}}
}}'''Foo''' (born {{birth date|1900}}) is a [[town]].<ref>A [[b]].</ref> It lies in [[Bar]]s.

[[File:A.jpg|thumb|A [[caption]].]]
== History ==
{| class="wikitable"
| [[cell]]
|}
* See ''[[Baz (film)|Baz]]''.

[[Category:Towns]]
"""


def test_a_page_is_read() -> None:
    sentences = read(PAGE, title="Foo")
    assert [s.text for s in sentences] == [
        "Foo (born \ufffc) is a town.",
        "It lies in Bars.",
        "See Baz.",
    ]
    assert [s.holes for s in sentences] == [["birth date"], [], []]
    assert [target for s in sentences for *_, target in s.mentions] == ["Town", "Bar", "Baz (film)"]


def test_a_page_without_text_has_no_sentences() -> None:
    assert read("") == []
    assert read("{{clear}}\n[[Category:X]]\n<ref>a</ref>\n\n") == []


def test_a_line_of_nothing_but_holes_is_none() -> None:
    assert text_of("{{navbox foo}}\n{{x}} {{y}}z\n{{z}}") == "▢ ▢z"


PIECES = (
    "[[", "]]", "[", "]", "{{", "}}", "{{{", "}}}", "|", "''", "'''", "'", "\n", " ", "  ", "a",
    "B", "é", "😀", "一。", ". ", "<ref>", "</ref>", "<ref name=x />", "<nowiki>", "</nowiki>",
    "<!--", "-->", "<br>", "<small>", "</small>", "<table>", "</table>", "{|", "|}", "|-", "* ",
    "; ", " : ", "== ", " ==", "File:", "Category:", "de:", ":", "#", "%20", "&amp;", "&nbsp;",
    "__TOC__", "-{", "}-", "zh-cn:", "[[Foo]]", "[[Foo|bar]]s", "[[Foo| b]]", "{{sfn|x}}", "{{x}}",
    "<math>x</math>", "[http://x y]", "formatnum:1234", "Dr. X", "\u3000", "\u00a0", "http://",
    "~~~", "{{!}}", "<h2>",
)  # fmt: skip
SOURCES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
LANGUAGES = st.sampled_from(["en", "zh", "ar", "th"])


@settings(max_examples=60, deadline=None)
@given(SOURCES, LANGUAGES, st.booleans())
def test_any_source_is_read(source: str, language: str, render: bool) -> None:
    for text, mentions, holes in reader_of(language, render=render).sentences(source, "Foo x"):
        assert text == text.strip() != ""
        assert not any(ord(c) < 0x20 for c in text)
        after = 0
        for start, end, target in mentions:
            assert after <= start <= end <= len(text)
            assert target
            after = end
        if not holes and "nowiki" not in source:
            assert not any(mark in text for mark in ("[[", "]]", "{{", "}}"))


@settings(max_examples=60, deadline=None)
@given(SOURCES, LANGUAGES)
def test_sentences_are_their_line_but_for_white_space(source: str, language: str) -> None:
    for line in reader_of(language).lines(source, "Foo x"):
        sentences = split(line, language)
        assert "".join("".join(s.text.split()) for s in sentences) == "".join(line.text.split())
        assert sum(len(s.mentions) for s in sentences) == len(line.mentions)
        assert [name for s in sentences for name in s.holes] == line.holes


WORDS = ("a", "Foo. ", "[[Foo]]", "[[Foo|b c]]s", "''d''", "{{x}}", "é", "7", "<small>e</small>")


@given(st.lists(st.sampled_from(WORDS), min_size=1), st.randoms(use_true_random=False), LANGUAGES)
def test_where_lines_end_in_a_paragraph_does_not_matter(
    words: list[str], random: Random, language: str
) -> None:
    """But that a sentence ends where it ends with a line."""
    wrapped = words[0] + "".join(random.choice(" \n") + word for word in words[1:])
    assume(all(line.replace("{{x}}", "").strip() for line in wrapped.split("\n")))
    (line,) = reader_of(language).lines(wrapped.replace("\n", " "), "Page")
    (same,) = reader_of(language).lines(wrapped, "Page")
    assert (same.text.replace("\n", " "), *same[1:3]) == line[:3]
    few, more = split(line, language), split(same, language)
    assert [" ".join(s.text for s in side) for side in (few, more)] == [line.text] * 2
    assert len(few) <= len(more)


def test_lines_of_a_paragraph_have_its_number() -> None:
    source = "[[One]] is\na town. [[Two]] is.\n\n* [[D]]\n* [[E]]\nAt [[night]].\n[[Day]] comes."
    found = reader_of().read(source, "P").sentences
    assert [(paragraph, s.text) for _, paragraph, s in found] == [
        (0, "One is a town."), (0, "Two is."), (1, "D"), (2, "E"), (3, "At night."),
        (3, "Day comes."),
    ]  # fmt: skip


def test_the_line_behind_an_infobox_is_a_paragraph_of_its_own() -> None:
    # What MediaWiki makes of "</table> Rome is" and "</div>Rome is", and what follows.
    assert text_of("{{Infobox\n|a=b\n}} Rome is\na [[town]]\nof") == "Rome is\na town of"


HOSTILE = (
    "{{", "[[", "<ref>", "<!--", "'''", "[[File:", "{|\n", "<table>", "-{", "&", "[http://x ", " ",
    "\n", "]]", "}}", "{{a|", "[[a|", "[[a|[", "<b ", "__a", "[[Category:", "; ", "<h2>", "''a'''b",
    "a\n", "a.\n1", "{{x}}\na\n", "[[File:a|thumb]]\na\n", "a\n[[Category:a]]\n", "[[a|\n",
    "a<br>\n", "a\n<ref/>\n", "<!-- a --><ref/>\n", "[http://x&", "[//x''", "[[[", "<c ", "<c\n",
    "a[http://x \nb]", "[[[a|b]] }} (",
    "a<br>\n", "[[File:a|]]", "[[File:a|[[b]]", "{|\n== h ==\n", "<table>\n== h ==\n",
    "{|\n| a</table>\n", "<dt>", "[[a|<div>",
)  # fmt: skip


@pytest.mark.parametrize(
    ("piece", "language"), [*((piece, "en") for piece in HOSTILE), ("-{", "zh"), ("[[a|", "ar")]
)
def test_hostile_text_is_read_in_time(piece: str, language: str) -> None:
    source = piece * (50_000 // len(piece))
    reader_of(language)
    started = time.monotonic()
    read(source, language)
    assert time.monotonic() - started < 5


@given(SOURCES, LANGUAGES)
def test_sentences_with_mentions_are_the_same_alone(source: str, language: str) -> None:
    reader = reader_of(language)
    lines = reader.lines(source, "Foo x")
    of_lines = [(i, s) for i, line in enumerate(lines) for s in split(line, language)]
    sentences = [(number, *one) for number, one in enumerate(of_lines)]
    assert [s for *_, s in sentences] == reader.sentences(source, "Foo x")
    for every in (False, True):
        reading = reader.read(source, "Foo x", every=every)
        # Nothing has become known meanwhile.
        late = [reader.read_paragraph(p, "Foo x", every=every) for p in reading.waiting]
        expected = [one for one in sentences if every or one[-1].mentions]
        assert whole(reading, late) == expected
        assert reading.sentences.number + sum(text.sentences.number for text in late) == len(
            sentences
        )
        assert reading.paragraphs + sum(text.paragraphs for text in late) == len(lines)


def test_a_paragraph_waits_for_the_names_of_its_templates() -> None:
    source = (
        "A [[b]].\n* It is {{cw|''[[c]]''}} [[dog]]{{fn}}. So <math>x</math> [[eel]]. "
        "Yes, [[fox]] {{cw|[[gnu]]}}.\n* [[Hen]]"
    )
    reading = reader_of(render=True).read(source, "P")
    assert [(i, j, s.text) for i, j, s in reading.sentences] == [(0, 0, "A b."), (1, 1, "Hen")]
    (pending,) = reading.waiting
    assert pending[:2] == (1, 1)
    assert pending[3:] == ("item", ["cw", "fn", "cw"])
    knowing = reader(site(), render=True, aliases=(("cw", "nowrap"), ("fn", "sfn")))
    late = knowing.read_paragraph(pending, "P")
    assert [s for *_, s in whole(reading, [late])] == [
        ("A b.", [(2, 3, "B")], []),
        ("It is c dog.", [(6, 7, "C"), (8, 11, "Dog")], []),
        ("So \ufffc eel.", [(5, 8, "Eel")], ["<math>"]),
        ("Yes, fox gnu.", [(5, 8, "Fox"), (9, 12, "Gnu")], []),
        ("Hen", [(0, 3, "Hen")], []),
    ]


def test_a_paragraph_over_lines_waits_for_the_names_of_its_templates() -> None:
    source = "So. It is {{cw|''[[c]]''}}\na '''[[dog]]\nat''' sea."
    (pending,) = reader_of(render=True).read(source, "P").waiting
    knowing = reader(site(), render=True, aliases=(("cw", "nowrap"),))
    late = knowing.read_paragraph(pending, "P")
    assert [*late.sentences] == [
        (1, 0, ("It is c a dog at sea.", [(6, 7, "C"), (10, 13, "Dog")], []))
    ]
    assert (late.sentences.number, late.paragraphs) == (2, 1)


def test_what_waits_may_have_holes_in_its_templates() -> None:
    source = "[[A]] is {{cw|<math>x</math>}}. [[B]] is {{cw|b}}."
    (pending,) = reader_of(render=True).read(source, "P").waiting
    knowing = reader(site(), render=True, aliases=(("cw", "nowrap"),))
    assert [s for *_, s in knowing.read_paragraph(pending, "P").sentences] == [
        ("A is \ufffc.", [(0, 1, "A")], ["<math>"]),
        ("B is b.", [(0, 1, "B")], []),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "Rome (x}} grew.", "Rome (x]] grew.", "Rome {x |} grew.", "[[[x|Rome]] grew.",
        "[[[Rome]]] grew.", "{{{Rome grew.", "Rome [x]]] grew.", "[[a{b]] grew.",
        "(a }}}} b) grew.", "{{ [[ Rome }} ]] grew.",
    ],
)  # fmt: skip
def test_brackets_without_a_partner_cost_only_their_own_sentence(broken: str) -> None:
    first, *others = read(f"{broken} The [[Tiber]] flows. It (the [[river]]) is long.")
    assert first.holes
    assert [s.text for s in others] == ["The Tiber flows.", "It (the river) is long."]
