"""Compare `cstool entities` with qwikidata + shelve, as in the published pipeline.

Usage: python -m scripts.bench.entities [--items N] [--claims BYTES] [--order dump|random]
           [--dense | --whole DUMP] [--size MB] [--share S] [--bz2-share S] [--jobs 1 2] [--pipe]
           [--folder DIR]

Writes a dump (`make_wikidata.py`; with --dense the items of the sample with at least 60 labels,
with --whole those of a real dump that have claims, repeated with other QIDs and texts), compressed
with gzip, and a fraction of it with bz2. Then, in one run:
`cstool entities` on each, with each number of workers; qwikidata reading a fraction of the input,
and qwikidata storing each item's labels, or all that cstool keeps, in a shelve.

--pipe writes no dump, but pipes it into `cstool entities -`, for sizes that do not fit on disk; the
peers read its beginning. CPU is user and system time of all processes, memory that of the largest
process; MB are those of JSON.
"""

import argparse
import bz2
import gzip
import itertools
import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.measure import Taken, cstool, run
from scripts.data.make_wikidata import CLAIMS, dump

READ = """
import sys
from qwikidata.json_dump import WikidataJsonDump
print(sum(1 for entity in WikidataJsonDump(sys.argv[1]) if entity["type"] == "item"))
"""
# The published way: labels by QID; and the same with all that `cstool entities` keeps.
LABELS = """
import shelve, sys
from qwikidata.json_dump import WikidataJsonDump
with shelve.open(sys.argv[2], "n") as shelf:
    for entity in WikidataJsonDump(sys.argv[1]):
        if entity["type"] == "item":
            labels = entity["labels"] or {}
            shelf[entity["id"]] = {code: term["value"] for code, term in labels.items()}
"""
SAME = """
import shelve, sys
from qwikidata.entity import WikidataItem
from qwikidata.json_dump import WikidataJsonDump
parts = ("labels", "descriptions", "aliases", "claims", "sitelinks")
with shelve.open(sys.argv[2], "n") as shelf:
    for entity in WikidataJsonDump(sys.argv[1]):
        if entity["type"] == "item":
            raw = entity | {part: entity.get(part) or {} for part in parts}
            item = WikidataItem(raw)
            types = [claim.mainsnak.datavalue for claim in item.get_truthy_claim_group("P31")]
            shelf[item.entity_id] = (
                {code: item.get_label(code) for code in raw["labels"]},
                {code: item.get_aliases(code) for code in raw["aliases"]},
                {site: link["title"] for site, link in item.get_sitelinks("").items()},
                [value.value["id"] for value in types if value],
            )
"""
SAMPLE = Path(__file__).parents[2] / "data/sample/wikidata-20261001-all.json.gz"
MANY_LABELS = 60
# What texts end with, so that they are different: about as much as names in two languages differ.
ENDS = ["".join(four).encode() for four in itertools.product("bdgklmnprst", "aeiou", repeat=2)]
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_ID = re.compile(rb'"id":"Q\d+"')
_TEXT = re.compile(rb'("(?:value|title)":"(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Dump:
    """A dump's file, its name in the table, and the bytes of JSON in it."""

    name: str
    path: Path
    size: int


def items_of(source: Path) -> list[bytes]:
    """Return the lines of a dump's items."""
    lines = gzip.decompress(source.read_bytes()).split(b"\n")
    return [line.strip().rstrip(b",") for line in lines if line.startswith(b'{"type":"item"')]


def dense_items() -> list[bytes]:
    """Return the sample's items that consist mostly of labels."""
    return [x for x in items_of(SAMPLE) if len(json.loads(x)["labels"]) >= MANY_LABELS]


def whole_items(source: Path) -> list[bytes]:
    """Return the items of a real dump that have claims."""
    return [
        x for x in items_of(source) if len((e := json.loads(x))["claims"]) > 1 and e["sitelinks"]
    ]


def repeated(lines: list[bytes], size: int, order: str) -> Iterator[bytes]:
    """Yield a dump of `size` bytes: the items with other QIDs; no two texts are the same."""
    draw = random.Random(0)
    yield b"[\n"
    written = 0
    for number in itertools.count():
        qid = number * 7 if order == "dump" else number * 2_654_435_761 % 2**31
        line = _ID.sub(b'"id":"Q%d"' % (qid + 1), lines[number % len(lines)], count=1)
        ends = iter(draw.choices(ENDS, k=line.count(b'"value":"') + line.count(b'"title":"')))
        own = f"{number:x}".translate(_LETTERS).encode()
        line = _TEXT.sub(lambda text: b'%b %b%b"' % (text[1], own, next(ends)), line)  # noqa: B023
        written += len(line) + 2
        yield line + (b",\n" if written < size else b"\n]\n")
        if written >= size:
            return


def write_head(source: Path, path: Path, size: int) -> Dump:
    """Write the first lines of a dump, `size` bytes of them, as a dump."""
    with source.open("rb") as file:
        data = file.read(size)
    data = data[: data.rindex(b",\n")] + b"\n]\n"
    path.write_bytes(bz2.compress(data) if path.suffix == ".bz2" else data)
    return Dump(path.suffix.removeprefix("."), path, len(data))


def write_gzip(source: Path, path: Path) -> None:
    """Pack a file."""
    with source.open("rb") as file, gzip.open(path, "wb", compresslevel=6) as out:
        while piece := file.read(1 << 20):
            out.write(piece)


def size_of(path: Path) -> int:
    """Return the bytes of a file or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def told(name: str, size: float, taken: Taken, stored: float) -> float:
    """Print a row; return the rate in MB of JSON a CPU second."""
    rate = size / 1e6 / taken.cpu
    print(
        f"{name:34} {taken.cpu:8.1f} {taken.wall:8.1f} {rate:8.0f} {size / 1e6 / taken.wall:8.0f} "
        f"{taken.memory:8.0f} {stored / 1e6:9.1f}",
        flush=True,
    )
    return rate


def main() -> None:
    """Read the arguments, make the dump, run all, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=75_000)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    parser.add_argument("--order", choices=("dump", "random"), default="dump")
    repeating = parser.add_mutually_exclusive_group()
    repeating.add_argument("--dense", action="store_true")
    repeating.add_argument("--whole", type=Path)
    parser.add_argument("--size", type=int, default=1000, help="MB of JSON, if items are repeated")
    parser.add_argument(
        "--share", type=float, default=0.1, help="fraction of the input for the peers"
    )
    parser.add_argument("--bz2-share", type=float, default=0.1)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(
            f"{'':34} {'CPU s':>8} {'wall s':>8} {'MB/CPU s':>8} {'MB/s':>8} {'peak MB':>8} "
            f"{'result MB':>9}"
        )
        bench(given, folder)


def bench(given: argparse.Namespace, folder: Path) -> None:
    """Run all in a folder."""
    plain = folder / "wikidata.json"
    if given.pipe:
        rates = [bench_pipe(given, folder, jobs) for jobs in given.jobs]
        made: Iterator[bytes] = dump(20_000, given.claims, given.order, 0)
    else:
        rates = []
        made = dump(given.items, given.claims, given.order, 0)
        if given.dense or given.whole:
            lines = dense_items() if given.dense else whole_items(given.whole)
            made = repeated(lines, given.size * 10**6, given.order)
    with plain.open("wb") as file:
        file.writelines(made)
    size = plain.stat().st_size
    if not given.pipe:
        packed = folder / "wikidata.json.gz"
        write_gzip(plain, packed)
        part = write_head(plain, folder / "part.json.bz2", int(size * given.bz2_share))
        for form in (Dump("json", plain, size), Dump("gz", packed, size), part):
            for jobs in given.jobs:
                out = folder / f"{form.name}-{jobs}"
                command = [cstool(), "entities", str(form.path), "-o", str(out), "-j", str(jobs)]
                taken = run([*command, "--quiet", "--overwrite"])
                rates.append(told(f"cstool {form.name} -j {jobs}", form.size, taken, size_of(out)))
    share = 1.0 if given.pipe else given.share
    head = write_head(plain, folder / "head.json", int(size * share))
    taken = run([sys.executable, "-c", READ, str(head.path)])
    told("qwikidata, reading alone", head.size, taken, 0)
    shelf = folder / "shelf"
    for name, script in (("labels", LABELS), ("what cstool keeps", SAME)):
        shelf.mkdir(exist_ok=True)
        taken = run([sys.executable, "-c", script, str(head.path), str(shelf / "shelf")])
        peer = told(f"qwikidata + shelve: {name}", head.size, taken, size_of(shelf) / share)
        print(f"  {rates[0] / peer:.1f} times its rate a CPU second")
        shutil.rmtree(shelf)


def piped(command: list[str], source: int) -> Taken:
    """Run a command with that file as its standard input."""
    kept = os.dup(0)
    os.dup2(source, 0)
    try:
        return run(command)
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def bench_pipe(given: argparse.Namespace, folder: Path, jobs: int) -> float:
    """Pipe a dump into `cstool entities -`; print what cstool alone took; return its rate."""
    out, size = folder / f"pipe-{jobs}", folder / "size"
    reading, writing = os.pipe()
    maker = os.fork()
    if not maker:
        os.close(reading)
        total = 0
        for piece in dump(given.items, given.claims, given.order, 0):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(writing, rest) :]
            total += len(piece)
        size.write_text(str(total))
        os._exit(0)
    os.close(writing)
    command = [cstool(), "entities", "-", "-o", str(out), "-j", str(jobs), "--quiet", "--overwrite"]
    taken = piped(command, reading)
    os.close(reading)
    os.waitpid(maker, 0)
    return told(f"cstool - -j {jobs} ({given.items:,})", int(size.read_text()), taken, size_of(out))


if __name__ == "__main__":
    main()
