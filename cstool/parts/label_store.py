"""Labels by entity and language, in a memory map that all processes share.

For each entity a bit mask tells the languages that it has a label in; its labels stand one
after another in the order of the bits. The place of one label is then the entity's first place
plus the number of bits below its language's (rank by popcount).

Files, all raw little-endian arrays: `qids` u32 (sorted), `masks` u64 × words, `firsts` i64,
`offsets` i64 (bytes into `text`, one more than labels), `text` UTF-8.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from cstool.parts.files import whole_file

Array = np.ndarray[Any, Any]

_FILES = {"qids": np.uint32, "masks": np.uint64, "firsts": np.int64, "offsets": np.int64}
LABELS = pa.schema([("qid", pa.uint32()), ("language", pa.uint16()), ("value", pa.string())])


def words(languages: Sequence[str]) -> int:
    """Return the number of 64-bit words that a mask of these languages takes."""
    return max(1, -(-len(languages) // 64))


def write_store(folder: Path, tables: Iterable[pa.Table], languages: Sequence[str]) -> None:
    """Write a store from tables of `LABELS`, sorted by QID and language, QIDs apart.

    Its files appear when all is written: other shards may be reading the same store.
    Raises OutputError when the disk is full or the place cannot be written.
    """
    with ExitStack() as stack:
        out: dict[str, IO[bytes]] = {}
        for name in [*_FILES, "text"]:
            temporary = stack.enter_context(whole_file(folder / name))
            out[name] = stack.enter_context(temporary.open("wb"))
        out["offsets"].write(np.zeros(1, np.int64).tobytes())
        labels = size = 0
        for table in tables:
            if table.num_rows:
                size = _append(out, table.combine_chunks(), words(languages), labels, size)
                labels += table.num_rows


def _append(out: dict[str, IO[bytes]], table: pa.Table, width: int, first: int, size: int) -> int:
    qids, starts = np.unique(table.column("qid").to_numpy(), return_index=True)
    language = table.column("language").to_numpy()
    masks = np.zeros((len(qids), width), np.uint64)
    for word in range(width):
        bits = np.where(
            language // 64 == word, np.uint64(1) << (language % 64).astype(np.uint64), np.uint64(0)
        )
        masks[:, word] = np.bitwise_or.reduceat(bits, starts)
    values = table.column("value").chunk(0)
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values) + 1]
    begin, end = int(offsets[0]), int(offsets[-1])
    out["qids"].write(qids.astype(np.uint32).tobytes())
    out["masks"].write(masks.tobytes())
    out["firsts"].write((starts + first).astype(np.int64).tobytes())
    out["offsets"].write((offsets[1:].astype(np.int64) - begin + size).tobytes())
    if end > begin:
        out["text"].write(memoryview(values.buffers()[2])[begin:end])
    return size + end - begin


class LabelStore:
    """An open store. Entities are asked for in batches; a place of -1 is "not there"."""

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages = list(languages)
        self._qids = _map(folder / "qids", np.uint32)
        self._masks = _map(folder / "masks", np.uint64).reshape(-1, words(languages))
        self._firsts = _map(folder / "firsts", np.int64)
        offsets = _map(folder / "offsets", np.int64)
        text = _map(folder / "text", np.uint8)
        self._labels = pa.LargeStringArray.from_buffers(
            len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text)
        )

    def __len__(self) -> int:
        return len(self._qids)

    def find(self, qids: Array) -> Array:
        """Return the places of entities."""
        if not len(self._qids):
            return np.full(len(qids), -1, np.int64)
        # Asked in the map's own type, else NumPy would convert a copy of all of it.
        places = np.searchsorted(self._qids, qids.astype(np.uint32))
        places[places == len(self._qids)] = 0
        return np.where(self._qids[places] == qids, places, -1)

    def masks(self, places: Array) -> Array:
        """Return the masks of entities, rows of words; all zero for those not there."""
        if not len(self._qids):
            return np.zeros((len(places), self._masks.shape[1]), np.uint64)
        masks: Array = self._masks[np.maximum(places, 0)]
        masks[places < 0] = 0
        return masks

    def labels(self, places: Array, languages: Array) -> pa.Array:
        """Return the labels of entities in languages (their numbers), which must be there."""
        if not len(places):
            return pa.array([], pa.large_string())
        masks = self._masks[places]
        word, bit = languages // 64, (languages % 64).astype(np.uint64)
        rows = np.arange(len(places))
        below = masks[rows, word] & ((np.uint64(1) << bit) - np.uint64(1))
        rank = np.bitwise_count(below).astype(np.int64)
        for i in range(masks.shape[1] - 1):
            rank += np.where(word > i, np.bitwise_count(masks[:, i]), 0).astype(np.int64)
        return self._labels.take(pa.array(self._firsts[places] + rank))


def _map(path: Path, dtype: Any) -> Array:
    """Map a file; an empty one cannot be mapped."""
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype, mode="r")
