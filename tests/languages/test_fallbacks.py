"""Fallback languages for missing labels."""

import pytest

from cstool.languages.codes import bcp47, languages
from cstool.languages.fallbacks import chain, same_language


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("de-at", ("de",)),
        ("gsw", ("de",)),
        ("nb", ("nn",)),
        ("sr-el", ("sr",)),
        ("kk-latn", ("kk", "kk-cyrl")),
        ("zh", ("zh-hans", "zh-hant", "zh-cn", "zh-tw", "zh-hk")),
        ("en-gb", ("en",)),
        ("de", ()),
        ("en", ()),
        ("mul", ()),
        ("xx", ()),
    ],
)
def test_a_chain_is_mediawikis(code: str, others: tuple[str, ...]) -> None:
    assert chain(code) == others


def test_traditional_characters_never_stand_in_for_simplified_ones() -> None:
    assert chain("zh-hk") == ("zh-hant", "zh-tw", "zh")
    assert chain("zh-sg") == ("zh-hans", "zh-cn", "zh")
    assert "zh-hans" not in chain("gan-hant")


def test_a_chain_is_of_other_codes_of_today_and_english_only_for_english() -> None:
    for code in languages():
        assert code not in chain(code)
        assert len(set(chain(code))) == len(chain(code))
        assert set(chain(code)) <= set(languages())
        assert ("en" in chain(code)) == code.startswith("en-")


def test_varieties_are_reported_by_the_tags_first_part() -> None:
    assert same_language("zh-hk", "zh-hans")
    assert same_language("sr-el", "sr")
    assert not same_language("nb", "nn")
    assert not same_language("mg", "fr")
    assert bcp47("be-tarask") == "be-tarask"
    assert same_language("be-tarask", "be")
