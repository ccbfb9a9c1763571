"""Flip single bits in the files of a pipeline, and read the files with the next stages.

Usage: python -m scripts.fuzz.damage --out DIR [--flips 500] [--interrupted 200] [--seed 0]

The sample pipeline is run once. Then one bit of one file (a part, a side table, an index, a
manifest) is flipped at a time, and every stage that reads the file is run. It must either write the
same rows as without the damage, or end with one line that names the file. With files of interrupted
runs, the same command is run again, and must write the same bytes as an uninterrupted run. Prints a
table by kind of file. Exits with 1 if anything else happens.
"""

import argparse
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from cstool.errors import CstoolError, Unfinished
from cstool.execution.options import RunOptions
from cstool.report.stats import breakdowns
from cstool.report.stats import folder as stats
from cstool.stages.entities import rows as entities_rows
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link import stage as link
from cstool.stages.pair import find_entities, scatter
from cstool.stages.pair.stage import PairOptions, pair
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch import part_rows
from cstool.stages.switch import stage as switch
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.titles.stage import titles
from cstool.storage.checksums import read_part
from cstool.storage.manifest import MANIFEST, PARQUET
from cstool.storage.timings import TIMINGS

SAMPLE = Path(__file__).parents[2] / "data/sample"
PAGES, OTHER_PAGES = (
    str(SAMPLE / f"{wiki}-20261001-pages-articles-multistream.xml.bz2")
    for wiki in ("enwiki", "swwiki")
)
WIKIDATA = str(SAMPLE / "wikidata-20261001-all.json.gz")
HERE = RunOptions(jobs=1, part_size=1 << 15, quiet=True)
# What keeps an open file for the next part would not see the damage.
CACHES = (
    link._linker,
    part_rows._open,
    entities_rows._mapped,
    find_entities._titles,
    scatter._loaded,
)

# A stage: where the other stages' folders are, the folder to write, how to run.
Read = Callable[..., object]


def entities_(_: Path, out: Path, running: RunOptions = HERE) -> object:
    """Read the items."""
    return entities(WIKIDATA, out, EntitiesOptions(), running)


def titles_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Map the titles."""
    return titles("enwiki", read / "entities", [PAGES], out, running)


def extract_(_: Path, out: Path, running: RunOptions = HERE) -> object:
    """Extract the sentences."""
    return extract([PAGES], out, ExtractOptions(), running)


def link_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Link the sentences."""
    return link.link(read / "sentences", read / "titles", out, running)


def switch_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Switch the mentions."""
    options = SwitchOptions("de,fr,ja,ar")
    return switch.switch(read / "linked", read / "entities", out, options, running)


def shard_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Make the corpus."""
    return shard([read / "switched"], out, ShardOptions(rows_per_shard=500), running)


def lines_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Make the corpus as lines of JSON, without duplicates and what is in a test set."""
    test = read / "test.txt"
    test.parent.mkdir(parents=True, exist_ok=True)
    test.write_text("one two three four five six seven eight nine ten eleven twelve thirteen\n")
    options = ShardOptions(
        format="jsonl", rows_per_shard=500, dedup="minhash", decontaminate=(test,)
    )
    return shard([read / "switched"], out, options, running)


def pages_(_: Path, out: Path, running: RunOptions = HERE) -> object:
    """Extract the pages."""
    return extract([PAGES], out, ExtractOptions(unit="page"), running)


def other_pages_(_: Path, out: Path, running: RunOptions = HERE) -> object:
    """Extract the pages of the other wiki."""
    return extract([OTHER_PAGES], out, ExtractOptions(unit="page"), running)


def other_titles_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Map the titles of the other wiki."""
    return titles("swwiki", read / "entities", [OTHER_PAGES], out, running)


def pair_(read: Path, out: Path, running: RunOptions = HERE) -> object:
    """Put the pages of both wikis side by side."""
    pages, tables = (
        [read / name for name in names]
        for names in (("pages", "other_pages"), ("titles", "other_titles"))
    )
    return pair(pages, tables, out, PairOptions(segments=2), running)


STAGES: dict[str, Read] = {
    "entities": entities_,
    "titles": titles_,
    "sentences": extract_,
    "linked": link_,
    "switched": switch_,
    "corpus": shard_,
    "lines": lines_,
    "pages": pages_,
    "other_pages": other_pages_,
    "other_titles": other_titles_,
    "paired": pair_,
}


def run_pipeline(folder: Path) -> None:
    """Run all stages on the sample."""
    for name, stage in STAGES.items():
        stage(folder, folder / name)


def interrupt(whole: Path, folder: Path) -> dict[Path, list[Path]]:
    """Write folders of runs that end after one, two and three shares; return their files."""
    found: dict[Path, list[Path]] = {}
    for shares in (1, 2, 3):
        for name, stage in STAGES.items():
            out = folder / str(shares) / name
            for share in range(shares):
                with suppress(Unfinished):
                    stage(whole, out, replace(HERE, array_task=(share % 2 + 1, 2)))
            found[out] = sorted(p for p in out.rglob("*") if p.is_file() and p.suffix != ".json")
    return found


def look(read: Path, out: Path) -> object:
    """Count what is in the corpus."""
    found = stats.folder_stats(read / "corpus"), breakdowns.by_title(read / "corpus")
    out.mkdir()
    (out / "stats").write_text(repr(found))
    return found


def look_at_pairs(read: Path, out: Path) -> object:
    """Count what is in the pairs."""
    found = stats.folder_stats(read / "paired")
    out.mkdir()
    (out / "stats").write_text(repr(found))
    return found


# By the folder with the damage: what reads it.
READERS: dict[str, list[Read]] = {
    "entities": [titles_, switch_],
    "titles": [link_, pair_],
    "sentences": [link_],
    "linked": [switch_],
    "switched": [shard_],
    "corpus": [look],
    "pages": [pair_],
    "other_titles": [pair_],
    "paired": [look_at_pairs],
}


def rows_in(out: Path) -> dict[str, Any]:
    """Return what was written: rows of parts, bytes of other files.

    Not what names the inputs by their manifests' bytes: manifest, and the metadata of parts.
    """
    paths = (p for p in sorted(out.rglob("*")) if p.is_file() and p.name not in (MANIFEST, TIMINGS))
    return {
        str(p.relative_to(out)): read_part(p) if p.suffix in PARQUET else p.read_bytes()
        for p in paths
    }


def continued(whole: Path, left: Path, file: Path, bit: int, out: Path) -> str:
    """Run a command again in a copy of what a run has left, with a bit flipped in a file of it."""
    for cache in CACHES:
        cache.cache_clear()
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(left, out)
    damaged = out / file.relative_to(left)
    damaged.write_bytes(flipped(damaged.read_bytes(), bit))
    try:
        STAGES[left.name](whole, out)
    except Exception as error:  # noqa: BLE001 - what is looked for
        return f"{type(error).__name__}: {error}"
    return "same" if bytes_in(out) == bytes_in(whole / left.name) else "other bytes"


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files but the times."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != TIMINGS
    }


def flipped(data: bytes, bit: int) -> bytes:
    """Return the data with that bit flipped."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def kind_of(file: Path) -> str:
    """Return what sort of file it is."""
    if file.name == MANIFEST:
        return "manifest"
    if file.suffix == ".npy":
        return "index"
    if file.suffix == ".pq" or file.name == "not_entities.parquet":
        return "side table"
    return "part" if file.suffix == ".parquet" else "other"


def outcome(whole: Path, file: Path, reader: Read, expected: dict[str, Any], out: Path) -> str:
    """Run a reader over the damage; return `same`, `error`, or what is wrong."""
    for cache in CACHES:
        cache.cache_clear()
    shutil.rmtree(out, ignore_errors=True)
    try:
        reader(whole, out)
    except CstoolError as error:
        told = str(error)
        if str(file) in told and "\n" not in told:
            return "error"
        return f"the error does not name the file: {told}"
    except Exception as error:  # noqa: BLE001 - what is looked for
        return f"internal fault: {type(error).__name__}: {error}"
    return "same" if rows_in(out) == expected else "other rows"


def main() -> None:
    """Flip, read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--flips", type=int, default=500)
    parser.add_argument("--interrupted", type=int, default=200, help="flips in interrupted runs")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    whole, out = given.out.absolute() / "whole", given.out.absolute() / "read"
    run_pipeline(whole)
    expected: dict[Read, dict[str, Any]] = {}
    for reader in {reader for readers in READERS.values() for reader in readers}:
        reader(whole, out)
        expected[reader] = rows_in(out)
        shutil.rmtree(out)
    files: dict[str, list[Path]] = {}
    for file in sorted(p for p in whole.rglob("*") if p.is_file() and p.name != TIMINGS):
        if file.relative_to(whole).parts[0] in READERS:
            files.setdefault(kind_of(file), []).append(file)
    files.pop("other", None)  # cards and statistics, which no stage reads
    chance = random.Random(given.seed)
    told: Counter[tuple[str, str]] = Counter()
    faults = []
    for _ in range(given.flips):
        kind = chance.choice(sorted(files))
        file = chance.choice(files[kind])
        data = file.read_bytes()
        bit = chance.randrange(len(data) * 8)
        file.write_bytes(flipped(data, bit))
        for reader in READERS[file.relative_to(whole).parts[0]]:
            found = outcome(whole, file, reader, expected[reader], out)
            told[kind, found if found in ("same", "error") else "WRONG"] += 1
            if found not in ("same", "error"):
                faults.append(f"{file.relative_to(whole)}, bit {bit}, {reader.__name__}: {found}")
        file.write_bytes(data)
    left = interrupt(whole, given.out.absolute() / "left")
    for _ in range(given.interrupted):
        folder = chance.choice(sorted(left))
        file = chance.choice(left[folder])
        bit = chance.randrange(file.stat().st_size * 8)
        found = continued(whole, folder, file, bit, out)
        told["interrupted run", found if found == "same" else "WRONG"] += 1
        if found != "same":
            faults.append(
                f"left/{folder.parent.name}/{folder.name}: {file.name}, bit {bit}: {found}"
            )
    files["interrupted run"] = []
    print("| file | reads | the same rows | one line that names it | anything else |")
    print("|---|---:|---:|---:|---:|")
    for kind in sorted(files):
        same, error, wrong = (told[kind, how] for how in ("same", "error", "WRONG"))
        print(f"| {kind} | {same + error + wrong} | {same} | {error} | {wrong} |")
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
