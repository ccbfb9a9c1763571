"""Templates: braces, names, and the text that replaces them."""

import time

import mwparserfromhell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.markers import NOTHING, Markers
from cstool.wikitext.rule_tables import rules_of
from cstool.wikitext.scan import calls
from cstool.wikitext.templates import Rendering, arguments, call_name, expand
from tests.wikitext.reading import read, text_of


def expanded(source: str, language: str = "en", *, render: bool = False) -> str:
    return expand(source, Markers(), Rendering(rules_of(language, render=render), "Page"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{a}}", ["{{a}}"]),
        ("{{a|{{b|c}}}}", ["{{a|{{b|c}}}}"]),
        ("{{a}} {{b}}", ["{{a}}", "{{b}}"]),
        ("{{{x|y}}}", ["{{{x|y}}}"]),
        ("{{{{a}}}}", ["{{{a}}}"]),
        ("{{{{{a}}}}}", ["{{{{{a}}}}}"]),
        ("{{unclosed {{a}}", ["{{a}}"]),
        ("a}} {{b}} }}", ["{{b}}"]),
        ("{a} {{b", []),
        ("{{a|{b}}}", ["{{a|{b}}"]),
    ],
)
def test_braces_find_their_partners(source: str, found: list[str]) -> None:
    assert [source[start:end] for start, end, _ in calls(source)] == found


def test_a_parameter_is_reported_from_a_template() -> None:
    assert [braces for _, _, braces in calls("{{a}} {{{b}}}")] == [2, 3]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{Use_dmy dates|date=x}}", "use dmy dates"),
        ("{{ Cite\nweb\n|url=x}}", "cite web"),
        ("{{Foo{{bar}}|x}}", "foo{{…}}"),
        ("{{DEFAULTSORT:Foo|x}}", "defaultsort:foo"),
    ],
)
def test_a_calls_name_is_read(source: str, name: str) -> None:
    assert call_name(source) == name


def test_named_arguments_are_trimmed_and_positional_ones_are_not() -> None:
    assert arguments("{{a| x | y = z |{{b|c}}}}") == (("1", " x "), ("y", "z"), ("2", "{{b|c}}"))


def test_an_unknown_template_is_a_hole_with_its_name() -> None:
    (sentence,) = read("At {{no such thing|1}}, [[Alabama]] is.")
    assert sentence.holes == ["no such thing"]


def test_a_footnote_template_shows_nothing() -> None:
    assert expanded("a{{sfn|Foo|2000}}b") == f"a{NOTHING}b"
    assert text_of("a{{sfn|Foo|2000}} b") == "a b"


def test_only_the_outermost_call_counts() -> None:
    (sentence,) = read("a {{x|{{y|{{z}}}}}} b")
    assert sentence.holes == ["x"]
    assert not read("a{{sfn|{{y}}}} b")[0].holes


def test_text_behind_an_infobox_begins_a_line() -> None:
    source = "{{Infobox\n| a = {{b|c}}\n}}'''T''' is a [[town]]."
    assert text_of(source) == "T is a town."
    assert not read(source)[0].holes


def test_a_template_of_several_lines_within_a_sentence_is_a_hole() -> None:
    assert text_of("T is {{x\n|a\n}} long.") == "T is ▢ long."


def test_the_magic_bar_is_a_bar() -> None:
    assert text_of("a{{!}}b [[Foo{{!}}bar]]") == "a|b bar"
    assert text_of("{{{!}}\n| x\n{{!}}}\ny") == "y"


def test_the_page_knows_its_name() -> None:
    assert text_of("{{PAGENAME}} {{FULLPAGENAME}} {{=}}") == "Page Page ="


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("{{DEFAULTSORT:x}}a", "en"),
        ("{{DISPLAYTITLE:''x''}}a", "en"),
        ("{{SORTIERUNG:Ä}}a", "de"),
        ("{{КЛЮЧ_СОРТИРОВКИ:Ы}}a", "ru"),
        ("{{#tag:ref|x|name=y}}a", "en"),
    ],
)
def test_words_that_show_nothing_are_known_in_each_language(source: str, language: str) -> None:
    assert text_of(source, language) == "a"


def test_known_templates_are_rendered_if_asked() -> None:
    assert expanded("{{nowrap|a b}}", render=True) == "a b"
    assert text_of("{{nowrap|a b}}") == ""


def test_what_stands_in_a_rendered_template_is_rendered_too() -> None:
    assert expanded("{{nowrap|a{{sfn|x}} {{nowrap|b}}}}", render=True) == "a b"


def test_stray_braces_are_a_hole() -> None:
    assert text_of("{{unclosed") == "▢unclosed"
    assert text_of("a}} b") == "a▢}}▢ b"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a b.{{main|x}}\nc d.", "a b.\nc d."),
        ("{{see also|x}}a b.\nc d.", "a b.\nc d."),
        ("a\nb{{clear}}c\nd", "a\nb\nc\nd"),
        ("a\n{{main|x}}\nb", "a\nb"),
        ("a{{sfn|x}}\nb", "a b"),
        ("{{Infobox town|x}}'''a''' b\nc", "a b\nc"),
        ("{{infobox town|x}}\na b\nc", "a b c"),
        ("* a{{main|x}}\n* b", "a\nb"),
    ],
)
def test_a_template_that_shows_a_block_ends_the_line_beside_it(source: str, text: str) -> None:
    assert text_of(source) == text


@given(st.text(alphabet="ab12 |=\n", max_size=30).filter(lambda text: "\n=" not in text))
def test_flat_arguments_are_those_of_mwparserfromhell(text: str) -> None:
    (call,) = mwparserfromhell.parse("{{name|" + text + "}}").filter_templates()
    assert arguments(str(call)) == tuple(
        (str(p.name).strip(), str(p.value).strip() if p.showkey else str(p.value))
        for p in call.params
    )


def test_an_argument_may_hold_links_and_templates() -> None:
    assert arguments("{{a|[[b|c]] d|e={{f|g=h}}|{{{i|j}}}}}") == (
        ("1", "[[b|c]] d"),
        ("e", "{{f|g=h}}"),
        ("2", "{{{i|j}}}"),
    )


def test_the_last_of_two_arguments_of_a_name_counts() -> None:
    assert expanded("{{nowrap|a|1=b}}", render=True) == "b"


def test_a_call_with_its_namespace_is_the_same_call() -> None:
    assert expanded("{{Template:nowrap|a}}", render=True) == "a"
    assert expanded("{{ template : Nowrap|a}}", render=True) == "a"


def test_a_transcluded_article_and_an_unsubstituted_call_are_holes() -> None:
    for source in ("{{:nowrap|a}}", "{{subst:nowrap|a}}", "{{msgnw:nowrap|a}}"):
        assert expanded(source, render=True).startswith("\x04")


@given(st.text(alphabet="{}[]|=ab :\n", max_size=40))
def test_any_source_can_be_expanded(text: str) -> None:
    expanded(text, render=True)


def test_what_is_open_in_an_argument_takes_linear_time() -> None:
    before = time.process_time()
    assert len(arguments("{{a|" + "[[b|{{c}} " * 40_000 + "}}")) == 40_001
    assert time.process_time() - before < 5


def test_bars_and_equals_signs_of_links_and_calls_are_theirs() -> None:
    assert arguments("{{a|[[b|c=d]] e|{{f|g=h}}=i|[[j|k|l]]|[[m{{n|]]}}|o]]}}") == (
        ("1", "[[b|c=d]] e"),
        ("{{f|g=h}}", "i"),
        ("2", "[[j|k|l]]"),
        ("3", "[[m{{n|]]}}|o]]"),
    )
