"""Statistics of paragraphs and pages, and of pairs of pages."""

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk
from cstool.arrays.codepoints import begins_of, cut
from cstool.languages.words import words_of
from cstool.report.stats.read_batches import at_once, batches
from cstool.storage.histograms import histogram, quantile
from cstool.storage.manifest import Manifest
from cstool.storage.statistics import DocumentNumbers, added

_COLUMNS = ["languages", "segments", "text"]
_QUANTILES = (0.1, 0.5, 0.9, 0.99)


class DocumentStats(msgspec.Struct, frozen=True):
    """The statistics of paragraphs or pages of a language.

    `characters`, `words`: quantiles of their lengths (10, 50, 90, 99 %), within a few percent;
    those of words are of a sample. `sentences`: those in the rows; `gaps`: those missing;
    `with_gaps`: rows with a gap. `in_names`: share of the characters of switched rows that are in
    names; `switched`: mean share of a source row's entities that are switched, None if unknown.
    """

    characters: list[int | None]
    words: list[int | None]
    sentences: int
    gaps: int
    with_gaps: int
    in_names: float | None = None
    switched: float | None = None


def document_stats(its: DocumentNumbers, switched: float | None = None) -> DocumentStats:
    """Return statistics from counts."""
    in_names = None
    if its.switched_characters:
        in_names = its.name_characters / its.switched_characters
    return DocumentStats(
        [quantile(its.characters, share) for share in _QUANTILES],
        [quantile(its.words, share) for share in _QUANTILES],
        its.sentences,
        its.gaps,
        its.with_gaps,
        in_names,
        switched,
    )


class PairedLanguage(msgspec.Struct, frozen=True):
    """The pages of a language among pairs: rows with it, segments, words, quantiles of lengths.

    `ratio`: median of the characters of a row in this language, divided by those in the row's first
    language.
    """

    language: str
    rows: int
    segments: int
    words: int
    characters: list[int | None]
    ratio: float | None


class PairStats(msgspec.Struct, frozen=True):
    """The statistics of a folder of `pair`.

    `combinations`: rows by their languages, such as `en+ja`, most frequent first.
    """

    rows: int
    combinations: dict[str, int]
    languages: list[PairedLanguage]


def pair_stats(folder: Path, manifest: Manifest) -> PairStats:
    """Return the statistics of a folder of `pair`. Raises InputError if it cannot be read."""
    combinations = Counter[str]()
    rows, segments, words = Counter[str](), Counter[str](), Counter[str]()
    lengths: dict[str, list[int]] = {}
    ratios: dict[str, list[Array]] = {}
    for batch in batches(folder, manifest.tables, _COLUMNS, at_once("page")):
        offsets, its = flat(one_chunk(batch.column("segments")))
        row = np.repeat(np.arange(batch.num_rows), np.diff(offsets))
        start, end = (its.field(name).to_numpy().astype(np.int64) for name in ("start", "end"))
        codes = its.field("language").dictionary_encode()
        names, code = codes.dictionary.to_pylist(), codes.indices.to_numpy()
        counted = words_of(_pieces(batch.column("text"), row, start, end))
        size = np.zeros((batch.num_rows, len(names)), np.int64)
        np.add.at(size, (row, code), end - start)
        for languages in batch.column("languages").to_pylist():
            combinations["+".join(dict.fromkeys(languages))] += 1
        first = np.array([names.index(some[0]) for some in batch.column("languages").to_pylist()])
        of_first = size[np.arange(len(first)), first]
        for number, name in enumerate(names):
            with_it = size[:, number] > 0
            rows[name] += int(with_it.sum())
            segments[name] += int((code == number).sum())
            words[name] += int(counted[code == number].sum())
            its_sizes = size[with_it, number]
            lengths[name] = added(lengths.get(name, []), histogram(its_sizes).tolist())
            other = with_it & (first != number) & (of_first > 0)
            ratios.setdefault(name, []).append(size[other, number] / of_first[other])
    languages = [
        PairedLanguage(
            name,
            rows[name],
            segments[name],
            words[name],
            [quantile(lengths[name], share) for share in _QUANTILES],
            _median(np.concatenate(ratios[name])),
        )
        for name in sorted(rows, key=lambda name: (-rows[name], name))
    ]
    return PairStats(sum(combinations.values()), dict(combinations.most_common()), languages)


def _pieces(texts: pa.StringArray, row: Array, start: Array, end: Array) -> pa.StringArray:
    """Return the pieces of texts; `row`: the index of each piece's text."""
    begins = begins_of(texts)[row]
    bounds = np.stack([begins + start, begins + end], 1).ravel()
    if not len(bounds):
        return texts[:0]
    # Segments are in the order of the texts; what is between two of them is left out.
    pieces = cut(texts, np.append(bounds, begins_of(texts)[-1]))
    return pieces.take(numbers(np.arange(0, len(bounds), 2)))


def _median(ratios: Array) -> float | None:
    return float(np.median(ratios)) if len(ratios) else None
