"""Pairs in buckets by the hash of their source, on disk if they are many."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import changes, numbers, one_chunk
from cstool.errors import writing
from cstool.storage.hash_index import hash_column

# Pairs in memory before they are written, and buckets: those with the same six highest bits.
_HELD = 1 << 20
_BITS = 6
_SCHEMA = pa.schema([("hash", pa.uint64()), ("language", pa.uint16()), ("target", pa.string())])


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column of strings as a dictionary and indexes."""
    array = one_chunk(column)
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()


class HashedPairs(NamedTuple):
    """Pairs: `hash`, of the source, uint64[n]; `language`, its index, uint16[n]; `target`."""

    hash: Array
    language: Array
    target: pa.StringArray

    @staticmethod
    def of(table: pa.Table, index: Mapping[str, int]) -> "HashedPairs":
        """Return the pairs of a table; `index`: that of each language."""
        sources, codes = encoded(table.column("source")), encoded(table.column("language"))
        languages = np.array([index[code] for code in codes.dictionary.to_pylist()], np.uint16)
        return HashedPairs(
            hash_column(sources.dictionary)[sources.indices.to_numpy()],
            languages[codes.indices.to_numpy()],
            one_chunk(table.column("target")),
        )

    def take(self, rows: Array) -> "HashedPairs":
        """Return these rows."""
        return HashedPairs(self.hash[rows], self.language[rows], self.target.take(numbers(rows)))

    def distinct(self) -> "HashedPairs":
        """Return the pairs sorted by hash and language, otherwise in their order, each once."""
        order = np.lexsort((self.language, self.hash))
        group = np.cumsum(changes(self.hash[order]) | changes(self.language[order]))
        coded = self.target.dictionary_encode()
        pair = group * len(coded.dictionary) + coded.indices.to_numpy()[order]
        _, first = np.unique(pair, return_index=True)
        return self.take(order[np.sort(first)])


class PairBuckets:
    """Pairs, added in any number of batches; iterate over it to read them, a bucket at a time.

    Buckets ascend by hash; within one, pairs are in the order in which they were added. As a
    context manager it closes its files, which have no names, so that nothing is left of them.
    """

    def __init__(self, folder: Path) -> None:
        """`folder`: where files are made, if there are more pairs than fit in memory."""
        self._folder = folder
        self._held: list[HashedPairs] = []
        self._number = 0
        self._stack = ExitStack()
        self._files: list[IO[bytes]] = []
        self._writers: list[pa.ipc.RecordBatchStreamWriter] = []

    def __enter__(self) -> "PairBuckets":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, pairs: HashedPairs) -> None:
        """Add pairs."""
        self._held.append(pairs)
        self._number += len(pairs.hash)
        if self._number >= _HELD:
            with writing(self._folder):
                self._spill()

    def __iter__(self) -> Iterator[HashedPairs]:
        if not self._files:
            yield _joined(self._held)
            return
        with writing(self._folder):
            self._spill()
            for writer in self._writers:
                writer.close()
        for file in self._files:
            file.seek(0)
            table = pa.ipc.open_stream(file).read_all().combine_chunks()
            columns = [one_chunk(column) for column in table.columns]
            if table.num_rows:
                yield HashedPairs(columns[0].to_numpy(), columns[1].to_numpy(), columns[2])

    def _spill(self) -> None:
        if not self._files:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            for _ in range(1 << _BITS):
                spill = TemporaryFile(dir=self._folder)  # noqa: SIM115 - the stack closes it
                file = self._stack.enter_context(spill)
                self._files.append(file)
                self._writers.append(pa.ipc.new_stream(file, _SCHEMA))
        pairs = _joined(self._held)
        self._held, self._number = [], 0
        bucket = (pairs.hash >> np.uint64(64 - _BITS)).astype(np.int64)
        pairs = pairs.take(np.argsort(bucket, kind="stable"))
        table = pa.table(
            [numbers(pairs.hash), numbers(pairs.language), pairs.target], schema=_SCHEMA
        )
        start = 0
        for writer, number in zip(
            self._writers, np.bincount(bucket, minlength=1 << _BITS), strict=True
        ):
            if number:
                writer.write_table(table.slice(start, int(number)))
            start += int(number)


def _joined(batches: list[HashedPairs]) -> HashedPairs:
    none = HashedPairs(np.zeros(0, np.uint64), np.zeros(0, np.uint16), pa.array([], pa.string()))
    parts = [none, *batches]
    return HashedPairs(
        np.concatenate([part.hash for part in parts]),
        np.concatenate([part.language for part in parts]),
        pa.concat_arrays([part.target for part in parts]),
    )
