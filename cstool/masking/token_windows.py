"""Cut paragraphs and pages into windows: texts of at most a number of tokens.

A window begins where a sentence begins, and has as many sentences as fit. Only a sentence that is
longer than a window is cut inside, between two tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cstool.arrays import Array
from cstool.masking.tokens import Spans

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# The maximum number of tokens that a text has by itself beyond those it has within another text.
_MORE_ALONE = 2


@dataclass(frozen=True)
class Windows:
    """Windows of texts, in order.

    `text`: the index of each window's text. `number`: its number among those of the text, from 0.
    `start`, `end`: its character offsets there.
    """

    text: Array
    number: Array
    start: Array
    end: Array

    def spans(self, spans: Spans) -> tuple[Spans, Array]:
        """Return the spans in their windows, and bool[spans]: which are within a window.

        `sentence` of the result is the index of the window.
        """
        if not len(self.text):
            nothing = np.zeros(0, np.int64)
            return Spans(nothing, nothing, nothing), np.zeros(len(spans.start), bool)
        # The last window that begins at or before a span, in its text.
        width = int(max(self.end.max(initial=0), spans.end.max(initial=0))) + 1
        place = self.text * width + self.start
        window = np.searchsorted(place, spans.sentence * width + spans.start, side="right") - 1
        # Without one, it is that of an earlier text, or -1.
        whole = (window >= 0) & (self.text[window] == spans.sentence)
        whole &= spans.end <= self.end[window]
        start = self.start[window]
        moved = Spans(window[whole], (spans.start - start)[whole], (spans.end - start)[whole])
        return moved, whole


def cut_into_windows(
    tokenizer: "Tokenizer", texts: Sequence[str], sentences: Sequence[Sequence[int]], longest: int
) -> Windows:
    """Return the windows of texts; a text without characters has none.

    `sentences`: the character offsets at which the sentences of each text start. `longest`: the
    maximum number of tokens, without special ones.
    """
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    limit = max(1, longest - _MORE_ALONE)
    rows = [
        (row, number, start, end)
        for row, (text, starts, encoding) in enumerate(
            zip(texts, sentences, encodings, strict=True)
        )
        for number, (start, end) in enumerate(_of_text(text, starts, encoding, limit))
    ]
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Windows(*columns)


def _of_text(
    text: str, sentences: Sequence[int], encoding: Any, limit: int
) -> list[tuple[int, int]]:
    """Return the windows of a text, without white space at their ends."""
    tokens = [_token_at(encoding, text, start) for start in sentences]
    tokens, places = [0, *tokens[1:]], [0, *sentences[1:]]
    cuts, first, sentence = [0], 0, 0
    while len(encoding) - first > limit:
        last = int(np.searchsorted(tokens, first + limit, side="right")) - 1
        if last > sentence and tokens[last] > first:
            cuts.append(places[last])
            first, sentence = tokens[last], last
        else:
            first += limit
            cuts.append(encoding.token_to_chars(first)[0])
    bounds = zip(cuts, [*cuts[1:], len(text)], strict=True)
    stripped = [(_skip_space(text, start, end), start, end) for start, end in bounds]
    return [
        (begin, start + len(text[start:end].rstrip()))
        for begin, start, end in stripped
        if begin < end
    ]


def _token_at(encoding: Any, text: str, start: int) -> int:
    """Return the index of the token of the character at `start`, or of the next that has one."""
    for place in range(start, len(text)):
        token = encoding.char_to_token(place)
        if token is not None:
            return int(token)
    return len(encoding)


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start
