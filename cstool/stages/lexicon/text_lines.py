"""Lines of text files of name pairs, in the forms that other programs read.

- `tsv`: `source⇥target`
- `muse`: the same for single words in lower case: MUSE splits lines at white space and wants lower
  case (facebookresearch/MUSE, src/evaluation/word_translation.py), CoSDA-ML splits them at tabs and
  looks up words in lower case (kodenii/CoSDA-ML, util/dataset)
- `moses`: `source tokens ||| target tokens`, for fast_align (clab/fast_align, README)
- `prealign`: `{"words": "source $ target $ target", "index": QID}`, for PreAlign
  (Saltychtao/PreAlign, src/data/lm_dataset.py, bilingual_dictionary_pretrain_data_multi.py)
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import list_of, numbers, one_chunk, strings
from cstool.arrays.codepoints import bytes_of, cut
from cstool.languages.segmentation import word_boundaries
from cstool.storage.counts import Counts

_BETWEEN = "|||"
_DOLLAR = "$"
# Reasons to leave out a pair.
_SEPARATOR = "a tab or line break in a name"
_SPACES = "a name of several words"
_NOTHING = "no token in a name"
_WITH_DOLLAR = f"{_DOLLAR} in a name"
# What ends a column or, for a reader that uses Python's `splitlines`, a line.
_BREAKS = "[\\t\\n\\v\\f\\r\\x1c-\\x1e\\x{85}\\x{2028}\\x{2029}]"
# What Python's `split` takes for white space.
_WHITE = r"[\s\v\x1c-\x1f\x{85}\p{Z}]"


class LineFormat(NamedTuple):
    """A text format: the suffix of its files, and the function that makes lines.

    `lines(rows, counts)` takes the columns `qid`, `source` and `target`, returns lines without
    their ends, and counts the pairs that are left out in the tally `lines`. `joined`: whether a
    line has the targets in all languages, so that a file has all pairs of a source language.
    """

    suffix: str
    lines: Callable[[pa.Table, Counts], pa.StringArray]
    joined: bool = False


def _tsv(rows: pa.Table, counts: Counts) -> pa.StringArray:
    source, target = _names(rows)
    broken = pc.or_(*(pc.match_substring_regex(names, _BREAKS) for names in (source, target)))
    source, target = _without(source, target, broken, _SEPARATOR, counts)
    return pc.binary_join_element_wise(source, target, "\t")


def _muse(rows: pa.Table, counts: Counts) -> pa.StringArray:
    source, target = _names(rows)
    several = pc.or_(*(pc.match_substring_regex(names, _WHITE) for names in (source, target)))
    source, target = _without(source, target, several, _SPACES, counts)
    # Python's lower case, which the reader compares with, differs from Arrow's.
    lower = strings(
        [line.lower() for line in pc.binary_join_element_wise(source, target, "\t").to_pylist()]
    )
    return lower


def _moses(rows: pa.Table, counts: Counts) -> pa.StringArray:
    source, target = map(tokenized, _names(rows))
    empty = pc.or_(pc.equal(source, ""), pc.equal(target, ""))
    source, target = _without(source, target, empty, _NOTHING, counts)
    return pc.binary_join_element_wise(source, target, f" {_BETWEEN} ")


def _prealign(rows: pa.Table, counts: Counts) -> pa.StringArray:
    source, target = _names(rows)
    kept = pc.invert(pc.or_(*(pc.match_substring(names, _DOLLAR) for names in (source, target))))
    _without(source, target, pc.invert(kept), _WITH_DOLLAR, counts)
    qids, sources, targets = (
        column.filter(kept).to_pylist()
        for column in (one_chunk(rows.column("qid")), source, target)
    )
    keys = list(zip(qids, sources, strict=True))
    firsts = [i for i, key in enumerate(keys) if not i or key != keys[i - 1]]
    encode = msgspec.json.Encoder().encode
    return strings(
        [
            encode(
                {"words": f" {_DOLLAR} ".join([sources[i], *targets[i:end]]), "index": qids[i]}
            ).decode()
            for i, end in pairwise([*firsts, len(keys)])
        ]
    )


def _names(rows: pa.Table) -> tuple[pa.StringArray, pa.StringArray]:
    return one_chunk(rows.column("source")), one_chunk(rows.column("target"))


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
    "muse": LineFormat("txt", _muse),
    "moses": LineFormat("moses", _moses),
    "prealign": LineFormat("jsonl", _prealign, joined=True),
}
