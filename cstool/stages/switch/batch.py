"""A batch of linked sentences as `switch` sees it: its mentions, and which are left as they stand.

A batch's linked mentions lie flat, one after another; `firsts` tells where each sentence's begin.
"""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers
from cstool.arrays.codepoints import bytes_of, points_of
from cstool.arrays.hashing import hash_word, mix
from cstool.errors import InputError
from cstool.languages.fitting import MentionContexts, around, inflected, places
from cstool.languages.fitting.character_classes import byte_lengths
from cstool.stages.switch.entity_types import REASONS
from cstool.stages.switch.options import SentenceFilter, SwitchOptions
from cstool.storage.label_store import LabelStore

# Why a linked mention is left as it stands; the first that holds counts, 0: it may be switched.
LEFT = (*REASONS, "its anchor carries grammar", "left by --switch-rate")
_GRAMMAR, _RATE = len(LEFT) - 2, len(LEFT) - 1


@dataclass(frozen=True)
class SentenceBatch:
    """A batch of linked sentences.

    `start`, `end`, `qid` and `sentence` (its number) are of linked mentions only. `pieces`: what
    the sentences are made of, side by side: text, anchor, text, anchor, …, text of the first, then
    of the next. `anchors`: each linked mention's.
    """

    batch: pa.RecordBatch
    firsts: Array
    sentence: Array
    start: Array
    end: Array
    qid: Array
    pieces: pa.StringArray
    anchors: pa.StringArray

    @staticmethod
    def of(batch: pa.RecordBatch) -> "SentenceBatch":
        """Return the batch with the mentions that have no QID left out.

        Raises InputError for mentions that overlap, or leave their sentence.
        """
        offsets, mentions = flat(batch.column("mentions"))
        linked = mentions.field("qid").is_valid().to_numpy(zero_copy_only=False)
        firsts = np.concatenate([[0], np.cumsum(linked)])[offsets]
        start, end, qid = (
            mentions.field(name).fill_null(0).to_numpy()[linked].astype(np.int64)
            for name in ("start", "end", "qid")
        )
        sentence = np.repeat(np.arange(batch.num_rows), np.diff(firsts))
        pieces = _pieces(batch, firsts, sentence, start, end)
        place = sentence + 2 * np.arange(len(start)) + 1
        return SentenceBatch(
            batch, firsts, sentence, start, end, qid, pieces, pieces.take(numbers(place))
        )

    @property
    def number(self) -> int:
        """How many sentences there are."""
        return int(self.batch.num_rows)

    @property
    def ids(self) -> Array:
        """The sentences' ids, as what is hashed."""
        ids: Array = self.batch.column("id").to_numpy().astype(np.uint64)
        return ids


def _pieces(
    batch: pa.RecordBatch, firsts: Array, sentence: Array, start: Array, end: Array
) -> pa.StringArray:
    """Return the sentences cut before and behind each linked mention, without a copy of them."""
    texts = batch.column("text")
    offsets, data = bytes_of(texts)
    begins, points = points_of(texts)
    first_piece = np.arange(len(texts) + 1) + 2 * firsts
    cuts = np.empty(len(texts) + 2 * len(start) + 1, np.int64)
    cuts[first_piece] = begins
    place = sentence + 2 * np.arange(len(start))
    cuts[place + 1] = begins[sentence] + start
    cuts[place + 2] = begins[sentence] + end
    crossed = np.flatnonzero(cuts[1:] < cuts[:-1])
    if len(crossed):
        row = int(np.searchsorted(first_piece, crossed[0], "right")) - 1
        number = batch.column("id")[row].as_py()
        raise InputError(
            f"sentence {number}: its mentions overlap or leave it; make the linked sentences again"
        )
    if len(points) != len(data):
        at = np.zeros(len(points) + 1, np.int64)
        np.cumsum(byte_lengths(points), out=at[1:])
        cuts = at[cuts]
    else:
        cuts = cuts + offsets[0]
    places_ = pa.py_buffer(cuts.astype(np.int32))
    return pa.StringArray.from_buffers(len(cuts) - 1, places_, pa.py_buffer(data))


def take(batch: pa.RecordBatch, rules: SentenceFilter) -> tuple[pa.RecordBatch, Counter[str]]:
    """Return the sentences that the filter lets through, and the number of others by reason."""
    offsets, mentions = flat(batch.column("mentions"))
    number = np.diff(offsets)
    text = batch.column("text")
    characters = pc.utf8_length(text).to_numpy()
    # A sentence of so many words has twice as many characters.
    words = np.zeros(batch.num_rows, np.int64)
    long = np.flatnonzero(characters > 2 * rules.most_words)
    words[long] = [len(one.split()) for one in text.take(numbers(long)).to_pylist()]
    lengths = mentions.field("end").to_numpy().astype(np.int64) - mentions.field("start").to_numpy()
    only = np.zeros(len(number), np.int64)
    only[number == 1] = lengths[offsets[:-1][number == 1]]
    reasons = (
        ("fewer mentions than asked for", number < rules.fewest_mentions),
        ("more mentions than asked for", number > rules.most_mentions),
        ("too short", characters <= rules.more_than_characters),
        ("too many words", words > rules.most_words),
        ("hardly more than one mention", only > rules.longest_anchor * characters),
    )
    kept = np.ones(batch.num_rows, bool)
    dropped: Counter[str] = Counter()
    for reason, drop in reasons:
        dropped[reason] += int((kept & drop).sum())
        kept &= ~drop
    return (batch if kept.all() else batch.filter(pa.array(kept))), dropped


class MentionInfo(NamedTuple):
    """What is known of linked mentions, before any language is thought of.

    `places`: in the store; `left`: the number of a reason in `LEFT`; `around`: what a name must
    fit, if names are made to.
    """

    places: Array
    left: Array
    around: MentionContexts | None


def study(
    read: SentenceBatch, store: LabelStore, options: SwitchOptions, source_language: str
) -> MentionInfo:
    """Look up the mentions' entities, and tell which are left as they stand."""
    at = store.find(read.qid)
    left = store.marks(at)
    fits = None
    if options.need_known:
        labels, others = store.known(at)
        if options.fit:
            seen = around(read.batch.column("text"), read.sentence, read.start, read.end)
            fits = places(seen, labels, source_language)
        if options.inflected != "keep":
            odd = inflected(read.anchors, labels, others, source_language)
            left[(left == 0) & odd] = _GRAMMAR
    if options.switch_rate < 1:
        lots = mix(
            mix(read.ids[read.sentence] ^ hash_word("entity", options.seed))
            ^ read.start.astype(np.uint64)
        )
        left[(left == 0) & (lots >= np.uint64(int(options.switch_rate * 2**64)))] = _RATE
    return MentionInfo(at, left, fits)


def with_grammar(read: SentenceBatch, seen: MentionInfo) -> Array:
    """Return which sentences have a mention whose anchor carries grammar."""
    found = np.zeros(read.number, bool)
    found[read.sentence[seen.left == _GRAMMAR]] = True
    return found


def count_mentions(read: SentenceBatch, seen: MentionInfo) -> Counter[str]:
    """Return the number of mentions by the reason why they are left; "" for the others."""
    told = dict(zip(LEFT, np.bincount(seen.left, minlength=len(LEFT)).tolist(), strict=True))
    every = len(flat(read.batch.column("mentions"))[1])
    return Counter(told) + Counter({"not linked": every - len(seen.left)})
