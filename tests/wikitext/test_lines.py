"""Selection of the lines that are running text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.wikitext.lines import parted, running_lines
from cstool.wikitext.markers import APART, CONTINUES
from cstool.wikitext.scan import pass_lines, pass_lines_in_python
from tests.wikitext.reading import text_of


def lines_of(source: str) -> list[str]:
    """Return the lines kept; those that continue a paragraph begin with its mark."""
    text = running_lines(source)
    return text.replace(CONTINUES, f"\n{CONTINUES}").split("\n") if text else []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("a\n\nb", ["a", "b"]),
        ("== h ==\na", ["a"]),
        ("== h == \t\na", ["a"]),
        ("=a=b=\n======= c =======", []),
        ("=no\n== h == x", ["=no", "\x08== h == x"]),
        ("----\n---- x\n-y", ["", " x", "-y"]),
        (" preformatted\n\ttab", ["\ttab"]),
        ("text {| x", ["text {| x"]),
        ("text\n|}\nmore", ["text", "|}", "more"]),
    ],
)
def test_headings_rules_and_preformatted_lines_are_no_text(source: str, lines: list[str]) -> None:
    assert lines_of(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("* a\n** b\n*# c\n#: d", ["a", "b", "c", "d"]),
        (": a\n:: b", ["a", "b"]),
        ("; term : def", ["def"]),
        (";a:b", ["b"]),
        ("; term", []),
        ("; term\n: def", ["def"]),
        ("*;x : y\n:;z", ["y"]),
        ("; [[T|a : b]] : c", ["c"]),
        (";a http://x.y/z: d", ["d"]),
        (";x [http://a.b/c d:e] : f", ["f"]),
        ('; <b>a:b</b> <i c="d:e">f</i>: g', ["g"]),
        ("*a [[x]]:y", ["a [[x]]:y"]),
    ],
)
def test_lists_give_their_items_and_definitions(source: str, lines: list[str]) -> None:
    assert lines_of(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("{|\n| a\n|}\nb", ["b"]),
        ("{|\n| a\n{|\n| b\n|}\n| c\n|} tail", ["\x06\x07 tail"]),
        (":{|\n| a\n|}\nb", ["b"]),
        (" {|\n| a\n |}\nb", ["b"]),
        ("x\n{| class=y\n| a\n\nb", ["x"]),
        ("<div>\n{|\n| a\n|}</div>\nb", ["b"]),
        ("<div>\n{|\n| a\n|}</div> b\nc", [" b", "c"]),
        ("<center>\n{|\n| <div>a\n|}</div></center>b\nc", ["b", "c"]),
    ],
)
def test_a_table_goes_with_the_tables_within(source: str, lines: list[str]) -> None:
    assert lines_of(source) == lines


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<table><tr><td>x</td></tr></table>y", "y"),
        ("<table><tr><td>x</table>y", "y"),
        ("a<table><tr><td><table><tr><td>x</table></table>y", "a\ny"),
        ("a\n<table>\n<tr><td>b\n\nc", "a"),
        ("a\n<table>\n<tr><td>b</td></tr>\n\nc", "a\nc"),
        ("a\n<table>\n<tr><td>b</td></tr>\n<tr><td>c", "a"),
        ("</table>a", "a"),
        ("<h2>x</h2>y", "y"),
        ("a <h2>x</h2> y", "a\ny"),
        ("<TABLE border=1><tr><td>x</TABLE>y", "y"),
    ],
)
def test_html_tables_and_headings_go_too(source: str, shown: str) -> None:
    assert text_of(source) == shown


def test_a_quotation_may_be_indented() -> None:
    assert text_of("<blockquote>\n a [[b]]\n</blockquote>\n c") == "a b"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (" <p>x\n y</p>\n z", "x y"),
        ("<p>\n a\n</p>\n b", "a"),
        ("<blockquote>a\n b</blockquote>\n c", "a b"),
        (" <ul><li>x</li></ul>\n y", "x"),
        ("a <div>b</div> c", "a\nc"),
        ("<div>\na\nb</div> c\n<center>d</center>", "a\nc"),
    ],
)
def test_html_blocks_decide_what_is_a_paragraph(source: str, shown: str) -> None:
    assert text_of(source) == shown


def test_no_paragraph_goes_on_with_a_space_behind_a_switch() -> None:
    assert text_of("a\n__NOTOC__ b\n[[c]]") == "a\nb\nc"  # MediaWiki: b is preformatted


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a|b", "a|b"),
        ("a|b!|c", "a\nb\nc"),
        ("a|b|!c!d!|e|f", "a|b\ncd\ne|f"),
        ("a|b\n!|c|d!", "a|b\n\nc\nd"),
        ("!a", "a"),
    ],
)
def test_no_paragraph_runs_through_a_block(text: str, parts: str) -> None:
    marked = text.replace("|", CONTINUES).replace("!", APART)
    assert parted(marked) == parts.replace("|", CONTINUES)


def test_lines_are_the_same_if_each_has_a_closer_look(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = (
        "\n", "\n\n", "\n", "* ", "*", ";", ":", "# ", " ", "=", "== ", "1\t", "٣", "----", "|",
        "!", "a", "é", "語 ", "[[", "]]", "[", "\x00", "\x04", "\x040\x05", "\x041\x05", "\x06",
        "\x07", "\x19", "\x1a", "<div>", "</div>", "<br>", "<blockquote>", "</blockquote>", "<b>",
        "__x__ ", "_", "{|", "|}", "\u3000", "\x1c", "<poem>", "</poem>",
    )  # fmt: skip

    @settings(max_examples=500)
    @given(
        st.lists(st.sampled_from(pieces), max_size=16).map("".join),
        st.booleans(),
        st.booleans(),
    )
    def check(source: str, free: bool, with_kinds: bool) -> None:
        read = []
        for way in (pass_lines, pass_lines_in_python):
            kinds: dict[int, str] | None = {} if with_kinds else None
            monkeypatch.setattr("cstool.wikitext.lines.pass_lines", way)
            read.append((running_lines(source, {1}, free=free, kinds=kinds), kinds))
        assert read[0] == read[1]

    check()
