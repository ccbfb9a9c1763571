"""A memory-mapped index from 64-bit hashes to numbers: a hash table with ordered slots.

It is used for titles (`link`) and for sentences (`mask_pairs`). A hash determines its home slot;
if that is taken, the hash is stored in one of the next slots (linear probing), and hashes increase
from slot to slot. A lookup starts at the home slot and ends at the first slot that is empty or has
a larger hash: one or two memory accesses, independent of the size. Opening reads only the headers,
and all processes of a machine share the pages that they access. Comparison with alternatives:
docs/linking.md.

Titles are identified by their hash only. The probability that any two of 18 million titles have
the same hash is 10⁻⁵; so is the probability that any of 10 million absent titles is found.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.errors import InputError, writing
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import append_checksum, load_array, save_array

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Add = Callable[[Hashes, Array], None]

# The value, in the index of titles, of a page without an item.
NO_ITEM = np.uint32(2**32 - 1)

# Percentage of slots that are taken: 16 bytes per title, and 2 accessed slots on average.
_TAKEN = 75
# The slots are preceded by the number of home slots and the number of titles.
_HEAD = 2
# Number of pairs in memory while an index is built, and of buckets that are sorted one by one.
_HELD = 1 << 20
_BUCKETS = 64
_EMPTY = np.uint64(0)
_HALF = np.uint64(32)


def hash_titles(titles: Sequence[str]) -> Hashes:
    """Return uint64[n]: the xxh3 (64 bits) of each title's UTF-8."""
    encoded = map(str.encode, titles)
    return np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(titles))


def hash_column(titles: pa.Array) -> Hashes:
    """Return the same as `hash_titles` for a string column without nulls, which is UTF-8."""
    encoded = titles.view(pa.binary()).to_pylist()
    return np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(titles))


class HashIndex:
    """A number for each hash; 0 means that the hash is absent."""

    def __init__(self, slots: Hashes, values: Array) -> None:
        """Use the content of the two files: the head and the slots, and the slots' values."""
        self._slots = slots
        self._values = values
        self._homes = slots[0]

    def __len__(self) -> int:
        return int(self._slots[1])

    @staticmethod
    def build(hashes: Hashes, values: Array) -> "HashIndex":
        """Build an index of these pairs in memory; for equal hashes the first pair is used."""
        hashes, values = _sorted(hashes, values)
        homes = _homes_for(len(hashes))
        indices = _slot_indices(hashes, homes, 0)
        size = max(homes, int(indices[-1]) + 1 if len(indices) else 0)
        slots, slot_values = _filled(hashes, values, indices, size + 1)
        head = np.array([homes, len(hashes)], np.uint64)
        return HashIndex(
            np.concatenate([head, slots]),
            np.concatenate([np.zeros(_HEAD, values.dtype), slot_values]),
        )

    @staticmethod
    def open(folder: Path, name: str) -> "HashIndex":
        """Open the index `name` of a folder.

        Raises InputError if it is missing, damaged, or of another version.
        """
        try:
            slots, values = (load_array(folder / file) for file in HashIndex.files(name))
            _check(slots, values)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{folder / HashIndex.files(name)[0]}: the index cannot be read ({error}); list "
                "all damaged files with `cstool verify`, then make the folder again with "
                "--overwrite"
            ) from error
        return HashIndex(slots, values)

    @staticmethod
    def files(name: str) -> tuple[str, str]:
        """Return the file names of an index: its slots, and their values."""
        return f"{name}.slots.npy", f"{name}.values.npy"

    def save(self, folder: Path, name: str) -> None:
        """Write the index's two files."""
        for file, array in zip(self.files(name), (self._slots, self._values), strict=True):
            with whole_file(folder / file) as temporary:
                save_array(temporary, array)

    def look_up(self, hashes: Hashes) -> Array:
        """Return the value of each hash, 0 if it is absent; shape [n]."""
        values = np.zeros(len(hashes), self._values.dtype)
        wanted = np.maximum(hashes, np.uint64(1))
        indices = _homes(wanted, self._homes) + _HEAD
        rows = np.arange(len(hashes))
        while len(rows):
            stored = self._slots[indices]
            equal = stored == wanted
            values[rows[equal]] = self._values[indices[equal]]
            further = (stored < wanted) & (stored != _EMPTY)
            rows, wanted, indices = rows[further], wanted[further], indices[further] + 1
        return values


@contextmanager
def building(folder: Path, name: str, value_type: type[np.generic]) -> Iterator[Add]:
    """Yield a function that adds hashes and values; write their index when the block ends.

    The files are equal to those of `HashIndex.build(…).save(…)`, but memory is bounded: more than
    a million pairs are kept in anonymous temporary files. Raises OutputError if the folder cannot
    be written.
    """
    with ExitStack() as stack:
        pairs = _Pairs(folder, np.dtype([("hash", np.uint64), ("value", value_type)]), stack)
        yield pairs.add
        number = sum(len(bucket) for bucket in pairs.buckets(keep=True))
        homes = _homes_for(number)
        head = np.array([homes, number], np.uint64)
        with _GrowingArray.open(folder, name, value_type) as put:
            put(head, np.zeros(_HEAD, value_type))
            free = 0
            for bucket in pairs.buckets():
                indices = _slot_indices(bucket["hash"], homes, free)
                size = int(indices[-1]) + 1 - free if len(indices) else 0
                put(*_filled(bucket["hash"], bucket["value"], indices - free, size))
                free += size
            put(*_filled(np.zeros(0, np.uint64), np.zeros(0, value_type), np.zeros(0, np.intp),
                         max(homes - free, 0) + 1))  # fmt: skip


class _Pairs:
    """Pairs of hash and value, in buckets by the highest bits of the hash."""

    def __init__(self, folder: Path, type_: np.dtype[Any], stack: ExitStack) -> None:
        self._folder = folder
        self._type = type_
        self._stack = stack
        self._held: list[np.ndarray[Any, Any]] = []
        self._number = 0
        self._files: list[IO[bytes]] = []

    def add(self, hashes: Hashes, values: Array) -> None:
        """Add pairs."""
        pairs = np.empty(len(hashes), self._type)
        pairs["hash"], pairs["value"] = np.maximum(hashes, np.uint64(1)), values
        self._held.append(pairs)
        self._number += len(pairs)
        if self._number >= _HELD:
            self._spill()

    def buckets(self, *, keep: bool = False) -> Iterator[np.ndarray[Any, Any]]:
        """Yield each bucket, sorted and without duplicates; `keep` stores it in this form."""
        if not self._files:
            pairs = np.concatenate([np.empty(0, self._type), *self._held])
            self._held = [_sorted_pairs(pairs)]
            yield self._held[0]
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            pairs = _sorted_pairs(np.frombuffer(file.read(), self._type))
            if keep:
                with writing(self._folder):
                    file.seek(0)
                    file.truncate()
                    file.write(pairs.tobytes())
            yield pairs

    def _spill(self) -> None:
        with writing(self._folder):
            self._append()

    def _append(self) -> None:
        if not self._files:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Anonymous: the system removes them even if the process is killed.
            for _ in range(_BUCKETS):
                spill = TemporaryFile(dir=self._folder)  # noqa: SIM115 - the stack closes it
                self._files.append(self._stack.enter_context(spill))
        pairs = np.concatenate([np.empty(0, self._type), *self._held])
        self._held, self._number = [], 0
        bucket = _homes(pairs["hash"], np.uint64(_BUCKETS))
        pairs = pairs[np.argsort(bucket, kind="stable")]
        ends = np.cumsum(np.bincount(bucket, minlength=_BUCKETS))
        for file, piece in zip(self._files, np.split(pairs, ends[:-1]), strict=True):
            file.write(piece.tobytes())


class _GrowingArray:
    """A one-dimensional .npy file that is written piece by piece."""

    def __init__(self, file: IO[bytes], type_: np.dtype[Any]) -> None:
        self._file = file
        self._type = type_
        self._length = 0
        self._write_header()

    @staticmethod
    @contextmanager
    def open(
        folder: Path, name: str, value_type: type[np.generic]
    ) -> Iterator[Callable[[Hashes, Array], None]]:
        """Yield a function that appends to the two files of an index; complete them at the end."""
        with ExitStack() as stack:
            arrays = []
            paths = []
            types = np.dtype(np.uint64), np.dtype(value_type)
            for file, type_ in zip(HashIndex.files(name), types, strict=True):
                path = stack.enter_context(whole_file(folder / file))
                paths.append(path)
                arrays.append(_GrowingArray(stack.enter_context(path.open("wb")), type_))

            def put(*pieces: np.ndarray[Any, Any]) -> None:
                for array, piece in zip(arrays, pieces, strict=True):
                    array.put(piece)

            yield put
            for array, path in zip(arrays, paths, strict=True):
                array.close()
                append_checksum(path)

    def put(self, piece: np.ndarray[Any, Any]) -> None:
        """Append."""
        self._length += len(piece)
        self._file.write(piece.astype(self._type, copy=False).tobytes())

    def close(self) -> None:
        """Write the final length into the header, in which NumPy reserves space for it."""
        size = self._header_size
        self._file.seek(0)
        self._write_header()
        if self._header_size != size:
            raise AssertionError("the header of a .npy file has grown")
        self._file.flush()

    def _write_header(self) -> None:
        header = {"descr": self._type.str, "fortran_order": False, "shape": (self._length,)}
        np.lib.format.write_array_header_1_0(self._file, header)
        self._header_size = self._file.tell()


def _sorted(hashes: Hashes, values: Array) -> tuple[Hashes, Array]:
    """Return the pairs sorted by hash, the first of equal ones; hash 0 becomes 1 (0: empty)."""
    hashes = np.maximum(hashes, np.uint64(1))
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    new = np.ones(len(hashes), bool)
    new[1:] = hashes[1:] != hashes[:-1]
    return hashes[new], values[order[new]]


def _sorted_pairs(pairs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    hashes, values = _sorted(pairs["hash"], pairs["value"])
    result = np.empty(len(hashes), pairs.dtype)
    result["hash"], result["value"] = hashes, values
    return result


def _homes_for(titles: int) -> int:
    return titles * 100 // _TAKEN + 1


def _homes(hashes: Hashes, homes: np.uint64 | int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the index of each hash's home slot: hashes are mapped to slots in order."""
    return (((hashes >> _HALF) * np.uint64(homes)) >> _HALF).astype(np.intp)


def _slot_indices(hashes: Hashes, homes: int, free: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the slots of sorted hashes: the home slot or the next free one, from `free` on."""
    steps = np.arange(len(hashes))
    indices: np.ndarray[Any, np.dtype[np.intp]] = np.maximum.accumulate(
        np.maximum(_homes(hashes, homes) - steps, free)
    )
    return indices + steps


def _filled(
    hashes: Hashes, values: Array, indices: np.ndarray[Any, np.dtype[np.intp]], size: int
) -> tuple[Hashes, Array]:
    """Return `size` slots and their values, with these pairs at the indices."""
    slots, slot_values = np.zeros(size, np.uint64), np.zeros(size, values.dtype)
    slots[indices], slot_values[indices] = hashes, values
    return slots, slot_values


def _check(slots: Hashes, values: Array) -> None:
    """Raise ValueError unless the arrays are an index in which lookups stay within bounds."""
    if slots.dtype != np.uint64 or slots.ndim != 1 or slots.shape != values.shape:
        raise ValueError("its two files differ in length")
    if len(slots) <= _HEAD or slots[0] + _HEAD >= len(slots) or slots[-1] != _EMPTY:
        raise ValueError("not an index of this version")
