"""Parse values sent by servers, with limits: numbers, validators, JSON, and text for messages."""

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")
_LARGEST = (1 << 63) - 1
_LONGEST_TEXT = 200  # characters of a server's text in a message
# A field value of RFC 9110, without characters and lengths that only hostile servers send.
_VALIDATOR = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")


def number(text: str | None) -> int | None:
    """Return a number of decimal ASCII digits below 2**63; None for any other text."""
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,19}", text) and int(text) <= _LARGEST:
        return int(text)
    return None


def size(value: int | None) -> int | None:
    """Return a published size; None if it is not positive or not below 2**63."""
    return value if value is not None and 0 < value <= _LARGEST else None


def validator(value: str | None) -> str | None:
    """Return an ETag or a date that may be sent back in a request; None for any other text."""
    return value if value and _VALIDATOR.fullmatch(value) else None


def shorten(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return the text, shortened to at most `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def decode_json(data: bytes, kind: type[T]) -> T:
    """Decode JSON as a value of type `kind`. Raises ValueError with the reason."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(shorten(str(error))) from error
