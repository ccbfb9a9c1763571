"""Tables of all characters, compared with what Python says of each."""

import unicodedata

import numpy as np
import pytest

from cstool.languages.categories import ASSIGNED, having
from cstool.languages.fitting.character_classes import (
    GREAT,
    SHOWN,
    SMALL,
    WORD,
    classes,
    small_letters,
)
from cstool.languages.fitting.normalize import _composing

CHARACTERS = [*map(chr, range(ASSIGNED))]


@pytest.mark.parametrize("names", [("L",), ("Lu", "Lt", "N"), ("Cn", "Cs", "Zs"), ()])
def test_characters_have_the_categories_of_unicodedata(names: tuple[str, ...]) -> None:
    expected = [unicodedata.category(character).startswith(names) for character in CHARACTERS]
    assert having(*names).tolist() == (expected if names else [False] * ASSIGNED)


def test_small_letters_are_those_of_python() -> None:
    table = small_letters()
    for character in CHARACTERS:
        small = character.lower()
        expected = "'" if character == "’" else small if len(small) == 1 else character
        assert chr(table[ord(character)]) == expected


def test_a_letter_is_small_or_great_or_neither() -> None:
    kinds = {"Lu": GREAT, "Lt": GREAT, "Lo": GREAT, "Ll": SMALL}
    of_category = classes()[:ASSIGNED] & (WORD | SHOWN | SMALL | GREAT)
    for character, found in zip(CHARACTERS, of_category, strict=True):
        category = unicodedata.category(character)
        shown = SHOWN if category[0] in "LN" else 0
        word = WORD if category[0] in "LNM" else 0
        assert found == word | shown | kinds.get(category, 0)


def test_composing_characters_are_those_that_normalization_may_change() -> None:
    found = set(_composing())
    for character in map(chr, range(0x110000)):
        if not unicodedata.is_normalized("NFC", character) or unicodedata.combining(character):
            assert ord(character) in found
    assert np.isin([0x41, 0x4E00, 0xAC00], [*found]).tolist() == [False, False, False]
