"""Braces and their partners: the short way against brace by brace."""

from hypothesis import example, given
from hypothesis import strategies as st

from cstool.wikitext.braces import _closely, calls

PIECES = st.sampled_from(
    ["{{", "}}", "{", "}", "{{{", "}}}", "{{a}}", "{{a|{{b}}}}", "x", "|", "\n"]
)


@given(st.lists(PIECES, max_size=14).map("".join))
@example("{{a}} }} {{b|{{c|{{d|{{e}}}}}}}} {{{f}}} {{g")
def test_both_ways_find_the_same_pairs(text: str) -> None:
    assert calls(text) == _closely(text, 0)


def test_pairs_are_told_by_where_they_begin_and_end() -> None:
    assert calls("a {{b|{{c}}}} {{{d}}} {{e") == [(2, 13, 2), (14, 21, 3)]
