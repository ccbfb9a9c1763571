"""The vector operations of `switch`: which languages a sentence goes into, and its new text.

A batch's linked mentions lie flat, one after another; `firsts` tells where each sentence's
begin. The only work done row by row is joining strings.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.parts.columns import flat, list_of_structs
from cstool.parts.hashing import hash_word, mix
from cstool.parts.label_store import LabelStore
from cstool.parts.schemas import SPANS, SWITCHED

Array = np.ndarray[Any, Any]
SOURCE = -1


@dataclass(frozen=True)
class Sentences:
    """A batch of linked sentences; `start`, `end` and `qid` are of linked mentions only."""

    batch: pa.RecordBatch
    firsts: Array
    start: Array
    end: Array
    qid: Array

    @staticmethod
    def of(batch: pa.RecordBatch) -> "Sentences":
        """Return the batch with the mentions that have no QID left out."""
        offsets, mentions = flat(batch.column("mentions"))
        linked = mentions.field("qid").is_valid().to_numpy(zero_copy_only=False)
        firsts = np.concatenate([[0], np.cumsum(linked)])[offsets]
        start, end, qid = (
            mentions.field(name).fill_null(0).to_numpy()[linked].astype(np.int64)
            for name in ("start", "end", "qid")
        )
        return Sentences(batch, firsts, start, end, qid)

    @property
    def number(self) -> int:
        """How many sentences there are."""
        return int(self.batch.num_rows)


@dataclass(frozen=True)
class Choice:
    """The rows to write: a sentence's number and a language's, SOURCE for the source itself.

    Sorted by sentence, then language; `places` are the linked mentions' places in the store.
    """

    sentences: Array
    languages: Array
    places: Array


def choose(read: Sentences, store: LabelStore, most: int, seed: int) -> Choice:
    """Choose for each sentence up to `most` of the languages that label all its entities.

    By lot: the languages with the smallest hashes of (seed, sentence id, language code).
    """
    places = store.find(read.qid)
    candidates = _candidates(read, store, places)
    if candidates.shape[1] > most:
        ids = read.batch.column("id").to_numpy().astype(np.uint64)
        lots = mix(
            mix(ids ^ hash_word("sentence", seed))[:, None]
            ^ np.array([hash_word(code) for code in store.languages], np.uint64)[None, :]
        )
        lots[~candidates] = np.iinfo(np.uint64).max
        bound = np.partition(lots, most - 1, axis=1)[:, most - 1]
        candidates &= lots <= bound[:, None]
    source = np.ones((read.number, 1), bool)
    sentences, languages = np.nonzero(np.concatenate([source, candidates], axis=1))
    return Choice(sentences, languages + SOURCE, places)


def _candidates(read: Sentences, store: LabelStore, places: Array) -> Array:
    """Return for each sentence and language whether all linked entities have a label."""
    masks = store.masks(places)
    linked = np.diff(read.firsts) > 0
    common = np.zeros((read.number, masks.shape[1]), np.uint64)
    if linked.any():
        common[linked] = np.bitwise_and.reduceat(masks, read.firsts[:-1][linked], axis=0)
    bits = np.unpackbits(common.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return bits[:, : len(store.languages)].astype(bool)


def rewrite(
    read: Sentences, chosen: Choice, store: LabelStore, source_language: str
) -> pa.RecordBatch:
    """Return the chosen rows: texts with the labels put in, and spans on both sides."""
    numbers = np.diff(read.firsts)[chosen.sentences]
    mention = _ranges(read.firsts[chosen.sentences], numbers)
    language = np.repeat(chosen.languages, numbers)
    switched = language != SOURCE
    labels = store.labels(chosen.places[mention[switched]], language[switched])
    source_start, source_end = read.start[mention], read.end[mention]
    length = source_end - source_start
    length[switched] = pc.utf8_length(labels).to_numpy(zero_copy_only=False)
    grown = length - (source_end - source_start)
    before = np.cumsum(grown) - grown
    firsts = np.concatenate([[0], np.cumsum(numbers)])
    rows_before = np.concatenate([before, [0]])[np.minimum(firsts[:-1], len(before))]
    start = source_start + before - np.repeat(rows_before, numbers)
    spans = (read.qid[mention], source_start, source_end, start, start + length)
    texts = read.batch.column("text").to_pylist()
    codes = pa.array([*store.languages, source_language], pa.string())
    take = pa.array(chosen.sentences)
    column = read.batch.column
    return pa.RecordBatch.from_arrays(
        [
            column("id").take(take),
            codes.take(pa.array(chosen.languages % len(codes))),
            pa.array([source_language], pa.string()).take(pa.array(np.zeros(len(take), np.int64))),
            column("text").take(take),
            pa.array(_texts(read, chosen, texts, labels.to_pylist()), pa.string()),
            list_of_structs(numbers, [s.astype(np.uint32) for s in spans], SPANS),
            column("page_id").take(take),
            column("title").take(take),
        ],
        schema=SWITCHED,
    )


def _texts(read: Sentences, chosen: Choice, texts: list[str], labels: list[str]) -> list[str]:
    """Return each row's text: the pieces between a sentence's anchors, and labels between."""
    starts, ends, firsts = read.start.tolist(), read.end.tolist(), read.firsts.tolist()
    out: list[str] = []
    at = 0
    pieces: list[str] = []
    number = 0
    for sentence, language in zip(
        chosen.sentences.tolist(), chosen.languages.tolist(), strict=True
    ):
        text = texts[sentence]
        if language == SOURCE:
            out.append(text)
            first, last = firsts[sentence], firsts[sentence + 1]
            number = last - first
            pieces = [""] * (2 * number + 1)
            pieces[::2] = [
                text[a:b]
                for a, b in zip(
                    [0, *ends[first:last]], [*starts[first:last], len(text)], strict=True
                )
            ]
        else:
            pieces[1::2] = labels[at : at + number]
            at += number
            out.append("".join(pieces))
    return out


def _ranges(firsts: Array, numbers: Array) -> Array:
    """Return firsts[i], firsts[i]+1, … numbers[i] of them, for each i, one after another."""
    ends = np.cumsum(numbers)
    total = int(ends[-1]) if len(ends) else 0
    ranges: Array = np.arange(total) + np.repeat(firsts - (ends - numbers), numbers)
    return ranges
