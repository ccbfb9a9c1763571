"""Draws of words: which are switched in a row, into which language, by which translation.

The random keys are hashes of the seed, the row, the start of the word, the language and the pass,
so a draw depends neither on workers nor on the order of rows.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, slices_of
from cstool.arrays.codepoints import like, put
from cstool.arrays.hashing import hash_word, mix, to_unit_interval
from cstool.languages.capital_letters import in_capitals, with_capital
from cstool.stages.switch import batch_words as reasons
from cstool.stages.switch.batch import BatchContext
from cstool.stages.switch.batch_words import ALL_CAPITALS, BatchWords
from cstool.stages.switch.draws import MIXED, below, of_pass, sentences_drawn
from cstool.stages.switch.row_filter import with_mark

# Cells of words by languages that are considered at a time.
_CELLS_AT_ONCE = 1 << 22


class WordNames(NamedTuple):
    """Words that are switched in rows; int64 arrays, and `names`, the translations.

    `row`: index of the row, ascending; `word`: index of the word in the batch, ascending in a row;
    `language`: index of its language.
    """

    row: Array
    word: Array
    language: Array
    names: pa.StringArray


def word_candidates(context: BatchContext, words: BatchWords, rows: Array) -> Array:
    """Return bool[sentences, languages]: where a drawn word has a translation.

    `rows`: bool[sentences], the sentences that are looked at. Notes the words of these that are
    drawn in no language.
    """
    some = np.flatnonzero((rows & context.rows_drawn)[words.sentence])
    languages = len(context.store.languages)
    may = np.zeros((context.batch.number, languages), bool)
    ends = np.full(len(some), languages).cumsum()
    for first, last in slices_of(ends, _CELLS_AT_ONCE):
        now = some[first:last]
        there = words.translations.number[words.entry[now]] > 0
        if context.options.word_rate < 1:
            there = _where_drawn(context, words, now, there)
            words.note(now[~there.any(axis=1)], reasons.WORD_RATE)
        sentence = words.sentence[now]
        begins = np.flatnonzero(changes(sentence))
        may[sentence[begins]] |= np.logical_or.reduceat(there, begins, axis=0)
    return may


def _where_drawn(context: BatchContext, words: BatchWords, word: Array, there: Array) -> Array:
    """Return where words are drawn, bool[n, languages]; `there`: where they have translations."""
    hashes = np.array([*map(hash_word, context.store.languages)], np.uint64)
    row, language = np.divmod(np.flatnonzero(there), there.shape[1])
    drawn = below(_keys(context, words, word[row], hashes[language]), context.options.word_rate)
    result = np.zeros_like(there)
    result[row[drawn], language[drawn]] = True
    return result


def words_in_rows(
    context: BatchContext, words: BatchWords, sentences: Array, languages: Array
) -> WordNames:
    """Return the drawn words of rows: sentences, each in a language."""
    word, row = words.of_rows(sentences)
    language = languages[row]
    hashes = np.array([*map(hash_word, context.store.languages)], np.uint64)
    return _translated(context, words, row, word, language, hashes[language])


def mixed_words(
    context: BatchContext,
    words: BatchWords,
    sentences: Array,
    weights: tuple[float, ...] | None,
) -> WordNames:
    """Return the drawn words of these sentences, each in a language of its own.

    It is drawn from all target languages; words without a translation in theirs are left.
    `weights`: of the languages, None: uniform.
    """
    word, row = words.of_rows(sentences)
    code = np.full(len(word), hash_word(MIXED))
    keys = mix(_keys(context, words, word, code) ^ hash_word("language"))
    language = _weighted(keys, weights, len(context.store.languages))
    return _translated(context, words, row, word, language, code)


def _weighted(keys: Array, weights: tuple[float, ...] | None, number: int) -> Array:
    """Return an index below `number` for each key, uniformly or with these weights."""
    if weights is None:
        return _scaled(keys, np.full(len(keys), number))
    bounds = np.cumsum(weights)
    found = np.searchsorted(bounds, to_unit_interval(keys) * bounds[-1], "right")
    index: Array = np.minimum(found, number - 1)
    return index


def _scaled(keys: Array, numbers_: Array) -> Array:
    """Return int64[n]: for each key a number below `numbers_[i]`, which is at most 2³²."""
    high = keys >> np.uint64(32)
    return (high * numbers_.astype(np.uint64) >> np.uint64(32)).astype(np.int64)


def _keys(context: BatchContext, words: BatchWords, word: Array, codes: Array) -> Array:
    keys: Array = words.keys[word] ^ codes
    return of_pass(mix(keys), context.number)


def _translated(
    context: BatchContext,
    words: BatchWords,
    row: Array,
    word: Array,
    language: Array,
    codes: Array,
) -> WordNames:
    """Return the words that are drawn and have a translation that differs, with that translation.

    `codes`: the hash of the code that each draw is made for. Notes why the others are left.
    """
    keys = _keys(context, words, word, codes)
    chosen = np.arange(len(word))

    def leave(left: Array, reason: int) -> None:
        nonlocal chosen
        if left.any():
            words.note(word[chosen[left]], reason)
            chosen = chosen[~left]

    options = context.options
    if options.word_rate < 1:
        leave(~below(keys[chosen], options.word_rate), reasons.WORD_RATE)
    if options.sentence_rate < 1:
        sentence, number = words.sentence[word[chosen]], words.number_in_row[word[chosen]]
        drawn = sentences_drawn(context, sentence, number, codes[chosen])
        leave(~drawn, reasons.SENTENCE_RATE)
    number = words.translations.number[words.entry[word[chosen]], language[chosen]]
    there = number > 0
    leave(~there, reasons.NO_TRANSLATION)
    which = _scaled(mix(keys[chosen] ^ hash_word("translation")), number[there])
    names = words.store.texts(
        words.translations.first[words.entry[word[chosen]], language[chosen]] + which
    )
    if options.fits_context:
        case = words.case[word[chosen]]
        names = _in_case(names, language[chosen], case, context.store.languages)
    anchors = words.anchors.take(numbers(word[chosen]))
    left = [(pc.equal(names, anchors).to_numpy(zero_copy_only=False), reasons.EQUAL)]
    if options.marks and options.marks_in_text == "drop":
        left.append((with_mark(names, options.marks), reasons.MARKED))
    kept = np.ones(len(chosen), bool)
    for some, reason in left:
        words.note(word[chosen[some & kept]], reason)
        kept &= ~some
    if not kept.all():
        chosen, names = chosen[kept], names.take(numbers(np.flatnonzero(kept)))
    return WordNames(row[chosen], word[chosen], language[chosen], names)


def _in_case(
    names: pa.StringArray, language: Array, case: Array, codes: list[str]
) -> pa.StringArray:
    """Return translations with the capitals of the words that they replace."""
    some = np.flatnonzero(case)
    if not len(some):
        return names
    columns = zip(
        names.take(numbers(some)).to_pylist(),
        language[some].tolist(),
        case[some].tolist(),
        strict=True,
    )
    changed = [_cased(name, codes[index], kind) for name, index, kind in columns]
    return put(names, some, like(changed, names.type))


@lru_cache(1 << 16)
def _cased(name: str, language: str, case: int) -> str:
    return in_capitals(name, language) if case == ALL_CAPITALS else with_capital(name, language)
