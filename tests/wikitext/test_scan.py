"""Compiled functions, compared with the same functions in Python."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cstool.wikitext import scan
from cstool.wikitext.fast_path import COMPILED
from cstool.wikitext.scan import (
    calls,
    calls_in_python,
    pass_notes,
    pass_notes_in_python,
    prefixed,
    prefixed_in_python,
)
from tests.conftest import SAMPLE

BRACES = ("{{", "}}", "{", "}", "{{{", "}}}", "{{a}}", "{{a|{{b}}}}", "x", "é", "一", "|", "\n")
BRACKETS = ("[[", "]]", "[", "]", ":", "|", "\n", "File:a", "Ärztin", "語", "[[a:b|[[c:d]]]]")
TAGS = (
    "<ref>", "</ref>", "</REF >", "<ref name=a />", "<ref name=b>", "<Ref/>", "<refs>", "<!--",
    "-->", "--->", "<nowiki>", "</nowiki>", "<page-collection/>", "<br>", "<", ">", "/", " ",
    "\t", "\n", ".", "é", "語", "\x06", "\x08", "<re", "\u3000",
)  # fmt: skip


def test_a_compiler_has_been_at_work() -> None:
    assert COMPILED
    assert scan.calls is not calls_in_python


def test_without_a_compiler_pages_read_the_same(tmp_path: Path) -> None:
    """Both read the sample, each in a process of its own."""
    dump = SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2"
    hide = "import sys; sys.modules['cstool.wikitext._fast_path'] = None; "
    for name in ("_scan", "_sentences", "_stops"):
        hide += f"sys.modules['cstool.wikitext.{name}'] = None; "
    run = "from cstool.cli.main import main; main()"
    for name, code in (("compiled", run), ("python", hide + run)):
        arguments = ["extract", str(dump), "-o", str(tmp_path / name), "-j", "1", "--all-sentences"]
        told = subprocess.run(
            [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
        ).stderr
        assert ("without a C compiler" in told) == (name == "python")
    read = [pq.read_table(tmp_path / name) for name in ("compiled", "python")]
    assert len(read[0]) > 100
    assert read[0].equals(read[1])


@given(st.lists(st.sampled_from(BRACES), max_size=14).map("".join))
@example("{{a}} }} {{b|{{c|{{d|{{e}}}}}}}} {{{f}}} {{g")
@example("{" * 200 + "}" * 300)
def test_both_find_the_same_pairs_of_braces(text: str) -> None:
    assert calls(text) == calls_in_python(text)


def test_pairs_are_reported_by_where_they_begin_and_end() -> None:
    assert calls("a {{b|{{c}}}} {{{d}}} {{e") == [(2, 13, 2), (14, 21, 3)]


@given(st.lists(st.sampled_from(BRACKETS), max_size=12).map("".join))
def test_both_find_the_same_links_with_a_prefix(text: str) -> None:
    assert prefixed(text) == prefixed_in_python(text)


def test_links_with_a_prefix_are_reported_by_bracket_and_colon() -> None:
    assert prefixed("[[a]] [[b:c|d:e]] [[[f:g]] [[h|i:j]] [[:k") == [(6, 9), (37, 39)]


@given(st.lists(st.sampled_from(TAGS), max_size=14).map("".join), st.integers(0, 3), st.booleans())
@example("a\n<!--x--><!--y--><ref/>\nb<!--z--><ref/>\n <!--x--><ref/>\n", 0, True)
@example("a\n <!--x--> <!--y-->\t\nb<ref>c</ref>.<ref name=x/>d<ref>e", 0, True)
def test_both_pass_the_same_notes(text: str, start: int, closed: bool) -> None:
    start, end = min(start, len(text)), text.rfind(">") + 1
    out: list[str] = []
    expected: list[str] = []
    names = frozenset({"ref", "nowiki", "page-collection"})
    found = pass_notes(text, start, end, closed, names, out)
    assert found == pass_notes_in_python(text, start, end, closed, names, expected)
    assert "".join(out) == "".join(expected)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError):
        calls(b"{{")  # type: ignore[arg-type]
