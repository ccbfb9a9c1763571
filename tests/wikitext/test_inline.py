"""Tags, external links and behaviour switches within a line."""

import pytest

from cstool.wikitext.inline import without_breaks
from tests.wikitext.reading import links_of, text_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a<sup>2</sup> <small>b</small> <span style='x'>c</span> <B>d", "a2 b c d"),
        ("a<br>b<br/>c<br />d", "a\nb\nc\nd"),
        ("<div class=x>a</div>b", "b"),
        ("x<wbr>y<wbr/>z", "xyz"),
        ("1 < 2 > 3 <x", "1 < 2 > 3 <x"),
        ("a </nowiki>b", "a ▢b"),
        ("&lt;ref&gt;x", "<ref>x"),
    ],
)
def test_tags_go_and_breaks_end_the_line(source: str, shown: str) -> None:
    assert text_of(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a [http://a.b c d] e", "a c d e"),
        ("a [//a.b c] [mailto:a@b d]", "a c d"),
        ("[http://a.b c]] d", "c] d"),
        ("a [http://a.b] e", "a ▢ e"),
        ("a http://a.b/c e", "a http://a.b/c e"),
        ("[foo://x y]", "[foo://x y]"),
        ("[http://a.b\nc]", "[http://a.b c]"),
    ],
)
def test_an_external_link_is_its_text(source: str, shown: str) -> None:
    assert text_of(source) == shown


def test_a_link_within_an_external_link_is_kept() -> None:
    assert text_of("[http://a.b ''c'' [[d]]]") == "c d"
    assert links_of("[http://a.b ''c'' [[d]]]") == [("d", "D")]


@pytest.mark.parametrize(
    ("source", "language", "shown"),
    [
        ("__TOC__a__notoc__", "en", "a"),
        ("a __FOO__ b", "en", "a __FOO__ b"),
        ("__KEIN_INHALTSVERZEICHNIS__a", "de", "a"),
        ("__БЕЗ_ОГЛ__a", "ru", "a"),
        ("__NOTOC__a", "ru", "a"),
        ("__БЕЗ_ОГЛ__a", "en", "__БЕЗ_ОГЛ__a"),
    ],
)
def test_behaviour_switches_go_in_each_language(source: str, language: str, shown: str) -> None:
    assert text_of(source, language) == shown


def test_invisible_characters_go_and_hard_spaces_are_spaces() -> None:
    assert text_of("a\u00adb&#8203;c&shy;d") == "abcd"
    assert text_of("a&nbsp;b\u00a0c") == "a b c"


def test_an_anchor_stands_in_one_line() -> None:
    assert without_breaks("a<br />b\nc") == "a b c"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("__O__NOTOC__ x", "__O x"),
        ("____NOTOC____ x", "____ x"),
        ("__A__B__NOTOC__C__ x", "__A__BC__ x"),
        ("__NOTOC__NOTOC__ x", "NOTOC__ x"),
    ],
)
def test_a_switch_may_begin_where_another_word_ends(source: str, shown: str) -> None:
    assert text_of(source) == shown
