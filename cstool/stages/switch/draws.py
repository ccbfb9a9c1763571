"""The draws of `--switch-rate` and `--sentence-rate`, and those of further passes.

Random keys are hashes, so a draw depends neither on workers nor on the order of rows. The keys of
the first pass are those of a folder of one pass.
"""

from dataclasses import replace

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.switch.batch import RATE, SENTENCE_RATE, BatchContext, SentenceBatch

# The word in place of a language's code if each entity is in another one.
MIXED = "mul"


def of_pass(keys: Array, number: int) -> Array:
    """Return random keys for the pass of that number, from those of the first one."""
    return mix(keys ^ hash_word(f"pass {number}")) if number else keys


def drawn(context: BatchContext, number: int, codes: tuple[str, ...]) -> BatchContext:
    """Return the batch with the reasons not to switch a mention in the pass of that number.

    `codes`: of the target languages. A mention is left by --sentence-rate if its sentence is drawn
    in none of them.
    """
    batch, options = context.batch, context.options
    if options.switch_rate == options.sentence_rate == 1:
        return replace(context, number=number)
    left = context.mentions.left.copy()
    if options.sentence_rate < 1:
        bound, ever = _bound(options.sentence_rate), np.zeros(len(left), bool)
        for code in (MIXED,) if options.mix else codes:
            if not ever.all():
                ever |= _sentence_keys(batch, options.seed, hash_word(code), number) < bound
        left[(left == 0) & ~ever] = SENTENCE_RATE
    if options.switch_rate < 1:
        random_keys = mix(
            mix(batch.ids[batch.sentence] ^ hash_word("entity", options.seed))
            ^ batch.start.astype(np.uint64)
        )
        random_keys = of_pass(random_keys, number)
        left[(left == 0) & (random_keys >= _bound(options.switch_rate))] = RATE
    return replace(context, mentions=context.mentions._replace(left=left), number=number)


def in_drawn_sentences(context: BatchContext, mention: Array, language: Array) -> Array:
    """Return bool[n]: whether the sentence of `mention[i]` is drawn in `language[i]` (indexes)."""
    options = context.options
    words = np.array([hash_word(code) for code in context.store.languages], np.uint64)[language]
    random_keys = _sentence_keys(context.batch, options.seed, words, context.number, mention)
    result: Array = random_keys < _bound(options.sentence_rate)
    return result


def _sentence_keys(
    batch: SentenceBatch,
    seed: int,
    words: Array | np.uint64,
    number: int,
    mention: Array | None = None,
) -> Array:
    """Return the random keys of the sentences of mentions, all or some, in languages.

    They depend on the seed, the row's id, the sentence's number in it, the language and the pass.
    """
    chosen = slice(None) if mention is None else mention
    rows = mix(batch.ids ^ hash_word("sentence of a row", seed))
    keys = mix(rows[batch.sentence[chosen]] ^ batch.number_in_row[chosen].astype(np.uint64))
    return of_pass(mix(keys ^ words), number)


def _bound(rate: float) -> np.uint64:
    """Return the number below which a share of all keys lies; the rate must be below 1."""
    return np.uint64(int(rate * 2**64))
