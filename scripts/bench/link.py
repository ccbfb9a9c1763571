"""Compare `cstool link` with wikimapper and lookup loops in Python; docs/measurements/linking.md.

    python -m scripts.bench.link [--titles 18000000] [--mentions 2000000] [--jobs 1] [--keep DIR]
                                 [--against CSTOOL]

Titles and sentences are synthetic: a title index of the given size, parts of about 20,000 mentions
with a steep distribution (few targets have most links), a tenth of them red links. `link` reads and
writes Parquet; the peers get lists of titles in memory and only look them up, so the ratios are
conservative. `pip install wikimapper` for that one; --no-peers leaves them out. 18 million titles
take 0.3 GB of disk, 3 GB with those of the peers, and 3 GB of memory for the dict.
"""

import argparse
import os
import shelve
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.arrays.arrow import list_of_structs
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.hash_index import HashIndex, building, hash_titles
from cstool.storage.manifest import (
    MANIFEST,
    NOT_ENTITIES,
    TITLE_INDEX,
    Manifest,
    Part,
    Source,
    read_manifest,
)
from cstool.storage.schemas import MENTION, SENTENCES, TITLES, sentence_id
from cstool.storage.tasks import part_name
from scripts.bench.index import chunks, qids_of, titles_of
from scripts.bench.measure import Taken, add_against, measured, run, working_folder

SENTENCES_A_PART = 10_000
MENTIONS_A_SENTENCE = 2
SENTENCES_A_PAGE = 20
# One item in so many is a disambiguation page.
DISAMBIGUATION = 40
ASKED_OF_PEERS = 200_000


def close(folder: Path, stage: str) -> None:
    """Write the manifest of a folder that is filled."""
    parts = [
        Part(file.name, 0, file.stat().st_size, sha256(file)) for file in sorted(folder.iterdir())
    ]
    manifest = Manifest(stage, "bench", {}, [], parts, Counts(), Source("enwiki", "en"))
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def make_titles(folder: Path, titles: int) -> None:
    """Write what `cstool titles` leaves for `link`: the index, and the list of non-entities."""
    folder.mkdir()
    with building(folder, TITLE_INDEX, np.uint32) as add:
        for names, qids in chunks(titles):
            add(hash_titles(names.to_pylist()), qids)
    others = np.unique(qids_of(np.arange(0, titles, DISAMBIGUATION)))
    reasons = pa.array(["disambiguation page"]).take(pa.array(np.zeros(len(others), np.int32)))
    pq.write_table(pa.table({"qid": others, "reason": reasons}), folder / NOT_ENTITIES)
    pq.write_table(TITLES.empty_table(), folder / part_name(0))
    close(folder, "titles")


def make_targets(titles: int, mentions: int, part: int) -> pa.Array:
    """Return the targets of a part's mentions."""
    generator = np.random.default_rng(part)
    known = (titles * generator.random(mentions) ** 3).astype(np.int64)
    red = titles + generator.integers(0, titles, mentions)
    return titles_of(np.where(generator.random(mentions) < 0.1, red, known))


def make_part(titles: int, part: int) -> pa.Table:
    """Return a part of sentences with two mentions each."""
    targets = make_targets(titles, SENTENCES_A_PART * MENTIONS_A_SENTENCE, part)
    one, two = targets.take(pa.array(np.arange(0, len(targets), 2))), targets.take(
        pa.array(np.arange(1, len(targets), 2))
    )  # fmt: skip
    head, between = "In the year after, ", " was, as far as anybody can tell, the first to see "
    texts = pc.binary_join_element_wise(
        head, one, between, two, " from the other side of the river.", ""
    )
    lengths = [pc.utf8_length(names).to_numpy().astype(np.uint32) for names in (one, two)]
    starts = np.full((SENTENCES_A_PART, 2), len(head), np.uint32)
    starts[:, 1] += lengths[0] + np.uint32(len(between))
    ends = starts + np.stack(lengths, axis=1)
    rows = np.arange(SENTENCES_A_PART)
    pages = part * SENTENCES_A_PART // SENTENCES_A_PAGE + rows // SENTENCES_A_PAGE + 1
    position = rows % SENTENCES_A_PAGE
    columns = [
        pa.array(sentence_id(pages, position)),
        pa.array(pages.astype(np.uint32)),
        pa.array(pages + 1_000_000),
        titles_of(pages),
        pa.array(position.astype(np.uint32)),
        texts,
        list_of_structs(
            np.full(SENTENCES_A_PART, 2), [starts.ravel(), ends.ravel(), targets], MENTION
        ),
    ]
    return pa.Table.from_arrays(columns, schema=SENTENCES)


def make_sentences(folder: Path, titles: int, mentions: int) -> None:
    """Write a folder as `cstool extract` leaves it."""
    folder.mkdir()
    for part in range(max(1, mentions // (SENTENCES_A_PART * MENTIONS_A_SENTENCE))):
        pq.write_table(make_part(titles, part), folder / part_name(part), compression="zstd")
    close(folder, "extract")


def rate(look_up: Callable[[str], object], asked: list[str]) -> float:
    """Return titles a CPU second of a loop that looks up one after another."""
    begun = time.process_time()
    for title in asked:
        look_up(title)
    return len(asked) / (time.process_time() - begun)


def wikimapper_rate(folder: Path, titles: int, asked: list[str]) -> float:
    """Return the rate of wikimapper's own look-up over a base as its `create` makes it."""
    path = folder / "wikimapper.db"
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute(
            "CREATE TABLE mapping "
            "(wikipedia_id int PRIMARY KEY, wikipedia_title text, wikidata_id text)"
        )
        base.executemany("INSERT INTO mapping VALUES (?, ?, ?)", mapping(titles))
        base.execute("CREATE UNIQUE INDEX idx_wikipedia_title ON mapping(wikipedia_title)")
    print(f"wikimapper's base: {path.stat().st_size / 1e6:,.0f} MB")
    mapper = import_module("wikimapper").WikiMapper(str(path))
    return rate(lambda title: mapper.title_to_id(title.replace(" ", "_")), asked)


def mapping(titles: int) -> Iterator[tuple[int, str, str]]:
    """Yield the rows of wikimapper's table."""
    number = 0
    for names, qids in chunks(titles):
        for name, qid in zip(names.to_pylist(), qids.tolist(), strict=True):
            number += 1
            yield number, name.replace(" ", "_"), f"Q{qid}"


def dict_rate(titles: int, asked: list[str]) -> float:
    """Return the rate of a loop over a dict, which took minutes and gigabytes to fill."""
    known: dict[str, int] = {}
    for names, qids in chunks(titles):
        known.update(zip(names.to_pylist(), qids.tolist(), strict=True))
    return rate(known.get, asked)


def shelve_rate(folder: Path, titles: int, asked: list[str]) -> float:
    """Return the rate of a loop over a shelf, as the published pipeline has it."""
    with shelve.open(str(folder / "shelf")) as shelf:
        for names, qids in chunks(titles):
            shelf.update(zip(names.to_pylist(), qids.tolist(), strict=True))
        return rate(shelf.get, asked)


def opening(folder: Path) -> tuple[float, float]:
    """Return seconds to open the index and answer one question: from disk, and from memory."""
    one = hash_titles(["Nobody"])
    for file in HashIndex.files(TITLE_INDEX):
        handle = os.open(folder / file, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        HashIndex.open(folder, TITLE_INDEX).look_up(one)
        seconds.append(time.perf_counter() - begun)
    return seconds[0], seconds[1]


def bench(folder: Path, given: argparse.Namespace) -> float:
    """Make the input and link it; return mentions a CPU second."""
    titles, mentions, jobs = given.titles, given.mentions, given.jobs
    begun = time.process_time()
    make_titles(folder / "titles", titles)
    print(f"titles and index made in {time.process_time() - begun:.0f} CPU s")
    make_sentences(folder / "sentences", titles, mentions)
    size = sum((folder / "titles" / file).stat().st_size for file in HashIndex.files(TITLE_INDEX))
    cold, warm = opening(folder / "titles")
    print(f"index: {size / 1e6:,.0f} MB; opened and asked: {cold * 1e3:.1f} ms from disk, "
          f"{warm * 1e3:.1f} ms from memory")  # fmt: skip
    base = run([sys.executable, "-c", "import cstool.stages.link.stage"], folder)
    best = 0.0
    for extra in ([], ["--propagate"]):
        command = ["link", "sentences", "--titles", "titles", "-o", "linked", "-j", str(jobs)]
        command += ["--quiet", "--overwrite", *extra]

        def run_with(program: str, command: list[str] = command) -> Taken:
            return run([program, *command], folder)

        taken = measured(run_with, given)
        manifest = read_manifest(folder / "linked")
        number = manifest.counts.tally("mentions").read if manifest else 0
        print(
            f"link {' '.join(extra)}: {number:,} mentions in {taken.cpu:.1f} CPU s, "
            f"{taken.wall:.1f} s; {number / taken.cpu:,.0f} a CPU second "
            f"({number / (taken.cpu - base.cpu):,.0f} without the {base.cpu:.1f} s of starting); "
            f"{taken.memory:,.0f} MB a worker, up to {size / 1e6:,.0f} of them the map that all "
            f"share: {jobs * (taken.memory - size / 1e6) + size / 1e6:,.0f} MB with it counted once"
        )
        best = best or number / taken.cpu
        print("  ", manifest.counts.details["mentions by link"] if manifest else "")
    return best


def peers(folder: Path, titles: int, ours: float) -> None:
    """Print the rates of the peers and what ours is of them."""
    asked: list[str] = make_targets(titles, ASKED_OF_PEERS, 0).to_pylist()
    small: list[str] = make_targets(titles // 100, ASKED_OF_PEERS, 0).to_pylist()
    calls: dict[str, Callable[[], float]] = {
        "wikimapper, look-ups alone": lambda: wikimapper_rate(folder, titles, asked),
        "shelve of a hundredth, look-ups alone": lambda: shelve_rate(folder, titles // 100, small),
        "dict in memory, look-ups alone": lambda: dict_rate(titles, asked),
    }
    for name, call in calls.items():
        theirs = call()
        print(f"{name}: {theirs:,.0f} titles a CPU second; link is {ours / theirs:.1f} times that")


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=18_000_000)
    parser.add_argument("--mentions", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--keep", type=Path)
    add_against(parser)
    given = parser.parse_args()
    with working_folder(given.keep) as folder:
        ours = bench(folder, given)
        if not given.no_peers:
            peers(folder, given.titles, ours)


if __name__ == "__main__":
    main()
