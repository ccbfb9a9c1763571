"""The words of a batch that have an entry in the dictionary, and why some are not switched."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import distinct, flat, numbers, ranges
from cstool.arrays.hashing import hash_word, mix
from cstool.dictionaries.dictionary_store import DictionaryStore, TranslationRanges
from cstool.dictionaries.text_entries import TextEntries, find_entries
from cstool.dictionaries.text_words import words_in_texts
from cstool.stages.switch.batch_spans import BatchSpans
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.sentence_batch import SentenceBatch, in_rows
from cstool.storage.counts import Tally

# Reasons not to switch a word, in the order in which they are found: the last one is counted.
LEFT_WORDS = (
    "in a row that is not switched",
    "left by --row-rate",
    "left by --word-rate",
    "left by --sentence-rate",
    "no translation in the language",
    "equal to its translation",
    "a mark in its translation",
)
NO_ROW, ROW_RATE, WORD_RATE, SENTENCE_RATE, NO_TRANSLATION, EQUAL, MARKED = range(len(LEFT_WORDS))
IN_MENTION = "in a linked mention"
# How a word is written: its first letter is a capital, or all are.
CAPITAL, ALL_CAPITALS, _ONE_CAPITAL = 1, 2, 3


@dataclass(frozen=True)
class BatchWords:
    """The entries of the dictionary in a batch, outside of linked mentions unless asked for.

    For each word: `sentence`; `number_in_row`, the index of its sentence in the row; `entry`, its
    row in `translations`, which are those in `store`, by language; `case`, how it is written, 0 for
    small letters; `keys`, random numbers, uint64. `firsts`: int64[sentences + 1], the index of each
    sentence's first word. `left`: uint8[words], the index in `LEFT_WORDS` of the reason not to
    switch a word in the rows so far; it increases while rows are made. `in_mentions`: number of
    further entries, in linked mentions.
    """

    sentence: Array
    number_in_row: Array
    firsts: Array
    entry: Array
    case: Array
    keys: Array
    left: Array
    in_mentions: int
    spans: BatchSpans
    anchors: pa.StringArray
    translations: TranslationRanges
    store: DictionaryStore

    @staticmethod
    def of(batch: SentenceBatch, store: DictionaryStore, options: SwitchOptions) -> "BatchWords":
        """Return the entries of a dictionary in a batch."""
        found, in_mentions = _entries(batch, store, options.words_in_mentions)
        spans = BatchSpans.of(batch, found)
        anchors = spans.anchors.take(numbers(spans.word))
        used = distinct(found.entry)
        rows = mix(batch.ids ^ hash_word("word", options.seed))
        return BatchWords(
            found.row,
            batch.number_at(found.row, found.start),
            np.searchsorted(found.row, np.arange(batch.number + 1)),
            np.searchsorted(used, found.entry),
            _cases(batch, found, anchors),
            mix(rows[found.row] ^ found.start.astype(np.uint64)),
            np.zeros(len(found.row), np.uint8),
            in_mentions,
            spans,
            anchors,
            store.table(used),
            store,
        )

    def of_rows(self, sentences: Array) -> tuple[Array, Array]:
        """Return the indexes of all words of these sentences, and the row of each."""
        number = np.diff(self.firsts)[sentences]
        row = np.repeat(np.arange(len(sentences)), number)
        return ranges(self.firsts[sentences], number), row

    def note(self, words: Array, reason: int) -> None:
        """Note a reason not to switch these words in a row."""
        self.left[words] = np.maximum(self.left[words], np.uint8(reason))

    def count(self, tally: Tally, written: Array) -> None:
        """Count words; `written`: bool[words], those that are switched in some row."""
        tally.keep(int(np.count_nonzero(written)))
        numbers_ = np.bincount(self.left[~written], minlength=len(LEFT_WORDS)).tolist()
        for reason, number in zip(LEFT_WORDS, numbers_, strict=True):
            tally.drop(reason, number)
        tally.drop(IN_MENTION, self.in_mentions)


def _entries(
    batch: SentenceBatch, store: DictionaryStore, everywhere: bool
) -> tuple[TextEntries, int]:
    """Return the entries outside of linked mentions, and the number of the others.

    `everywhere`: mentions are ordinary text.
    """
    texts = batch.rows.column("text")
    words = words_in_texts(texts)
    if everywhere or not len(batch.start):
        return find_entries(texts, words, store, np.zeros(len(words.row), np.int64)), 0
    starts = in_rows(batch.sentence, batch.start)
    last = np.searchsorted(starts, in_rows(words.row, words.end)) - 1
    inside = (last >= 0) & (batch.sentence[last] == words.row)
    inside &= batch.end[last] > words.start
    # Words before a mention and after it are in different zones, too.
    zones = np.where(inside, last, -2 - last)
    found = find_entries(texts, words, store, zones)
    outside = np.flatnonzero(found.zone < 0)
    return TextEntries(*(column[outside] for column in found)), len(found.row) - len(outside)


def _cases(batch: SentenceBatch, words: TextEntries, anchors: pa.StringArray) -> Array:
    """Return uint8[n]: how each word is written; `anchors`: the words."""
    if not len(anchors):
        return np.zeros(0, np.uint8)
    coded = anchors.dictionary_encode()
    kinds = np.array([*map(_case, coded.dictionary.to_pylist())], np.uint8)
    case: Array = kinds[coded.indices.to_numpy()]
    single = np.flatnonzero(case == _ONE_CAPITAL)
    row, start = words.row[single], words.start[single]
    first = start == 0
    if "sentences" in batch.rows.schema.names:
        offsets, starts = flat(batch.rows.column("sentences"))
        rows = np.repeat(np.arange(batch.number), np.diff(offsets))
        first |= np.isin(in_rows(row, start), in_rows(rows, starts.to_numpy()))
    case[single] = np.where(first, CAPITAL, 0)
    return case


def _case(word: str) -> int:
    """Return how a word is written.

    A word of one letter, such as `I`, says nothing about other languages within a sentence.
    """
    letters = [character for character in word if character.isalpha()]
    if not letters or letters[0].lower() == letters[0]:
        return 0
    if len(letters) == 1:
        return _ONE_CAPITAL
    return ALL_CAPITALS if all(letter.lower() != letter for letter in letters) else CAPITAL
