"""Names from titles."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.disambiguators import with_small_letter, without_disambiguator


def short(title: str) -> str:
    return str(without_disambiguator(pa.array([title], pa.string()))[0].as_py())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Berlin (Maryland)", "Berlin"),
        ("f(x) (band)", "f(x)"),
        ("A (b (c) d)", "A"),
        ("霧雨（映画）", "霧雨"),
        ("霧雨 (映画)", "霧雨"),
    ],
)
def test_what_tells_pages_apart_is_taken_off(title: str, name: str) -> None:
    assert short(title) == name


@pytest.mark.parametrize(
    "title",
    ["Berlin", "f(x)", "(Sic)", "（映画）", "Iron(III) chloride", "A (b", "A b)", "()", "O)))", ""],
)
def test_other_brackets_stay(title: str) -> None:
    assert short(title) == title


@given(st.lists(st.text(max_size=4), max_size=5))
def test_only_the_first_letter_is_made_small(titles: list[str]) -> None:
    small = with_small_letter(pa.array(titles, pa.string())).to_pylist()
    for text, title in zip(small, titles, strict=True):
        assert text.endswith(title[1:])
        if title[:1].isascii():
            assert text == title[:1].lower() + title[1:]


@given(st.lists(st.text("ab (（)）", max_size=9), max_size=5))
def test_a_name_begins_its_title_and_is_never_empty(titles: list[str]) -> None:
    for title, name in zip(
        titles, without_disambiguator(pa.array(titles, pa.string())).to_pylist(), strict=True
    ):
        assert title.startswith(name)
        assert bool(name) == bool(title)
