"""Dates, numbers with units, joined arguments: functions that rules call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.builtins import FUNCTIONS
from cstool.wikitext.builtins.spelled import spelled
from cstool.wikitext.templates import arguments


def shown(call: str, language: str) -> str | None:
    name = call.split("|", maxsplit=1)[0]
    given = {key: value.strip() for key, value in arguments("{{" + call + "}}")}
    text = FUNCTIONS[name](given, language)
    return text.replace("\u00a0", " ") if text is not None else None


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("date|1999|4|5", "April 5, 1999"),
        ("date|1999|04|05|df=yes", "5 April 1999"),
        ("date|1999|4", "April 1999"),
        ("date|1999", "1999"),
        ("date|1999|2|30", None),
        ("date|1999|13|1", None),
        ("date|1999||1", None),
        ("date|1999|4|5|12|30", None),
        ("as of|2020", "As of 2020"),
        ("as of|2020|5|6", "As of 6 May 2020"),
        ("as of|2020|5|6|df=US|lc=y", "as of May 6, 2020"),
        ("as of|2020|May|since=y", "Since May 2020"),
        ("as of|2020|alt=in 2020|post=,", "in 2020,"),
        ("as of|2020|pre=early", None),
        ("val|1234.5", "1234.5"),
        ("val|-1234567|fmt=commas|u=km", "−1,234,567 km"),
        ("val|5|u=parrot", None),
        ("val|5|1", None),
        ("val|5|e=3", None),
        ("join|a|b|between=-", "a-b"),
        ("join|a||b", None),
        ("join", None),
        ("ipac-en|b|ɜːr|ˈ|l|ɪ|n", "/bɜːrˈlɪn/"),
        ("ipac-en|'|æ|z|d|ə|audio=x.ogg", "/ˈæzdə/"),
        ("ipac-en|us|b|ɜːr", None),
    ],
)
def test_english(call: str, text: str | None) -> None:
    assert shown(call, "en") == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("date|25 avril 2004", "25 avril 2004"),
        ("date|25|avril|2004|en sport", "25 avril 2004"),
        ("date|29 9 2019", "29 septembre 2019"),
        ("date|1|1|2000", "1er janvier 2000"),
        ("date|1er mai 1900", "1er mai 1900"),
        ("date|19 janvier", "19 janvier"),
        ("date|avril 2004", "avril 2004"),
        ("date||avril|2004", "avril 2004"),
        ("date|2004", "2004"),
        ("date|lundi 5 mai 2000", None),
        ("date|31 février 2000", None),
        ("date|5 mai 2000|âge=oui", None),
        ("unit|3797|m", "3 797 m"),
        ("unit|25000 km", "25 000 km"),
        ("unit|25 000 km", "25 000 km"),
        ("unit|1.5|km", "1,5 km"),
        ("unit|-1,5|°C", "−1,5 °C"),
        ("unit|30|km|2", "30 km2"),
        ("unit|71|sièges", "71 sièges"),
        ("unit|8146910", "8 146 910"),
        ("unit|100 km/h", "100 km/h"),
        ("unit|5|à=10|km", None),
        ("unit|5|km||h|-1", None),
        ("unit|5 à 10|km", None),
        ("unit|beaucoup", None),
    ],
)
def test_french(call: str, text: str | None) -> None:
    assert shown(call, "fr") == text


def test_other_languages_write_otherwise() -> None:
    for call in ("date|1999|4|5", "as of|2020", "unit|5|m", "val|5", "ipac-en|b"):
        assert shown(call, "de") is None


def test_small_numbers_are_spelled() -> None:
    words = [spelled(number) for number in ("0", "7", "20", "21", "99", "100", "101", "1.5", "²")]
    assert words == [
        *("zero", "seven", "twenty", "twenty-one", "ninety-nine", "one hundred"),
        *(None, None, None),
    ]


_NAMES = st.sampled_from(["1", "2", "3", "4", "5", "df", "lc", "u", "fmt", "between", "alt"])
_GIVEN = ",1,31,2000,mai,May,1er,5 mai 2000,2 mai,km,-3.5,25 000 km,1er mai,0,٣,²,commas,yes,ˈ,ə, "
_VALUES = st.sampled_from(_GIVEN.split(","))


@given(
    st.sampled_from(sorted(FUNCTIONS)),
    st.dictionaries(_NAMES | st.text(max_size=2), _VALUES | st.text(max_size=6), max_size=6),
    st.sampled_from(["en", "fr", "de", "", "simple"]),
)
def test_no_arguments_make_a_function_fail(name: str, args: dict[str, str], language: str) -> None:
    text = FUNCTIONS[name](args, language)
    assert text is None or isinstance(text, str)
