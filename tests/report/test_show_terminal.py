"""Rows as lines of a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from cstool.report.show.items import AnnotatedText, ShownRow, TextSpan, shown
from cstool.report.show.terminal import SIDE_BY_SIDE, Style, is_rtl, lines_of

COLORS = re.compile("\x1b\\[[0-9;]*m")
ISOLATES = re.compile("[\u2066-\u2069]")
ARABIC = "برلين"

letters = [*"ab é東、-. ", "e\u0308", "ก็", "ที่", "क्षि", *ARABIC, "👨‍👩‍👧"]
words = st.lists(st.sampled_from(letters), min_size=1, max_size=60).map("".join)


@st.composite
def pieces(draw: st.DrawFn) -> AnnotatedText:
    text = " ".join(draw(words).split()) or "a"
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = [TextSpan(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b]
    return AnnotatedText(draw(st.sampled_from(["en", "ja", "ar"])), text, tuple(spans))


def plain(line: str) -> str:
    return ISOLATES.sub("", COLORS.sub("", line))


@given(pieces(), st.integers(12, 90), st.booleans(), st.booleans())
def test_lines_keep_within_the_width_and_lose_only_spaces(
    piece: AnnotatedText, width: int, color: bool, isolates: bool
) -> None:
    _, *lines = lines_of(ShownRow("x", (piece,)), Style(width, color, isolates))
    assert max(wcswidth(plain(line)) for line in lines) <= width
    told = "".join(plain(line)[len(piece.language) + 2 :] for line in lines)
    brackets = 0 if color else len(piece.spans)
    assert (told.count("["), told.count("]")) == (brackets, brackets)
    assert re.sub(r"[\[\] ]", "", told) == piece.text.replace(" ", "")


@given(pieces(), pieces(), st.integers(SIDE_BY_SIDE, 200))
def test_two_texts_are_in_two_columns(one: AnnotatedText, other: AnnotatedText, width: int) -> None:
    _, *lines = lines_of(ShownRow("x", (one, other)), Style(width, isolates=True))
    bars = {wcswidth(plain(line).split(" │", maxsplit=1)[0]) for line in lines}
    assert bars == {(width - 3) // 2}
    assert max(wcswidth(plain(line)) for line in lines) <= width


def test_texts_are_below_each_other_in_a_narrow_terminal() -> None:
    row = ShownRow("x", (AnnotatedText("en", "A b."), AnnotatedText("de", "C d.")))
    assert [*lines_of(row, Style(SIDE_BY_SIDE - 1))] == ["x", "en  A b.", "de  C d."]
    assert [*lines_of(row, Style(None))] == ["x", "en  A b.", "de  C d."]


def test_lines_break_where_the_language_allows_it() -> None:
    lines = lines_of(
        ShownRow("x", (AnnotatedText("ja", "富士山は、日本で最も高い山。"),)), Style(12)
    )
    assert [line[4:] for line in lines][1:] == ["富士山", "は、日本", "で最も高", "い山。"]


def test_a_name_from_right_to_left_is_isolated_and_its_sentence_runs_as_the_source() -> None:
    row = ShownRow("x", (AnnotatedText("en", "Berlin is.", (TextSpan(0, 6),)),
                      AnnotatedText("ar", f"{ARABIC} is.", (TextSpan(0, 5),))))  # fmt: skip
    lines = [*lines_of(row, Style(60, color=False, isolates=True))]
    assert lines[1] == "en  [Berlin] is."
    assert lines[2] == f"ar  \u2066\u2068[{ARABIC}]\u2069 is.\u2069"
    assert not any(ISOLATES.search(line) for line in lines_of(row, Style(60)))


def test_both_languages_have_their_own_color() -> None:
    for languages in (("en", "de"), ("xh", "sw"), ("ja", "ar")):
        both = tuple(AnnotatedText(code, "A b.", (TextSpan(0, 1),)) for code in languages)
        _, one, other = lines_of(ShownRow("x", both), Style(50, color=True))
        assert COLORS.findall(one)[0] != COLORS.findall(other)[0]


@pytest.mark.parametrize(
    "bad",
    ["\x1b[31m", "\x9b31m", "\r", "\x07", "\u2028", "\u202e", "\u2067", "\u2069", "\x85", "\udcff"],
)
def test_control_characters_of_a_text_are_replaced(bad: str) -> None:
    text = f"a{bad}b"
    row = ShownRow(
        text,
        (
            AnnotatedText(f"en{bad}", text, (TextSpan(0, 1),)),
            AnnotatedText("ar", f"{ARABIC}{text}"),
        ),
    )
    for width in (50, SIDE_BY_SIDE, None):
        for line in lines_of(row, Style(width)):
            assert all(character.isprintable() for character in line)
        # What is inserted is balanced, whatever isolates the text has.
        for line in lines_of(row, Style(width, color=True, isolates=True)):
            opened = len(re.findall("[\u2066-\u2068]", line))
            assert opened == line.count("\u2069")


def test_marks_and_joiners_of_a_text_are_kept() -> None:
    text = f"{ARABIC}\u200f, क्\u200dष, می\u200cخواهم, ☀\ufe0f"
    [_, line] = lines_of(ShownRow("x", (AnnotatedText("ar", text),)), Style())
    assert line == f"ar  {text}"


def test_marks_of_the_published_form_become_spans() -> None:
    sentences = {
        "en_sentence": "<e>A</e> b <e>C</e>.",
        "cs_sentence": "<e>Aa</e> b <e>C</e>.",
    }
    row = {"id": 3 << 20 | 5, "language": "de", **sentences}
    assert shown("entitycs", row, "en") == ShownRow(
        "3:5",
        (
            AnnotatedText("en", "A b C.", (TextSpan(0, 1), TextSpan(4, 5))),
            AnnotatedText("de", "Aa b C.", (TextSpan(0, 2), TextSpan(5, 6))),
        ),
    )


def test_right_to_left_is_detected_by_the_letters() -> None:
    assert is_rtl(ARABIC)
    assert is_rtl("a עברית")
    assert not is_rtl("東京, Köln")
