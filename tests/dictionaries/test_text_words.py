"""The words of texts, and the entries of a dictionary in them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker

from cstool.arrays.arrow import strings
from cstool.dictionaries.dictionary_store import DictionaryStore, write_dictionary
from cstool.dictionaries.folding import folded
from cstool.dictionaries.text_entries import find_entries
from cstool.dictionaries.text_words import beginnings, words_in_texts

# Letters of several scripts and widths, digits, and what joins or separates words.
TEXTS = st.lists(
    st.text(st.sampled_from("aZé1א日本語カのไทย한😀🇩🇪\u0301\u200d'’\".:,;_- \t\r\n"), max_size=20),
    max_size=5,
)


def words_of(texts: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in texts]
    words = words_in_texts(strings(texts))
    for row, start, end in zip(*(column.tolist() for column in words[1:]), strict=True):
        found[row].append(texts[row][start:end])
    assert np.diff(words.firsts).tolist() == [*map(len, found)]
    return found


@given(TEXTS)
def test_the_words_of_a_text_are_those_of_icu(texts: list[str]) -> None:
    expected = [
        [word for word in WordBreaker(text, "en") if any(map(str.isalnum, word))] for text in texts
    ]
    assert words_of(texts) == expected


def test_words_may_contain_apostrophes_and_points_but_no_hyphens() -> None:
    assert words_of(["Don’t e-mail the U.S.!", "", "サッカーが好き"]) == [
        ["Don’t", "e", "mail", "the", "U.S"],
        [],
        ["サッカー", "が", "好き"],
    ]


def entries_of(texts: list[str], entries: list[str], zones: list[int] | None = None) -> list[str]:
    """The entries that are found in texts, as they are spelled there."""
    column = strings(entries)
    table = pa.table(
        {"source": folded(column), "language": strings(["de"] * len(entries)), "target": column}
    )
    with TemporaryDirectory() as folder:
        write_dictionary(Path(folder), table, ["de"])
        words = words_in_texts(strings(texts))
        zone = np.zeros(len(words.row), np.int64) if zones is None else np.array(zones)
        store = DictionaryStore(Path(folder), ["de"])
        found = find_entries(strings(texts), words, store, zone)
        for number, row, start, end in zip(
            *(column.tolist() for column in (found.entry, found.row, found.start, found.end)),
            strict=True,
        ):
            spelled = folded(strings([texts[row][start:end]]))
            assert store.find(spelled).tolist() == [number]
    return [texts[row][a:b] for row, a, b in zip(found.row, found.start, found.end, strict=True)]


def test_the_longest_entry_from_the_left_is_taken() -> None:
    text = ["New York  City lights, New York lights", "a new\nyork", "York City"]
    assert entries_of(text, ["new york city", "york", "city lights", "lights", "new"]) == [
        *("New York  City", "lights", "New", "York", "lights", "new", "york", "York"),
    ]


def test_hyphens_and_apostrophes_of_an_entry_may_be_those_of_typography() -> None:
    assert entries_of(
        ["My mother‑in‐law’s e-mail: don’t!"], ["mother-in-law's", "e-mail", "don't", "law"]
    ) == ["mother‑in‐law’s", "e-mail", "don’t"]


def test_an_entry_does_not_cross_the_border_of_a_zone() -> None:
    entries = ["new york", "york city", "york"]
    assert entries_of(["new york city"], entries, [0, 1, 1]) == ["york city"]
    assert entries_of(["new york city"], entries, [0, 1, 2]) == ["york"]


LETTERS = st.text(st.sampled_from("ab"), min_size=1, max_size=2)
ENTRIES = st.lists(st.lists(LETTERS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=6)


@given(st.lists(st.lists(LETTERS, max_size=8).map(" ".join), max_size=3), ENTRIES)
def test_entries_are_those_of_a_loop_from_the_left(texts: list[str], entries: list[str]) -> None:
    expected = []
    for text in texts:
        words = text.split()
        while words:
            longest = max(
                (n for n in range(len(words) + 1) if " ".join(words[:n]) in entries), default=0
            )
            expected += [" ".join(words[:longest])] if longest else []
            words = words[max(1, longest) :]
    assert entries_of(texts, entries) == expected


def test_beginnings_are_those_of_entries_of_several_words() -> None:
    entries = strings(["new york city", "mother-in-law", "dog", "don't", "日本"])
    assert beginnings(entries).to_pylist() == ["new", "new york", "mother", "mother-in"]
