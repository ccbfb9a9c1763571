"""Paragraphs that wait for their calls, and what those show when they are read.

Expected texts are those of MediaWiki for the same templates.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.markers import FORMULA, formula_mark
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.pending import PendingParagraph
from cstool.wikitext.sentences import Sentence
from tests.wikitext.reading import reader_of, site, whole

PIECES = (
    "[[Foo]]", "[[Foo|bar]]s", "''", "'''", "\n", "\n\n", " ", "a", "B. ", "<br>", "* ", "; ", ": ",
    "== ", " ==", "<ref>x</ref>", "<nowiki>[[", "</nowiki>", "<!--", "-->", "<math>x</math>", "{|",
    "|}", "|-", "<table>", "</table>", "<div>", "</div>", "<blockquote>", "</blockquote>", "{{!}}",
    "[[File:A.jpg|thumb|x {{nowrap|y}}]]", "[[Category:X]]", "{{sfn|x}}", "{{main|x}}", "{{x}}",
    "{{x\n|y}}", "{{x|[[y]]}}", "{{nowrap|a}}", "{{nowrap|[[b]]}}", "* {{nowrap|c}}",
    "{{lang|de|x}}", "{{#if:x|y}}", "{{flagicon|x}}", "{{PAGENAME}}", "{{clear}}",
    "-{zh-cn:a}-", "一。",
)  # fmt: skip
SOURCES = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


class Shows:
    """Expands templates to fixed texts, in which $1 is the first argument."""

    def __init__(self, **texts: str) -> None:
        self._texts = texts

    def expand(self, source: str, title: str, *, starts_line: bool) -> str:
        name, _, argument = source[2:-2].partition("|")
        text = self._texts.get(name, f"\x04{name}\x05").replace("$1", argument)
        # Parser::braceSubstitution
        begins = text.startswith(("*", "#", ":", ";", "{|"))
        return f"\n{text}" if begins and not starts_line else text


def waiting_reader(*, formulas: bool = False) -> PageReader:
    return reader(site(), render=True, waits="calls", formulas="tex" if formulas else "holes")


def sentences(source: str, *, formulas: bool = False, **texts: str) -> list[Sentence]:
    return sentences_of(source, texts, formulas=formulas)


def sentences_of(source: str, texts: dict[str, str], *, formulas: bool = False) -> list[Sentence]:
    read = waiting_reader(formulas=formulas)
    reading = read.read(source, "P", every=True)
    late = [read.read_paragraph(p, "P", Shows(**texts), every=True) for p in reading.waiting]
    return [s for *_, s in whole(reading, late)]


def shown(source: str, **texts: str) -> list[str]:
    """Return the sentences of a page, links in brackets and holes as ▢."""
    return [_marked(sentence) for sentence in sentences_of(source, texts)]


def _marked(sentence: Sentence) -> str:
    text = sentence.text.replace("\ufffc", "▢")
    for start, end, target in reversed(sentence.mentions):
        text = f"{text[:start]}[{text[start:end]}→{target}]{text[end:]}"
    return text


@given(SOURCES, st.sampled_from(["en", "zh"]), st.booleans())
def test_paragraphs_that_have_waited_read_as_at_once(
    source: str, language: str, every: bool
) -> None:
    now = reader_of(language, render=True)
    late = reader(site(language), render=True, waits="calls")
    reading = late.read(source, "P", every=every)
    texts = [late.read_paragraph(p, "P", every=every) for p in reading.waiting]
    found = [s for *_, s in whole(reading, texts)]
    assert found == [s for s in now.sentences(source, "P") if every or s.mentions]


def test_what_a_call_shows_is_part_of_its_paragraph() -> None:
    assert shown("The {{x}} is\n{{y|''a''}} [[b]].", x="[[X]]", y="$1, [[Y]]s") == [
        "The [X→X] is a, [Ys→Y] [b→B]."
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{|\n| [[c]]\n|}", ["A", "b."]),
        ("<table><tr><td>[[c]]</td></tr></table>", ["A", "b."]),
        ('<div class="hatnote">Main: [[M]]</div>', ["A", "b."]),
        ('<div style="clear:both"></div>', ["A", "b."]),
        ("* one [[I]]\n* two", ["A", "one [I→I]", "two b."]),
        (": in [[I]]", ["A", "in [I→I] b."]),
        ("\n== Head ==\n", ["A"]),  # and a line that begins with a space
        ("\n\n", ["A"]),
        ("[[File:A.jpg|thumb|[[c]]]]", ["A", "b."]),
        ("<br>", ["A", "b."]),
        ("<blockquote>quote [[Q]]</blockquote>", ["A", "quote [Q→Q]", "b."]),
        ("one [[L]]\ntwo", ["A one [L→L] two b."]),
        ("[[Category:X]]", ["A b."]),
        ("[[File:A.jpg|20px]]", ["A b."]),
        ("__NOTOC__", ["A b."]),
        ("<small>''s'' <span style='color:red'>[[R]]</span></small>", ["A s [R→R] b."]),
        ("<span style='display:none'>01 <span>x</span></span>[[R]]", ["A [R→R] b."]),
        ("<sup class='noprint Inline-Template'>[[[cn]]]</sup>", ["A b."]),
        ("[http://x.org site]", ["A site b."]),
        ("", ["A b."]),
        ("[[P]]", ["A P b."]),
        ("<span>red", ["A red b."]),
        ("[[Foo|", ["A ▢Foo| b."]),
        ("\x04x\x05 [[Y]]", ["A ▢ [Y→Y] b."]),
    ],
)  # fmt: skip
def test_blocks_in_the_output_of_a_call_end_the_paragraph(text: str, found: list[str]) -> None:
    assert shown("A {{x}} b.", x=text) == found


def test_output_that_is_not_text_ends_only_its_line() -> None:
    source = "One [[a]]\ntwo {{x}}\nthree [[b]]."
    assert shown(source, x="<div>box</div>") == ["One [a→A]", "two", "three [b→B]."]
    assert shown(source, x="\x06") == ["One [a→A] two three [b→B]."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("* ", ["text [b→B]", "more"]),
        ("== H ==\n", ["more"]),
        ("", ["more"]),  # the line begins with a space
        ("x", ["x text [b→B] more"]),
        ("{|\n| c\n|}\n", ["more"]),
    ],
)
def test_a_call_may_begin_a_line(text: str, found: list[str]) -> None:
    assert shown("{{x}} text [[b]]\nmore", x=text) == found


def test_a_list_item_waits_without_its_mark() -> None:
    (pending,) = waiting_reader().read("* {{x}} [[a]]\n* [[b]]", "P").waiting
    assert pending == PendingParagraph(0, 0, "{{x}} [[a]]", "item", ["x"])
    assert shown("* {{x}} [[a]]\n* [[b]]", x="# c\n# d") == ["c", "d [a→A]", "[b→B]"]
    assert shown("* {{x}} [[a]]\n* [[b]]", x="c") == ["c [a→A]", "[b→B]"]


def test_lines_inside_a_block_may_begin_with_a_space() -> None:
    source = "<blockquote>\n {{x}} [[a]]\n</blockquote>\n {{x}} [[b]]"
    assert shown(source, x="c\n d") == ["c d [a→A]"]


def test_a_call_alone_on_its_line_is_a_block_unless_it_has_a_rule() -> None:
    source = "One [[a]]\n{{x\n|y}}\ntwo [[b]]\n{{nowrap|three}}\nfour\n{{x}}"
    reading = waiting_reader().read(source, "P")
    assert [s.text for *_, s in reading.sentences] == ["One a"]
    assert [p.names for p in reading.waiting] == [["nowrap"]]
    assert shown(source, x="gone") == ["One [a→A]", "two [b→B] three four"]


def test_a_list_item_that_is_only_a_call_is_text_unless_it_shows_a_block() -> None:
    source = "* {{x}}\n: {{x}}\n** [[b]]"
    assert shown(source, x="[[a]]") == ["[a→A]", "[a→A]", "[b→B]"]
    for block in ("<div>[[a]]</div>", "{|\n| [[a]]\n|}"):
        assert shown(source, x=block) == ["[b→B]"]


def test_a_list_item_that_is_only_a_record_is_not_read_unless_it_has_a_link() -> None:
    assert shown("* {{x|a=1|b=2|c=3}}\n* [[b]]", x="[[a]]") == ["[b→B]"]
    assert shown("* {{x|a=1|b=2|c=[[3]]}}\n* [[b]]", x="[[a]]") == ["[a→A]", "[b→B]"]
    assert shown("* One {{x|a=1|b=2|c=3}}", x="[[a]]") == ["One [a→A]"]


def test_an_infobox_is_a_block_above_the_text_that_follows_it() -> None:
    assert shown("{{X\n|y\n}}'''Foo''' is [[a]] {{z}}.", z="b") == ["Foo is [a→A] b."]


def test_rules_come_first_unless_they_are_overridden() -> None:
    read = waiting_reader()
    (pending,) = read.read("A {{nowrap|b}} {{nowrap|c|d=e}} [[f]].", "P").waiting
    shows = Shows(nowrap="N($1)")
    found = read.read_paragraph(pending, "P", shows)
    assert [s.text for *_, s in found.sentences] == ["A b N(c|d=e) f."]
    found = read.read_paragraph(pending, "P", shows, overridden=frozenset({"nowrap"}))
    assert [s.text for *_, s in found.sentences] == ["A N(b) N(c|d=e) f."]


def test_two_ways_to_render_a_call_are_compared_by_text_and_links() -> None:
    read = waiting_reader()
    call = "{{nowrap|''a'' [[b]]}}"
    by_rule = read.rendered(call, "P")
    assert by_rule == [("x a b x", [(4, 5, "B")], [])]
    of = frozenset({"nowrap"})
    assert read.rendered(call, "P", Shows(nowrap="<b>$1</b>"), overridden=of) == by_rule
    assert read.rendered(call, "P", Shows(nowrap="a b"), overridden=of) != by_rule


def test_a_paragraph_without_a_link_waits_because_a_call_may_show_one() -> None:
    assert len(waiting_reader().read("A {{x}}.", "P").waiting) == 1
    assert not reader_of(render=True).read("A {{x}}.", "P").waiting
    assert len(reader_of(render=True).read("A {{x}}.", "P", every=True).waiting) == 1


@pytest.mark.parametrize(
    "source",
    ["A {{sfn|x}}.", "A {{flagicon|x}} b.", "A {{PAGENAME}}.", "A {{main|x}}.", "A{{!}}",
     "{{x}}", "{{x}} {{y}}", "{|\n| {{x}} y\n|}", "[[File:A.jpg|{{x}} y]]", "<ref>{{x}}</ref>"],
)  # fmt: skip
def test_calls_that_show_no_text_do_not_wait(source: str) -> None:
    assert not waiting_reader().read(source, "P", every=True).waiting


def test_formulas_are_written_as_their_source() -> None:
    source = "So <math>a_{1}  <\n b</math> and <chem>H2O</chem> of [[Foo]]. <math>c.</math> [[Bar]]"
    assert sentences(source, formulas=True) == [
        ("So $a_{1} < b$ and $\\ce{H2O}$ of Foo.", [(33, 36, "Foo")], []),
        ("$c.$ Bar", [(5, 8, "Bar")], []),
    ]
    assert shown(source) == ["So ▢ and ▢ of [Foo→Foo].", "▢ [Bar→Bar]"]


@pytest.mark.parametrize(
    "formula",
    ["[[x]]", "{{y}}", "''z''", "&lt; \\& {}", "-{a}-", "__NOTOC__", "a|b=c", "http://x.y"],
)
def test_formulas_are_not_read_as_wikitext(formula: str) -> None:
    call = f"It is {{{{x|<math>{formula}</math>}}}} or [[X|<math>{formula}</math>]]."
    (sentence,) = sentences(call, formulas=True, x="[[Y|$1]]")
    assert sentence.text == f"It is ${formula}$ or ${formula}$."
    anchors = [sentence.text[start:end] for start, end, _ in sentence.mentions]
    assert anchors == [f"${formula}$"] * 2


def test_a_formula_in_the_output_of_a_template_is_like_one_of_the_page() -> None:
    mark = formula_mark(f"{FORMULA}$x^2$")
    (sentence,) = sentences("It is {{x}} [[a]].", formulas=True, x=mark)
    assert sentence.text == "It is $x^2$ a."
    (sentence,) = sentences("It is {{x}} [[a]].", formulas=True, x=mark.upper())
    assert sentence.text == "It is $x^2$ a."
    for cut in (mark[:-3], mark[:9], "a\x17xff\x17"):
        (sentence,) = sentences("It is {{x}} [[a]].", formulas=True, x=cut)
        assert sentence.holes == ["<math>"]
    assert sentences("It is {{x}} [[a]].", x=mark)[0].holes == ["<math>"]


def test_an_empty_formula_is_a_hole() -> None:
    assert sentences("<math> </math> [[a]]", formulas=True)[0].holes == ["<math>"]


def test_displayed_formulas_are_inside_their_paragraph() -> None:
    source = "So [[a]]\n<math display=block>x</math>\nis it."
    assert [s.text for s in sentences(source, formulas=True)] == ["So a $x$ is it."]
