"""Apostrophes, confirmed with MediaWiki's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.quotes import without_quotes


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("''a''", "a"),
        ("'''a'''", "a"),
        ("'''''a'''''", "a"),
        ("a'b", "a'b"),
        ("L'''Homme'''", "LHomme"),
        ("L''''Homme''''", "L'Homme'"),
        ("''''four''''", "'four'"),
        ("''''''six''''''", "'six'"),
        ("'''''''seven'''''''", "''seven''"),
        ("''''", "'"),
        ("'''a''b'''c''", "abc"),
        ("'''''a''b'''", "ab"),
        ("x ''y'''''z'''", "x yz"),
    ],
)
def test_apostrophes_that_are_markup_go(source: str, shown: str) -> None:
    assert without_quotes(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("''a'''b", "a'b"),
        ("'''a'' b", "'a b"),
        ("''a'' l'''x'' '''b'''", "a l'x b"),
        ("word'''a'' b'''c", "worda bc"),
        ("ab c'''d'' e", "ab c'd e"),
        ("ab '''c'' d", "ab 'c d"),
    ],
)
def test_an_odd_bold_is_an_apostrophe_before_italics(source: str, shown: str) -> None:
    assert without_quotes(source) == shown


@given(st.text(st.sampled_from("ab' "), max_size=20))
def test_a_line_without_double_apostrophes_is_unchanged(line: str) -> None:
    if "''" not in line:
        assert without_quotes(line) == line


@given(st.text(st.sampled_from("a' "), max_size=20))
def test_only_apostrophes_go(line: str) -> None:
    assert without_quotes(line).replace("'", "") == line.replace("'", "")
