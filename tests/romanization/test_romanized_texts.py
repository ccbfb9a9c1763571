"""Romanized texts are what the romanizer makes of the whole, and spans select their names there."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.arrow import strings
from cstool.romanization.romanized_texts import (
    LanguagesOfText,
    RomanizedTexts,
    TextSpans,
    romanize_texts,
)
from cstool.romanization.romanizers import RomanizerName, romanizer
from cstool.romanization.words_in_context import BY_EDGES, BY_PIECES, WordRomanizer

# Words in many scripts, with letters that depend on their neighbours, and marks that become text
# with spaces.
WORDS = [
    "Москва", "г", "Игорь,", "नेपाल", "ประเทศไทย", "東京タワー", "世界！", "（京）", "三万一",
    "서울", "ኢትዮጵያ፡", "Ελλάδα", "ελληνικός.", "ישראל", "القاهرة،", "Zürich", "½", "plain", "a-b",
    "23½", "កម្ពុជា", "བོད་ལྗོངས།", "𝒳", "ﬁn", "e\u0301", "\u200dx", "မြန်မာ", "‘x’", "၁၂",
]  # fmt: skip
PLACES = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "  ", "\n", "\n\n", ""])), max_size=6
)


@cache
def words(name: RomanizerName = "uroman") -> WordRomanizer:
    return WordRomanizer(romanizer(name))


def whole(text: str, lcode: str = "", name: RomanizerName = "uroman") -> str:
    return romanizer(name).romanize(text, lcode)


def romanized(
    texts: Sequence[str],
    spans: Sequence[Sequence[tuple[int, int, str]]] = (),
    language: str = "",
    name: RomanizerName = "uroman",
) -> RomanizedTexts:
    """Romanize texts; spans have the code of their rules, `language` is that of the texts."""
    spans = spans or [[] for _ in texts]
    flat = [span for some in spans for span in some]
    codes = sorted({language, *(code for _, _, code in flat)})
    firsts = np.cumsum([0, *map(len, spans)])
    bounds = (np.array([span[side] for span in flat], np.int64) for side in (0, 1))
    languages = LanguagesOfText(
        tuple(codes),
        np.full(len(texts), codes.index(language)),
        np.array([codes.index(code) for _, _, code in flat], np.int16),
    )
    return romanize_texts(strings(texts), TextSpans(firsts, *bounds), languages, words(name))


@given(st.lists(PLACES, max_size=4), st.sampled_from(["", "ukr", "fas"]))
def test_a_text_is_what_the_romanizer_makes_of_the_whole(
    texts: list[list[tuple[str, str]]], lcode: str
) -> None:
    joined = ["".join(word + gap for word, gap in text) for text in texts]
    assert romanized(joined, language=lcode).text.to_pylist() == [whole(t, lcode) for t in joined]


@given(PLACES, st.data())
def test_spans_ascend_within_the_text_and_stretches_are_romanized_by_their_languages(
    places: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "".join(word + gap for word, gap in places)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    spans = [(start, end, data.draw(st.sampled_from(["", "ukr"]))) for start, end in pairs]
    made = romanized([text], [spans])
    assert made.text.to_pylist() == ["".join(whole(*one) for one in stretches(text, spans))]
    bounds = np.stack([made.starts, made.ends], 1).ravel()
    assert (np.diff(bounds) >= 0).all()
    assert not len(bounds) or (bounds[0] >= 0 and bounds[-1] <= len(made.text[0].as_py()))


def stretches(text: str, spans: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """Return the pieces of a text that have the same rules, with these."""
    codes = [""] * len(text)
    for start, end, code in spans:
        codes[start:end] = [code] * (end - start)
    pieces: list[tuple[str, str]] = []
    for character, code in zip(text, codes, strict=True):
        if pieces and pieces[-1][1] == code:
            pieces[-1] = pieces[-1][0] + character, code
        else:
            pieces.append((character, code))
    return pieces


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("In Москва, then", "Москва", "Moskva"),
        ("der Zürcher See", "Zürch", "Zuerch"),
        ("東京タワーは高い", "東京", "dongjing"),
        ("नेपाल में", "नेपाल", "nepaal"),
        ("Visit Paris, naïve", "Paris", "Paris"),
    ],
)
def test_a_span_selects_its_name_in_latin_letters(text: str, name: str, expected: str) -> None:
    start = text.index(name)
    made = romanized([text], [[(start, start + len(name), "")]])
    assert made.text[0].as_py()[made.starts[0] : made.ends[0]] == expected


def test_a_name_is_romanized_by_the_rules_of_its_language() -> None:
    made = romanized(["Г and Г"], [[(6, 7, "ukr")]])
    assert made.text.to_pylist() == ["G and H"]


def test_a_letter_that_is_romanized_with_its_neighbour_belongs_to_the_span() -> None:
    """`きゃ` becomes one syllable, so the pieces of the word are not the word."""
    made = romanized(["きゃく"], [[(0, 1, ""), (1, 2, "")]])
    assert made.text.to_pylist() == ["kyaku"]
    assert [*zip(made.starts.tolist(), made.ends.tolist(), strict=True)] == [(0, 3), (3, 3)]
    assert made.found == {BY_EDGES: 2, BY_PIECES: 1}


def test_a_word_does_not_depend_on_the_words_before_it() -> None:
    """Uroman reads past the space for the vowel of this Thai word, unless it caches words."""
    assert whole("г ก่อน") == "g kon"
    assert romanized(["г ก่อน"]).text.to_pylist() == ["g kn"]


def test_ascii_text_is_not_copied() -> None:
    texts = strings(["a b", "", "c"])
    none = np.zeros(0, np.int64)
    spans = TextSpans(np.zeros(4, np.int64), none, none)
    made = romanize_texts(
        texts, spans, LanguagesOfText(("",), np.zeros(3, np.int64), none), words()
    )
    assert made.text is texts


@given(st.text(st.characters(max_codepoint=127), max_size=20), st.sampled_from(["", "tur", "rus"]))
@pytest.mark.parametrize("name", ["uroman", "uroman-fast"])
def test_romanizers_keep_ascii(name: RomanizerName, text: str, lcode: str) -> None:
    assert whole(text, lcode, name) == text


def test_a_fraction_without_its_second_number_is_romanized_in_halves() -> None:
    """uroman raises AttributeError for it (github.com/isi-nlp/uroman/issues/16)."""
    assert romanized(["百分之多少"]).text.to_pylist() == [whole("百分") + whole("之多少")]


def test_a_null_free_slice_of_a_column_is_romanized() -> None:
    texts = pa.array(["x", "Ж", "Щ"]).slice(1)
    none = np.zeros(0, np.int64)
    spans = TextSpans(np.zeros(3, np.int64), none, none)
    made = romanize_texts(
        texts, spans, LanguagesOfText(("",), np.zeros(2, np.int64), none), words()
    )
    assert made.text.to_pylist() == [whole("Ж"), whole("Щ")]
