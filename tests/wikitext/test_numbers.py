"""Numbers as languages write them."""

import pytest

from cstool.wikitext.numbers import formatted
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
    ],
)
def test_a_number_is_written_as_mediawiki_writes_it(number: str, language: str, shown: str) -> None:
    assert formatted(number, language) == shown


@pytest.mark.parametrize(
    ("number", "language"), [("1,5", "en"), ("", "en"), ("x", "de"), ("-1", "en"), ("12345", "fa")]
)
def test_what_is_not_certain_is_not_written(number: str, language: str) -> None:
    assert formatted(number, language) is None


def test_a_number_stands_in_its_sentence() -> None:
    assert text_of("con {{formatnum:3769495}} abitanti", "it") == "con 3 769 495 abitanti"
    assert text_of("x {{formatnum:1234|R}} y") == "x ▢ y"
