"""Compare sentences of cstool and WikiExtractor with MediaWiki (docs/measurements/extraction.md).

Usage: python -m scripts.check.fidelity REALDATA ORACLE [--wikiextractor PATH] [--write FILE]

REALDATA contains `wikipedia/LANGUAGE.xml.bz2` and `gold/LANGUAGE.gold.jsonl.gz`, ORACLE
`compare.py`, which scores both. cstool runs with `--templates none` and `--language`, because the
oracle has no templates, and all these dumps say that they are English.

WikiExtractor has no sentences: each line of its text (--json --links --no-templates) is split as
in cstool, in the page's language, but not inside a link. Its links are the <a href>
elements, their targets unquoted; sentences without a link are dropped, as in cstool. The rest is
not changed, including apostrophes for italics.
"""

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cstool.wikitext.boundaries import boundaries
from scripts.bench.extract import wikiextractor
from scripts.bench.measure import cstool, run

BEGIN, END = "<!-- fidelity: begin -->", "<!-- fidelity: end -->"
FIGURES = ("verbatim", "link_precision", "link_recall", "coverage")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"</?(?:a|b|i|li|ul|ol|p|h\d|br)\b[^<>]*>")

Scores = dict[str, Any]
Link = tuple[int, int, str]


def line_with_links(marked: str) -> tuple[str, list[Link]]:
    """Return a line of WikiExtractor's output as text, with its links."""
    out: list[str] = []
    links: list[Link] = []
    length = at = 0
    for match in _LINK.finditer(marked):
        before = html.unescape(_TAG.sub("", marked[at : match.start()]))
        anchor = html.unescape(_TAG.sub("", match[2]))
        out += [before, anchor]
        start = length + len(before)
        length = start + len(anchor)
        links.append((start, length, html.unescape(unquote(match[1]))))
        at = match.end()
    out.append(html.unescape(_TAG.sub("", marked[at:])))
    return "".join(out), links


def sentences(text: str, links: list[Link], language: str) -> Iterator[tuple[str, list[Link]]]:
    """Yield the sentences of a line that have a link; none ends within one."""
    start = at = 0
    for piece in boundaries(text, language):
        at += len(piece)
        if any(a < at < b for a, b, _ in links):
            continue
        inside = [(a - start, b - start, t) for a, b, t in links if start <= a and b <= at]
        if inside:
            yield text[start:at], inside
        start = at


def convert(folder: Path, out: Path, language: str) -> None:
    """Write WikiExtractor's pages as sentences, a line of JSON each."""
    with out.open("w", encoding="utf-8") as file:
        for path in sorted(folder.rglob("wiki_*")):
            for told in path.open(encoding="utf-8"):
                page = json.loads(told)
                # Its text is escaped once over, marks of links too.
                for line in html.unescape(page["text"]).split("\n"):
                    for text, mentions in sentences(*line_with_links(line), language):
                        row = {"title": page["title"], "text": text, "mentions": mentions}
                        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def compared(oracle: Path, gold: Path, system: Path, language: str) -> Scores:
    """Return what the oracle's comparison says."""
    paths = map(str, (oracle / "compare.py", gold, system))
    command = [sys.executable, *paths, "--lang", language, "--json"]
    done = subprocess.run(command, check=True, capture_output=True)
    scores: Scores = json.loads(done.stdout)
    return scores


def score(
    language: str, realdata: Path, oracle: Path, peer: Path, folder: Path
) -> tuple[Scores, Scores]:
    """Return our scores and WikiExtractor's for a language's pages."""
    dump = realdata / f"wikipedia/{language}.xml.bz2"
    gold = realdata / f"gold/{language}.gold.jsonl.gz"
    told = ["--templates", "none", "--language", language, "--quiet", "-j1"]
    run([cstool(), "extract", str(dump), *told, "-o", str(folder / "ours")])
    told = ["--json", "--links", "--no-templates", "--processes", "1", "-q", "-b", "1G"]
    run([str(peer), str(dump), *told, "-o", str(folder / "peer")])
    convert(folder / "peer", folder / "peer.jsonl", language)
    return (
        compared(oracle, gold, folder / "ours", language),
        compared(oracle, gold, folder / "peer.jsonl", language),
    )


def table(found: dict[str, tuple[Scores, Scores]]) -> Iterator[str]:
    """Yield the table's lines: our figure, WikiExtractor's after a bar."""
    yield (
        "| | sentences with a link | emitted | verbatim % | link precision % | link recall % "
        "| coverage % |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for language, (ours, peer) in found.items():
        figures = " | ".join(f"{percent(ours[f])} / {percent(peer[f])}" for f in FIGURES)
        emitted = f"{ours['emitted']:,} / {peer['emitted']:,}"
        yield f"| {language} | {ours['sentences']:,} | {emitted} | {figures} |"


def percent(share: float | None) -> str:
    """Return a share in percent; one that is not whole never reads as 100."""
    if share is None:
        return "–"
    told = f"{100 * share:.2f}" if share < 0.9999 or share == 1 else "99.99"
    return told.removesuffix(".00")


def main() -> None:
    """Score the languages, print the table or put it in a document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("realdata", type=Path)
    parser.add_argument("oracle", type=Path)
    parser.add_argument(
        "--languages", help="codes separated by commas (default: all available ones)"
    )
    parser.add_argument(
        "--wikiextractor", type=Path, help="path of the program, if it is installed"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the table in FILE")
    arguments = parser.parse_args()
    names = sorted(p.name.split(".")[0] for p in arguments.realdata.glob("gold/*.gold.jsonl.gz"))
    names = arguments.languages.split(",") if arguments.languages else names
    found: dict[str, tuple[Scores, Scores]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        peer = (arguments.wikiextractor or wikiextractor(Path(temporary))).absolute()
        for name in names:
            folder = Path(temporary) / name
            folder.mkdir()
            found[name] = score(name, arguments.realdata, arguments.oracle, peer, folder)
    lines = "\n".join(table(found))
    if arguments.write is None:
        print(lines)
        return
    before, _, rest = arguments.write.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{arguments.write}: has no {BEGIN} … {END}")
    arguments.write.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
