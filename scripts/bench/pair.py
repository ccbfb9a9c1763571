"""Measure the throughput of `cstool pair` per core and its memory, on synthetic pages.

Usage: python -m scripts.bench.pair [--pages N] [--others N] [--shares 4,2,1] [--jobs N]
                                    [--keep DIR] [--against CSTOOL] [OPTION…]

Writes the pages and titles of two wikis (English-like words, and the same in Cyrillic letters;
2.5 kB of text a page on average, in 1 to 200 paragraphs), `--pages` in the first and `--others` in
the second, each about an item that is also in the other wiki with a probability of a half, runs
`cstool pair` with the given options on 1/4, 1/2 and all of them, and prints MB of text (read, and
written) per CPU second and the memory of the largest process.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, numbers, strings
from cstool.storage.checksums import write_table
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.hash_index import HashIndex, building, hash_column
from cstool.storage.manifest import NOT_ENTITIES, TITLE_INDEX, Part, Source, read_manifest
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.schemas import POSITIONS_A_PAGE, QID, SENTENCES, for_unit
from scripts.bench.measure import add_against, measured, run, working_folder
from scripts.bench.shard import vocabulary

SCHEMA = for_unit(SENTENCES, "page")
PAGES_A_PART = 20_000
PAGES_A_GROUP = 2_000
PARAGRAPHS = 30_000
CYRILLIC = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшьыз")


def paragraphs(seed: int, *, cyrillic: bool) -> pa.StringArray:
    """Return paragraphs of 2 to 6 sentences of 12 words on average."""
    lots, words = np.random.default_rng(seed), vocabulary()
    if cyrillic:
        words = [word.translate(CYRILLIC) for word in words]
    texts = []
    for number in lots.integers(20, 80, PARAGRAPHS).tolist():
        ranks = (lots.zipf(1.3, number) - 1) % len(words)
        rare = lots.random(number) < 0.35
        ranks[rare] = lots.integers(0, len(words), int(rare.sum()))
        chosen = [words[r] for r in ranks]
        chosen[11::12] = [f"{word}." for word in chosen[11::12]]
        texts.append(" ".join(chosen).capitalize() + ".")
    return strings(texts)


def paragraphs_of_pages(number: int, of: int, lots: np.random.Generator) -> tuple[Array, Array]:
    """Return the number of paragraphs of each page, and all these, as indexes below `of`."""
    counts = np.minimum(lots.geometric(0.13, number), 200)
    return counts, lots.integers(0, of, int(counts.sum()))


def joined(counts: Array, picks: Array, texts: pa.StringArray) -> tuple[pa.Array, Array]:
    """Return the text of each page, and where its paragraphs begin in it, in characters."""
    pieces = texts.take(numbers(picks))
    text = pc.binary_join(list_of(counts, pieces, pa.list_(pa.string())), "\n\n")
    lengths = pc.utf8_length(texts).to_numpy().astype(np.int64)[picks] + 2
    ends = np.cumsum(lengths)
    starts = ends - lengths
    starts -= np.repeat(starts[np.cumsum(counts) - counts], counts)
    return text, starts


def pages_of(first: int, number: int, texts: pa.StringArray, lots: np.random.Generator) -> pa.Table:
    """Return pages with that many first ids."""
    counts, picks = paragraphs_of_pages(number, len(texts), lots)
    text, starts = joined(counts, picks, texts)
    ids = np.arange(first + 1, first + number + 1)
    columns = {
        "id": numbers(ids * POSITIONS_A_PAGE),
        "page_id": numbers(ids.astype(np.uint32)),
        "revision_id": numbers(ids + 10**9),
        "title": titles_of(ids),
        "position": numbers(np.zeros(number, np.uint32)),
        "text": text,
        "mentions": pa.array([[]] * number, SCHEMA.field("mentions").type),
        "sentences": list_of(
            counts, numbers(starts.astype(np.uint32)), SCHEMA.field("sentences").type
        ),
        "gaps": numbers(np.zeros(number, np.uint16)),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def titles_of(ids: Array) -> pa.Array:
    """Return the titles of pages."""
    return pc.binary_join_element_wise("Page about thing", numbers(ids).cast(pa.string()), " ")


def make_wiki(folder: Path, code: str, number: int, qids: Array) -> int:
    """Write the pages and titles of a wiki, if they are not there; return its bytes of text."""
    from cstool.execution.executors import InlineExecutor
    from cstool.execution.options import RunOptions
    from cstool.storage.run import Run
    from cstool.storage.tasks import part_name

    source = Source(f"{code}wiki", code)
    pages, titles = folder / f"{code}-pages", folder / f"{code}-titles"
    if not (manifest := read_manifest(pages)):
        texts = paragraphs(1, cyrillic=code != "en")
        size = 0

        def rows(part: int) -> Batches:
            nonlocal size
            lots = np.random.default_rng([part, number])
            last = min((part + 1) * PAGES_A_PART, number)
            for first in range(part * PAGES_A_PART, last, PAGES_A_GROUP):
                table = pages_of(first, min(PAGES_A_GROUP, last - first), texts, lots)
                size += pc.sum(pc.binary_length(table.column("text"))).as_py()
                yield table
            return Counts()

        pages.mkdir(parents=True)
        into = PartFolder(pages, pages / "_work", "r")
        made = [
            write_part(into, part_name(part), f"{part}", PartSpec(SCHEMA), rows(part))
            for part in range(-(-number // PAGES_A_PART))
        ]
        claim = Claim("extract", "bench", {"size": size, "of": code}, [])
        run_ = Run(pages, claim, RunOptions(jobs=1), InlineExecutor())
        manifest = run_.finish(made, Counts(), source=source, unit="page")
        titles.mkdir()
        with building(titles, TITLE_INDEX, np.uint32) as add:
            for first in range(0, number, 1 << 18):
                ids = np.arange(first, min(first + (1 << 18), number)) + 1
                add(hash_column(titles_of(ids)), qids[first : first + len(ids)])
        none = pa.schema([("qid", QID), ("reason", pa.string())]).empty_table()
        write_table(titles / NOT_ENTITIES, none)
        files = [*HashIndex.files(TITLE_INDEX), NOT_ENTITIES]
        parts = [Part(f, 0, (titles / f).stat().st_size, sha256(titles / f)) for f in files]
        claim = Claim("titles", "bench", {"wiki": source.wiki}, [])
        run_ = Run(titles, claim, RunOptions(jobs=1), InlineExecutor())
        run_.finish([], Counts(), source=source, files=parts)
    return int(manifest.parameters["size"])


def make_wikis(folder: Path, pages: int, others: int) -> int:
    """Write two wikis, half of the smaller of which is about items in both."""
    lots = np.random.default_rng(0)
    items = lots.permutation(pages + others).astype(np.uint32) + 1
    common = min(pages, others) // 2
    size = make_wiki(folder, "en", pages, lots.permutation(items[:pages]))
    return size + make_wiki(
        folder, "ru", others, lots.permutation(items[pages - common : pages - common + others])
    )


def main() -> None:
    """Make the input, run the stage, print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000_000)
    parser.add_argument("--others", type=int, default=1_000_000)
    parser.add_argument("--shares", default="4,2,1")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    add_against(parser)
    arguments, options = parser.parse_known_args()
    with working_folder(arguments.keep) as folder:
        for share in map(int, arguments.shares.split(",")):
            where = folder / f"of-{share}"
            size = make_wikis(where, arguments.pages // share, arguments.others // share)
            command = ["pair", "en-pages", "ru-pages", "--titles", "en-titles"]
            command += ["--titles", "ru-titles", "-o", "pairs", "--overwrite", "--quiet"]
            command += ["-j", str(arguments.jobs), *options]
            taken = measured(lambda program: run([program, *command], where), arguments)  # noqa: B023
            manifest = read_manifest(where / "pairs")
            assert manifest is not None
            characters = sum(manifest.counts.details["characters by language"].values())
            written = sum(part.bytes for part in manifest.parts)
            print(
                f"1/{share} {' '.join(options) or 'plain':20} {size / 1e6:6.0f} MB of text  "
                f"CPU {taken.cpu:6.1f} s  wall {taken.wall:6.1f} s  peak {taken.memory:5.0f} MB  "
                f"{size / 1e6 / taken.cpu:5.0f} MB/s  {characters / 1e6:.0f} million characters in "
                f"{manifest.counts.tallies['rows'].written:,} rows  written {written / 1e6:.0f} MB"
            )


if __name__ == "__main__":
    main()
