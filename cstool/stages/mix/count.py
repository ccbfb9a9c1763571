"""Counts the words or tokens of each row, and hashes its text: the first phase of `mix`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, list_of, numbers, slices_of
from cstool.arrays.hashing import text_hashes
from cstool.formats.encode_texts import read_encoder
from cstool.formats.token_sequences import TOKEN_IDS
from cstool.languages.words import words_of
from cstool.stages.mix.inputs import has_pages
from cstool.stages.mix.rows import MixPart, RowGroup, RowHashes, groups_of, hashes_of
from cstool.storage.checksums import load_array
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches

# Details of the counts.
ROWS_BY_CLASS = "rows by class"
HELD_BY_CLASS = "rows held out by class"
# The state of a row before texts are compared.
OPEN, NOT_CHOSEN, HELD_OUT = range(3)
# A row of a part, in the order of the part. `row`: a hash of what identifies it; `mark`, `check`:
# the hash of its text, or `row` and 0 if texts are not compared; `size`: its words or tokens;
# `bytes`: of its text. Only rows that are open have a mark and a size.
COUNTED = pa.schema(
    [
        ("row", pa.uint64()),
        ("mark", pa.uint64()),
        ("check", pa.uint64()),
        ("size", pa.uint32()),
        ("bytes", pa.uint32()),
        ("language", pa.string()),
        ("switched", pa.bool_()),
        ("state", pa.uint8()),
    ]
)
# The arrays of a text of this size fit into the cache of a processor.
_WORD_BYTES_AT_ONCE = 1 << 16
# A tokenizer needs about a hundred times the memory of a text.
_TOKEN_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class ClassFilter:
    """The rows that a source chooses: `languages` (None: all), and source or switched rows."""

    languages: frozenset[str] | None
    switched: tuple[bool, ...]

    def has(self, language: str, *, switched: bool) -> bool:
        """Whether the rows of a class are chosen."""
        return (self.languages is None or language in self.languages) and switched in self.switched

    def chosen(self, languages: pa.DictionaryArray, switched: Array) -> Array:
        """Return bool[n]: whether each row is chosen."""
        codes = languages.dictionary.to_pylist()
        wanted = [[self.has(code, switched=kind) for kind in (False, True)] for code in codes]
        table = np.array(wanted, bool).reshape(-1, 2)
        chosen: Array = table[languages.indices.to_numpy(), switched.astype(np.int64)]
        return chosen


@dataclass(frozen=True)
class CountWork:
    """The parameters of `count_rows`.

    `filters`: for each folder, those of the sources that read it. `held_out`: the file of the pages
    held out. `dedup`: whether texts are hashed. `tokenizer`: of the tokens, None to count words.
    `keep_tokens`: whether the column TOKEN_IDS follows, because the files will contain the tokens.
    """

    filters: tuple[tuple[ClassFilter, ...], ...]
    held_out: str
    dedup: bool
    tokenizer: str | None
    document_end: str | None
    keep_tokens: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of the counted rows."""
        return COUNTED.append(TOKEN_IDS) if self.keep_tokens else COUNTED


def count_rows(part: MixPart, work: CountWork) -> Batches:
    """Yield the rows of a part, a table for each of `groups_of`.

    The schema is that of `CountWork`. The counts are the rows by language and kind.
    """
    counts = Counts()
    held_out = load_array(Path(work.held_out))
    for group in groups_of(part):
        languages = group.column("language").dictionary_encode()
        switched = switched_rows(group)
        hashes = hashes_of(group)
        state = _states(hashes, languages, switched, work.filters[part.folder], held_out)
        every = np.ones(group.rows, bool)
        counts.add(ROWS_BY_CLASS, _by_class(languages, switched, every))
        counts.add(HELD_BY_CLASS, _by_class(languages, switched, state == HELD_OUT))
        yield _counted(group, hashes, work, languages, switched, state)
    return counts


_KINDS = ("source", "switched")


def class_name(language: str, switched: bool) -> str:
    """Return the name of a class of rows: those of a language that are code-switched, or not."""
    return f"{_KINDS[switched]} {language}"


def class_of(name: str) -> tuple[str, bool]:
    """Return the language of a class, and whether its rows are code-switched."""
    kind, language = name.split(" ", 1)
    return language, kind == _KINDS[True]


def switched_rows(group: RowGroup) -> Array:
    """Return bool[n]: whether rows are code-switched, as windows of several languages are."""
    unequal = pc.not_equal(group.column("language"), group.column("source_language"))
    switched: Array = unequal.to_numpy(zero_copy_only=False)
    return switched


def _by_class(languages: pa.DictionaryArray, switched: Array, counted: Array) -> dict[str, int]:
    """Return the number of the counted rows (bool[n]) of each class."""
    codes = languages.dictionary.to_pylist()
    both = languages.indices.to_numpy().astype(np.int64) * 2 + switched
    found = np.bincount(both[counted], minlength=2 * len(codes)).tolist()
    return {class_name(codes[i // 2], bool(i % 2)): n for i, n in enumerate(found) if n}


def _states(
    hashes: RowHashes,
    languages: pa.DictionaryArray,
    switched: Array,
    filters: tuple[ClassFilter, ...],
    held_out: Array,
) -> Array:
    state = np.full(len(switched), NOT_CHOSEN, np.uint8)
    for one in filters:
        state[one.chosen(languages, switched)] = OPEN
    state[hashes.row_of_page[has_pages(hashes.pages, held_out)]] = HELD_OUT
    return state


def _counted(
    group: RowGroup,
    hashes: RowHashes,
    work: CountWork,
    languages: pa.DictionaryArray,
    switched: Array,
    state: Array,
) -> pa.Table:
    texts = group.column("text")
    is_open = state == OPEN
    every = bool(is_open.all())
    some = texts if every else texts.filter(booleans(is_open))
    rows = hashes.rows
    columns = {"row": rows, "mark": rows, "check": np.zeros(group.rows, np.uint64)}
    if work.dedup:
        columns["mark"], columns["check"] = (
            one if every else _spread(one, is_open) for one in text_hashes(some)
        )
    counted = _sizes(some, work)
    columns["size"] = _spread(counted.sizes, is_open).astype(np.uint32)
    columns["bytes"] = pc.binary_length(texts).to_numpy().astype(np.uint32)
    arrays = [numbers(columns[name]) for name in COUNTED.names[: len(columns)]]
    arrays += [languages.cast(pa.string()), booleans(switched), numbers(state)]
    if work.keep_tokens:
        lengths = columns["size"]
        arrays.append(list_of(lengths, numbers(counted.ids), TOKEN_IDS.type))
    return pa.table(arrays, schema=work.schema)


def _spread(values: Array, where: Array) -> Array:
    spread = np.zeros(len(where), values.dtype)
    spread[where] = values
    return spread


class _Sizes(NamedTuple):
    """The number of words or tokens of each text, and the ids of all tokens if they are kept."""

    sizes: Array
    ids: Array


def _sizes(texts: pa.StringArray, work: CountWork) -> _Sizes:
    sizes, ids = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    if work.tokenizer is None:
        sizes += [words_of(some) for some in _slices(texts, _WORD_BYTES_AT_ONCE)]
    else:
        encoder = read_encoder(Path(work.tokenizer), work.document_end)
        for some in _slices(texts, _TOKEN_BYTES_AT_ONCE):
            tokens = encoder.encode(some.to_pylist())
            sizes.append(np.diff(tokens.ends, prepend=0))
            if work.keep_tokens:
                ids.append(tokens.ids)
    return _Sizes(np.concatenate(sizes), np.concatenate(ids))


def _slices(texts: pa.StringArray, size: int) -> Iterator[pa.StringArray]:
    ends = np.cumsum(pc.binary_length(texts).to_numpy(), dtype=np.int64)
    for start, end in slices_of(ends, size):
        yield texts.slice(start, end - start)
