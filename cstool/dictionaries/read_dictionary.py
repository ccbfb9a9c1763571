"""Reads the pairs of dictionaries: the folded source, the language, and the target of each.

A pair is dropped, with a reason, if it cannot serve to switch a word. A file in which most lines
are unusable in the same way is no dictionary and is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import booleans, numbers, one_chunk, strings
from cstool.arrays.codepoints import matches
from cstool.dictionaries.dictionary_files import Dictionaries, PairFile, listed
from cstool.dictionaries.entry_words import number_of_words
from cstool.dictionaries.folding import folded
from cstool.dictionaries.pair_columns import language_in
from cstool.dictionaries.pair_lines import split_lines
from cstool.dictionaries.swapped_columns import ScriptSample
from cstool.dumps.streams import Stream
from cstool.errors import InputError
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts, Tally
from cstool.storage.text_files import BOM, decoded

UNIT = "dictionary pairs"
BY_LANGUAGE = "dictionary pairs by language"
# The largest number of words in an entry, and of characters in a source or target.
MOST_WORDS = 5
MOST_CHARACTERS = 100
PAIRS = pa.schema([("source", pa.string()), ("language", pa.string()), ("target", pa.string())])

_BLOCK = 4 << 20
_LONGEST_LINE = 1 << 20
_CONTROL = re.compile(rb"[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")

ONE_COLUMN = "one column"
NO_TAB = "several spaces and no tab"
OTHER_LANGUAGE = "another language"
EMPTY = "empty source or target"
CONTROL = "control character"
TOO_LONG = "longer than 100 characters"
MANY_WORDS = "more than 5 words"
SAME = "translation equal to its source"
DUPLICATE = "duplicate pair"
_REASONS = (ONE_COLUMN, NO_TAB, OTHER_LANGUAGE, EMPTY, CONTROL, TOO_LONG, MANY_WORDS, SAME)
# Reasons for which a file is refused if they hold for most of its lines, and what to do.
_REFUSED = {
    ONE_COLUMN: "give lines of a source and a target, separated by a tab",
    NO_TAB: "separate source and target by a tab",
    EMPTY: "give lines of a source and a target, separated by a tab",
    CONTROL: "save it as UTF-8 text",
    TOO_LONG: "give words or names, not sentences",
}


def read_pairs(dictionaries: Dictionaries, counts: Counts) -> Iterator[pa.Table]:
    """Yield the pairs of all dictionaries in their order, as tables with the schema `PAIRS`.

    Adds to `counts`: the tally `UNIT`, in which duplicates are still counted as written. Raises
    InputError for a file that is no dictionary.
    """
    for file in dictionaries.files:
        reading = _Reading(file, dictionaries)
        yield from reading.tables()
        tally = counts.tally(UNIT)
        tally.keep(reading.tally.written)
        for reason, number in reading.tally.dropped.items():
            tally.drop(reason, number)


@dataclass
class _Reading:
    """The reading of one file. `first`: by reason, the number of the first line."""

    file: PairFile
    wanted: Dictionaries
    tally: Tally = field(default_factory=Tally)
    first: dict[str, int] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    scripts: dict[str, ScriptSample] = field(default_factory=dict)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the pairs. Raises InputError for a file that is no dictionary."""
        for pairs in self._of_lexicon() if self.file.columns is None else self._of_lines():
            yield self._kept(pairs)
            self._refuse()
        for sample in self.scripts.values():
            sample.check(str(self.file.path))
        if not self.tally.written:
            self._refuse_empty()

    def _of_lines(self) -> Iterator["_Pairs"]:
        columns = self.file.columns
        assert columns
        header = columns.header
        wanted = [i for i in columns[:4] if i >= 0]
        for block, line in _blocks(self.file.path):
            found = split_lines(block, columns, wanted)
            cells = iter(found.cells)
            source, target, of_source, of_target = (
                next(cells) if i >= 0 else None for i in columns[:4]
            )
            assert source is not None
            assert target is not None
            reason = np.zeros(len(source), np.uint8)
            reason[found.number < columns.number] = 1
            if columns.spaced:
                reason[found.number > columns.number] = 2
            pairs = _Pairs(
                found.lines + line, source, target, reason, self._codes(of_source, [self.wanted.source]),
                self._codes(of_target, self.wanted.languages), bool(_CONTROL.search(block)),
            )  # fmt: skip
            yield pairs.rest(1) if header else pairs
            header = False

    def _of_lexicon(self) -> Iterator["_Pairs"]:
        file = open_part(self.file.path)
        names = ["source_language", "source", "target_language", "target"]
        line = 1
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, names, use_threads=False)
            of_source, source, of_target, target = (
                one_chunk(table.column(name)).cast(pa.string()) for name in names
            )
            yield _Pairs(
                line + np.arange(len(source)), source, target, np.zeros(len(source), np.uint8),
                self._codes(of_source, [self.wanted.source]),
                self._codes(of_target, self.wanted.languages), False,
            )  # fmt: skip
            line += len(source)

    def _codes(self, cells: pa.StringArray | None, known: "list[str] | tuple[str, ...]") -> Array | None:
        """Return int64[n]: the index of each cell's language in `known`, -1 for another one."""
        if cells is None:
            return None
        coded = cells.dictionary_encode()
        index = {code: i for i, code in enumerate(known)}
        languages = [language_in(cell) for cell in coded.dictionary.to_pylist()]
        if known is self.wanted.languages:
            self.others.update(code for code in languages if code and code not in index)
        places = np.array([index.get(code or "", -1) for code in languages], np.int64)
        return places[coded.indices.to_numpy()]
