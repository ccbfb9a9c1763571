"""Wikitext compiled to programs: which braces, bars and equals signs are those of calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.expansion.budget import BudgetExceededError
from cstool.wikitext.expansion.delimiters import delimiters
from cstool.wikitext.expansion.programs import (
    Call,
    CallPart,
    Parameter,
    Program,
    compiled,
)


def call(title: Program, *parts: CallPart, starts_line: bool = False) -> Call:
    return Call(title, parts, starts_line)


def numbered(value: Program) -> CallPart:
    return CallPart(None, value)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("plain {text} [x]", "plain {text} [x]"),
        ("{{a|b=c|d}}", (call("a", CallPart("b", "c"), numbered("d")),)),
        ("{{a\n|b = c = d}}", (call("a\n", CallPart("b ", " c = d")),)),
        ("{{{a|b=c|d}}}", (Parameter("a", "b=c"),)),
        ("{{{a}}}", (Parameter("a", None),)),
        ("{{{a|}}}", (Parameter("a", ""),)),
        ("{{<b>|x}}", (call("<b>", numbered("x")),)),
        ("{{a|[[b|c=d]]}}", (call("a", numbered("[[b|c=d]]")),)),
        ("{{a|-{b|c}-}}", (call("a", numbered("-{b|c}-")),)),
        ("{{{{{a}}}}}", (call((Parameter("a", None),)),)),
        ("{{{{a}}|b}}", (call((call("a"),), numbered("b")),)),
        ("{{{a}}", ("{", call("a"))),
        ("{{a}}}", (call("a"), "}")),
        ("x\n{{a}}", ("x\n", call("a", starts_line=True))),
        ("{{a|\n=b}}", (call("a", CallPart("\n", "b")),)),
    ],
)
def test_structure(text: str, program: Program) -> None:
    assert compiled(text) == program


@pytest.mark.parametrize("text", ["{{a|[[b}}", "{{a", "a}}", "{{a|\n== b}}", "{{a|-{b}}", "{a}"])
def test_brackets_that_are_not_closed_make_braces_text(text: str) -> None:
    assert compiled(text) == text


def test_call_after_a_line_break_of_the_page_starts_a_line() -> None:
    assert compiled("{{a}}", after_newline=True) == (call("a", starts_line=True),)


@pytest.mark.parametrize("depth", [1, 24, 25, 26, 60, 150])
def test_nested_calls_are_parsed_at_any_depth(depth: int) -> None:
    program = compiled("{{a|" * depth + "}}" * depth)
    for _ in range(depth):
        assert isinstance(program, tuple)
        (node,) = program
        assert isinstance(node, Call)
        program = node.parts[0].value
    assert program == ""


def test_deeper_calls_are_refused() -> None:
    with pytest.raises(BudgetExceededError, match="depth"):
        compiled("{{" * 300 + "}}" * 300)


def source_of(program: Program) -> str:
    if isinstance(program, str):
        return program
    return "".join(map(_node, program))


def _node(node: str | Parameter | Call) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, Parameter):
        default = "" if node.default is None else f"|{source_of(node.default)}"
        return f"{{{{{{{source_of(node.name)}{default}}}}}}}"
    parts = (
        source_of(value) if name is None else f"{source_of(name)}={source_of(value)}"
        for name, value in node.parts
    )
    return f"{{{{{'|'.join((source_of(node.title), *parts))}}}}}"


_PIECES = ["{{", "}}", "{", "}", "|", "=", "[[", "]]", "-{", "}-", "\n", "\n=", "a", "<", "http://"]


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
def test_program_has_all_of_the_text(text: str) -> None:
    """Except the second bar of an argument, and what follows."""
    if any(part.count("|") > 1 for part in text.split("{{{")[1:]):
        return
    assert source_of(compiled(text)) == text


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_delimiters_are_in_order_and_paired(text: str) -> None:
    opened: list[int] = []
    at = 0
    for item in delimiters(text):
        assert at <= item.start < item.end
        at = item.end
        if text[item.start] == "{":
            opened.append(item.end - item.start)
        elif text[item.start] == "}":
            assert opened.pop() == item.end - item.start
        else:
            assert opened
    assert not opened
