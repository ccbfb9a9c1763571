"""The tokens of the source text that a causal language model predicts from a switched text.

Input-only code-switching (PreAlign, Li et al., EMNLP 2024): words are switched in the input, and
the tokens to predict are those of the source text. As in its code (DataCollatorForLMDataset in
`src/data/lm_with_parallel_dataset.py` of Saltychtao/PreAlign), the first token of a switched word
is in the place of the first token of the original one, and its other tokens, which have no
counterpart, are not predicted. All other tokens are predicted as they are.

Both texts are tokenized as a whole. A token that contains a character of a switched span belongs to
it; all others are mostly the same in both texts. Where they are not, because a tokenizer joins
characters across a border of the span, those without a counterpart at the same characters belong to
the span, too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.masking.draw import KEPT, NOT_PREDICTED, RANDOM, UNTOUCHED, MaskedTokens
from cstool.masking.tokens import Tokens, token_span
from cstool.masking.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class SwitchedSpan(NamedTuple):
    """What was switched: character offsets in the text and in its source text, each half-open."""

    start: int
    end: int
    source_start: int
    source_end: int


@dataclass(frozen=True)
class SwitchedTexts:
    """Texts, their source texts, and the spans of each that were switched, in their order.

    Spans with the same text as in the source are left out.
    """

    texts: Sequence[str]
    sources: Sequence[str]
    spans: Sequence[Sequence[SwitchedSpan]]

    @staticmethod
    def of(
        texts: Sequence[str], sources: Sequence[str], spans: Sequence[Sequence[SwitchedSpan]]
    ) -> "SwitchedTexts":
        """Return texts with those of the spans that differ."""
        rows = zip(texts, sources, spans, strict=True)
        return SwitchedTexts(texts, sources, [_changed(*row) for row in rows])

    def unequal(self) -> list[int]:
        """Return the indexes of texts that differ from their source outside of the spans."""
        rows = zip(self.texts, self.sources, self.spans, strict=True)
        return [i for i, row in enumerate(rows) if not _equal_outside(*row)]


def _changed(text: str, source: str, spans: Sequence[SwitchedSpan]) -> list[SwitchedSpan]:
    """Return the spans whose text is another one than in the source."""
    return [
        span
        for span in spans
        if text[span.start : span.end] != source[span.source_start : span.source_end]
    ]


def _equal_outside(text: str, source: str, spans: Sequence[SwitchedSpan]) -> bool:
    end = source_end = 0
    for span in spans:
        if text[end : span.start] != source[source_end : span.source_start]:
            return False
        end, source_end = span.end, span.source_end
    return text[end:] == source[source_end:]


class OriginalTokens(NamedTuple):
    """For all tokens of some texts: what to predict, and which are in place of other tokens.

    `labels`: int32[n], NOT_PREDICTED for none; `switched`: bool[n].
    """

    labels: Array
    switched: Array


def original_tokens(
    tokenizer: "Tokenizer", encodings: Sequence[Any], switched_texts: SwitchedTexts
) -> OriginalTokens:
    """Return the tokens to predict for each token of the texts; `encodings`: of the texts."""
    rows = [i for i, spans in enumerate(switched_texts.spans) if spans]
    sources = [*encodings]
    encoded = tokenizer.encode_batch([switched_texts.sources[i] for i in rows])
    for i, encoding in zip(rows, encoded, strict=True):
        sources[i] = encoding
    labels: list[int] = []
    switched: list[bool] = []
    for encoding, source, some in zip(encodings, sources, switched_texts.spans, strict=True):
        of_text = _by_ids(encoding, source, some) or _by_offsets(encoding, source, some)
        labels += of_text[0]
        switched += of_text[1]
    return OriginalTokens(np.array(labels, np.int32), np.array(switched, bool))


def unmasked(
    tokens: Tokens, original: OriginalTokens, vocabulary: Vocabulary, at_end: Array
) -> MaskedTokens:
    """Return tokens as they are, for causal language modeling, with the labels of `original`.

    Tokens in place of others count as replaced, if they are predicted. Special tokens are not
    predicted, except for those after a text, where `at_end` (bool[sentences]) is true.
    """
    labels = np.where(vocabulary.special[tokens.ids], np.int32(NOT_PREDICTED), original.labels)
    fates = np.where(original.switched, np.uint8(RANDOM), np.uint8(KEPT))
    fates[labels == NOT_PREDICTED] = UNTOUCHED
    sizes = np.diff(tokens.firsts)
    after = tokens.positions >= np.repeat(sizes - vocabulary.tail, sizes)
    after &= np.repeat(at_end, sizes)
    labels[after] = tokens.ids[after]
    return MaskedTokens(tokens.ids, labels, fates)


_OfText = tuple[list[int], list[bool]]


def _by_ids(encoding: Any, source: Any, spans: Sequence[SwitchedSpan]) -> _OfText | None:
    """Return labels, and which tokens are switched; None if tokens between spans differ."""
    shown, original = encoding.ids, source.ids
    labels: list[int] = []
    switched: list[bool] = []
    at = source_at = 0
    for span in spans:
        first, end = token_span(encoding, span.start, span.end)
        source_first, source_end = token_span(source, span.source_start, span.source_end)
        equal = shown[at:first] == original[source_at:source_first]
        if not (equal and at <= first < end and source_at <= source_first < source_end):
            return None
        labels += shown[at:first]
        labels += [original[source_first], *[NOT_PREDICTED] * (end - first - 1)]
        switched += [False] * (first - at) + [True] * (end - first)
        at, source_at = end, source_end
    if shown[at:] != original[source_at:]:
        return None
    return labels + shown[at:], switched + [False] * (len(shown) - at)


def _by_offsets(encoding: Any, source: Any, spans: Sequence[SwitchedSpan]) -> _OfText:
    """Return the same as `_by_ids`, from the characters of each token."""
    shown = _Placed.of(encoding, [(s.start, s.end) for s in spans], _shifts(spans))
    original = _Placed.of(source, [(s.source_start, s.source_end) for s in spans], None)
    counterpart = {place: i for i, place in enumerate(original.places) if place is not None}
    labels = [NOT_PREDICTED] * len(shown.ids)
    switched = [True] * len(shown.ids)
    pairs = [(-1, -1)]
    for i, place in enumerate(shown.places):
        j = -1 if place is None else counterpart.get(place, -1)
        if j > pairs[-1][1]:
            labels[i], switched[i] = shown.ids[i], False
            pairs.append((i, j))
    for before, after in pairwise([*pairs, (len(shown.ids), len(original.ids))]):
        _fill(labels, shown, original, before, after)
    return labels, switched


def _fill(
    labels: list[int],
    shown: "_Placed",
    original: "_Placed",
    before: tuple[int, int],
    after: tuple[int, int],
) -> None:
    """Set the labels of tokens without a counterpart, between two tokens that have one.

    The first one gets the first token of the source; so does that of each further span.
    """
    first, source_first = before[0] + 1, before[1] + 1
    if first == after[0] or source_first == after[1]:
        return
    labels[first] = original.ids[source_first]
    owners = original.spans[source_first : after[1]]
    begun = {original.spans[source_first], *shown.spans[first : first + 1]}
    for i in range(first + 1, after[0]):
        span = shown.spans[i]
        if span is not None and span not in begun:
            begun.add(span)
            if span in owners:
                labels[i] = original.ids[source_first + owners.index(span)]


@dataclass(frozen=True)
class _Placed:
    """The tokens of a text: their ids, the span that each belongs to, and the place of others.

    A place is what a token has in common with its counterpart in the source text.
    """

    ids: list[int]
    spans: list[int | None]
    places: list[tuple[int, int, int, int] | None]

    @staticmethod
    def of(encoding: Any, spans: list[tuple[int, int]], shifts: list[int] | None) -> "_Placed":
        """Return the tokens; `shifts`: see `_shifts`, None for a source text."""
        ids, owners, places = encoding.ids, [], []
        seen: Counter[tuple[int, int, int]] = Counter()
        special = encoding.special_tokens_mask
        for number, (start, end), is_special in zip(ids, encoding.offsets, special, strict=True):
            inside = (i for i, (low, high) in enumerate(spans) if low < end and high > start)
            owner = None if is_special else next(inside, None)
            passed = sum(high <= start for _, high in spans)
            shift = shifts[passed] if shifts else 0
            key = number, -1 if is_special else start + shift, -1 if is_special else end + shift
            seen[key] += owner is None
            owners.append(owner)
            places.append((*key, seen[key]) if owner is None else None)
        return _Placed(ids, owners, places)


def _shifts(spans: Sequence[SwitchedSpan]) -> list[int]:
    """Return what to add to offsets after each number of spans, to get those in the source."""
    return [0, *(span.source_end - span.end for span in spans)]
