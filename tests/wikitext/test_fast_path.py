"""The fast path for plain lines, compared with the full parser."""

import time
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.wikitext._fast_path import lines
from cstool.wikitext.fast_path import FastPath, kinds
from cstool.wikitext.markers import Markers
from cstool.wikitext.page import PageReader
from cstool.wikitext.sentences import TextLine
from tests.wikitext.reading import reader_of, site

PIECES = (
    "[[", "]]", "[", "]", "|", "''", "'''", "'''''", "'", " ", "  ", "\t", "a", "B", "é", "Foo. ",
    "一。", "[[Foo]]", "[[Foo|bar]]s", "[[Foo| b]]", "[[Foo|'''b''']]", "[[''Foo'']]", "[[#a]]",
    "[[de:X]]", "[[:de:X]]", "[[Category:X]]", "[[Page|itself]]", "[[A_b#c|]]", "[[A&nbsp;B]]",
    "[[a%20b]]", "ال[[قط|قطة]]ات", "{{x}}", "<ref>r</ref>", "<nowiki>'</nowiki>", "&amp;",
    "&eacute;", "&#91;", "&lt;", "&shy;", "&foo;", "\u00a0", "\u200b", "\u3000", "<small>",
    "\t<small>\t", "__TOC__", "-{", "}-", "{", "}", "[http://x y]", "\ufffc", "\n",
    "[[File:A.png]]", "[[File:A.png|20px]] - ", "<ref/>", "<foo>", "[[ǆ]]", "[[ﬁn]]", "[[éa]]",
    "[[e\u0301a|é]]", "[[ij ]]", "[[.a]]", "[[a  b]]", "[[ß]]", "[[a/b]]", "[[ա|ա]]", "[[\u0301]]",
    "[https://x/?a=1&b", "[//x ", "[http://x", "[http:", "[mailto:", " y]", "&lt;", "_", '"',
    "[1] ",
    "<b title='[http://x a'>", "\u2003", "[http://x ", "[ſip:a b]",
)  # fmt: skip
SOURCES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


class Never(FastPath):
    """Leaves all lines to the long way."""

    def lines(self, text: str, title: str, holes: list[str]) -> list[TextLine | str]:
        return [*text.split("\n")]


@cache
def long_way(language: str) -> PageReader:
    reader = PageReader(site(language), render=False)
    reader.fast_path = Never(reader.links)
    return reader


@settings(max_examples=300)
@given(SOURCES, st.sampled_from(["en", "ar", "hi", "hy", "zh"]))
def test_both_ways_read_the_same(source: str, language: str) -> None:
    expected = long_way(language).lines(source, "Page")
    assert reader_of(language).lines(source, "Page") == expected


def test_plain_lines_are_read_the_short_way() -> None:
    marks = Markers()
    lines = [
        "Words.", "''Italic'' and '''bold''' [[link]]s.", "[[A|b]],\x06 [[C#d]]; &ndash; [[e]]",
        f"a {marks.hole('x')} [[b]]", "''One'' [[paragraph]]\x08of ''two'' lines",
        "[http://a.b/c?d&e_f ''Text'' of [[a]] link], [and] brackets", "<p>[[Link]] <br />",
        "[[a|H<sub>2</sub>O]]",
    ]  # fmt: skip
    read = reader_of().fast_path.lines("\n".join(lines), "Page", marks.holes)
    assert all(isinstance(line, TextLine) for line in read)


def test_white_space_in_a_trail_is_no_end_of_an_anchor() -> None:
    assert reader_of("hi").lines("[[a]]\u2028", "Page") == [TextLine("a", [(0, 1, "A")], [])]


def test_tabs_around_a_tag_are_one_space() -> None:
    assert reader_of().lines("a\t<small>\t… b", "Page")[0].text == "a … b"


def test_bars_without_brackets_take_linear_time() -> None:
    before = time.process_time()
    reader_of().lines("'''a''' " + "|x''" * 20_000, "Page")
    assert time.process_time() - before < 5  # a search to the end for each: minutes


BRACKETS = st.lists(
    st.sampled_from((
        "[", "]", "[[A]]", "[[A|b]]", "[http://x", "[https://a_b/?c=d&e", " ", "  ", "y", "''",
        "'''", "&lt;", "&lang", "\n", "[1]", "[//x ", "'", "<b>", "<b a=']'>", "<br>", "{{x}}",
        "_", "|", "]]", "[[", "\u00a0", "\u3000", "ا", "[mailto:x ", "[ftp://x", "http://", "*",
    )), max_size=14,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(BRACKETS, st.sampled_from(["en", "ar"]))
def test_both_ways_read_brackets_the_same(source: str, language: str) -> None:
    expected = long_way(language).lines(source, "Page")
    assert reader_of(language).lines(source, "Page") == expected


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("[[a&b]]", 1, lambda _: (True, "A")),
        ("[[a&b]]", 1, lambda _: (True, "A", None)),
        ("[[a&b]]", 1, lambda _: "A"),
        ("&amp;", 3, lambda _: 5),
        ("[[語]]", 8, lambda *_: 5),
        ("[[a]]", 9, lambda _: None),
    ],
)
def test_results_of_other_types_are_refused(text: str, place: int, value: object) -> None:
    wiki: list[Any] = [*reader_of().fast_path._wiki]
    wiki[place] = value
    wiki[2], wiki[4], wiki[10] = {}, {}, {}
    with pytest.raises(TypeError):
        lines(text, "Page", [], tuple(wiki))


def test_a_table_in_which_lines_do_not_end_is_refused() -> None:
    wiki: list[Any] = [*reader_of().fast_path._wiki]
    for kind in (b"\0", b"\x03"):
        wiki[0] = kinds("", "").replace(kinds("", "")[10:11], kind)
        with pytest.raises(ValueError, match="wrong kinds"):
            lines("a", "Page", [], tuple(wiki))
