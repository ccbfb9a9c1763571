"""Reads the pairs of dictionaries: the folded source, the language, and the target of each.

A pair is dropped, with a reason, if it cannot serve to switch a word. A file in which most lines
are unusable in the same way is no dictionary and is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import numbers, strings
from cstool.arrays.codepoints import bytes_of, matches
from cstool.dictionaries.dictionary_files import Dictionaries, PairFile, listed
from cstool.dictionaries.entry_words import number_of_words
from cstool.dictionaries.folding import folded
from cstool.dictionaries.raw_pairs import RawPairs, raw_pairs
from cstool.dictionaries.swapped_columns import ScriptSample
from cstool.errors import InputError
from cstool.storage.counts import Counts, Tally

UNIT = "dictionary pairs"
# The largest number of words in a source, and of characters in a source or target.
MOST_WORDS = 5
MOST_CHARACTERS = 100

TOO_FEW = "too few columns"
NO_TAB = "more than two words without a tab"
OTHER_LANGUAGE = "another language"
EMPTY = "empty source or target"
CONTROL = "control character"
TOO_LONG = f"more than {MOST_CHARACTERS} characters"
MANY_WORDS = f"more than {MOST_WORDS} words"
SAME = "translation equal to its source"
_REASONS = (
    "", TOO_FEW, NO_TAB, OTHER_LANGUAGE, EMPTY, CONTROL, TOO_LONG, MANY_WORDS, SAME,
)  # fmt: skip
# Reasons for which a file is refused if they hold for most of its lines, and what to do.
_REFUSED = {
    TOO_FEW: "give lines of a source and a target, separated by a tab",
    NO_TAB: "separate source and target by a tab",
    EMPTY: "give lines of a source and a target, separated by a tab",
    CONTROL: "save it as UTF-8 text",
    TOO_LONG: "give words or names, not sentences",
}
_CONTROL = r"[\x00-\x1f\x7f\x{80}-\x{9f}]"


def read_pairs(dictionaries: Dictionaries, counts: Counts) -> Iterator[pa.Table]:
    """Yield the pairs of all dictionaries, in their order: tables `source`, `language`, `target`.

    `source` is folded; `language` and `source` are encoded as dictionaries. Adds to the tally
    `UNIT`, in which duplicates count as written. Raises InputError for a file that is no
    dictionary.
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
    """The reading of a file. `first`: by reason, its first line. `others`: other languages."""

    file: PairFile
    wanted: Dictionaries
    tally: Tally = field(default_factory=Tally)
    first: dict[str, int] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    scripts: dict[int, ScriptSample] = field(default_factory=dict)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the pairs. Raises InputError for a file that is no dictionary."""
        for raw in raw_pairs(self.file, self.wanted.source, self.wanted.languages):
            if not len(raw.lines):
                continue
            sources = raw.source.dictionary_encode()
            reason = _reasons(raw, sources)
            self._count(raw, reason)
            kept = np.flatnonzero(reason == 0)
            self._examine(raw, kept)
            self._refuse()
            if len(kept):
                yield self._table(raw, sources, kept)
        for sample in self.scripts.values():
            sample.check(self.file.name)
        if not self.tally.written:
            self._refuse_empty()

    def _table(self, raw: RawPairs, sources: pa.DictionaryArray, kept: Array) -> pa.Table:
        chosen = numbers(kept)
        source = pa.DictionaryArray.from_arrays(
            sources.indices.take(chosen), folded(sources.dictionary)
        )
        language = pa.DictionaryArray.from_arrays(
            numbers(raw.language[kept].astype(np.int32)), strings(self.wanted.languages)
        )
        return pa.table(
            [source, language, raw.target.take(chosen)], ["source", "language", "target"]
        )

    def _count(self, raw: RawPairs, reason: Array) -> None:
        number = np.bincount(reason, minlength=len(_REASONS))
        self.tally.keep(int(number[0]))
        for i in np.flatnonzero(number[1:]) + 1:
            self.tally.drop(_REASONS[i], int(number[i]))
            self.first.setdefault(_REASONS[i], int(raw.lines[np.argmax(reason == i)]))
        self.others |= raw.others

    def _examine(self, raw: RawPairs, kept: Array) -> None:
        """Add the kept pairs of each language to its sample of scripts."""
        language = raw.language[kept]
        for i in np.unique(language).tolist():
            code = self.wanted.languages[i]
            sample = self.scripts.setdefault(i, ScriptSample(self.wanted.source, code))
            rows = numbers(kept[language == i])
            sample.add(raw.source.take(rows), raw.target.take(rows))

    def _refuse(self) -> None:
        """Raise InputError if most lines so far are unusable in the same way."""
        for reason, number in self.tally.dropped.items():
            if reason in _REFUSED and 2 * number > self.tally.read:
                raise InputError(
                    f"{self.file.name}: line {self.first[reason]:,}: {reason} (so in {number:,} of "
                    f"the first {self.tally.read:,} lines); {_REFUSED[reason]}"
                )

    def _refuse_empty(self) -> None:
        """Raise InputError for a file without a usable pair."""
        wanted = f"from {self.wanted.source} into {listed(self.wanted.languages)}"
        if self.others and self.tally.dropped.get(OTHER_LANGUAGE, 0) * 2 > self.tally.read:
            has = f" (it has {listed(sorted(self.others))})"
            raise InputError(f"{self.file.name}: no pair {wanted}{has}; give another dictionary")
        why = ", ".join(f"{reason} ({n:,})" for reason, n in self.tally.dropped.items())
        raise InputError(
            f"{self.file.name}: no usable pair {wanted}{f': {why}' if why else ''}; give another "
            "dictionary"
        )


def _reasons(raw: RawPairs, sources: pa.DictionaryArray) -> Array:
    """Return uint8[n]: the index of each pair's reason in `_REASONS`, 0 if it is kept."""
    words = sources.dictionary
    code = sources.indices.to_numpy()
    lengths = [_lengths(words)[code], _lengths(raw.target)]
    lower = pc.utf8_lower(words).take(sources.indices)
    found = {
        TOO_FEW: raw.narrow,
        NO_TAB: raw.wide,
        OTHER_LANGUAGE: raw.language < 0,
        EMPTY: np.minimum(*lengths) == 0,
        CONTROL: _controls(words)[code] | _controls(raw.target),
        TOO_LONG: np.maximum(*lengths) > MOST_CHARACTERS,
        MANY_WORDS: (number_of_words(words) > MOST_WORDS)[code],
        SAME: pc.equal(lower, pc.utf8_lower(raw.target)).to_numpy(zero_copy_only=False),
    }
    reason = np.zeros(len(code), np.uint8)
    for i, name in reversed([*enumerate(_REASONS)][1:]):
        reason[found[name]] = i
    return reason


def _lengths(texts: pa.StringArray) -> Array:
    """Return the number of characters of each text."""
    lengths: Array = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    return lengths


def _controls(texts: pa.StringArray) -> Array:
    """Return bool[n]: whether a text has a control character."""
    _, data = bytes_of(texts)
    # U+0080 to U+009F begin with C2 in UTF-8.
    if not (data < 0x20).any() and not (data == 0x7F).any() and not (data == 0xC2).any():
        return np.zeros(len(texts), bool)
    return matches(texts, _CONTROL)
