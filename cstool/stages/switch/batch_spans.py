"""The spans of a batch that rows may change: linked mentions, and words of a dictionary."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, cut
from cstool.dictionaries.text_entries import TextEntries
from cstool.stages.switch.sentence_batch import SentenceBatch, in_rows


@dataclass(frozen=True)
class BatchSpans:
    """Linked mentions and words of a batch, in the order of the text.

    `start`, `end` (character offsets), `qid` (0 for a word), `is_word`, `piece` (index in
    `pieces`, -1 for a mention that words are switched in) are arrays of the spans; `anchors` has
    their texts. `pieces`: the rows cut at their spans, as in `SentenceBatch`; `first_piece`:
    int64[rows + 1], the index of each row's first one. `mention`, `word`: the index of the span of
    each linked mention and of each word.
    """

    start: Array
    end: Array
    qid: Array
    is_word: Array
    piece: Array
    anchors: pa.StringArray
    pieces: pa.StringArray
    first_piece: Array
    mention: Array
    word: Array

    @staticmethod
    def of(batch: SentenceBatch, entries: TextEntries | None = None) -> "BatchSpans":
        """Return the spans: the linked mentions, and the entries of a dictionary, if any."""
        if entries is None:
            every = np.arange(len(batch.start))
            return BatchSpans(
                batch.start, batch.end, batch.qid, np.zeros(len(every), bool),
                batch.sentence + 2 * every + 1, batch.anchors, batch.pieces,
                np.arange(batch.number + 1) + 2 * batch.firsts, every, np.zeros(0, np.int64),
            )  # fmt: skip
        return _with_words(batch, entries)


def _with_words(batch: SentenceBatch, entries: TextEntries) -> BatchSpans:
    mentions, words = len(batch.start), len(entries.row)
    sentence = np.concatenate([batch.sentence, entries.row])
    start, end = (
        np.concatenate(pair) for pair in ((batch.start, entries.start), (batch.end, entries.end))
    )
    order = np.argsort(in_rows(sentence, start), kind="stable")
    place = np.empty(mentions + words, np.int64)
    place[order] = np.arange(mentions + words)
    sentence, start, end, is_word = sentence[order], start[order], end[order], order >= mentions
    # Words overlap mentions only if they are switched instead of these.
    instead = bool((in_rows(sentence, start)[1:] < in_rows(sentence, end)[:-1]).any())
    cut_here = is_word if instead else np.ones(mentions + words, bool)
    firsts = np.concatenate([[0], np.cumsum(np.bincount(sentence[cut_here], None, batch.number))])
    texts = batch.rows.column("text")
    pieces = cut(texts, bounds_of_pieces(begins_of(texts), firsts, start[cut_here], end[cut_here]))
    piece = np.full(mentions + words, -1)
    piece[cut_here] = sentence[cut_here] + 2 * np.arange(firsts[-1]) + 1
    spelled = pa.concat_arrays([batch.anchors, pieces.take(numbers(piece[place[mentions:]]))])
    qid = np.concatenate([batch.qid, np.zeros(words, np.int64)])[order]
    return BatchSpans(
        start, end, qid, is_word, piece, spelled.take(numbers(order)), pieces,
        np.arange(batch.number + 1) + 2 * firsts, place[:mentions], place[mentions:],
    )  # fmt: skip
