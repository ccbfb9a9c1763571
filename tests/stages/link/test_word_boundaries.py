"""Word boundaries of names in running text."""

import pytest

from cstool.stages.link.word_boundaries import enough_letters, is_words


def found(language: str, marked: str) -> bool:
    """Whether the text between the brackets consists of whole words."""
    start = marked.index("[")
    end = marked.index("]") - 1
    return is_words(language)(marked.replace("[", "").replace("]", ""), start, end)


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "[Rome]"),
        ("en", "to [Rome]."),
        ("en", "([Rome])"),
        ("en", "[Rome]'s walls"),
        ("en", "In [Rome] he died"),  # "In" is in capitals as the first of its sentence
        ("en", "Of Paris, [Rome] and Bonn"),
        ("en", "the old [New York Times] Building"),  # of several words: says enough
        ("en", "to [Rome]-"),
        ("fr", "de l'[Allemagne]"),
        ("de", "der [Wille] Gottes"),  # nouns are in capitals: no name
        ("ja", "は[東京]の"),
        ("ja", "「[東京]」"),
        ("ja", "と[アメリカ]は"),
        ("zh", "他在[北京]出生"),
        ("zh", "在[NHK]工作"),
        ("th", "ใน[เยอรมนี]ยัง"),
        ("ko", "[서울]에서 산다"),
        ("ko", "[서울] 시"),
        ("hi", "[भारत] में"),
        ("he", "את [ירושלים]"),
    ],
)
def test_a_name_between_word_boundaries_is_found(language: str, marked: str) -> None:
    assert found(language, marked)


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "[beer]s"),
        ("en", "un[born]"),
        ("en", "[Austria]-Hungary"),
        ("en", "Austria-[Hungary]"),
        ("en", "[AC]/DC"),
        ("en", "[example].org"),
        ("en", "in South [Africa]"),
        ("en", "the [Atlas] Company"),
        ("en", "by [Marks] & Spencer"),
        ("en", "by Marks & [Spencer]"),
        ("en", "route [66]b"),
        ("uk", "п'[ять]"),
        ("hi", "[भारत]ीय"),  # a vowel sign makes another word of it
        ("ja", "[東京]大学"),
        ("ja", "[アメリカ]人"),
        ("ja", "[アメリカ]ン"),
        ("ja", "[ジョン]・スミス"),
        ("ja", "[もの]がたり"),
        ("th", "[กร]ะ"),
        ("th", "เ[กร]"),
        ("my", "[မြ]န်မာ"),  # the letter behind closes the syllable
        ("ko", "[한국]인은"),
        ("ko", "[서울]대학교"),
        ("de", "[Haus]tür"),
    ],
)
def test_a_piece_of_a_word_or_of_a_longer_name_is_not(language: str, marked: str) -> None:
    assert not found(language, marked)


@pytest.mark.parametrize("name", ["Rom", "AC/DC", "北京", "すきやき", "ไทยแลนด์", "19th century"])
def test_names_with_enough_letters_are_searched(name: str) -> None:
    assert enough_letters(name)


@pytest.mark.parametrize(
    "name", ["", "X", "EU", "1990", "1990s", "…", "京", "もの", "ไทย", "West-"]
)
def test_names_of_few_letters_are_not(name: str) -> None:
    assert not enough_letters(name)
