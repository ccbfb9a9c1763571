"""Word counts of pieces of text, by script."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.words import words_in


def count(text: str) -> int:
    return int(words_in(text, np.array([0, len(text)]))[0])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The film is from 1982 – a classic.", 6),
        ("(Deutschland) e.V., don't", 3),
        ("… 12 %", 0),
        ("", 0),
        ("хорошо сказано", 2),
        ("대한민국의 수도", 2),
        ("中华人民共和国", 3),
        ("東京都は日本の首都である。", 8),
        ("ฉันไปโรงเรียน", 3),
        ("Film 東京 1982", 2),
        ("𠀀", 1),
    ],
)
def test_words_are_counted_as_their_script_has_them(text: str, number: int) -> None:
    assert count(text) == number


pieces = st.lists(st.text(alphabet="ab 1.é東京ไท😀𠮷", max_size=6), max_size=8)


@given(pieces)
def test_each_piece_has_the_words_that_it_has_alone(texts: list[str]) -> None:
    bounds = np.cumsum([0, *map(len, texts)])
    assert words_in("".join(texts), bounds).tolist() == [count(text) for text in texts]


@given(st.text(alphabet="ab 1.é\t\n\u00a0", max_size=40))
def test_where_spaces_part_words_they_are_runs_with_a_letter(text: str) -> None:
    assert count(text) == sum(any(map(str.isalpha, run)) for run in text.split())
