"""What of a template's wikitext is transcluded."""

import pytest

from cstool.wikitext.expansion.inclusion import REMOVED, preprocessed, transcluded
from cstool.wikitext.markers import BLOCK, NOTHING, formula_mark, protect


def text_of(source: str) -> str:
    return transcluded(source).replace(REMOVED, "")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a<noinclude>b</noinclude>c", "ac"),
        ("a<noinclude>b", "a"),
        ("a<NOINCLUDE>b", "a<NOINCLUDE>b"),
        ("a<noinclude/>b", "ab"),
        ("<includeonly>a</includeonly>b", "ab"),
        ("a</INCLUDEONLY >b", "ab"),
        ("a<onlyinclude>b</onlyinclude>c<onlyinclude>d</onlyinclude>e", "bd"),
        ("a<onlyinclude>b", "a<onlyinclude>b"),
        ("a<noinclude><onlyinclude>b</onlyinclude></noinclude>c", "b"),
        ("a<!-- {{b}} -->c", "ac"),
        ("a\n <!-- b --> <!-- c --> \nd", "a\nd"),
        ("a\n <!-- b --> c", "a\n  c"),
        ("a<!-- b", "a"),
        ("a <b>c</b> < d", "a <b>c</b> < d"),
        ("a\x7fb", "a?b"),
    ],
)
def test_comments_and_inclusion_tags(source: str, text: str) -> None:
    assert text_of(source) == text


def test_extension_tags_leave_marks() -> None:
    assert text_of("a<ref>{{b</ref> c") == f"a{NOTHING} c"
    assert text_of("<nowiki>{{a}}</nowiki>") == NOTHING + protect("{{a}}") + NOTHING
    assert text_of("<nowiki/>") == NOTHING
    assert text_of("<gallery>a</gallery>") == BLOCK
    assert text_of("<hiero>x|y</hiero>") == "\x04<hiero>\x05"
    assert text_of("<math>x|y</math>") == formula_mark("\x17$x\x12y$")


def test_tag_inside_an_extension_tag_is_its_content() -> None:
    assert text_of("<nowiki><noinclude></nowiki>a<noinclude>b</noinclude>") == (
        NOTHING + protect("<noinclude>") + NOTHING + "a"
    )


def test_text_of_a_page_is_the_rest() -> None:
    source = "a<noinclude>b</noinclude><includeonly>c</includeonly><onlyinclude>d</onlyinclude>"
    assert preprocessed(source).replace(REMOVED, "") == "abd"
