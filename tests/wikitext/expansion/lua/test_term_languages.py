"""The languages of labels are those of Wikibase's LanguageFallbackChainFactoryTest."""

import pytest

from cstool.wikitext.expansion.lua.term_languages import converted_from, label_languages


@pytest.mark.parametrize(
    ("code", "languages"),
    [
        ("en", ("en", "mul")),
        ("de", ("de", "mul", "en")),
        ("sco", ("sco", "en", "mul")),
        ("bar", ("bar", "de", "mul", "en")),
        ("nn", ("nn", "no", "nb", "mul", "en")),
    ],
)
def test_labels_are_in_the_language_its_fallbacks_mul_and_english(
    code: str, languages: tuple[str, ...]
) -> None:
    assert label_languages(code) == languages


def test_labels_are_converted_between_variants_only() -> None:
    assert converted_from("sr") == ("sr-ec", "sr-el")
    assert converted_from("sr-el") == ("sr", "sr-ec")
    assert converted_from("sh") == ("sh-latn", "sh-cyrl")
    assert converted_from("zh-min-nan") == converted_from("de-at") == converted_from("en") == ()
