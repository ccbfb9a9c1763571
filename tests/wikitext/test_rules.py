"""Rules for templates: choices, fields, silence."""

from cstool.wikitext.rules import Choice, Rule, rules_of


def test_a_field_takes_the_first_argument_that_is_given() -> None:
    choice = Choice("{a|1} x")
    assert choice.fill({"1": "one", "a": ""}) == "one x"
    assert choice.fill({"1": "one", "a": "A"}) == "A x"


def test_a_choice_needs_its_fields() -> None:
    assert Choice("{1}").fits({"1": "x"})
    assert not Choice("{1}").fits({"1": " "})
    assert Choice("a{1|}").fits({})


def test_a_choice_may_ask_for_arguments_or_forbid_them() -> None:
    assert not Choice("x", when=("lang",)).fits({})
    assert Choice("x", when=("lang",)).fits({"lang": "de"})
    assert not Choice("x", unless=("2",)).fits({"2": "y"})
    assert Choice("{1}", only=("1",)).fits({"1": "a"})
    assert not Choice("{1}", only=("1",)).fits({"1": "a", "2": "b"})


def test_a_rule_takes_the_first_choice_that_fits() -> None:
    rule = Rule((Choice("two {2}"), Choice("one {1}")))
    chosen = rule.choose({"1": "x"})
    assert chosen is not None
    assert chosen.text == "one {1}"
    assert rule.choose({}) is None


def test_silence_is_a_matter_of_language() -> None:
    assert rules_of("de", render=False).is_silent("anker")
    assert not rules_of("en", render=False).is_silent("anker")
    assert rules_of("sw", render=False).is_silent("reflist")


def test_a_prefix_is_silent_as_a_whole_word() -> None:
    rules = rules_of("en", render=False)
    assert rules.is_silent("infobox settlement")
    assert not rules.is_silent("infoboxes")


def test_texts_are_known_only_where_they_are_rendered() -> None:
    assert rules_of("en", render=True).text("nowrap") is not None
    assert rules_of("en", render=False).text("nowrap") is None


def test_numbers_are_written_as_the_language_does() -> None:
    assert rules_of("en", render=False).word("formatnum:1234567.5", "T") == "1,234,567.5"
    assert rules_of("de", render=False).word("zahlenformat: 1234 ", "T") == "1.234"
    assert rules_of("en", render=False).word("formatnum:1,234", "T") is None
    assert rules_of("en", render=False).word("lc:ABC", "T") is None
