"""Forms of rules: conditions, fields, filters, functions, and what is said of faulty ones."""

from typing import Any

import pytest

from cstool.wikitext.template_rules import RuleError, rule_of

TABLES = {"colours": {"rot": "red", "blau": "[[blue]]"}}


def shown(rule: object, language: str = "en", **given: str) -> str | None:
    arguments = {name.removeprefix("_"): value for name, value in given.items()}
    return rule_of(rule, TABLES).shown(arguments, language)


def test_a_field_takes_the_first_argument_that_is_given() -> None:
    assert shown("{a|1} x", _1="one", a="") == "one x"
    assert shown("{a|1} x", _1="one", a="A") == "A x"


def test_a_choice_needs_its_fields() -> None:
    assert shown("{1}") is None
    assert shown("{1}", _1=" ") is None
    assert shown("a{1|}") == "a"


def test_a_choice_may_ask_for_arguments_or_forbid_them() -> None:
    assert shown([{"text": "x", "when": ["a"]}]) is None
    assert shown([{"text": "x", "when": ["a"]}], a="de") == "x"
    assert shown([{"text": "x", "unless": ["2"]}], _2="y") is None
    assert shown([{"text": "x", "unless": ["2"]}], _2=" ") == "x"


def test_a_choice_may_know_all_its_arguments() -> None:
    rule = [{"text": "{1}", "only": ["1", "a"]}]
    assert shown(rule, _1="x", a="") == "x"
    assert shown(rule, _1="x", b="") is None
    numbered = [{"text": "{1}", "only": ["#", "a"]}]
    assert shown(numbered, _1="x", _17="y", a="z") == "x"
    assert shown(numbered, _1="x", b="y") is None


def test_a_choice_may_hang_on_values() -> None:
    rule = [{"text": "yes", "is": {"a": ["on", ""]}}, {"text": "no"}]
    assert shown(rule, a=" ON ") == "yes"
    assert shown(rule) == "yes"
    assert shown(rule, a="off") == "no"


def test_the_first_choice_that_fits_is_taken() -> None:
    assert shown([{"text": "two {2}"}, {"text": "one {1}"}], _1="x") == "one x"
    assert shown([]) is None


@pytest.mark.parametrize(
    ("field", "value", "made"),
    [
        ("number", " 1234.5 ", "1,234.5"),
        ("roman", "19", "XIX"),
        ("roman", "XIX", "XIX"),
        ("ordinal", "22", "22nd"),
        ("lower", "AB", "ab"),
        ("upper", "ab", "AB"),
        ("upperfirst", "éa b", "Éa b"),
        ("colours", "Rot", "red"),
        ("number", "many", None),
        ("roman", "IIII", None),
        ("upper", "[[ab]]", None),
        ("colours", "grün", None),
    ],
)
def test_a_field_may_be_filtered(field: str, value: str, made: str | None) -> None:
    assert shown(f"{{1:{field}}}", _1=value) == made


def test_a_filtered_field_may_be_missing() -> None:
    assert shown("a{1|:number}") == "a"
    assert shown("a{1|:number}", _1="x") is None


def test_a_function_gets_trimmed_arguments_and_those_of_the_rule() -> None:
    rule = [{"call": "convert", "with": {"abbr": "on"}}]
    assert shown(rule, _1=" 5 ", _2="km") == "5\u00a0km (3.1\u00a0mi)"
    assert shown(rule, _1="5", _2="km", abbr="off") == "5 kilometres (3.1 miles)"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (5, "^expected a string or a list of choices"),
        (["x"], "^choice 1: expected table, got string$"),
        (
            [{"text": "x"}, {"txt": "x"}],
            "^choice 2: unknown key 'txt'; use one of text, call, with",
        ),
        ([{"when": ["1"]}], "either `text` or `call`"),
        ([{"text": "x", "call": "convert"}], "either `text` or `call`"),
        ([{"text": "x", "with": {"a": "b"}}], "without `call`"),
        ([{"text": 1}], "^choice 1, text: expected string, got integer$"),
        ([{"call": "nothing"}], "unknown function 'nothing'; use one of"),
        ([{"call": "convert", "with": {"a": 1}}], "^choice 1, with, a value: expected string"),
        ([{"text": "x", "only": "1"}], "^choice 1, only: expected list, got string$"),
        ([{"text": "x", "only": ["1", 2]}], "^choice 1, only, item 2: expected string"),
        ([{"text": "x", "is": {"1": "a"}}], "^choice 1, is, a value: expected list"),
        ([{"text": "x", "is": ["1"]}], "^choice 1, is: expected table, got list$"),
        ("{1:nothing}", "not a filter or table"),
    ],
)
def test_an_error_names_the_choice_and_the_key(rule: Any, told: str) -> None:
    with pytest.raises(RuleError, match=told):
        rule_of(rule, TABLES)
