"""Elements that a browser does not show, and marks for editors."""

import pytest

from cstool.wikitext.hidden_elements import without_hidden
from cstool.wikitext.markers import NOTHING, Markers

OPEN = '<span style="display:none">'


def shown(text: str) -> str:
    """Return text without hidden elements, with a bar in place of each."""
    return without_hidden(text, Markers()).replace(NOTHING, "|")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"a {OPEN}2001</span> b", "a | b"),
        (f"{OPEN}(<span class='x'>1901</span>)</span>1901", "|1901"),
        (f"{OPEN}1</span>2{OPEN}3</span>4", "|2|4"),
        ("<SPAN Class=a style='color:red; Display : none;'>x</Span>y", "|y"),
        ('<abbr style="visibility:hidden">0</abbr>1', "|1"),
        (f"{OPEN}a<br/>b<span/>c</span>d", "|d"),
        ("<span style=display:none>x</span>y", "|y"),
        ('a<sup class="noprint Inline-Template">[<i>when?</i>]</sup> b', "a| b"),
        (f"<small>{OPEN}x</span>y</small>", "<small>|y</small>"),
    ],
)
def test_hidden_elements_are_removed(text: str, found: str) -> None:
    assert shown(text) == found


@pytest.mark.parametrize(
    "text",
    [
        '<span style="display:inline">x</span>',
        '<span title="display:none">x</span>',
        '<span style="display:none"/>x',
        '<span class="noprint">x</span>',
        "display:none",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert shown(text) == text


def test_a_hidden_element_without_an_end_is_a_hole() -> None:
    marks = Markers()
    assert without_hidden(f"a {OPEN}b", marks) == "a \x040\x05b"
    assert marks.holes == ["unclosed <span>"]
