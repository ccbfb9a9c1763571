"""Number formats of languages."""

import pytest

from cstool.wikitext.numbers import formatted, ordinal, roman
from tests.wikitext.reading import text_of


@pytest.mark.parametrize(
    ("number", "language", "shown"),
    [
        ("1234", "en", "1,234"),
        ("1234567.50", "de", "1.234.567,50"),
        ("12345", "fr", "12&#160;345"),
        ("1234.5", "es", "1234,5"),
        ("12345", "es", "12&#160;345"),
        ("007", "en", "007"),
        ("0.00012", "it", "0,00012"),
        ("1234", "de-ch", "1'234"),
        ("-1234", "en", "−1,234"),
    ],
)
def test_a_number_is_written_as_mediawiki_writes_it(number: str, language: str, shown: str) -> None:
    assert formatted(number, language) == shown


@pytest.mark.parametrize(
    ("number", "language"), [("1,5", "en"), ("", "en"), ("x", "de"), ("--1", "en"), ("12345", "fa")]
)
def test_what_is_not_certain_is_not_written(number: str, language: str) -> None:
    assert formatted(number, language) is None


def test_a_number_stands_in_its_sentence() -> None:
    assert text_of("con {{formatnum:3769495}} abitanti", "it") == "con 3 769 495 abitanti"
    assert text_of("x {{formatnum:1234|R}} y") == "x ▢ y"


@pytest.mark.parametrize(
    ("number", "numeral"),
    [("1", "I"), ("4", "IV"), ("1999", "MCMXCIX"), ("3999", "MMMCMXCIX"), ("XIX", "XIX")],
)
def test_a_number_becomes_a_roman_one(number: str, numeral: str) -> None:
    assert roman(number) == numeral
    assert roman(numeral) == numeral


def test_other_numbers_have_no_roman_form() -> None:
    assert [roman(n) for n in ("0", "4000", "-1", "IIII", "xix", "", "²")] == [None] * 7


@pytest.mark.parametrize(
    ("number", "language", "shown"),
    [
        ("1", "en", "1st"),
        ("11", "en", "11th"),
        ("112", "en", "112th"),
        ("23", "en", "23rd"),
        ("1", "fr", "1er"),
        ("XIX", "fr", "XIXe"),
        ("I", "fr", "Ier"),
        ("3", "de", "3."),
        ("XIX", "en", None),
        ("3", "ru", None),
        ("x", "fr", None),
    ],
)
def test_a_number_becomes_an_ordinal(number: str, language: str, shown: str | None) -> None:
    assert ordinal(number, language) == shown
