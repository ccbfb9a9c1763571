"""Numbers, validators and JSON from servers: their value or None; no other exceptions."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.download.values import decode_json, number, shorten, size, validator


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        (" 17 ", 17),
        (str((1 << 63) - 1), (1 << 63) - 1),
        (str(1 << 63), None),
        ("9" * 5000, None),
        ("１７", None),
        ("²", None),
        ("-1", None),
        ("1_0", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_ascii_digits_below_two_to_the_63(text: str | None, value: int | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("value", "published"),
    [(1, 1), (0, None), (-5, None), (1 << 63, None), (None, None), ((1 << 63) - 1, (1 << 63) - 1)],
)
def test_a_size_that_no_dump_can_have_is_not_published(
    value: int | None, published: int | None
) -> None:
    assert size(value) == published


@pytest.mark.parametrize("value", ['"a"', 'W/"a b"', "Thu, 01 Oct 2026 03:04:05 GMT"])
def test_a_validator_is_kept_as_it_is(value: str) -> None:
    assert validator(value) == value


@pytest.mark.parametrize("value", ["", " a", "a\r\n b", "\xe9", "\x1b[31m", "x" * 201, None])
def test_what_cannot_be_sent_back_is_no_validator(value: str | None) -> None:
    assert validator(value) is None


@given(st.binary() | st.sampled_from([b"[" * 10**5, b'{"a":' * 10**5, b"9" * 5000, b"\xff"]))
def test_json_is_decoded_or_a_value_error(data: bytes) -> None:
    try:
        assert isinstance(decode_json(data, dict), dict)
    except ValueError as error:
        assert len(str(error)) <= 200
    with pytest.raises(ValueError, match=r"."):
        decode_json(data, msgspec.defstruct("S", [("must", int)]))


def test_long_text_is_cut() -> None:
    assert shorten("x" * 200) == "x" * 200
    assert shorten("x" * 201) == "x" * 199 + "…"
