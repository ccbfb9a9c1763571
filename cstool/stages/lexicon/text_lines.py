"""Lines of text files of name pairs, in the forms that other programs read.

- `tsv`: `source⇥target`, as CoSDA-ML reads it (kodenii/CoSDA-ML) and MUSE's dictionaries have it
- `moses`: `source tokens ||| target tokens`, for fast_align (clab/fast_align, README)
- `prealign`: `{"src_text": …, "tgt_text": …}`, for PreAlign (Saltychtao/PreAlign, README)
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import list_of, numbers, strings
from cstool.arrays.codepoints import bytes_of, cut
from cstool.languages.segmentation import word_boundaries
from cstool.storage.counts import Counts

_BETWEEN = "|||"
# Reasons to leave out a pair.
_SEPARATOR = "a tab or line break in a name"
_NOTHING = "no token in a name"
# What ends a column or, for a reader that uses Python's `splitlines`, a line.
_BREAKS = "[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]"


class LineFormat(NamedTuple):
    """A text format: the suffix of its files, and the function that makes lines.

    `lines(source, target, counts)` returns lines without their ends, and counts the pairs that are
    left out in the tally `lines`.
    """

    suffix: str
    lines: Callable[[pa.StringArray, pa.StringArray, Counts], pa.StringArray]


def _tsv(source: pa.StringArray, target: pa.StringArray, counts: Counts) -> pa.StringArray:
    broken = pc.or_(
        pc.match_substring_regex(source, _BREAKS), pc.match_substring_regex(target, _BREAKS)
    )
    source, target = _without(source, target, broken, _SEPARATOR, counts)
    return pc.binary_join_element_wise(source, target, "\t")


def _moses(source: pa.StringArray, target: pa.StringArray, counts: Counts) -> pa.StringArray:
    source, target = tokenized(source), tokenized(target)
    empty = pc.or_(pc.equal(source, ""), pc.equal(target, ""))
    source, target = _without(source, target, empty, _NOTHING, counts)
    return pc.binary_join_element_wise(source, target, f" {_BETWEEN} ")


def _prealign(source: pa.StringArray, target: pa.StringArray, counts: Counts) -> pa.StringArray:
    counts.tally("lines").keep(len(source))
    encode = msgspec.json.Encoder().encode
    pairs = zip(source.to_pylist(), target.to_pylist(), strict=True)
    return strings([encode({"src_text": one, "tgt_text": other}).decode() for one, other in pairs])


def _without(
    source: pa.StringArray, target: pa.StringArray, bad: pa.BooleanArray, reason: str,
    counts: Counts,
) -> tuple[pa.StringArray, pa.StringArray]:  # fmt: skip
    """Return the pairs that are not bad; count all of them."""
    number = pc.sum(bad).as_py() or 0
    tally = counts.tally("lines")
    tally.drop(reason, number)
    tally.keep(len(source) - number)
    if not number:
        return source, target
    kept = pc.invert(bad)
    return source.filter(kept), target.filter(kept)


def tokenized(texts: pa.StringArray) -> pa.StringArray:
    """Return texts with one space between tokens: words and other characters, without white space.

    Tokens are the segments between ICU's word boundaries (UAX #29), so bars are single tokens.
    """
    # Each text is a line, because a line feed is always a segment of its own.
    texts = pc.replace_substring_regex(texts, _BREAKS, " ")
    offsets, data = bytes_of(texts)
    lines = np.insert(data, offsets[1:], np.uint8(10)).tobytes().decode()
    segments = cut(strings([lines]), word_boundaries(lines))
    ends = pc.equal(segments, "\n").to_numpy(zero_copy_only=False)
    row = np.cumsum(ends) - ends
    shown = pc.not_equal(pc.utf8_trim_whitespace(segments), "").to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(shown)
    tokens = segments.take(numbers(kept))
    sizes = np.bincount(row[kept], minlength=len(texts))
    return pc.binary_join(list_of(sizes, tokens, pa.list_(pa.string())), " ")


LINE_FORMATS = {
    "tsv": LineFormat("txt", _tsv),
    "moses": LineFormat("moses", _moses),
    "prealign": LineFormat("jsonl", _prealign),
}
