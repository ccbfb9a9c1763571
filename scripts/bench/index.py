"""Compare candidates for the title index: build time, size, opening, lookups.

    python -m scripts.bench.index [--titles 18000000] [--only NAME,…] [--folder DIR]

Each candidate is built and queried in its own process, with the same synthetic titles and the same
queries: batches of 20,000 titles, of which nine in ten exist, in strings as `link` passes them.
Rates are from strings to QIDs, including hashing; the last column excludes it. `pip install
marisa-trie` for that one.
"""

import argparse
import multiprocessing
import os
import resource
import shelve
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.hashing import mix
from cstool.storage.hash_index import HashIndex, building, hash_column, hash_titles

Array = np.ndarray[Any, Any]
Ask = Callable[[list[str]], Any]

BATCH = 20_000
CHUNK = 1 << 18
_SYLLABLES = (
    "ba ber da den fel gor ha in jo kal lor ma nau or pe qui ros sta tu val wick zem".split(  # noqa: SIM905
        " "
    )
)
_DIGIT = 10  # bits of a title's number that one of its three words stands for
_ODD = 0x2545F491


def words() -> pa.Array:
    """Return 1,024 different words of three to nine letters."""
    picks = (mix(np.arange(8192, dtype=np.uint64)) >> np.uint64(8)).tolist()
    made = dict.fromkeys(
        "".join(_SYLLABLES[(pick >> shift) % 22] for shift in range(0, 8 * (1 + pick % 3), 8))
        for pick in picks
    )
    return pa.array([word for word in made if len(word) > 2][: 1 << _DIGIT])


_WORDS = words()


def titles_of(numbers: Array) -> pa.Array:
    """Return the titles with these numbers, which are below 2^30: different ones, of 17 bytes."""
    spread = (numbers.astype(np.uint64) * np.uint64(_ODD)) & np.uint64((1 << 3 * _DIGIT) - 1)
    mask = np.uint64((1 << _DIGIT) - 1)
    digits = [(spread >> np.uint64(shift * _DIGIT)) & mask for shift in range(3)]
    one, two, three = (_WORDS.take(pa.array(digit)) for digit in digits)
    return pc.binary_join_element_wise(pc.utf8_capitalize(one), two, three, " ")


def qids_of(numbers: Array) -> Array:
    """Return the titles' QIDs: spread over those that Wikidata has."""
    qids: Array = mix(numbers.astype(np.uint64)) % np.uint64(130_000_000) + np.uint64(1)
    return qids.astype(np.uint32)


def chunks(titles: int) -> Iterator[tuple[pa.Array, Array]]:
    """Yield all titles and their QIDs, some at a time."""
    for first in range(0, titles, CHUNK):
        numbers = np.arange(first, min(first + CHUNK, titles))
        yield titles_of(numbers), qids_of(numbers)


def questions(titles: int, batches: int) -> Iterator[tuple[list[str], Array]]:
    """Yield batches of titles, a tenth of them unknown, and what they lead to."""
    generator = np.random.default_rng(1)
    for _ in range(batches):
        numbers = generator.integers(0, titles * 10 // 9, BATCH)
        yield titles_of(numbers).to_pylist(), np.where(numbers < titles, qids_of(numbers), 0)


def hashes_of(titles: int) -> tuple[Array, Array]:
    """Return all hashes and QIDs, by hash."""
    hashes = np.concatenate([hash_column(names) for names, _ in chunks(titles)])
    order = np.argsort(hashes)
    return hashes[order], qids_of(np.arange(titles))[order]


def saved(folder: Path, **arrays: Array) -> None:
    """Write arrays as files to map."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def mapped(folder: Path, *names: str) -> list[Array]:
    """Map them."""
    return [np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in names]


class Sorted:
    """Sorted hashes, binary search in the order that they are asked."""

    hashed = True

    def build(self, folder: Path, titles: int) -> None:
        """Write the files."""
        hashes, qids = hashes_of(titles)
        saved(folder, hashes=hashes, qids=qids)

    def open(self, folder: Path) -> Any:
        """Return a function from hashes, or titles, to QIDs."""
        hashes, qids = mapped(folder, "hashes", "qids")

        def ask(asked: Array) -> Array:
            places = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
            return np.where(hashes[places] == asked, qids[places], 0)

        return ask


class SortedInOrder(Sorted):
    """Sorted hashes, binary search of a sorted batch."""

    def open(self, folder: Path) -> Any:
        """Return a function from hashes to QIDs."""
        search = super().open(folder)

        def ask(asked: Array) -> Array:
            order = np.argsort(asked)
            answer = np.empty(len(asked), np.uint32)
            answer[order] = search(asked[order])
            return answer

        return ask


class Directory(Sorted):
    """Sorted hashes, and where those with the same highest 22 bits begin; then step by step."""

    bits = 22

    def build(self, folder: Path, titles: int) -> None:
        """Write the files."""
        hashes, qids = hashes_of(titles)
        heads = np.arange(1 << self.bits, dtype=np.uint64) << np.uint64(64 - self.bits)
        begins = np.append(np.searchsorted(hashes, heads), titles).astype(np.uint32)
        saved(folder, hashes=np.append(hashes, 0), qids=qids, begins=begins)

    def open(self, folder: Path) -> Any:
        """Return a function from hashes to QIDs."""
        hashes, qids, begins = mapped(folder, "hashes", "qids", "begins")
        shift = np.uint64(64 - self.bits)

        def ask(asked: Array) -> Array:
            answer = np.zeros(len(asked), np.uint32)
            heads = (asked >> shift).astype(np.intp)
            places, ends = begins[heads].astype(np.intp), begins[heads + 1].astype(np.intp)
            rows = np.arange(len(asked))
            while len(rows):
                there = hashes[places]
                found = (there == asked) & (places < ends)
                answer[rows[found]] = qids[places[found]]
                on = (there < asked) & (places < ends)
                rows, asked, ends, places = rows[on], asked[on], ends[on], places[on] + 1
            return answer

        return ask


class OrderedTable:
    """What cstool has: the hash table of `cstool.storage.hash_index`."""

    hashed = True

    def build(self, folder: Path, titles: int) -> None:
        """Write the files."""
        with building(folder, "index", np.uint32) as add:
            for names, qids in chunks(titles):
                add(hash_column(names), qids)

    def open(self, folder: Path) -> Any:
        """Return a function from hashes to QIDs."""
        return HashIndex.open(folder, "index").look_up


class Marisa:
    """marisa-trie's RecordTrie, memory-mapped: keeps the titles themselves, so no collisions."""

    hashed = False

    def build(self, folder: Path, titles: int) -> None:
        """Write the files."""
        marisa_trie = import_module("marisa_trie")

        def records() -> Iterator[tuple[str, tuple[int]]]:
            for names, qids in chunks(titles):
                yield from zip(names.to_pylist(), zip(qids.tolist(), strict=True), strict=True)

        marisa_trie.RecordTrie("<I", records()).save(str(folder / "trie"))

    def open(self, folder: Path) -> Any:
        """Return a function from titles to QIDs."""
        marisa_trie = import_module("marisa_trie")
        trie = marisa_trie.RecordTrie("<I").mmap(str(folder / "trie"))
        return lambda titles: np.array([trie.get(t, ((0,),))[0][0] for t in titles])


class Sqlite:
    """SQLite, as wikimapper asks it: a title, a query."""

    hashed = False

    def build(self, folder: Path, titles: int) -> None:
        """Write the file."""
        with sqlite3.connect(folder / "titles.db") as base:
            base.execute("PRAGMA journal_mode = OFF")
            base.execute("CREATE TABLE mapping (title text, qid int)")
            for names, qids in chunks(titles):
                rows = zip(names.to_pylist(), qids.tolist(), strict=True)
                base.executemany("INSERT INTO mapping VALUES (?, ?)", rows)
            base.execute("CREATE UNIQUE INDEX by_title ON mapping(title)")

    def open(self, folder: Path) -> Any:
        """Return a function from titles to QIDs."""
        base = sqlite3.connect(folder / "titles.db")

        def one(title: str) -> int:
            found = base.execute("SELECT qid FROM mapping WHERE title = ?", (title,)).fetchone()
            return int(found[0]) if found else 0

        return lambda titles: np.array([one(title) for title in titles])


class Dict:
    """A dict, which every process fills for itself: opening is building."""

    hashed = False

    def build(self, folder: Path, titles: int) -> None:
        """Write the number of titles; there is nothing else to keep."""
        saved(folder, number=np.array([titles]))

    def open(self, folder: Path) -> Any:
        """Return a function from titles to QIDs."""
        (number,) = mapped(folder, "number")
        known: dict[str, int] = {}
        for names, qids in chunks(int(number[0])):
            known.update(zip(names.to_pylist(), qids.tolist(), strict=True))
        return lambda titles: np.array([known.get(title, 0) for title in titles])


class Shelve:
    """shelve over dbm, as the published pipeline has it; a hundredth of the titles."""

    hashed = False
    share = 100

    def build(self, folder: Path, titles: int) -> None:
        """Write the file."""
        with shelve.open(str(folder / "shelf")) as shelf:
            for names, qids in chunks(titles):
                for name, qid in zip(names.to_pylist(), qids.tolist(), strict=True):
                    shelf[name] = qid

    def open(self, folder: Path) -> Any:
        """Return a function from titles to QIDs."""
        shelf = shelve.open(str(folder / "shelf"), "r")  # noqa: SIM115 - asked later
        return lambda titles: np.array([shelf.get(title, 0) for title in titles])


CANDIDATES: dict[str, Any] = {
    "ordered hash table (cstool)": OrderedTable,
    "sorted hashes with a directory": Directory,
    "sorted hashes asked in order": SortedInOrder,
    "sorted hashes": Sorted,
    "marisa-trie": Marisa,
    "sqlite": Sqlite,
    "dict in each process": Dict,
    "shelve of a hundredth": Shelve,
}


def peak() -> float:
    """Return the process's largest memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build(name: str, folder: Path, titles: int) -> tuple[float, float]:
    """Build a candidate; return seconds and MB."""
    begun = time.perf_counter()
    CANDIDATES[name]().build(folder, titles)
    return time.perf_counter() - begun, peak()


def ask(name: str, folder: Path, titles: int, batches: int) -> tuple[float, float, float, float]:
    """Open and ask a candidate; return seconds to open, titles/s, hashes/s, MB."""
    candidate = CANDIDATES[name]()
    begun = time.perf_counter()
    answer = candidate.open(folder)
    opened = time.perf_counter() - begun
    whole = bare = 0.0
    for asked, expected in questions(titles, batches):
        begun = time.perf_counter()
        keys = hash_titles(asked) if candidate.hashed else asked
        between = time.perf_counter()
        found = answer(keys)
        bare += time.perf_counter() - between
        whole += time.perf_counter() - begun
        if not np.array_equal(found, expected):
            raise AssertionError(f"{name} answers wrong")
    number = BATCH * batches
    return opened, number / whole, number / bare, peak()


def row(name: str, folder: Path, titles: int) -> str:
    """Return a candidate's line of the table, each step from a process of its own."""
    titles //= getattr(CANDIDATES[name], "share", 1)
    fresh = multiprocessing.get_context("spawn")
    batches = 100 if CANDIDATES[name].hashed else 10
    with fresh.Pool(1, maxtasksperchild=1) as pool:
        seconds, memory = pool.apply(build, (name, folder, titles))
        size = sum(file.stat().st_size for file in folder.iterdir())
        opened, rate, bare, asking = pool.apply(ask, (name, folder, titles, batches))
    return (
        f"| {name} | {seconds:.0f} | {memory:,.0f} | {size / 1e6:,.0f} | {opened * 1000:,.1f} | "
        f"{rate / 1e6:.2f} | {bare / 1e6:.2f} | {asking:,.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=18_000_000)
    parser.add_argument("--only", default=",".join(CANDIDATES))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    print(f"{arguments.titles:,} titles, {os.cpu_count()} CPUs")
    print("| | build s | build MB | disk MB | open ms | M titles/s | M hashes/s | asking MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in arguments.only.split(","):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            print(row(name, Path(folder), arguments.titles), flush=True)


if __name__ == "__main__":
    main()
