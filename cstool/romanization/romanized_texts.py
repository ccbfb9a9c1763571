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
    bytes_of,
    cut,
    points_of,
    put,
)
from cstool.romanization.words_in_context import BESIDE, Side, WordContext, WordRomanizer

_ASCII = 127
_SPACE, _LINE_BREAK = map(ord, BESIDE[1:])
# Uroman has a rule for this mark with the space after it (romanization-table.txt).
_ETHIOPIC_WORDSPACE = 0x1361


class TextSpans(NamedTuple):
    """Spans in texts, in characters, ascending.

    `firsts`: int64[n + 1], the index of each text's first span; `starts`, `ends`: int64[spans].
    """

    firsts: Array
    starts: Array
    ends: Array

    @property
    def text_of_span(self) -> Array:
        """int64[spans]: the index of each span's text."""
        return np.repeat(np.arange(len(self.firsts) - 1), np.diff(self.firsts))

    def are_ascending(self, lengths: Array) -> bool:
        """Whether spans follow each other within their texts, of these lengths in characters."""
        texts = self.text_of_span
        same = texts[1:] == texts[:-1]
        return bool(
            (self.starts <= self.ends).all()
            and (self.ends <= lengths[texts]).all()
            and (self.ends[:-1][same] <= self.starts[1:][same]).all()
        )


class LanguagesOfText(NamedTuple):
    """The codes of rules, and for each text and each span the index of its own among them."""

    lcodes: tuple[str, ...]
    of_text: Array
    of_span: Array


class RomanizedTexts(NamedTuple):
    """Texts in Latin letters, the offsets there of their spans, and how these were found."""

    text: pa.StringArray
    starts: Array
    ends: Array
    found: Counter[str]


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
    todo = _words(begins, points, spans, languages)
    if not len(todo.starts):
        return RomanizedTexts(texts, spans.starts, spans.ends, Counter())
    bounds = distinct(np.concatenate([begins, todo.starts, todo.ends]))
    pieces = cut(texts, bounds)
    place = np.searchsorted(bounds, todo.starts)
    contexts, which = _distinct_words(pieces.take(numbers(place)), todo.context, languages.lcodes)
    romanized = strings([words.romanize(one) for one in contexts])
    pieces = put(pieces, place, romanized.take(numbers(which)))
    word_at = np.full(len(pieces) + 1, -1, np.int64)
    word_at[place] = which
    layout = _Layout(bounds, begins_of(pieces), word_at, contexts, words)
    first = np.searchsorted(bounds, begins)
    found: Counter[str] = Counter()
    shift, origin = begins[spans.text_of_span], layout.out[first][spans.text_of_span]
    starts = layout.moved(shift + spans.starts, "start", found) - origin
    ends = layout.moved(shift + spans.ends, "end", found) - origin
    starts, ends = _without_overlap(starts, ends, spans.text_of_span)
    return RomanizedTexts(_joined(pieces, first), starts, ends, found)


def _words(begins: Array, points: Array, spans: TextSpans, languages: LanguagesOfText) -> _Words:
    """Return the words that contain a character beyond ASCII."""
    beyond = points > _ASCII
    if not beyond.any():
        return _Words(*(np.zeros(0, np.int64) for _ in range(3)))
    language = _language_of_character(begins, spans, languages)
    border = np.zeros(len(points) + 1, bool)
    border[begins] = True
    border[1:-1] |= language[1:] != language[:-1]
    beside = np.zeros(len(points), np.int8)
    beside[points == _SPACE] = 1
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


class _Layout(NamedTuple):
    """Where the pieces of joined texts are before (`bounds`) and after (`out`).

    `word`: for each piece the index of its word in `contexts`, -1 if it is copied.
    """

    bounds: Array
    out: Array
    word: Array
    contexts: list[WordContext]
    words: WordRomanizer

    def moved(self, at: Array, side: Side, found: Counter[str]) -> Array:
        """Return the offsets after romanization of spans' starts or ends."""
        piece = np.searchsorted(self.bounds, at, "right") - 1
        inside = at - self.bounds[piece]
        moved: Array = self.out[piece] + inside
        within = np.flatnonzero((inside > 0) & (self.word[piece] >= 0))
        for index in within.tolist():
            word = self.contexts[self.word[piece[index]]]
            one = self.words.offset(word, int(inside[index]), side)
            moved[index] = self.out[piece[index]] + one.offset
            found[one.found] += 1
        return moved


def _without_overlap(starts: Array, ends: Array, texts: Array) -> tuple[Array, Array]:
    """Return spans of which none begins before the end of the one before it."""
    previous = np.where(texts[1:] == texts[:-1], ends[:-1], 0)
    starts = np.maximum(starts, np.append(0, previous)[: len(starts)])
    return starts, np.maximum(starts, ends)


def _joined(pieces: pa.StringArray, first: Array) -> pa.StringArray:
    """Return texts of consecutive pieces; `first`: int64[n + 1], the first piece of each."""
    offsets, data = bytes_of(pieces)
    bounds = pa.py_buffer(offsets[first].astype(np.int32))
    return pa.StringArray.from_buffers(len(first) - 1, bounds, pa.py_buffer(data))
