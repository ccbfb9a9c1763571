"""Elements that a browser does not show."""

import pytest

from cstool.wikitext.expansion.hidden_elements import without_hidden

OPEN = '<span style="display:none">'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"a {OPEN}2001</span> b", f"a {OPEN}</span> b"),
        (f"{OPEN}(<span class='x'>1901</span>)</span>1901", f"{OPEN}</span>1901"),
        (f"{OPEN}1</span>2{OPEN}3</span>4", f"{OPEN}</span>2{OPEN}</span>4"),
        (
            "<SPAN Class=a style='color:red; Display : none;'>x</Span>y",
            "<SPAN Class=a style='color:red; Display : none;'></Span>y",
        ),
        ('<div style="visibility:hidden">0</div>1', '<div style="visibility:hidden"></div>1'),
        (f"{OPEN}never closed", OPEN),
        (f"{OPEN}a<br/>b<span/>c</span>d", f"{OPEN}</span>d"),
        ("<span style=display:none>x</span>y", "<span style=display:none></span>y"),
    ],
)
def test_the_content_of_a_hidden_element_is_removed(text: str, shown: str) -> None:
    assert without_hidden(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        '<span style="display:inline">x</span>',
        '<span title="display:none">x</span>',
        '<span style="display:none"/>x',
        "display:none",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert without_hidden(text) == text
