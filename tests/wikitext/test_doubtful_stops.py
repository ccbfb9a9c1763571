"""Which stops the rules must judge: compiled functions, compared with the same ones in Python."""

from itertools import accumulate

import pytest
import sentencex
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.boundaries import _corrected, _segmenter
from cstool.wikitext.boundary_rules import boundary_rules
from cstool.wikitext.doubtful_stops import (
    VOWELS,
    are_joined,
    are_joined_in_python,
    doubtful_stops,
    doubtful_stops_in_python,
    doubtful_unspaced,
    doubtful_unspaced_in_python,
    is_unbroken,
    is_unbroken_in_python,
    masked,
    masked_in_python,
)

PLAIN_TEXTS = st.text(".. !?…aEeкIVx5 19(。のはA,1.", max_size=50)
TEXTS = st.text('.. !?…aEeкIVx5 19"(«»)։。「」』のはA,:-’ 1.', max_size=50)
WORDS = (
    "A. ", "M. ", "5 ", "(", "He ", "Bo ", "said. ", 'go. "', "Do. “", "he ", "St. ", "d. ", "” ",
    "1970s. ", "(190th. ",
)  # fmt: skip


@given(TEXTS, st.sampled_from(["de", "en", "fi", "hr", "hu", "ka", "pl", "ru", "th", "vi"]))
def test_compiled_and_python_find_the_same_stops(text: str, language: str) -> None:
    words = boundary_rules(language).words
    pieces = sentencex.segment(language, text)
    if "".join(pieces) == text:
        expected = doubtful_stops_in_python(words, text, pieces)
        assert doubtful_stops(words, text, pieces) == expected
        expected = doubtful_unspaced_in_python("のは", text, pieces)
        assert doubtful_unspaced("のは", text, pieces) == expected


@given(
    PLAIN_TEXTS | st.lists(st.sampled_from(WORDS)).map("".join),
    st.sampled_from(["de", "en", "hu", "hr", "ja", "pl", "vi", "zh"]),
)
def test_stops_that_are_not_doubtful_need_no_rule(text: str, language: str) -> None:
    own = _segmenter(language)
    pieces = sentencex.segment(language, text)
    if "".join(pieces) == text:
        begins = [*accumulate(map(len, pieces))][:-1]
        doubtful = own.doubtful(text, pieces)
        if doubtful is not None:
            judged = _corrected(text, begins, doubtful, own)
            assert judged == _corrected(text, begins, None, own)


@given(
    st.text("abAéΑЖ中の  12,;:'\"/&%=-([]–’“”«»°\ufffc.!?)。։", max_size=30),
    st.sampled_from(["am", "el", "en", "fa", "hi", "hy", "ja", "km", "ru", "th", "zh"]),
)
def test_a_text_of_plain_characters_is_one_sentence(text: str, language: str) -> None:
    own = _segmenter(language)
    unbroken = is_unbroken(text, own.plain, own.others)
    assert unbroken == is_unbroken_in_python(text, own.plain, own.others)
    if unbroken and text:
        assert sentencex.segment(language, text) == [text]
        assert _corrected(text, [], None, own) == []


def test_marks_at_which_a_language_ends_sentences_are_not_plain() -> None:
    assert _segmenter("en").plain[ord(";")]
    assert not _segmenter("el").plain[ord(";")]
    assert not _segmenter("hy").plain[ord(":")]


@given(st.text("(()).. 1290aivXVcq٣é語\u2009\n", max_size=30))
def test_both_mask_the_same_labels_and_spaces(text: str) -> None:
    assert masked(text) == masked_in_python(text)
    assert len(masked(text)) == len(text)


@given(st.lists(st.text("aé語𝒳", max_size=3), max_size=4), st.text("aé語𝒳", max_size=6))
def test_both_compare_a_text_with_its_pieces(pieces: list[str], other: str) -> None:
    for text in ("".join(pieces), other, "".join(pieces) + other, "".join(pieces)[:-1]):
        assert are_joined(pieces, text) == are_joined_in_python(pieces, text)


def test_labels_of_lists_are_masked() -> None:
    assert masked("(a) b 12) c iv.) d") == "(ж) b жж) c жж.) d"
    assert masked("in 1990) or as Ab) one") == "in 1990) or as Ab) one"


def test_vowels_have_no_accent_left() -> None:
    assert "ế" in VOWELS
    assert "ž" not in VOWELS


def test_pieces_that_are_no_strings_are_refused() -> None:
    with pytest.raises(TypeError):
        doubtful_unspaced("", "x。y", [3, "y"])  # type: ignore[list-item]
