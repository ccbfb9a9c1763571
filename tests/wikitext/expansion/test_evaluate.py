"""Calls expanded by the definitions of templates."""

from collections.abc import Sequence

import pytest

from cstool.wikitext.expansion.budget import Budget, hole
from cstool.wikitext.expansion.compiled_templates import Recent
from cstool.wikitext.expansion.evaluate import CALL_STEPS
from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.markers import HOLE, NOTHING
from tests.wikitext.expansion.wiki import GERMAN, expanded, expander


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("{{a}}", "(d)"),
        ("{{a|x}}", "(x)"),
        ("{{a| x }}", "( x )"),
        ("{{a|1= x }}", "(x)"),
        ("{{a|x|1=y}}", "(y)"),
        ("{{a|1=y|x}}", "(x)"),
        ("{{a||x}}", "()"),
        ("{{ A }}", "(d)"),
        ("{{Template:a}}", "(d)"),
        ("{{template:_a_|x}}", "(x)"),
        ("{{safesubst:a}}", "(d)"),
        ("{{msg:a}}", "(d)"),
        ("{{raw:a}}", "(d)"),
        ("{{a|{{a|x}}}}", "((x))"),
        ("{{a|[[b|c]]}}", "([[b|c]])"),
        ("{{{{{z|a}}}|x}}", "(x)"),
        ("{{{z|{{a}}}}}", "(d)"),
    ],
)
def test_arguments_and_names(call: str, text: str) -> None:
    assert expanded(call, A="({{{1|d}}})") == text


@pytest.mark.parametrize(
    ("call", "page", "text"),
    [
        ("{{/b}}", "Article", "slash"),
        ("{{/b/}}", "Template:A", "sub"),
        ("{{ ../b }}", "Template:A/c", "sub"),
        ("{{../}}", "Template:A/c", "top"),
        ("{{../../b}}", "Template:A/c", hole("../../b")),
    ],
)
def test_names_of_subpages(call: str, page: str, text: str) -> None:
    wiki = expander({"/b": "slash", "A/b": "sub", "A": "top"})
    assert wiki.expand(call, page, starts_line=False) == text


def test_prefix_of_the_wiki_itself_keeps_the_namespace() -> None:
    assert expanded("{{en:a}}", A="x") == "x"


def test_line_break_in_a_name_makes_it_no_title() -> None:
    assert expanded("{{#if:{{a\n b}}|text}}", A="x") == "text"


def test_argument_without_a_name_has_one() -> None:
    assert expanded("{{a| = x }}", A="({{{}}}{{{ |}}})") == "(xx)"


def test_missing_argument_is_text_with_braces_inside_and_a_hole_in_the_end() -> None:
    assert expanded("{{a}}", A="{{#if:{{{1}}}|yes|no}} {{{ 1 }}}") == f"yes {hole('parameter')}"


@pytest.mark.parametrize("text", ["* a", "# a", ": a", "; a", "{| a"])
def test_output_of_a_list_or_table_begins_a_line(text: str) -> None:
    assert expanded("{{a}}", A=text) == "\n" + text
    assert expander({"A": text}).expand("{{a}}", "P", starts_line=True) == text
    assert expanded("{{b}}", A=text, B="x\n{{a}}") == "x\n" + text
    assert expanded("{{b}}", A=text, B="x\n<!-- c -->{{a}}") == "x\n\n" + text


def test_redirects_are_followed_twice() -> None:
    templates = {"A": "#REDIRECT B", "B": "#REDIRECT C", "C": "c", "Z": "#REDIRECT A"}
    assert expanded("{{a}}", **templates) == "c"
    assert expanded("{{z}}", **templates) == hole("z")


def test_unknown_template_is_a_hole_with_its_name() -> None:
    assert expanded("{{No_such|x}}") == hole("no such")
    assert expanded("{{12}}") == hole("template 12")
    assert expanded("{{:Article}}") == hole(":article")
    assert expanded("{{subst:a}}", A="x") == hole("subst:a")


def test_unknown_text_is_passed_on() -> None:
    assert expanded("{{a|{{no}}}}", A="x {{{1}}} y") == f"x {hole('no')} y"


def test_branch_that_is_not_taken_costs_nothing() -> None:
    assert expanded("{{a}}", A="{{#if:x|y|{{no}} {{b}}}}", B="{{b}}") == "y"


@pytest.mark.parametrize("call", ["{{a{{no}}}}", "{{a|{{no}}=x}}"])
def test_unknown_name_makes_the_call_unknown(call: str) -> None:
    assert HOLE in expanded(call, A="text")
    assert "text" not in expanded(call, A="text")


def test_unknown_name_of_an_argument_makes_the_argument_unknown() -> None:
    assert expanded("{{a|x}}", A="{{{ {{no}} | y }}}") == hole("argument with an unknown name")


def test_loop_is_a_hole_with_the_name() -> None:
    assert expanded("{{a}}", A="x{{b}}y", B="{{a}}") == f"x{hole('loop: a')}y"
    assert expanded("{{a}}", A="{{#iferror:{{a}}|error|none}}") == "error"


def test_templates_in_templates_have_a_limit() -> None:
    chain = {f"T{number}": f"{{{{T{number + 1}}}}}" for number in range(45)}
    assert expanded("{{t0}}", **chain, T45="x") == hole("depth limit: t40")
    assert expanded("{{t10}}", **chain, T45="x") == "x"


def test_nested_functions_have_a_limit() -> None:
    def nested(depth: int) -> str:
        return "{{#if:1|" * depth + "x" + "}}" * depth

    assert expanded(nested(90)) == "x"
    assert expanded(nested(120)) == hole("depth limit: #if:1")
    assert expanded(nested(400)) == hole("depth limit: #if:1")


def test_steps_and_output_have_a_limit() -> None:
    double = {f"D{number}": f"{{{{D{number + 1}}}}}" * 2 for number in range(30)}
    assert expanded("{{d0}}", **double, D30="") == hole("steps limit: d0")
    longer = {f"L{number}": f"{{{{L{number + 1}}}}}" * 8 for number in range(6)}
    assert expanded("{{l0}}", **longer, L6="x" * 100) == hole("output limit: l0")


def test_a_page_has_a_limit_for_all_its_calls() -> None:
    wiki = expander({"A": "{{b}}{{b}}", "B": "{{{1|x}}}"})
    budget = Budget(steps=9)
    outputs = [wiki.expand("{{a}}", "P", starts_line=False, budget=budget) for _ in range(3)]
    assert outputs == ["xx", hole("steps limit: a"), hole("steps limit: a")]
    assert wiki.expand("{{a}}", "Q", starts_line=False, budget=Budget(CALL_STEPS)) == "xx"


def test_calls_that_depend_on_the_page_are_expanded_for_each() -> None:
    wiki = expander({"A": "{{PAGENAME}}"})
    assert wiki.expand("{{a}}", "P", starts_line=False) == "P"
    assert wiki.expand("{{a}}", "Q", starts_line=False) == "Q"


def test_names_in_the_language_of_the_wiki() -> None:
    wiki = expander({"Ä": "({{{1}}})"}, GERMAN)
    call = "{{Vorlage:ä|{{#if:x|{{SEITENNAME}}}}}}{{template:ä|{{ERS:ä}}}}"
    assert wiki.expand(call, "Seite", starts_line=False) == f"(Seite)({hole('ers:ä')})"


def test_marks_of_the_page_are_text() -> None:
    assert expanded(f"{{{{#if:{NOTHING}|yes|no}}}}") == "yes"
    assert expanded(f"{{{{a|x{NOTHING}}}}}", A="{{{1}}}") == f"x{NOTHING}"


def test_call_without_a_title_is_text_inside_and_a_hole_in_the_end() -> None:
    assert expanded("{{#ifeq:{{<b>|x={{a}}}}|{{<b>|x=y}}|same|no}}", A="y") == "same"
    assert expanded("{{#if:{{<b>}}|{{<b>}}}}") == hole("b")
    assert expanded("{{#if:{{subst:a}}|yes}}") == "yes"


def test_braces_that_are_left_are_holes() -> None:
    assert expanded("{{o}}{{o}}b{{c}}{{c}}", O="{", C="}") == hole("b")


class _Echo:
    """Modules whose functions show what they are called with."""

    def invoke(self, frame: Frame, module: str, function: str) -> str:
        """Return the module, the function and the arguments of both frames."""
        assert frame.parent
        arguments = [dict(frame.arguments()), dict(frame.parent.arguments())]
        return f"{module} {function} {arguments} {frame.parent.title}"


def test_module_gets_the_arguments_of_its_call_and_of_the_template() -> None:
    wiki = expander({"A": "{{#invoke: mod | f | x |y= {{{1}}} }}"}, modules=_Echo())
    expected = "Module:Mod f [{'1': ' x ', 'y': 'z'}, {'1': 'z'}] Template:A"
    assert wiki.expand("{{a|z}}", "P", starts_line=False) == expected
    assert expanded("{{#invoke:mod|f}}") == hole("#invoke")


class _Caller:
    """Modules whose functions call back."""

    def invoke(self, frame: Frame, module: str, function: str) -> str:
        """Return what a template, a function and wikitext of the frame show."""
        texts: Sequence[str] = (
            frame.call_template("b", {"1": " x ", "n": " y "}),
            frame.call_template(":No page", {}),
            frame.call_function("#if", [" ", "a", "b"]),
            frame.expand("{{{1}}}<noinclude>{{b|{{{1}}}}}</noinclude>"),
        )
        return ",".join(texts)


def test_module_calls_templates_and_functions() -> None:
    wiki = expander({"B": "[{{{1}}}{{{n|}}}]"}, modules=_Caller())
    text = wiki.expand("{{#invoke:mod|f|z}}", "P", starts_line=False)
    assert text == f"[ x y],{hole(':no page')},b,z[z]"


def test_entries_used_last_are_kept_up_to_a_weight() -> None:
    recent: Recent[str, int] = Recent(10)
    for key, weight in (("a", 4), ("b", 4), ("a", 5), ("c", 3)):
        recent.put(key, weight, weight)
    assert [recent.get(key) for key in "abc"] == [5, None, 3]
