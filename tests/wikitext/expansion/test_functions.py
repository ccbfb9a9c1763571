"""Parser functions: what MediaWiki makes of the same calls, and what is unknown."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.functions import FUNCTIONS, VARIABLES
from cstool.wikitext.expansion.functions.arithmetic import ExpressionError
from cstool.wikitext.expansion.functions.date_texts import UnreadableDateError, read_date
from cstool.wikitext.expansion.functions.expressions import evaluate
from cstool.wikitext.expansion.functions.language_forms import forms_of
from cstool.wikitext.expansion.functions.number_forms import formatted_number, read_number
from cstool.wikitext.markers import BLOCK, HOLE, NOTHING
from cstool.wikitext.tables import of_language, rows
from scripts.check.function_cases import escaped, plain, read_cases
from tests.wikitext.expansion.wiki import Wiki, expanded

CASES = read_cases(Path(__file__).with_name("functions.tsv"))
LANGUAGES = sorted({language for language, *_ in CASES})
# Results of MediaWiki's that are not known here: dates that PHP reads in other ways, words that
# MediaWiki's code inflects, names of languages that it does not know.
LEFT_UNKNOWN = ("{{#time:", "{{grammar:", "{{#language:xyz", "{{ns:foo}}", "{{pagename}}")


def site_of(language: str) -> Site:
    """Return a wiki with MediaWiki's names of namespaces."""
    names = {
        wikitext[5:-2]: output
        for of, _, wikitext, output in CASES
        if of == language and wikitext.startswith("{{ns:")
    }
    numbers = [number for number in names if number.lstrip("-").isdigit()]
    namespaces = tuple((int(number), names[number]) for number in numbers)
    # A wiki that is not Wikimedia's: its settings are MediaWiki's own.
    return Site(f"{language}_test", language, "first-letter", namespaces)


def outcome(output: str, recorded: str) -> str:
    if output == recorded:
        return "same"
    if 'class="error"' in recorded and output.startswith(HOLE):
        return "error"
    return "unknown" if HOLE in output else "different"


@pytest.mark.parametrize("language", LANGUAGES)
def test_output_is_that_of_mediawiki(language: str) -> None:
    expander = Expander(site_of(language), Wiki({}))
    outcomes: dict[str, list[tuple[str, str, str]]] = {"different": [], "unknown": []}
    for of, title, wikitext, recorded in CASES:
        if of == language:
            output = expander.expand(wikitext, title, starts_line=False)
            outcomes.setdefault(outcome(output, recorded), []).append((wikitext, recorded, output))
    assert outcomes["different"] == []
    assert [call for call, *_ in outcomes["unknown"] if not call.startswith(LEFT_UNKNOWN)] == []
    assert len(outcomes["unknown"]) < len(outcomes["same"]) / 20


def test_unknown_text_makes_a_condition_unknown_unless_the_rest_decides_it() -> None:
    assert expanded("{{#if:{{x}}|a|b}}") == hole("x")
    assert expanded("{{#if:{{x}} c|a|b}}") == "a"
    assert expanded("{{#ifeq:{{x}}|c|a|b}}") == hole("x")
    assert expanded("{{#ifeq:d{{x}}|c|a|b}}") == "b"
    assert expanded("{{#ifeq:{{x}}|1|a|b}}") == hole("x")
    assert expanded("{{#ifeq:{{x}}|{{y}}|a|b}}") == hole("x")
    assert expanded("{{#switch:{{x}}|c=1|2}}") == hole("x")
    assert expanded("{{#switch:{{x}}|2}}") == "2"
    assert expanded("{{#switch:a{{x}}|b=1|c=2|3}}") == "3"
    assert expanded("{{#switch:c|{{x}}=1|c=2}}") == hole("x")
    assert expanded("{{#ifexpr:{{x}}>1|a|b}}") == hole("x")
    assert expanded("{{#iferror:{{x}}|a|b}}") == hole("x")
    assert expanded("{{#iferror:{{x}}}}") == hole("x")
    assert expanded("{{#ifexist:{{x}}|a|b}}") == hole("x")


def test_unknown_text_that_is_only_passed_on_keeps_its_place() -> None:
    assert expanded("{{#if:a|b {{x}} c|{{y}}}}") == f"b {hole('x')} c"
    assert expanded("{{#switch:c|a={{y}}|c=d{{x}}|{{z}}}}") == f"d{hole('x')}"
    assert expanded("{{#ifeq:a|a|{{x}}!}}") == f"{hole('x')}!"
    assert expanded("{{gender:A|he {{x}}|she}}") == f"he {hole('x')}"
    assert expanded("{{plural:2|a|b {{x}}}}") == f"b {hole('x')}"
    assert expanded("{{#tag:span|{{x}}|id=a}}") == f'<span id="a">{hole("x")}</span>'


@pytest.mark.parametrize(
    "call", ["lc:{{x}}", "padleft:{{x}}|5", "formatnum:{{x}}", "urlencode:a{{x}}", "#expr:1+{{x}}"]
)
def test_changed_or_measured_text_is_unknown_as_a_whole(call: str) -> None:
    assert expanded(f"{{{{{call}}}}}") == hole("x")


def test_branches_that_are_not_taken_cost_nothing() -> None:
    loop = "{{#if:{{{1|}}}|{{loop|1}}{{loop|1}}|end}}"
    assert expanded("{{#if:|{{loop|1}}|{{loop}}}}", Loop=loop) == "end"


def test_removed_text_counts_in_conditions() -> None:
    assert expanded(f"{{{{#if:{NOTHING}|a|b}}}}") == "a"
    assert expanded(f"{{{{#if:{BLOCK}|a|b}}}}") == "a"
    assert expanded(f"{{{{#ifeq:{NOTHING}|{NOTHING}|a|b}}}}") == "b"
    assert expanded(f"{{{{padleft:5|3|{NOTHING}}}}}") == "5"


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("#tag:ref|x|name=a", NOTHING),
        ("#tag:nowiki|x", f"{NOTHING}x{NOTHING}"),
        ("#tag:gallery|x", BLOCK),
        ("#coordinates:1|2|N", ""),
        ("DEFAULTSORT:{{x}}", ""),
        ("DISPLAYTITLE:a", ""),
        ("noexternallanglinks", ""),
        ("SHORTDESC:a", ""),
    ],
)
def test_functions_that_show_nothing_or_a_tag(call: str, shown: str) -> None:
    assert expanded(f"{{{{{call}}}}}") == shown


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("CURRENTYEAR", "CURRENTYEAR"),
        ("REVISIONUSER", "REVISIONUSER"),
        ("REVISIONID:Other page", "REVISIONID"),
        ("NUMBEROFARTICLES:R", "NUMBEROFARTICLES"),
        ("PROTECTIONLEVEL:edit", "PROTECTIONLEVEL"),
        ("PAGESINCATEGORY:x", "PAGESINCATEGORY"),
        ("#property:P1", "#property"),
        ("#section:a|b", "#lst"),
        ("int:x", "INT"),
        ("#time:Y", "#time"),
        ("#time:Y|now", "#time"),
        ("#time:Y|+1 day", "#time"),
        ("#time:Y|25 April", "#time"),
        ("#time:j|April 29 +1 day", "#time"),
        ("#timel:H:i|2004-04-25", "#timel"),
        ("#timel:j F|2004-04-25 12:00", "#timel"),
        ("#language:azb|fr", "#language"),
    ],
)
def test_what_a_dump_does_not_determine_is_a_hole(call: str, name: str) -> None:
    assert expanded(f"{{{{{call}}}}}") == hole(name)


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("#time:Y|2004", "2004"),
        ("#time:L|1900", "0"),
        ("#time:j xg|25 April", "25 April"),
        ("#time:F|April 2004", "April"),
        ("#timel:j F Y|2004-04-25", "25 April 2004"),
        ('#time:"now"', "now"),
    ],
)
def test_parts_of_a_date_that_do_not_depend_on_today_are_known(call: str, shown: str) -> None:
    assert expanded(f"{{{{{call}}}}}") == shown


def test_error_of_a_function_is_a_hole_that_iferror_sees() -> None:
    assert expanded("{{#iferror:{{#expr:1/0}}|bad|good}}") == "bad"
    assert HOLE in expanded("{{#expr:1/0}}")
    assert expanded("{{#iferror:{{#time:Y|1 января 2004}}|bad|good}}") == "bad"


def test_addresses_are_those_of_the_wikipedia() -> None:
    assert expanded("{{localurl:Foo bar}}") == "/wiki/Foo_bar"
    assert expanded("{{fullurl:foo|action=edit}}") == (
        "//en.wikipedia.org/w/index.php?title=Foo&action=edit"
    )
    assert expanded("{{canonicalurl:Foo#a b}}") == "https://en.wikipedia.org/wiki/Foo#a_b"


def test_words_that_are_the_same_on_all_pages_of_a_wikipedia() -> None:
    assert expanded("{{#if:{{REVISIONID}}||preview}}{{REVISIONID:Page}}") == "-"
    assert expanded("{{SERVER}}{{SCRIPTPATH}} {{SERVERNAME}}") == (
        "//en.wikipedia.org/w en.wikipedia.org"
    )
    assert expanded("{{USERLANGUAGE}}") == "en"


def test_letters_follow_wikimedia_where_php_differs() -> None:
    assert expanded("{{ucfirst:ǆ}}") == "ǅ"
    assert expanded("{{ucfirst:ß}}") == "ß"
    assert expanded("{{lc:ΣΑΣ}}") == "σας"


@pytest.mark.parametrize(
    ("language", "number"), [("ar", "1٬234"), ("hi", "1,234"), ("fa", "۱٬۲۳۴")]
)
def test_wikis_with_latin_digits(language: str, number: str) -> None:
    site = Site(f"{language}wiki", language, "first-letter", ((10, "T"),))
    assert Expander(site, Wiki({}, site)).expand("{{formatnum:1234}}", "P", starts_line=False) == (
        number
    )


def test_every_function_and_word_has_a_name() -> None:
    named = {id_ for id_, *_ in of_language("magicwords.tsv", "en")}
    assert (FUNCTIONS.keys() | VARIABLES.keys()) - named == set()


def test_names_of_functions_are_written_as_mediawiki_registers_them() -> None:
    words = {(id_, word) for _, id_, word, _ in rows("magicwords.tsv")}
    assert {("if", "#if"), ("switch", "#wechsle"), ("lc", "LC"), ("lst", "#Abschnitt")} <= words
    assert ("language", "#LANGUAGE") in words
    assert ("default", "#default") in words


TABLES: Mapping[str, int] = {"dates.tsv": 3, "plurals.tsv": 2, "language_forms.tsv": 10}


@pytest.mark.parametrize(("name", "columns"), TABLES.items())
def test_tables_have_all_columns(name: str, columns: int) -> None:
    assert {len(row) for row in rows(name)} == {columns}


@given(st.text("0123456789.+-*/^()e <>=&;modrundabsintfp", max_size=30))
def test_any_expression_has_a_value_or_an_error(expression: str) -> None:
    try:
        assert isinstance(evaluate(expression), str)
    except ExpressionError as fault:
        assert str(fault)


@given(st.integers(-(10**14), 10**14), st.sampled_from(["en", "de", "fa", "hi", "fr", "es", "my"]))
def test_a_formatted_number_is_read_again(number: int, language: str) -> None:
    forms = forms_of(language)
    formatted = formatted_number(str(number), forms)
    assert formatted is not None
    assert read_number(formatted, forms) == str(number)


@given(st.text(max_size=30) | st.text("0123456789-:/. +apmtzjfebrch", max_size=25))
def test_any_text_is_a_date_or_unreadable(text: str) -> None:
    try:
        moment = read_date(text)
    except UnreadableDateError:
        return
    assert 0 <= moment.seconds < 86400


@given(st.text(max_size=20))
def test_fields_of_the_recorded_file_are_read_as_written(text: str) -> None:
    assert plain(escaped(text)) == text


def test_functions_pass_errors_on_to_iferror() -> None:
    assert expanded("{{#iferror:{{formatnum:{{#expr:x}}}}|bad|good}}") == "bad"
    assert expanded("{{#iferror:{{uc:{{#expr:x}}}}|bad|good}}") == hole("error")
    assert expanded("{{PAGENAME:{{#expr:x}}}}") == ""
    assert expanded("{{nse:x}}") == hole("NS")


def test_messages_between_items_of_lists_are_known() -> None:
    assert expanded("a{{int:comma-separator}}b{{int:Parentheses|c}}") == "a, b(c)"
    assert expanded("{{int:word-separator}}.") == " ."
    assert expanded("{{int:parentheses}}") == "($1)"
    assert expanded("{{int:{{x}}}}") == hole("x")
