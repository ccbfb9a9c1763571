"""Texts in Latin letters, with spans in them: columns in, columns out.

Only words with characters beyond ASCII are romanized, each once (`words_in_context`); all other
text is copied. A text is romanized as stretches of text in one language: by default it is a single
one, but a span may be in another language.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import distinct, numbers, strings
from cstool.arrays.codepoints import (
    begins_of,
    bounds_of_pieces,
    cut,
    points_of,
)
from cstool.romanization.changed_pieces import (
    ChangedPieces,
    RomanizedTexts,
    TextSpans,
    with_changes,
)
from cstool.romanization.words_in_context import BESIDE, WordContext, WordRomanizer

_ASCII = 127
_SPACE, _LINE_BREAK = map(ord, BESIDE[1:])
# Uroman has a rule for this mark with the space after it (romanization-table.txt).
_ETHIOPIC_WORDSPACE = 0x1361


class LanguagesOfText(NamedTuple):
    """The codes of rules, and for each text and each span the index of its own among them."""

    lcodes: tuple[str, ...]
    of_text: Array
    of_span: Array


class _Words(NamedTuple):
    """The words of joined texts to romanize.

    `starts`, `ends`: in characters of the joined texts; `context`: the index of the language, of
    what is before and of what is after, in one number.
    """

    starts: Array
    ends: Array
    context: Array


def romanize_texts(
    texts: pa.StringArray, spans: TextSpans, languages: LanguagesOfText, words: WordRomanizer
) -> RomanizedTexts:
    """Return texts, none of them null, in Latin letters."""
    begins, points = begins_of(texts), points_of(texts)[1]
    todo = _words(begins, points, spans, languages, by_word=words.romanizer.by_word)
    if not len(todo.starts):
        return RomanizedTexts(texts, spans.starts, spans.ends, Counter())
    bounds = distinct(np.concatenate([begins, todo.starts, todo.ends]))
    pieces = cut(texts, bounds).take(numbers(np.searchsorted(bounds, todo.starts)))
    contexts, which = _distinct_words(pieces, todo.context, languages.lcodes)
    romanized = strings([words.romanize(one) for one in contexts])
    changes = ChangedPieces(todo.starts, todo.ends, which, romanized)
    return with_changes(
        texts, changes, spans, lambda index, at, side: words.offset(contexts[index], at, side)
    )


def _words(
    begins: Array, points: Array, spans: TextSpans, languages: LanguagesOfText, *, by_word: bool
) -> _Words:
    """Return the words, or else the lines, that contain a character beyond ASCII."""
    beyond = points > _ASCII
    if not beyond.any():
        return _Words(*(np.zeros(0, np.int64) for _ in range(3)))
    language = _language_of_character(begins, spans, languages)
    border = np.zeros(len(points) + 1, bool)
    border[begins] = True
    border[1:-1] |= language[1:] != language[:-1]
    beside = np.zeros(len(points), np.int8)
    beside[points == _SPACE] = by_word
    beside[points == _LINE_BREAK] = 2
    beside[1:][points[:-1] == _ETHIOPIC_WORDSPACE] = 0
    letter = beside == 0
    starts = np.flatnonzero(letter & (border[:-1] | np.append(True, ~letter[:-1])))
    ends = np.flatnonzero(letter & (border[1:] | np.append(~letter[1:], True))) + 1
    number = np.append(0, np.cumsum(beyond))
    some = number[ends] > number[starts]
    starts, ends = starts[some], ends[some]
    before = np.where(border[starts], 0, beside[starts - 1])
    after = np.where(border[ends], 0, beside[np.minimum(ends, len(points) - 1)])
    context = (language[starts].astype(np.int64) * len(BESIDE) + before) * len(BESIDE) + after
    return _Words(starts, ends, context)


def _language_of_character(begins: Array, spans: TextSpans, languages: LanguagesOfText) -> Array:
    bounds = bounds_of_pieces(begins, spans.firsts, spans.starts, spans.ends)
    of_piece = np.repeat(languages.of_text, 1 + 2 * np.diff(spans.firsts)).astype(np.int16)
    of_piece[spans.text_of_span + 2 * np.arange(len(spans.starts)) + 1] = languages.of_span
    return np.repeat(of_piece, np.diff(bounds))


def _distinct_words(
    words: pa.StringArray, context: Array, lcodes: tuple[str, ...]
) -> tuple[list[WordContext], Array]:
    """Return the distinct words in their contexts, and int64[n]: the index of each word's."""
    coded = words.dictionary_encode()
    contexts = len(lcodes) * len(BESIDE) ** 2
    keys = coded.indices.to_numpy().astype(np.int64) * contexts + context
    different = distinct(keys)
    word = coded.dictionary.take(numbers(different // contexts)).to_pylist()
    rest, after = np.divmod(different % contexts, len(BESIDE))
    lcode, before = np.divmod(rest, len(BESIDE))
    columns = (column.tolist() for column in (lcode, before, after))
    found = [
        WordContext(text, lcodes[i], b, a) for text, i, b, a in zip(word, *columns, strict=True)
    ]
    return found, np.searchsorted(different, keys)
