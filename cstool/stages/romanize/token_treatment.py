"""Treats the tokens of rows by their tags: what `romanize --actions` writes."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import distinct, numbers, one_chunk, strings
from cstool.arrays.codepoints import begins_of, cut
from cstool.dictionaries.dictionary_store import DictionaryStore
from cstool.errors import InputError
from cstool.romanization.changed_pieces import (
    ChangedPieces,
    RomanizedTexts,
    TextSpans,
    with_changes,
)
from cstool.romanization.words_in_context import WordRomanizer
from cstool.stages.romanize.inputs import RowColumns, codes_of
from cstool.stages.romanize.token_actions import ActionTable, TokenContext, TokenWriter
from cstool.stages.romanize.token_tags import TaggedTokens, TagSource, tokens_of
from cstool.storage.counts import Counts

_TOKENS = "tokens"


@dataclass(frozen=True)
class TokenTreatment:
    """The actions, the tags, and the store of the dictionary with its languages."""

    table: ActionTable
    tags: TagSource
    dictionary: str | None = None
    languages: tuple[str, ...] = ()


def treated(
    rows: pa.Table,
    spans: TextSpans,
    columns: RowColumns,
    treatment: TokenTreatment,
    words: WordRomanizer,
    counts: Counts,
) -> RomanizedTexts:
    """Return the text of rows with each token treated by its tag; count tokens by action.

    Raises InputError for a tag without an action, and tokens that do not match the text.
    """
    texts = one_chunk(rows.column("text"))
    actions = treatment.table.by_tag
    tokens = tokens_of(rows, treatment.tags, frozenset(actions))
    placed = TextSpans(tokens.firsts, tokens.starts, tokens.ends)
    if not placed.are_ascending(np.diff(begins_of(texts))):
        raise InputError(
            f"--tags: tokens in the column {treatment.tags.column} overlap or end beyond the text; "
            "tag the same text"
        )
    coded = tokens.tags.dictionary_encode()
    unknown = [tag for tag in coded.dictionary.to_pylist() if tag not in actions]
    if unknown:
        raise InputError(
            f"{treatment.table.file}: no action for the tag {unknown[0]!r} in the column "
            f"{treatment.tags.column}; add a line for it"
        )
    rules = [words.romanizer.lcode(code) for code in codes_of(rows, columns)]
    contexts, which = _contexts(texts, tokens, coded, rules, treatment)
    writer = _writer(treatment, words)
    number = np.bincount(which, minlength=len(contexts)).tolist()
    _count(contexts, number, writer, counts)
    counts.add(
        "rows by tags",
        {
            "tagged": int(np.count_nonzero(np.diff(tokens.firsts))),
            "without tags": int(np.count_nonzero(np.diff(tokens.firsts) == 0)),
        },
    )
    begins = begins_of(texts)[placed.text_of_span]
    changes = ChangedPieces(
        begins + tokens.starts, begins + tokens.ends, which, strings(writer.written(contexts))
    )
    return with_changes(
        texts, changes, spans, lambda index, at, side: writer.offset(contexts[index], at, side)
    )


def _contexts(
    texts: pa.StringArray,
    tokens: TaggedTokens,
    coded: pa.DictionaryArray,
    rules: list[str],
    treatment: TokenTreatment,
) -> tuple[list[TokenContext], Array]:
    """Return the distinct tokens with their actions, and the index of each token's."""
    begins = begins_of(texts)
    row = np.repeat(np.arange(len(texts)), np.diff(tokens.firsts))
    starts, ends = begins[row] + tokens.starts, begins[row] + tokens.ends
    bounds = distinct(np.concatenate([begins, starts, ends]))
    words = cut(texts, bounds).take(numbers(np.searchsorted(bounds, starts))).dictionary_encode()
    listed = sorted({*rules})
    rule = np.array([listed.index(one) for one in rules], np.int64)[row]
    tags = coded.dictionary.to_pylist()
    keys = words.indices.to_numpy().astype(np.int64) * len(tags) + coded.indices.to_numpy()
    keys = keys * len(listed) + rule
    different = distinct(keys)
    rest, of_rule = np.divmod(different, max(1, len(listed)))
    word, tag = np.divmod(rest, max(1, len(tags)))
    actions = treatment.table.by_tag
    columns = (word.tolist(), tag.tolist(), of_rule.tolist())
    dictionary = words.dictionary.to_pylist()
    contexts = [
        TokenContext(dictionary[w], actions[tags[t]], listed[r])
        for w, t, r in zip(*columns, strict=True)
    ]
    return contexts, np.searchsorted(different, keys)


def _count(
    contexts: list[TokenContext], number: list[int], writer: TokenWriter, counts: Counts
) -> None:
    """Count tokens by what is done with them."""
    by_action: Counter[str] = Counter()
    for one, times in zip(contexts, number, strict=True):
        by_action[" ".join(filter(None, one.action))] += times
    counts.tally(_TOKENS).keep(sum(number))
    counts.add("tokens by action", by_action)
    counts.add("tokens kept", writer.untranslated(contexts, number))


@lru_cache(maxsize=1)
def _store(folder: str, languages: tuple[str, ...]) -> DictionaryStore:
    return DictionaryStore(Path(folder), languages)


def _writer(treatment: TokenTreatment, words: WordRomanizer) -> TokenWriter:
    folder = treatment.dictionary
    return TokenWriter(words, _store(folder, treatment.languages) if folder else None)
