"""Compare extraction with its peers, in turn in one run, on pages of which none occurs twice.

Usage: python -m scripts.bench.extract DUMP… [--size MB] [--rounds N] [--wikiextractor PATH]

DUMP is a page dump, or a folder with `wikipedia/en.xml.bz2`. Its pages are repeated with other
words (`varied_pages.py`) in a multistream dump (--plain: one plain file). Each round runs: bzip2
alone, `cstool extract --templates rules` with one worker and with two, another cstool (--against),
WikiExtractor 3.1.0, and mwparserfromhell on a fraction of the pages, extrapolated to all. CPU is
user and system time of all processes; memory is that of the largest process.
"""

import argparse
import html
import json
import re
import sys
import venv
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from scripts.bench.measure import Taken, cstool, run, working_folder
from scripts.bench.varied_pages import write_dump

WIKIEXTRACTOR = "wikiextractor==3.1.0"
WIKIEXTRACTOR_OPTIONS = ("--no-templates", "--links", "--processes", "1", "-q", "-b", "100M")
STREAM = """
import bz2, sys
with bz2.open(sys.argv[1]) as file:
    while file.read(1 << 20):
        pass
"""
MWPARSERFROMHELL = """
import bz2, json, sys
import xml.etree.ElementTree as ET
import mwparserfromhell
opened = bz2.open if sys.argv[1].endswith(".bz2") else open
lines = links = characters = 0
with opened(sys.argv[1], "rb") as file:
    for _, element in ET.iterparse(file):
        if element.tag.endswith("}text"):
            page = mwparserfromhell.parse(element.text or "")
            links += len(page.filter_wikilinks())
            kept = [line for line in page.strip_code().split("\\n") if line.strip()]
            lines += len(kept)
            characters += sum(map(len, kept))
            element.clear()
with open(sys.argv[2], "w") as file:
    json.dump([lines, links, characters], file)
"""
_ANCHOR = re.compile(r'<a href="[^"]*">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Kept:
    """What a tool keeps of the input: sentences or lines, links, characters of text."""

    lines: float
    links: float
    characters: float


@dataclass
class Tool:
    """A command to measure. `share` is that of the input which it reads."""

    name: str
    command: list[str]
    kept: Callable[[], Kept] | None = None
    share: float = 1.0
    taken: list[Taken] = field(default_factory=list)

    def cpu(self) -> list[float]:
        """Return the CPU seconds of each round, taken up to the whole input."""
        return [taken.cpu / self.share for taken in self.taken]

    def wall(self) -> list[float]:
        """Return the wall seconds of each round, taken up to the whole input."""
        return [taken.wall / self.share for taken in self.taken]


def in_a_process(
    function: Callable[..., tuple[int, int]], *arguments: object, **options: object
) -> tuple[int, int]:
    """Call a function in a process of its own, whose memory goes with it.

    What this process has ever held would count as that of each program it starts.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(function, *arguments, **options).result()


def kept_by_cstool(folder: Path) -> Kept:
    """Return what a folder of sentences holds."""
    import polars as pl  # late: what this process holds is the floor of what is measured

    rows = pl.scan_parquet(folder / "part-*.parquet").select(
        pl.len().alias("lines"),
        pl.col("mentions").list.len().sum().alias("links"),
        pl.col("text").str.len_chars().sum().alias("characters"),
    )
    return Kept(*rows.collect().row(0))


def kept_by_wikiextractor(folder: Path) -> Kept:
    """Return what a folder of WikiExtractor's output holds: lines of text, links marked <a>."""
    lines = links = characters = 0
    for path in folder.rglob("wiki_*"):
        for line in path.open(encoding="utf-8"):
            if line.isspace() or line.startswith(("<doc ", "</doc>")):
                continue
            text, found = _ANCHOR.subn(r"\1", html.unescape(line.rstrip("\n")))
            lines += 1
            links += found
            characters += len(text)
    return Kept(lines, links, characters)


def kept_by_mwparserfromhell(path: Path, share: float) -> Kept:
    """Return what was counted on the share, taken up to the whole."""
    return Kept(*(number / share for number in json.loads(path.read_text())))


def wikiextractor(folder: Path) -> Path:
    """Return a WikiExtractor, installed from PyPI in an environment of its own."""
    home = folder / "wikiextractor-env"
    program = home / "bin/wikiextractor"
    if not program.exists():
        venv.create(home, with_pip=True)
        run([str(home / "bin/pip"), "install", "--quiet", WIKIEXTRACTOR])
    return program


def extraction(program: str, dump: Path, out: Path, jobs: int) -> Tool:
    """Return a run of `cstool extract`."""
    command = [program, "extract", str(dump), "--quiet", "--overwrite", "--templates", "rules"]
    command += ["-o", str(out), f"-j{jobs}"]
    return Tool(f"cstool -j{jobs}", command, lambda: kept_by_cstool(out))


def tools(folder: Path, dump: Path, size: int, peer: Path, small: Path, share: float) -> list[Tool]:
    """Return what is measured, in the order in which it runs. `small`: a share of the dump."""
    counts = folder / "share.json"
    found = [
        extraction(cstool(), dump, folder / "one", 1),
        extraction(cstool(), dump, folder / "two", 2),
        Tool(
            "WikiExtractor",
            [str(peer), str(dump), *WIKIEXTRACTOR_OPTIONS, "-o", "peer"],
            lambda: kept_by_wikiextractor(folder / "peer"),
        ),
        Tool(
            "mwparserfromhell",
            [sys.executable, "-c", MWPARSERFROMHELL, str(small), str(counts)],
            lambda: kept_by_mwparserfromhell(counts, share),
            share,
        ),
    ]
    if dump.suffix == ".bz2":
        found.insert(0, Tool("bzip2 alone", [sys.executable, "-c", STREAM, str(dump)]))
    return found


def other(program: Path, dump: Path, out: Path) -> Tool:
    """Return a run of another cstool."""
    tool = extraction(str(program.absolute()), dump, out, 1)
    tool.name = "other cstool -j1"
    return tool


def table(found: list[Tool], size: int) -> Iterator[str]:
    """Yield the lines of the table: medians over the rounds, ratios to WikiExtractor."""
    peer = next(tool for tool in found if tool.name == "WikiExtractor")
    yield (
        "| | CPU s | relative to WikiExtractor | wall s | MB/s | peak MB | sentences or lines "
        "| links | characters |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for tool in found:
        cpu, wall = tool.cpu(), tool.wall()
        ratio = median(a / b for a, b in zip(cpu, peer.cpu(), strict=True))
        peak = max(taken.memory for taken in tool.taken)
        kept = tool.kept() if tool.kept else None
        counts = (
            f"{kept.lines:,.0f} | {kept.links:,.0f} | {kept.characters:,.0f}" if kept else "| |"
        )
        yield (
            f"| {tool.name} | {median(cpu):.1f} ({min(cpu):.1f}–{max(cpu):.1f}) | {ratio:.2f} "
            f"| {median(wall):.1f} | {size / 1e6 / median(cpu):.1f} | {peak:.0f} | {counts} |"
        )


def main() -> None:
    """Make the input, run the rounds, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=120, help="MB of XML (default: 120)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=int, default=4, help="MB for mwparserfromhell (default: 4)")
    parser.add_argument("--plain", action="store_true", help="a plain file, not multistream bz2")
    parser.add_argument("--against", type=Path, metavar="CSTOOL", help="another cstool to compare")
    parser.add_argument("--wikiextractor", type=Path, help="the program, if it is installed")
    parser.add_argument("--keep", type=Path, help="keep input and output in this folder")
    arguments = parser.parse_args()
    with working_folder(arguments.keep) as folder:
        bench(arguments, folder)


def bench(arguments: argparse.Namespace, folder: Path) -> None:
    """Run the rounds in a folder."""
    sources = [d / "wikipedia/en.xml.bz2" if d.is_dir() else d for d in arguments.dump]
    peer = (arguments.wikiextractor or wikiextractor(folder)).absolute()
    dump = folder / ("pages.xml" if arguments.plain else "pages.xml.bz2")
    small = folder / "share.xml.bz2"
    size, pages = in_a_process(write_dump, sources, dump, arguments.size * 1_000_000)
    share, _ = in_a_process(write_dump, sources, small, arguments.share * 1_000_000)
    print(f"{size / 1e6:.0f} MB of XML, {pages:,} pages, {dump.stat().st_size / 1e6:.0f} MB file")
    found = tools(folder, dump, size, peer, small, share / size)
    if arguments.against:
        found.insert(-2, other(arguments.against, dump, folder / "other"))
    for number in range(1, arguments.rounds + 1):
        for tool in found:
            tool.taken.append(run(tool.command, folder))
            taken = tool.taken[-1]
            print(f"round {number}: {tool.name}: {taken.cpu:.1f} CPU s, {taken.wall:.1f} s")
    print()
    print("\n".join(table(found, size)))
    one, two = (next(t for t in found if t.name == f"cstool -j{n}") for n in (1, 2))
    walls = [b / a for a, b in zip(one.wall(), two.wall(), strict=True)]
    print(f"\nwall of -j2 / -j1: {median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f})")


if __name__ == "__main__":
    main()
