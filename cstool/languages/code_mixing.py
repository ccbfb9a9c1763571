"""Code-mixing measures of a corpus: the amount, frequency and regularity of switches.

The span of a switched entity is in the row's language, all other text in the source language; words
are counted by `languages.words`. Paragraphs and pages are measured sentence by sentence. Formulas,
papers and interpretation: docs/metrics.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import log2, sqrt
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, bytes_of
from cstool.languages.words import words_in


class MixingMeasures(msgspec.Struct, frozen=True):
    """The measures of a language. Undefined ones (for example without two words) are None.

    `cmi` and `cmi_switches` are percentages, averaged over sentences; `switch_fraction` is also an
    average over sentences; the others are computed over the whole corpus.
    """

    cmi: float | None
    cmi_switches: float | None
    m_index: float | None
    i_index: float | None
    entropy: float | None
    burstiness: float | None
    switch_fraction: float | None


@dataclass(frozen=True)
class MixingSums:
    """Sums over sentences that the measures are computed from; they can be added."""

    sentences: int = 0  # with at least one word
    source_words: int = 0
    switched_words: int = 0
    cmi: float = 0.0
    cmi_switches: float = 0.0
    pairs: int = 0  # of neighboring words
    switches: int = 0
    of_two: int = 0  # sentences with at least two words
    switch_fraction: float = 0.0
    runs: int = 0  # runs of words of one language within a sentence
    run_words: int = 0
    run_squares: int = 0

    def __add__(self, other: "MixingSums") -> "MixingSums":
        """Return the sums of both."""
        return MixingSums(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(MixingSums))
        )

    @classmethod
    def stored(cls, numbers: Mapping[str, float]) -> "MixingSums":
        """Return sums that were stored by name (`dataclasses.asdict`)."""
        # A reader of JSON returns all of them as floats, but counts are integers.
        zeros = cls()
        known: dict[str, Any] = {
            f.name: type(getattr(zeros, f.name))(numbers.get(f.name, 0)) for f in fields(cls)
        }
        return cls(**known)

    @property
    def words(self) -> int:
        """The number of all words."""
        return self.source_words + self.switched_words

    def measures(self) -> MixingMeasures:
        """Return the measures."""
        shares = [n / self.words for n in (self.source_words, self.switched_words) if n]
        squares = sum(share**2 for share in shares)
        return MixingMeasures(
            cmi=_mean(self.cmi, self.sentences),
            cmi_switches=_mean(self.cmi_switches, self.sentences),
            m_index=(1 - squares) / squares if shares else None,  # for two languages
            i_index=_mean(self.switches, self.pairs),
            entropy=abs(-sum(share * log2(share) for share in shares)) if shares else None,
            burstiness=self._burstiness(),
            switch_fraction=_mean(self.switch_fraction, self.of_two),
        )

    def _burstiness(self) -> float | None:
        if not self.runs:
            return None
        mean = self.run_words / self.runs
        deviation = sqrt(max(0.0, self.run_squares / self.runs - mean**2))
        return (deviation - mean) / (deviation + mean)


def _mean(total: float, number: int) -> float | None:
    return total / number if number else None


class Pieces(NamedTuple):
    """What texts are cut into: pieces of one language, each within one sentence.

    `bounds`: int64[pieces + 1], in characters of the joined text. `sentence`, `kind`: of each
    piece, the index of its sentence, and SOURCE, SWITCHED or MARK. `row`: of each sentence.
    """

    bounds: Array
    sentence: Array
    kind: Array
    row: Array


SOURCE, SWITCHED, MARK = range(3)


def sums_by_language(
    languages: pa.DictionaryArray,
    texts: pa.StringArray,
    spans: pa.ListArray,
    marks: tuple[str, str] = ("", ""),
    sentences: pa.ListArray | None = None,
) -> dict[str, MixingSums]:
    """Return the sums of each language's rows.

    `spans`: (…, start, end) in character offsets of `texts`, in order. `marks`: what stands before
    and after each span, which is of no language. `sentences`: the offsets at which the sentences of
    a row start, None if a row is one.
    """
    whole = pieces_of(texts, spans, marks, sentences)
    words = words_in(bytes_of(texts)[1].tobytes().decode(), whole.bounds)
    counted = whole.kind != MARK
    sums = _row_sums(
        words[counted],
        whole.sentence[counted],
        whole.kind[counted] == SWITCHED,
        len(whole.row),
    )
    of_language = languages.indices.to_numpy()[whole.row]
    codes = languages.dictionary.to_pylist()
    totals = {
        name: np.bincount(of_language, weights=values, minlength=len(codes))
        for name, values in sums.items()
    }
    return {code: _sums({n: v[i] for n, v in totals.items()}) for i, code in enumerate(codes)}


def pieces_of(
    texts: pa.StringArray,
    spans: pa.ListArray,
    marks: tuple[str, str] = ("", ""),
    sentences: pa.ListArray | None = None,
) -> Pieces:
    """Return the pieces of texts; arguments as for `sums_by_language`.

    Text before the first sentence of a row, and headings after a sentence, count to that sentence.
    """
    offsets, entities = flat(spans)
    starts, ends = (entities.field(n).to_numpy().astype(np.int64) for n in ("start", "end"))
    number = np.diff(offsets)
    begins = begins_of(texts)
    if not any(marks) and sentences is None:
        rows = np.repeat(np.arange(len(number)), 2 * number + 1)
        # A span is between two other pieces.
        switched = (np.arange(len(rows)) - rows) % 2
        bounds = bounds_of_pieces(begins, offsets, starts, ends)
        return Pieces(bounds, rows, switched, np.arange(len(number)))
    every = np.arange(len(texts))
    cuts = [(np.zeros(len(texts), np.int64), every, SOURCE)]
    row_of_sentence = every
    if sentences is not None:
        first, at = flat(sentences)
        its = at.to_numpy().astype(np.int64)
        later = np.ones(len(its), bool)
        later[first[:-1][np.diff(first) > 0]] = False
        of_row = np.repeat(every, np.diff(first))
        cuts.append((its[later], of_row[later], SOURCE))
        row_of_sentence = np.sort(np.concatenate([every, of_row[later]]), kind="stable")
    of_span = np.repeat(every, number)
    before, after = map(len, marks)
    steps = np.stack([starts - before, starts, ends, ends + after], 1)
    kinds = np.tile([MARK, SWITCHED, MARK, SOURCE], len(steps))
    position = np.concatenate([*(at for at, _, _ in cuts), steps.ravel()])
    row = np.concatenate([*(rows for _, rows, _ in cuts), np.repeat(of_span, 4)])
    kind = np.concatenate([*(np.full(len(at), k) for at, _, k in cuts), kinds])
    opens = np.arange(len(position)) < len(position) - len(kinds)  # a sentence
    # Cuts at the same place keep their order: the last one gives the kind of what follows.
    place = begins[row] + position
    order = np.argsort(place + row, kind="stable")
    bounds = np.append(place[order], begins[-1])
    sentence = np.cumsum(opens[order]) - 1
    return Pieces(bounds, sentence, kind[order], row_of_sentence)


def _sums(numbers: dict[str, Any]) -> MixingSums:
    means = ("cmi", "cmi_switches", "switch_fraction")
    exact: dict[str, Any] = {n: float(v) if n in means else int(v) for n, v in numbers.items()}
    return MixingSums(**exact)


def _row_sums(words: Array, rows: Array, switched: Array, number: int) -> dict[str, Array]:
    """Return the sums of each row. `words`, `rows`, `switched`: one value for each piece."""

    def by_row(of: Array, weights: Array | None = None) -> Array:
        return np.bincount(of, weights=weights, minlength=number)

    source = by_row(rows[~switched], words[~switched])
    other = by_row(rows[switched], words[switched])
    full = np.flatnonzero(words)
    row, kind = rows[full], switched[full]
    same_row = row[1:] == row[:-1]
    turns = same_row & (kind[1:] != kind[:-1])
    begins = np.append(True, ~same_row | turns)[: len(full)]
    run_row = row[begins]
    lengths = np.add.reduceat(words[full], np.flatnonzero(begins)) if len(full) else words[full]
    switches = by_row(row[1:][turns])
    total = source + other
    some, two = total > 0, total > 1
    mixed = total - np.maximum(source, other)
    return {
        "sentences": some.astype(float),
        "source_words": source,
        "switched_words": other,
        "cmi": 100 * mixed / np.maximum(total, 1),
        "cmi_switches": 100 * (mixed + switches) / (2 * np.maximum(total, 1)),
        "pairs": np.maximum(total - 1, 0),
        "switches": switches,
        "of_two": two.astype(float),
        "switch_fraction": np.where(two, switches / np.maximum(total - 1, 1), 0.0),
        "runs": by_row(run_row),
        "run_words": by_row(run_row, lengths),
        "run_squares": by_row(run_row, lengths.astype(float) ** 2),
    }
