"""What is next to mentions: the compiled version and that in Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.arrow import strings
from cstool.languages.fitting.beside import (
    ArticleHashes,
    Beside,
    beside,
    beside_in_python,
    hash_of,
)
from cstool.languages.fitting.context import article_hashes
from cstool.languages.fitting.windows import ContextWindow, around

COMPILED = pytest.mark.skipif(beside is beside_in_python, reason="not compiled")
PIECES = st.sampled_from(
    [
        *("the", "The", "An", "l'", "d’", "'n", "un", "El", "Lake", "Ærø", "東京", "ж", "𝔸b", "é"),
        *(
            " ",
            "\u00a0",
            "\u202f",
            "-",
            ",",
            ".",
            "(",
            ")",
            "…",
            "«",
            '"',
            "！",
            "x" * 23,
            "X" * 24,
        ),
        *("8", "²", "\u0301"),
    ]
)
LANGUAGES = st.sampled_from(["en", "fr", "it", "af", "ja", "hu"])


@st.composite
def windows(draw: st.DrawFn) -> ContextWindow:
    """Draw sentences with mentions, some of them empty, and return their contexts."""
    texts, spans = [], []
    for sentence in range(draw(st.integers(0, 3))):
        pieces = draw(st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=7))
        bounds = np.cumsum([0, *map(len, pieces)]).tolist()
        # Every second piece is a mention, so that some touch each other.
        pairs = zip(bounds[1:-1:2], bounds[2::2], strict=True) if len(bounds) > 2 else ()
        spans += [(sentence, *pair) for pair in pairs]
        texts.append("".join(pieces))
    columns = np.array(spans, np.int64).reshape(-1, 3).T
    return around(strings(texts), *map(np.ascontiguousarray, columns))


def listed(found: Beside) -> list[list[int]]:
    """Return the flags, and the keys of the words before and after."""
    return [column.tolist() for column in (found.flags, *found.word_before, *found.word_after)]


@COMPILED
@given(windows(), LANGUAGES)
def test_compiled_and_python_see_the_same(window: ContextWindow, language: str) -> None:
    articles = article_hashes(language)
    assert listed(beside(window, articles)) == listed(beside_in_python(window, articles))


@COMPILED
@pytest.mark.parametrize(
    "change",
    [
        {"begin": [-1]},
        {"left": [3]},
        {"start": [9]},
        {"end": [1]},
        {"right": [6]},
        {"right": [2**62]},
        {"begin": [0, 0]},
        {"points": [0x110000] * 6},
    ],
)
def test_places_outside_the_text_are_an_error(change: dict[str, list[int]]) -> None:
    window = around(strings(["ab cd"]), *(np.array([place]) for place in (0, 2, 4)))
    types = {"points": np.uint32}
    wrong = {
        name: np.array(change[name], types.get(name, np.int64))
        if name in change
        else getattr(window, name)
        for name in ("points", "begin", "stop", "left", "start", "end", "right")
    }
    articles = ArticleHashes(np.array([hash_of("the")], np.uint64), 3)
    beside(window, articles)
    with pytest.raises(ValueError, match=r"outside|differ"):
        beside(ContextWindow(**wrong), articles)
