"""Sentences as columns: the compiled function, compared with the same function in Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext import sentence_columns
from cstool.wikitext.sentence_columns import (
    BLOCK,
    BREAK,
    HEADING,
    CutLine,
    collect_in_python,
    cut_lines,
)
from cstool.wikitext.sentences import Sentence

WORDS = ("a", " ", "\n", "\u3000", "\ufffc", "é", "語", "𝒳", "É. ")


@st.composite
def lines(draw: st.DrawFn) -> CutLine:
    """Draw a line, with its mentions, holes, and the pieces that it is cut into."""
    pieces = [
        draw(st.lists(st.sampled_from(WORDS)).map("".join)) for _ in range(draw(st.integers(0, 4)))
    ]
    text = "".join(pieces)
    places = st.sampled_from([i for i in range(len(text)) if not text[i].isspace()] or [0])
    ends = sorted(draw(st.lists(places, max_size=6, unique=True)))
    mentions = [
        (a, b + 1, draw(st.sampled_from(["A", "Ö", "語"])))
        for a, b in zip(ends[::2], ends[1::2], strict=False)
    ]
    holes = [f"hole {i}" for i in range(text.count("\ufffc"))]
    kind = draw(st.sampled_from([BREAK, BLOCK, 2 * HEADING]))
    return draw(st.integers(0, 2**32 - 1)), text, mentions, holes, pieces, kind


@given(st.lists(lines()), st.booleans(), st.booleans())
def test_both_cut_lines_into_the_same_columns(
    drawn: list[CutLine], every: bool, gaps: bool
) -> None:
    assert sentence_columns.COMPILED
    assert sentence_columns.collect(drawn, every, gaps) == collect_in_python(drawn, every, gaps)


@given(st.lists(lines()))
def test_every_sentence_is_written_or_counted(drawn: list[CutLine]) -> None:
    every, some = cut_lines(drawn, every=True), cut_lines(drawn, every=False)
    assert len([*every]) == every.number == some.number
    assert [*some] == [found for found in every if found[2].mentions]
    assert [i for i, _, _ in every] == [*range(every.number)]
    for _, _, (text, mentions, holes) in every:
        assert text == text.strip() != ""
        assert "\n" not in text
        assert all(text[start:end].strip() for start, end, _ in mentions)
        assert text.count("\ufffc") == len(holes)


def test_a_line_is_not_cut_inside_a_mention() -> None:
    pieces = ["A b. ", "C d. ", "E \ufffc."]
    found = cut_lines([(7, "".join(pieces), [(2, 6, "B. C")], ["x"], pieces, BLOCK)], every=True)
    assert [*found] == [
        (0, 7, Sentence("A b. C d.", [(2, 6, "B. C")], [])),
        (1, 7, Sentence("E \ufffc.", [], ["x"])),
    ]


def test_the_number_of_sentences_before_a_line_counts_those_without_mentions() -> None:
    first: CutLine = (0, "A. B", [], [], ["A. ", "B"], BLOCK)
    found = cut_lines([first, (1, "C", [], [], ["C"], BLOCK)], every=False)
    assert [found.preceding(line) for line in range(3)] == [0, 2, 3]
    assert [*found] == []


def test_what_is_no_line_is_refused() -> None:
    def collect(*line: object) -> None:
        sentence_columns.collect([line], True, False)  # type: ignore[list-item]

    with pytest.raises(TypeError):
        collect(0, "a", [], [])
    with pytest.raises(TypeError):
        collect(0, b"a", [], [], [], 3)
    with pytest.raises(TypeError):
        collect(0, "a", [("x",)], [], ["a"], 3)
    with pytest.raises(TypeError):
        collect(0, "a", [(0, 1, b"A")], [], ["a"], 3)
    with pytest.raises(ValueError, match="longer than the line"):
        collect(0, "a", [], [], ["a", "b"], 3)
    with pytest.raises(OverflowError):
        collect(2**32, "a", [], [], ["a"], 3)
    with pytest.raises(OverflowError):
        collect(0, " a", [(0, 2, "A")], [], [" a"], 3)
    with pytest.raises(UnicodeEncodeError):
        collect(0, "a\ud800", [], [], ["a\ud800"], 3)
