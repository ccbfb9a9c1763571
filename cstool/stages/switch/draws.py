"""The draws of rows, sentences and entities by their rates, and those of further passes.

Random keys are hashes, so a draw depends neither on workers nor on the order of rows. The keys of
the first pass are those of a folder of one pass.
"""

from dataclasses import replace

import numpy as np

from cstool.arrays import Array
from cstool.arrays.hashing import hash_word, mix
from cstool.stages.switch.batch import RATE, ROW_RATE, SENTENCE_RATE, BatchContext

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
    context = replace(context, number=number)
    batch, options = context.batch, context.options
    if options.switch_rate == options.sentence_rate == options.row_rate == 1:
        return context
    left = context.mentions.left.copy()
    if options.row_rate < 1:
        random_keys = of_pass(mix(batch.ids ^ hash_word("row", options.seed)), number)
        context = replace(context, rows_drawn=below(random_keys, options.row_rate))
        left[(left == 0) & ~context.rows_drawn[batch.sentence]] = ROW_RATE
    if options.sentence_rate < 1:
        ever = np.zeros(len(left), bool)
        for code in (MIXED,) if options.mix else codes:
            if not ever.all():
                ever |= sentences_drawn(
                    context, batch.sentence, batch.number_in_row, hash_word(code)
                )
        left[(left == 0) & ~ever] = SENTENCE_RATE
    if options.switch_rate < 1:
        random_keys = mix(
            mix(batch.ids[batch.sentence] ^ hash_word("entity", options.seed))
            ^ batch.start.astype(np.uint64)
        )
        random_keys = of_pass(random_keys, number)
        left[(left == 0) & ~below(random_keys, options.switch_rate)] = RATE
    return replace(context, mentions=context.mentions._replace(left=left))


def in_drawn_sentences(context: BatchContext, mention: Array, language: Array) -> Array:
    """Return bool[n]: whether the sentence of `mention[i]` is drawn in `language[i]` (indexes)."""
    batch = context.batch
    words = np.array([hash_word(code) for code in context.store.languages], np.uint64)[language]
    return sentences_drawn(context, batch.sentence[mention], batch.number_in_row[mention], words)


def sentences_drawn(
    context: BatchContext, row: Array, number: Array, words: Array | np.uint64
) -> Array:
    """Return bool[n]: which sentences are drawn; `words`: the hashes of codes of languages.

    `row`: the index of the row of each sentence; `number`: the index of the sentence in it. The
    random keys depend on the seed, the row's id, this number, the language and the pass.
    """
    options = context.options
    rows = mix(context.batch.ids ^ hash_word("sentence of a row", options.seed))
    keys = mix(rows[row] ^ number.astype(np.uint64))
    return below(of_pass(mix(keys ^ words), context.number), options.sentence_rate)


def below(random_keys: Array, rate: float) -> Array:
    """Return bool[n]: which keys are drawn at this rate; the rate must be below 1."""
    drawn: Array = random_keys < np.uint64(int(rate * 2**64))
    return drawn
