"""Measure the throughput of each stage, end to end, on copies of the bundled sample.

Usage: python -m scripts.bench.stages [--copies N] [--jobs N] [--keep DIR]

Prints for each stage CPU and wall-clock seconds, memory of the largest process, and a rate; and in
the same run the peers on the same work: qwikidata for `entities`, mwparserfromhell's `strip_code`
for `extract` (on a part of the input, extrapolated).
"""

import argparse
import bz2
import gzip
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from scripts.bench.measure import Taken, cstool, run, working_folder

SAMPLE = Path(__file__).parents[2] / "data/sample"
PAGES = SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2"
WIKIDATA = SAMPLE / "wikidata-20261001-all.json.gz"
PAGES_A_STREAM = 100

QWIKIDATA = """
import sys
from qwikidata.json_dump import WikidataJsonDump
from qwikidata.entity import WikidataItem
print(sum(1 for entity in WikidataJsonDump(sys.argv[1]) if entity["type"] == "item"))
"""
STRIP_CODE = """
import sys, mwparserfromhell
text = open(sys.argv[1], encoding="utf-8").read()
for page in text.split("\\f"):
    mwparserfromhell.parse(page).strip_code()
"""


def write_pages(path: Path, copies: int) -> int:
    """Write the sample's pages `copies` times, as a multistream dump; return its XML's bytes."""
    xml = bz2.decompress(PAGES.read_bytes()).decode()
    head, _, rest = xml.partition("  <page>")
    pages = ["  <page>" + page for page in rest.removesuffix("</mediawiki>\n").split("  <page>")]
    size = 0
    with path.open("wb") as out:
        streams = [head]
        numbered: list[str] = []
        for page in pages * copies:
            number = f"<id>{len(numbered) + 1}</id>"
            numbered.append(re.sub(r"<id>\d+</id>", number, page, count=1))
        streams += [
            "".join(numbered[i : i + PAGES_A_STREAM])
            for i in range(0, len(numbered), PAGES_A_STREAM)
        ]
        for stream in [*streams, "</mediawiki>\n"]:
            size += len(stream.encode())
            out.write(bz2.compress(stream.encode()))
    return size


def write_wikidata(path: Path, copies: int) -> int:
    """Write the sample's items `copies` times under other QIDs; return the bytes of JSON."""
    lines = [
        line.rstrip(",")
        for line in gzip.decompress(WIKIDATA.read_bytes()).decode().splitlines()
        if line.startswith("{")
    ]
    text = ["["]
    for copy in range(copies):
        for line in lines:
            number = re.search(r'"id":"Q(\d+)"', line)
            if number:
                start, end = number.span(1)
                text.append(f"{line[:start]}{int(number[1]) + copy * 10**7}{line[end:]},")
    text[-1] = text[-1].rstrip(",")
    data = ("\n".join(text) + "\n]\n").encode()
    path.write_bytes(data)
    return len(data)


def write_plain(dump: Path, path: Path, pages: int) -> int:
    """Write the wikitext of the first pages, form feeds between; return its bytes."""
    texts = []
    with bz2.open(dump) as file:
        for _, element in ET.iterparse(file):
            if element.tag.endswith("}text"):
                texts.append(element.text or "")
                if len(texts) == pages:
                    break
    data = "\f".join(texts).encode()
    path.write_bytes(data)
    return len(data)


def told(stage: str, taken: Taken, rate: str) -> None:
    """Print a row."""
    print(f"{stage:28} {taken.cpu:7.1f} {taken.wall:7.1f} {taken.memory:8.0f}   {rate}")


def main() -> None:
    """Make the input, run the stages and the peers, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with working_folder(arguments.keep) as folder:
        bench(folder, arguments.copies, ["-j", str(arguments.jobs), "--quiet", "--overwrite"])


def bench(folder: Path, copies: int, options: list[str]) -> None:
    """Run the stages and the peers in a folder."""
    pages, wikidata = folder / "pages.xml.bz2", folder / "wikidata.json"
    xml, items = write_pages(pages, copies), write_wikidata(wikidata, copies // 4)
    print(f"{xml / 1e6:.0f} MB of XML, {items / 1e6:.0f} MB of JSON; {' '.join(options)}")
    print(f"{'':28} {'CPU s':>7} {'wall s':>7} {'MB':>8}")

    def stage(*command: str) -> Taken:
        return run([cstool(), *command, *options], folder)

    ours = stage("entities", str(wikidata), "-o", "entities")
    told("entities (plain JSON)", ours, f"{items / 1e6 / ours.cpu:.0f} MB of JSON a CPU second")
    peer = run([sys.executable, "-c", QWIKIDATA, str(wikidata)], folder)
    told("  qwikidata, reading alone", peer, f"{peer.cpu / ours.cpu:.1f} times our CPU")
    taken = stage(
        "titles",
        "--wiki",
        "enwiki",
        "--entities",
        "entities",
        "--pages",
        str(pages),
        "-o",
        "titles",
    )
    told("titles", taken, f"{xml / 1e6 / taken.cpu:.0f} MB of XML a CPU second")
    ours = stage("extract", str(pages), "-o", "sentences")
    told("extract", ours, f"{xml / 1e6 / ours.cpu:.1f} MB of XML a CPU second")
    small = write_plain(pages, folder / "plain.txt", 66 * 4)
    peer = run([sys.executable, "-c", STRIP_CODE, str(folder / "plain.txt")], folder)
    told(
        "  mwparserfromhell, 4 copies", peer,
        f"{small / 1e6 / peer.cpu:.1f} MB of wikitext a CPU second",
    )  # fmt: skip
    taken = stage("link", "sentences", "--titles", "titles", "-o", "linked")
    told("link", taken, rate_of(folder / "linked", "mentions", taken))
    switch = ["switch", "linked", "--entities", "entities", "-o", "switched"]
    taken = stage(*switch)
    rows = parts(folder / "switched")
    told("switch", taken, f"{rows / taken.cpu:,.0f} rows a CPU second ({rows:,})")
    taken = stage("shard", "switched", "-o", "corpus")
    told("shard", taken, f"{rows / taken.cpu:,.0f} rows a CPU second")


def rate_of(folder: Path, unit: str, taken: Taken) -> str:
    """Return how many of a unit a stage did a CPU second, from its manifest."""
    number = manifest(folder)["counts"]["tallies"][unit]["read"]
    return f"{number / taken.cpu:,.0f} {unit} a CPU second ({number:,})"


def parts(folder: Path) -> int:
    """Return the rows of a stage's tables."""
    files = manifest(folder)["parts"]
    return sum(part["rows"] for part in files if part["file"].startswith("part-"))


def manifest(folder: Path) -> Any:
    """Return a stage's manifest."""
    return json.loads((folder / "_manifest.json").read_text())


if __name__ == "__main__":
    main()
