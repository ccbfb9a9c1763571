"""Pairs as they are in a dictionary, a block at a time, with the languages of each."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import one_chunk
from cstool.dictionaries.dictionary_files import PairFile
from cstool.dictionaries.pair_columns import PairColumns, language_in
from cstool.dictionaries.pair_lines import split_lines
from cstool.dumps.streams import Stream
from cstool.errors import InputError
from cstool.storage.checksums import open_part
from cstool.storage.text_files import BOM, decoded

_BLOCK = 4 << 20
_LONGEST_LINE = 1 << 20
_LEXICON = ["source_language", "source", "target_language", "target"]


class RawPairs(NamedTuple):
    """Lines of a dictionary; arrays of the same length.

    `lines`: int64[n], their numbers in the file. `source`, `target`: white space around them is
    removed. `language`: int64[n], the index of the target's language among those of the run, -1 if
    it or the source's is another. `narrow`, `wide`: bool[n], whether a line has too few columns, or
    more than two words without a tab. `others`: other languages of targets.
    """

    lines: Array
    source: pa.StringArray
    target: pa.StringArray
    language: Array
    narrow: Array
    wide: Array
    others: frozenset[str]

    def numbered_from(self, line: int, skipped: int) -> "RawPairs":
        """Return the pairs without the first ones; `line`: the number of the block's first line."""
        return RawPairs(
            self.lines[skipped:] + line,
            self.source[skipped:],
            self.target[skipped:],
            self.language[skipped:],
            self.narrow[skipped:],
            self.wide[skipped:],
            self.others,
        )


def raw_pairs(file: PairFile, source: str, languages: Sequence[str]) -> Iterator[RawPairs]:
    """Yield the pairs of a file. Raises InputError for a file that is damaged or not UTF-8."""
    if file.columns is None:
        yield from _of_lexicon(file, source, languages)
        return
    columns, skipped = file.columns, int(file.columns.header)
    for block, line in _blocks(file):
        pairs = _of_block(block, columns, _Languages(source, languages, file.language))
        yield pairs.numbered_from(line, skipped)
        skipped = 0


class _Languages(NamedTuple):
    """The languages of a run, and that of all targets of a file, if it has one."""

    source: str
    targets: Sequence[str]
    target: str | None = None


def _of_block(block: bytes, columns: PairColumns, languages: _Languages) -> RawPairs:
    wanted = [i for i in columns[:4] if i >= 0]
    found = split_lines(block, columns, wanted)
    cells = dict(zip(wanted, found.cells, strict=True))
    source, target = cells[columns.source], cells[columns.target]
    narrow = found.number < columns.number
    wide = (found.number > columns.number) & columns.spaced
    language, others = _indexes(cells.get(columns.target_language), languages, len(source))
    if columns.source_language >= 0:
        language[_are_other(cells[columns.source_language], languages.source)] = -1
    return RawPairs(found.lines, source, target, language, narrow, wide, others)


def _of_lexicon(pairs: PairFile, source: str, languages: Sequence[str]) -> Iterator[RawPairs]:
    file = open_part(pairs.path)
    row = 1
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, _LEXICON, use_threads=False)
        of_source, sources, of_target, targets = (
            one_chunk(table.column(name)).cast(pa.string()) for name in _LEXICON
        )
        number = len(sources)
        language, others = _indexes(of_target, _Languages(source, languages), number)
        language[_are_other(of_source, source)] = -1
        lines = row + np.arange(number)
        none = np.zeros(number, bool)
        yield RawPairs(lines, sources, targets, language, none, none, others)
        row += number


def _indexes(
    cells: pa.StringArray | None, languages: _Languages, number: int
) -> tuple[Array, frozenset[str]]:
    """Return int64[n]: the index of each target's language, -1 for another; and the others."""
    index = {code: i for i, code in enumerate(languages.targets)}
    if cells is None:
        assert languages.target
        return np.full(number, index[languages.target]), frozenset()
    coded = cells.dictionary_encode()
    codes = [language_in(cell) for cell in coded.dictionary.to_pylist()]
    others = frozenset(code for code in codes if code and code not in index)
    places = np.array([index.get(code or "", -1) for code in codes], np.int64)
    return places[coded.indices.to_numpy()], others


def _are_other(cells: pa.StringArray, source: str) -> Array:
    """Return bool[n]: whether a source is in another language than the text."""
    coded = cells.dictionary_encode()
    other = np.array([language_in(cell) != source for cell in coded.dictionary.to_pylist()], bool)
    foreign: Array = other[coded.indices.to_numpy()]
    return foreign


def _blocks(file: PairFile) -> Iterator[tuple[bytes, int]]:
    """Yield blocks of whole lines in UTF-8, and the number of the first line of each.

    Raises InputError for bytes that are not UTF-8 and for a line that is too long.
    """
    stream = Stream(str(file.path))
    try:
        line = 1
        rest = b""
        for piece in _larger(stream):
            data = rest + piece
            end = data.rfind(b"\n") + 1
            block, rest = data[:end], data[end:]
            if block:
                yield _checked(block, file.name, line), line
                line += block.count(b"\n")
            if len(rest) > _LONGEST_LINE:
                raise InputError(
                    f"{file.name}: line {line:,} is longer than {_LONGEST_LINE >> 20} MB; give a "
                    "dictionary with one pair per line"
                )
        if rest.strip():
            yield _checked(rest + b"\n", file.name, line), line
    finally:
        stream.close()


def _larger(stream: Stream) -> Iterator[bytes]:
    """Yield the bytes of a stream in pieces of a few megabytes."""
    held: list[bytes] = []
    size = 0
    for piece in stream:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _checked(block: bytes, name: str, line: int) -> bytes:
    decoded(block, name, line)
    if line == 1:
        block = block.removeprefix(BOM)
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block
