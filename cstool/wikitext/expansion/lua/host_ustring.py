"""What `ustring.lua` needs of Unicode. Strings of Lua are bytes.

Source of the classes: MediaWiki, Scribunto, UstringLibrary.php (`patternToRegex`) and PCRE2's
`Xps`, which adds U+0085 and U+180E to the separators.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal, cast

_SPACES = frozenset("\t\n\v\f\r\x85\u180e")
_CATEGORIES = {b"a": "L", b"c": "Cc", b"d": "Nd", b"l": "Ll", b"p": "P", b"s": "Z", b"u": "Lu"}
_Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


def is_utf8(text: bytes) -> bool:
    """Return whether a string is UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def length(text: bytes) -> int:
    """Return the number of characters of a string in UTF-8."""
    return len(text.decode())


def substring(text: bytes, first: float, last: float) -> bytes:
    """Return the characters from `first` to `last`, counted from 1, of a string in UTF-8."""
    return text.decode()[int(first) - 1 : int(last)].encode()


def in_class(letter: bytes, code: float) -> bool:
    """Return whether a character is in the class %`letter` of patterns."""
    character = chr(int(code))
    if unicodedata.category(character).startswith(_CATEGORIES[letter]):
        return True
    return letter == b"s" and character in _SPACES


def normalize(form: bytes, text: bytes) -> bytes:
    """Return a string in a normalization form: NFC, NFD, NFKC or NFKD."""
    return unicodedata.normalize(cast(_Form, form.decode()), text.decode()).encode()


USTRING_HOST: Mapping[str, Callable[..., object]] = {
    "is_utf8": is_utf8,
    "length": length,
    "sub": substring,
    "in_class": in_class,
    "normalize": normalize,
}
