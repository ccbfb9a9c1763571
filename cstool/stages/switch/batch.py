"""What may be switched in a batch of rows: its linked mentions, and words of the dictionary."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import flat
from cstool.dictionaries.dictionary_store import DictionaryStore
from cstool.languages.entity_types import REASONS
from cstool.languages.fitting import (
    INFLECTED,
    NO_NAME,
    MentionContexts,
    anchor_kinds,
    around,
    in_compound,
    places,
)
from cstool.stages.switch.batch_spans import BatchSpans
from cstool.stages.switch.batch_words import BatchWords
from cstool.stages.switch.gather_labels import PERSON
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.sentence_batch import SentenceBatch
from cstool.storage.label_store import LabelStore

# Reasons not to switch a linked mention; the first that applies is counted. 0: may be switched.
LEFT = (
    *REASONS,
    "its anchor carries grammar",
    "part of a compound",
    "its anchor is not a name",
    "left by --switch-rate",
    "left by --sentence-rate",
    "left by --row-rate",
)
_GRAMMAR, _COMPOUND, _NO_NAME, RATE, SENTENCE_RATE, ROW_RATE = range(len(REASONS), len(LEFT))


class MentionInfo(NamedTuple):
    """Properties of linked mentions that do not depend on the target language.

    `places`: indexes in the label store; `left`: index of a reason in `LEFT`, 0 if the mention may
    be switched; `around`: contexts for the adaptation of labels, None without adaptation.
    """

    places: Array
    left: Array
    around: MentionContexts | None


@dataclass(frozen=True)
class BatchContext:
    """A batch with all that choosing languages and writing rows need.

    `spans`: of linked mentions and words; `words`: None without a dictionary; `number`: of the
    pass; `rows_drawn`: bool[sentences], those that are drawn by --row-rate in this pass.
    """

    batch: SentenceBatch
    mentions: MentionInfo
    store: LabelStore
    options: SwitchOptions
    spans: BatchSpans
    words: BatchWords | None
    rows_drawn: Array
    number: int = 0

    @staticmethod
    def of(
        batch: SentenceBatch,
        mentions: MentionInfo,
        store: LabelStore,
        dictionary: DictionaryStore | None,
        options: SwitchOptions,
    ) -> "BatchContext":
        """Return a batch as it is before the draws of a pass."""
        words = None if dictionary is None else BatchWords.of(batch, dictionary, options)
        spans = BatchSpans.of(batch) if words is None else words.spans
        return BatchContext(
            batch, mentions, store, options, spans, words, np.ones(batch.number, bool)
        )


def study(
    batch: SentenceBatch, store: LabelStore, options: SwitchOptions, source_language: str
) -> MentionInfo:
    """Look up the entities of the mentions, and find the reasons not to switch a mention."""
    indexes = store.find(batch.qid)
    marks = store.marks(indexes)
    left = marks & ~np.uint8(PERSON)
    contexts = None
    if options.switches_entities and options.need_known:
        labels, others = store.known(indexes)
        text = batch.rows.column("text")
        window = around(text, batch.sentence, batch.start, batch.end)
        if options.fits_context:
            contexts = places(window, labels, source_language)
        if options.compare_names:
            persons = marks & PERSON > 0
            kinds = anchor_kinds(batch.anchors, labels, others, source_language, persons)
            if options.inflected != "keep":
                left[(left == 0) & (kinds == INFLECTED)] = _GRAMMAR
            if options.anchors == "named":
                left[(left == 0) & in_compound(window, source_language)] = _COMPOUND
                left[(left == 0) & (kinds == NO_NAME)] = _NO_NAME
    return MentionInfo(indexes, left, contexts)


def with_grammar(batch: SentenceBatch, mentions: MentionInfo) -> Array:
    """Return which sentences have an inflected anchor, `bool[sentences]`."""
    result = np.zeros(batch.number, bool)
    result[batch.sentence[mentions.left == _GRAMMAR]] = True
    return result


def count_mentions(batch: SentenceBatch, left: Array) -> Counter[str]:
    """Return the number of mentions by the reason not to switch them; "" for the others.

    `left`: the index of each linked mention's reason in `LEFT`.
    """
    linked = dict(zip(LEFT, np.bincount(left, minlength=len(LEFT)).tolist(), strict=True))
    every = len(flat(batch.rows.column("mentions"))[1])
    return Counter(linked) + Counter({"not linked": every - len(left)})
