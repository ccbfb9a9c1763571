"""Lines with marks, converted to text, mentions, holes, and sentences."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.markers import Markers, protect
from cstool.wikitext.sentence_columns import cut_lines
from cstool.wikitext.sentences import TextLine, pieces, read_line, split


def count(line: TextLine, language: str) -> int:
    """Return the number of sentences of a line, as a page counts them."""
    return cut_lines([(0, *line, pieces(line.text, language), 3)], every=False).number


def line_of(*pieces: str, marks: Markers) -> TextLine:
    return read_line("".join(pieces), marks.targets, marks.holes)


def test_white_space_is_one_space_and_none_at_the_ends() -> None:
    marks = Markers()
    assert line_of("  a \t b  ", marks=marks).text == "a b"
    line = line_of(" a  ", marks.link("B", " b "), "  c ", marks=marks)
    assert line == TextLine("a b c", [(2, 3, "B")], [])


def test_offsets_count_characters() -> None:
    marks = Markers()
    line = line_of("𝒜 é ", marks.link("X", "😀"), marks=marks)
    assert line.mentions == [(4, 5, "X")]


def test_a_hole_has_a_mark_and_a_name() -> None:
    marks = Markers()
    line = line_of("a ", marks.hole("convert"), " b", marks=marks)
    assert line == TextLine("a \ufffc b", [], ["convert"])


def test_an_anchor_may_have_a_hole() -> None:
    marks = Markers()
    line = line_of("a ", marks.link("B", "x " + marks.hole("y")), " c", marks=marks)
    assert line.mentions == [(2, 5, "B")]
    assert line.holes == ["y"]


def test_protected_text_reads_as_it_was_written() -> None:
    assert line_of(protect("[[a]]"), marks=Markers()).text == "[[a]]"


def test_each_sentence_has_its_own_mentions_and_holes() -> None:
    text = "Anna is here. Ben is \ufffc. Cleo."
    line = TextLine(text, [(0, 4, "A"), (14, 17, "B")], ["h"])
    first, second, third = split(line, "en")
    assert first == ("Anna is here.", [(0, 4, "A")], [])
    assert second == ("Ben is \ufffc.", [(0, 3, "B")], ["h"])
    assert third == ("Cleo.", [], [])


def test_a_bound_within_a_mention_is_none() -> None:
    text = "He reads What Now. And Then. Yes."
    inside = TextLine(text, [(9, 27, "What Now. And Then")], [])
    assert [s.text for s in split(inside, "en")] == ["He reads What Now. And Then.", "Yes."]


def test_sentences_are_split_as_the_language_does() -> None:
    assert [s.text for s in split(TextLine("一句。二句。", [], []), "zh")] == ["一句。", "二句。"]


def test_an_empty_line_has_no_sentences() -> None:
    assert split(TextLine("", [], []), "en") == []


def sentences_of(text: str, language: str = "en") -> list[str]:
    return [s.text for s in split(TextLine(text, [], []), language)]


def test_a_long_line_is_split_as_a_short_one() -> None:
    one = "Anna is in Rome, not in the U.S. now. "
    assert sentences_of(one * 1000) == [one.strip()] * 1000
    assert count(TextLine(one * 1000, [], []), "en") == 1000


def test_a_sentence_may_be_longer_than_what_is_split_at_once() -> None:
    long = "Anna " + "and Ben " * 3000 + "are here."
    assert sentences_of(f"Yes. {long} No. Yes.") == ["Yes.", long, "No.", "Yes."]


def test_mentions_of_a_long_line_stay_where_they_are() -> None:
    text = "Ben is here. " * 2000
    places = [(at, at + 3, "B") for at in range(0, len(text), 13)]
    assert split(TextLine(text, places, []), "en") == [("Ben is here.", [(0, 3, "B")], [])] * 2000


@given(st.text("ab. 。\n«“'`)A1", max_size=60), st.integers(1, 400))
def test_nothing_of_a_long_line_is_lost(piece: str, times: int) -> None:
    text = piece * times
    found = split(TextLine(text, [], []), "en")
    assert "".join("".join(s.text for s in found).split()) == "".join(text.split())
    assert len(found) == count(TextLine(text, [], []), "en")


@pytest.mark.parametrize("unit", ["北京。", "«", "» ", "“ ", "`", "‘ "])
def test_ends_and_quotes_without_number_take_linear_time(unit: str) -> None:
    before = time.process_time()
    sentences_of(unit * (200_000 // len(unit)))
    assert time.process_time() - before < 5  # by sentencex alone: ten seconds, or a minute


def test_runs_of_a_long_line_that_have_an_end_near_their_start_take_linear_time() -> None:
    before = time.process_time()
    sentences_of("U.S." * 50_000, "ru")
    assert time.process_time() - before < 2  # a run for each sentence: twelve seconds


def test_lines_that_each_end_a_sentence_take_linear_time() -> None:
    line = TextLine("A! B\n" * 200_000, [], [])
    before = time.process_time()
    assert count(line, "th") == 400_000
    assert time.process_time() - before < 4  # each put into a list of all: seven seconds


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("en", "It is\na town.\nIt lies\nhere.", ["It is a town.", "It lies here."]),
        ("en", "He met Dr.\nSmith.", ["He met Dr. Smith."]),
        ("de", "Er bewarb sich.\n1820 begann er.", ["Er bewarb sich.", "1820 begann er."]),
        ("de", "Er kam am 3.\nOktober 1990.", ["Er kam am 3. Oktober 1990."]),
        ("en", "It is. \ufffc\nIt was.", ["It is.", "\ufffc", "It was."]),
        ("en", "It is \ufffc.\nIt was.", ["It is \ufffc.", "It was."]),
        ("en", "It is \ufffc\nIt was.", ["It is \ufffc It was."]),
        ("en", "It is:\n\ufffc It was.", ["It is:", "\ufffc It was."]),
        ("th", "แม่น้ำไหล\nเมืองอยู่ (ที่นี่)\nบ้าน", ["แม่น้ำไหล", "เมืองอยู่ (ที่นี่)", "บ้าน"]),
    ],
)
def test_a_sentence_that_ends_with_a_line_ends(
    language: str, text: str, sentences: list[str]
) -> None:
    line = TextLine(text, [], ["x"] * text.count("\ufffc"))
    assert [s.text for s in split(line, language)] == sentences
    assert count(line, language) == len(sentences)


def test_ends_of_lines_in_a_paragraph_are_reported() -> None:
    marks = Markers()
    line = line_of("a \x08 b", marks.link("C", "c "), "\x08 d\x08", marks=marks)
    assert line == TextLine("a\nbc\nd", [(3, 4, "C")], [])
