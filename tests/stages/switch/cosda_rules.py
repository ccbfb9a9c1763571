"""The rules of CoSDA-ML (Qin et al. 2020) as a simple loop, for comparison.

Restated from the published code (kodenii/CoSDA-ML: `cross_str` and `cross` in model/MLDoc/all.py,
`get_idx_dict` in util/dataset/MLDoc/all.py). Nothing of `switch` is used. The published code draws
with Python's generator; here the lots are those of docs/switching.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import xxhash

from tests.stages.switch.published import splitmix64

Row = dict[str, Any]
# Of each word, its translations in the order of the file.
Dictionary = Mapping[str, Sequence[str]]


def below(key: int, number: int) -> int:
    """A number below another one, by a random key."""
    return (key >> 32) * number >> 32


def hashed(word: str) -> int:
    return xxhash.xxh3_64_intdigest(word.encode(), 0)


def cosda(
    row: Row, dictionaries: Sequence[Dictionary], seed: int = 0, number: int = 0, rate: float = 0.9
) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of a row, and the start of each word that changes, its language and translation.

    `dictionaries`: one for each target language. Words are what is between spaces.
    """
    words, changed, at = row["text"].lower().split(" "), [], 0
    first = splitmix64(row["id"] ^ xxhash.xxh3_64_intdigest(b"word", seed))
    for index, word in enumerate(words):
        start, at = at, at + len(word) + 1
        key = splitmix64(splitmix64(first ^ start) ^ hashed("mul"))
        if number:
            key = splitmix64(key ^ hashed(f"pass {number}"))
        if key >= int(rate * 2**64):
            continue
        language = below(splitmix64(key ^ hashed("language")), len(dictionaries))
        if word not in dictionaries[language]:
            continue
        names = dictionaries[language][word]
        words[index] = names[below(splitmix64(key ^ hashed("translation")), len(names))]
        if words[index] != word:
            changed.append((start, language, words[index]))
    return " ".join(words), changed
