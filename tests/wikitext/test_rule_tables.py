"""Which rule holds for a template's name: languages, patterns, aliases, the user's file."""

import re
from pathlib import Path

import pytest

from cstool.errors import InputError
from cstool.wikitext.rule_tables import (
    SHOWS_BLOCK,
    SILENT,
    Aliases,
    TemplateRules,
    aliases_of,
    check_rules,
    rules_of,
)


def shown(rules: TemplateRules, name: str, **given: str) -> str | None:
    found = rules.find(name)
    if found is None:
        return None
    rule, star = found
    return "" if rule is SILENT or rule is SHOWS_BLOCK else rule.shown({**given, "*": star}, "en")


def is_silent(rules: TemplateRules, name: str) -> bool:
    found = rules.find(name)
    return found is not None and (found[0] is SILENT or found[0] is SHOWS_BLOCK)


def with_extra(extra: str, aliases: Aliases = ()) -> TemplateRules:
    return rules_of("en", render=True, aliases=aliases, extra=extra)


def test_silence_is_a_matter_of_language() -> None:
    assert is_silent(rules_of("de", render=False), "anker")
    assert not is_silent(rules_of("en", render=False), "anker")
    assert is_silent(rules_of("sw", render=False), "reflist")


def test_a_prefix_is_silent_as_a_whole_word() -> None:
    rules = rules_of("en", render=False)
    assert is_silent(rules, "infobox settlement")
    assert not is_silent(rules, "infoboxes")


def test_texts_are_known_only_where_they_are_rendered() -> None:
    assert rules_of("en", render=True).find("nowrap") is not None
    assert rules_of("en", render=False).find("nowrap") is None


def test_numbers_are_written_as_the_language_does() -> None:
    assert rules_of("en", render=False).word("formatnum:1234567.5", "T") == "1,234,567.5"
    assert rules_of("de", render=False).word("zahlenformat: 1234 ", "T") == "1.234"
    assert rules_of("en", render=False).word("formatnum:1,234", "T") is None
    assert rules_of("en", render=False).word("lc:ABC", "T") is None


def test_a_star_stands_for_any_part_of_a_name() -> None:
    rules = with_extra('[tables.tongue]\nxx = "Xish"\n[text]\n"in-*-now" = "{*:tongue}"')
    assert shown(rules, "in-xx-now") == "Xish"
    assert shown(rules, "in-yy-now") is None
    assert rules.find("in--now") is None
    assert rules.find("in-xx-now!") is None


def test_rules_of_the_user_win() -> None:
    rules = with_extra(
        'silent = ["nowrap"]\nsilent_prefixes = ["my box"]\n'
        '[aliases]\n"small" = "mine"\n[text]\n"sfn" = "s"\n"mine" = "m"\n"lang-*" = "l"\n"big" = []'
    )
    assert shown(rules, "nowrap") == ""
    assert shown(rules, "my box 2") == ""
    assert shown(rules, "small") == "m"
    assert shown(rules, "sfn") == "s"
    assert shown(rules, "lang-de") == "l"
    assert shown(rules, "big") is None


def test_a_table_of_the_user_adds_to_ours() -> None:
    rules = with_extra('[tables.languages]\nqqx = "[[Qish]]"')
    assert shown(rules, "langx", **{"1": "qqx", "2": "a"}) == "[[Qish]]: a"
    assert shown(rules, "langx", **{"1": "de", "2": "a"}) == "[[German language|German]]: a"


def test_redirects_of_the_dump_are_followed_for_names_that_no_rule_knows() -> None:
    rules = with_extra(
        "", aliases=(("keep together", "nowrap"), ("sfn", "nowrap"), ("loop", "loop"))
    )
    assert shown(rules, "keep together", **{"1": "x"}) == "x"
    assert shown(rules, "sfn") == ""
    assert rules.find("loop") is None


def test_a_name_may_stand_with_its_namespace() -> None:
    assert rules_of("de", render=True).find("vorlage:nowrap") is not None
    assert rules_of("de", render=True).find("template: nowrap") is not None
    assert rules_of("en", render=True).find("safesubst:nowrap") is not None


def test_an_article_or_a_call_that_was_not_substituted_is_no_template() -> None:
    rules = rules_of("en", render=True)
    assert rules.find(":nowrap") is None
    assert rules.find("subst:nowrap") is None
    assert rules.find("user:nowrap") is None


def test_only_redirects_that_lead_to_rules_are_kept() -> None:
    redirects = [
        ("Template:Keep_together", "Template:Nowrap"),
        ("Template:KT", "Template:Keep together"),
        ("Template:Nonsense", "Template:Unknown"),
        ("Template:A", "Template:B"),
        ("Template:B", "Template:A"),
        ("Template:Two", "Template:Nowrap"),
        ("Template:TWO", "Template:Sfn"),
        ("Template:Sfn", "Template:Nowrap"),
    ]
    aliases = aliases_of(redirects, rules_of("en", render=True))
    assert aliases == (("keep together", "nowrap"), ("kt", "nowrap"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("silent = [", "not valid TOML"),
        ("quiet = []", "unknown key 'quiet'; use one of silent, silent_prefixes"),
        ('silent = "sfn"', "[silent]: expected list, got string"),
        (
            'silent = ["Use_this"]',
            "[silent] 'Use_this' is not a template name in lower case; write 'use",
        ),
        ('silent = ["sfn", 5]', "[silent], item 2: expected string, got integer"),
        ('[text]\n"Nowrap" = "x"', "[text] 'Nowrap' is not"),
        ('[text]\n"nowrap" = 5', "[text] 'nowrap': expected a string or a list of choices"),
        ('[text]\n"nowrap" = [{ text = 5 }]', "[text] 'nowrap': choice 1, text: expected string"),
        ('[text]\n"x" = "{1:nowhere}"', "[text] 'x': 'nowhere' after a colon"),
        ('[aliases]\n"x" = ""', "[aliases] '' is not a template name"),
        ("[tables]\nt = 1", "[tables] 't': expected table, got integer"),
        ("[tables.t]\na = 1", "[tables] 't', a value: expected string, got integer"),
    ],
)
def test_an_error_in_a_rule_file_names_file_and_section(text: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        check_rules(text, "mine.toml", "en")
    message = str(raised.value)
    assert message.startswith(f"mine.toml: {told}")
    assert message.endswith("; see docs/templates.md")
    assert "\n" not in message


def test_the_examples_of_the_documentation_are_rules() -> None:
    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(examples) > 3
    for example in examples:
        whole = example if example.startswith(("silent", "[", "#")) else f"[text]\n{example}"
        check_rules(whole, "docs/templates.md", "en")
