"""An index from hashes to numbers: an ordered hash table in a memory map.

Made for titles (`link`), used for sentences, too (`mask_pairs`). A title's 64-bit hash says which
slot is its home; where that is taken it stands in one of the next ones, and the hashes rise from
slot to slot. So a look-up begins at the home and ends at the first slot that is empty or holds a
larger hash: one or two places of memory, whatever the size. Opening reads nothing, and all
processes of a machine share the pages that they touch. Why this and not something else:
docs/linking.md.

Titles are told apart by their hash alone. That any two of 18 million share one has a probability
of 10⁻⁵, that any of 10 million absent titles is taken for one that is there likewise.
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

# The QID, in the index of titles, of pages that have none.
NO_ITEM = np.uint32(2**32 - 1)

# Of a hundred slots so many are taken: 16 bytes a title, and two slots looked at in the mean.
_TAKEN = 75
# Before the slots stand the number of homes and that of titles.
_HEAD = 2
# Pairs that a building holds in memory, and the stretches of hashes that it sorts one by one.
_HELD = 1 << 20
_BUCKETS = 64
_EMPTY = np.uint64(0)
_HALF = np.uint64(32)


def hash_titles(titles: Sequence[str]) -> Hashes:
    """Return each title's xxh3 (of its UTF-8)."""
    encoded = map(str.encode, titles)
    return np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(titles))


def hash_column(titles: pa.Array) -> Hashes:
    """Return the same for a string column without nulls, whose UTF-8 need not be made."""
    encoded = titles.cast(pa.binary()).to_pylist()
    return np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), np.uint64, len(titles))


class HashIndex:
    """Hashes and a number for each; 0 stands for "not there"."""

    def __init__(self, slots: Hashes, values: Array) -> None:
        """Take what a file holds: the head and the slots, and the slots' values."""
        self._slots = slots
        self._values = values
        self._homes = slots[0]

    def __len__(self) -> int:
        return int(self._slots[1])

    @staticmethod
    def build(hashes: Hashes, values: Array) -> "HashIndex":
        """Return an index of these pairs, made in memory; of equal hashes the first pair counts."""
        hashes, values = _sorted(hashes, values)
        homes = _homes_for(len(hashes))
        places = _places(hashes, homes, 0)
        size = max(homes, int(places[-1]) + 1 if len(places) else 0)
        slots, beside = _filled(hashes, values, places, size + 1)
        head = np.array([homes, len(hashes)], np.uint64)
        return HashIndex(
            np.concatenate([head, slots]), np.concatenate([np.zeros(_HEAD, values.dtype), beside])
        )

    @staticmethod
    def open(folder: Path, name: str) -> "HashIndex":
        """Open an index that was saved or built there; nothing is read yet.

        Raises InputError when it is missing, cut, or another version's.
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
        """Return the names of the two files of an index."""
        return f"{name}.slots.npy", f"{name}.values.npy"

    def save(self, folder: Path, name: str) -> None:
        """Write the index's two files."""
        for file, array in zip(self.files(name), (self._slots, self._values), strict=True):
            with whole_file(folder / file) as temporary:
                save_array(temporary, array)

    def look_up(self, hashes: Hashes) -> Array:
        """Return the value of each hash, 0 where it is not there."""
        answer = np.zeros(len(hashes), self._values.dtype)
        asked = np.maximum(hashes, np.uint64(1))
        places = _homes(asked, self._homes) + _HEAD
        rows = np.arange(len(hashes))
        while len(rows):
            there = self._slots[places]
            found = there == asked
            answer[rows[found]] = self._values[places[found]]
            further = (there < asked) & (there != _EMPTY)
            rows, asked, places = rows[further], asked[further], places[further] + 1
        return answer


@contextmanager
def building(folder: Path, name: str, value_type: type[np.generic]) -> Iterator[Add]:
    """Give a function that takes hashes and values; write their index when the block ends.

    The files are those that `HashIndex.build(…).save(…)` would write, but memory does not grow
    with their number: pairs beyond a million lie in files without names meanwhile.
    Raises OutputError when the folder cannot be written.
    """
    with ExitStack() as stack:
        pairs = _Pairs(folder, np.dtype([("hash", np.uint64), ("value", value_type)]), stack)
        yield pairs.add
        number = sum(len(bucket) for bucket in pairs.stretches(keep=True))
        homes = _homes_for(number)
        head = np.array([homes, number], np.uint64)
        with _GrowingArray.open(folder, name, value_type) as put:
            put(head, np.zeros(_HEAD, value_type))
            free = 0
            for bucket in pairs.stretches():
                places = _places(bucket["hash"], homes, free)
                size = int(places[-1]) + 1 - free if len(places) else 0
                put(*_filled(bucket["hash"], bucket["value"], places - free, size))
                free += size
            put(*_filled(np.zeros(0, np.uint64), np.zeros(0, value_type), np.zeros(0, np.intp),
                         max(homes - free, 0) + 1))  # fmt: skip


class _Pairs:
    """Pairs of hash and value, in stretches by the hash's highest bits."""

    def __init__(self, folder: Path, type_: np.dtype[Any], stack: ExitStack) -> None:
        self._folder = folder
        self._type = type_
        self._stack = stack
        self._held: list[np.ndarray[Any, Any]] = []
        self._number = 0
        self._files: list[IO[bytes]] = []

    def add(self, hashes: Hashes, values: Array) -> None:
        """Take further pairs."""
        pairs = np.empty(len(hashes), self._type)
        pairs["hash"], pairs["value"] = np.maximum(hashes, np.uint64(1)), values
        self._held.append(pairs)
        self._number += len(pairs)
        if self._number >= _HELD:
            self._spill()

    def stretches(self, *, keep: bool = False) -> Iterator[np.ndarray[Any, Any]]:
        """Yield each bucket, sorted, without repeats; `keep` leaves it so for the next time."""
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
            # Without a name: nothing of them is left when the process is killed.
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
    """A .npy file of one dimension whose length is known at its end."""

    def __init__(self, file: IO[bytes], type_: np.dtype[Any]) -> None:
        self._file = file
        self._type = type_
        self._length = 0
        self._write_head()

    @staticmethod
    @contextmanager
    def open(
        folder: Path, name: str, value_type: type[np.generic]
    ) -> Iterator[Callable[[Hashes, Array], None]]:
        """Give what appends to the two files of an index, which are whole when the block ends."""
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
        """Write the length into the head, which numpy leaves room for."""
        size = self._head_size
        self._file.seek(0)
        self._write_head()
        if self._head_size != size:
            raise AssertionError("the header of a .npy file has grown")
        self._file.flush()

    def _write_head(self) -> None:
        head = {"descr": self._type.str, "fortran_order": False, "shape": (self._length,)}
        np.lib.format.write_array_header_1_0(self._file, head)
        self._head_size = self._file.tell()


def _sorted(hashes: Hashes, values: Array) -> tuple[Hashes, Array]:
    """Return the pairs by their hash; of equal ones the first. An empty slot's mark is no hash."""
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
    """Return each hash's share of the whole range, as a slot's number."""
    return (((hashes >> _HALF) * np.uint64(homes)) >> _HALF).astype(np.intp)


def _places(hashes: Hashes, homes: int, free: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return where sorted hashes stand: at home, or behind the one before; none before `free`."""
    steps = np.arange(len(hashes))
    places: np.ndarray[Any, np.dtype[np.intp]] = np.maximum.accumulate(
        np.maximum(_homes(hashes, homes) - steps, free)
    )
    return places + steps


def _filled(
    hashes: Hashes, values: Array, places: np.ndarray[Any, np.dtype[np.intp]], size: int
) -> tuple[Hashes, Array]:
    """Return so many slots, and their values, with these at their places."""
    slots, beside = np.zeros(size, np.uint64), np.zeros(size, values.dtype)
    slots[places], beside[places] = hashes, values
    return slots, beside


def _check(slots: Hashes, values: Array) -> None:
    """Raise ValueError when the arrays are no index; a look-up stays within those that are."""
    if slots.dtype != np.uint64 or slots.ndim != 1 or slots.shape != values.shape:
        raise ValueError("its two files differ in length")
    if len(slots) <= _HEAD or slots[0] + _HEAD >= len(slots) or slots[-1] != _EMPTY:
        raise ValueError("not an index of this version")
