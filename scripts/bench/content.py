"""Measure extraction from files like Wikimedia's content exports.

Usage: python -m scripts.bench.content DUMP [--size MB] [--files N] [--rounds N]

DUMP is a page dump whose text is used, or a folder with `2023/vi.xml.bz2`. Its lines are combined
into new pages, none of which occurs twice: files of one bz2 stream each, in which two thirds of the
XML are pages of other namespaces than articles and templates. Each round runs: decompression alone,
`cstool extract` of the same articles and templates as one plain file, and of the files with one
worker and with two. CPU is user and system time of all processes; memory is that of the largest
process.
"""

import argparse
import bz2
import hashlib
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import pages_of
from scripts.bench.extract import in_a_process
from scripts.bench.measure import Taken, cstool, run, working_folder

DECOMPRESS = """
import bz2, sys
for path in sys.argv[1:]:
    with bz2.open(path) as file:
        while file.read(1 << 20):
            pass
"""
# Namespaces of the other pages, with the number of bytes of their text; about those of a wiki in
# which most pages are talk and user pages.
OTHER = ((1, 1500), (3, 4000), (2, 6000), (14, 300), (4, 12000), (828, 5000))
ARTICLE_BYTES = 9000
TEMPLATE_BYTES = 700
# One page in TEMPLATES of the articles and templates is a template.
TEMPLATES = 12
NAMESPACES = ((0, ""), (1, "Talk"), (2, "User"), (3, "User talk"), (4, "Project"), (10, "Template"),
              (14, "Category"), (828, "Module"))  # fmt: skip
_TARGET = re.compile(r"\[\[([^\[\]|:#\n]+)(?=[|\]])")
_PAGE = """  <page>
    <title>{title}</title>
    <ns>{ns}</ns>
    <id>{number}</id>
    <revision>
      <id>{revision}</id>
      <parentid>{parent}</parentid>
      <timestamp>2026-10-01T00:00:00Z</timestamp>
      <contributor>
        <username>Name {contributor}</username>
        <id>{contributor}</id>
      </contributor>
      <comment>{comment}</comment>
      <origin>{revision}</origin>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="{bytes}" sha1="{sha1}" xml:space="preserve">{text}</text>
      <sha1>{sha1}</sha1>
    </revision>
  </page>
"""


def header(wiki: str, language: str) -> str:
    """Return the head of an export."""
    names = "".join(
        f'<namespace key="{n}" case="first-letter">{s}</namespace>' for n, s in NAMESPACES
    )
    return (
        f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" '
        f'xml:lang="{language}">\n  <siteinfo>\n    <sitename>Wikipedia</sitename>\n'
        f"    <dbname>{wiki}</dbname>\n    <case>first-letter</case>\n"
        f"    <namespaces>{names}</namespaces>\n  </siteinfo>\n"
    )


class Writer:
    """Writes pages whose lines are drawn from those of real articles."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._random = random.Random(1)
        self._number = 0

    def page(self, ns: int, size: int) -> bytes:
        """Return a page of a namespace, whose text has about `size` bytes."""
        self._number += 1
        draw = self._random
        wanted = max(60, int(draw.expovariate(1 / size)))
        text: list[str] = [f"Page {self._number}."]
        written = 0
        while written < wanted:
            start = draw.randrange(len(self._lines))
            for line in self._lines[start : start + draw.randrange(1, 12)]:
                # Link targets differ from page to page, as far as they do in a large wiki.
                text.append(_TARGET.sub(rf"[[\1 {draw.randrange(4)}", line))
                written += len(line.encode())
        whole = escape("\n".join(text))
        sha1 = hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()[:31]
        name = dict(NAMESPACES)[ns]
        return _PAGE.format(
            title=f"{name}:Page {self._number}" if name else f"Page {self._number}",
            ns=ns,
            number=self._number,
            revision=9_000_000 + self._number,
            parent=8_000_000 + self._number,
            contributor=draw.randrange(100_000),
            comment=escape(draw.choice(self._lines)[:80]),
            bytes=len(whole.encode()),
            sha1=sha1,
            text=whole,
        ).encode()


def write_set(source: Path, folder: Path, size: int, number: int) -> tuple[int, int]:
    """Write the files, and the same articles and templates as a plain file.

    Returns the bytes of XML of the files, and of the plain one.
    """
    dump = open_pages([str(source)], None, None)
    articles = [
        page.text or ""
        for task in dump.tasks
        for page in pages_of(task.slice, None)
        if page.namespace == 0 and page.redirect is None
    ]
    writer = Writer([line for text in articles for line in text.split("\n") if line])
    head = header(dump.site.wiki, dump.site.language).encode()
    total = alone = 0
    with (folder / "articles.xml").open("wb") as plain:
        alone += plain.write(head)
        for index in range(number):
            compressor = bz2.BZ2Compressor()
            with (folder / f"content-{index}.xml.bz2").open("wb") as file:
                file.write(compressor.compress(head))
                for wanted, page in _pages(writer, size):
                    file.write(compressor.compress(page))
                    total += len(page)
                    alone += plain.write(page) if wanted else 0
                file.write(compressor.compress(b"</mediawiki>\n") + compressor.flush())
        plain.write(b"</mediawiki>\n")
    return total, alone


def _pages(writer: Writer, size: int) -> Iterator[tuple[bool, bytes]]:
    """Yield pages of `size` bytes in all, and whether each is an article or a template."""
    written = [0, 0]
    draw = random.Random(size)
    while sum(written) < size:
        wanted = written[1] * 2 <= written[0]
        if wanted:
            template = draw.randrange(TEMPLATES) == 0
            page = writer.page(*((10, TEMPLATE_BYTES) if template else (0, ARTICLE_BYTES)))
        else:
            page = writer.page(*draw.choice(OTHER))
        written[wanted] += len(page)
        yield wanted, page


def main() -> None:
    """Make the input, run the rounds, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump", type=Path)
    parser.add_argument("--size", type=int, default=60, help="MB of XML a file (default: 60)")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep input and output in this folder")
    arguments = parser.parse_args()
    with working_folder(arguments.keep) as folder:
        bench(arguments, folder)


def bench(arguments: argparse.Namespace, folder: Path) -> None:
    """Run the rounds in a folder."""
    source: Path = arguments.dump
    if source.is_dir():
        source = source / "2023/vi.xml.bz2"
    size, alone = in_a_process(
        write_set, source, folder, arguments.size * 1_000_000, arguments.files
    )
    files = [str(path) for path in sorted(folder.glob("content-*.xml.bz2"))]
    packed = sum(Path(path).stat().st_size for path in files)
    print(
        f"{size / 1e6:.0f} MB of XML in {len(files)} files of {packed / 1e6:.0f} MB; articles and "
        f"templates: {alone / 1e6:.0f} MB"
    )
    extract = [cstool(), "extract", "--quiet", "--overwrite"]
    commands = {
        "decompression": [sys.executable, "-c", DECOMPRESS, *files],
        "articles alone": [*extract, "articles.xml", "-o", "alone", "-j1"],
        "-j1": [*extract, *files, "-o", "one", "-j1"],
        "-j2": [*extract, *files, "-o", "two", "-j2"],
    }
    taken: dict[str, list[Taken]] = {name: [] for name in commands}
    for number in range(1, arguments.rounds + 1):
        for name, command in commands.items():
            taken[name].append(run(command, folder))
            last = taken[name][-1]
            print(f"round {number}: {name}: {last.cpu:.1f} CPU s, {last.wall:.1f} s")
    print("\n" + "\n".join(table(taken)))


def table(taken: dict[str, list[Taken]]) -> Iterator[str]:
    """Yield the lines of the table, medians over the rounds, and the ratios."""
    yield "| | CPU s | wall s | peak MB |"
    yield "|---|---:|---:|---:|"
    for name, rounds in taken.items():
        cpu, wall = median(t.cpu for t in rounds), median(t.wall for t in rounds)
        yield f"| {name} | {cpu:.1f} | {wall:.1f} | {max(t.memory for t in rounds):.0f} |"
    parts = zip(taken["decompression"], taken["articles alone"], strict=True)
    needed = [unpacking.cpu + articles.cpu for unpacking, articles in parts]
    for name in ("-j1", "-j2"):
        ratio = median(t.cpu / n for t, n in zip(taken[name], needed, strict=True))
        yield f"\nCPU of {name} / (decompression + articles alone): {ratio:.2f}"
    walls = [b.wall / a.wall for a, b in zip(taken["-j1"], taken["-j2"], strict=True)]
    yield f"\nwall of -j2 / -j1: {median(walls):.2f} ({min(walls):.2f}–{max(walls):.2f})"


if __name__ == "__main__":
    main()
