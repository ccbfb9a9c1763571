"""Measure the CPU time of `extract --templates dump` relative to `--templates rules`.

Usage: python -m scripts.bench.templates REALDATA [--rounds 3] [--megabytes 60] [--keep DIR]

Two inputs, both bz2 with many streams:
- `wiki`: the articles, templates and modules of REALDATA/whole/ltg.xml.bz2, repeated to the given
  size; each copy has its own titles, and calls its own templates, so that outputs that are kept do
  not help;
- `articles`: the pages of REALDATA/2023, whose templates are not in the files: the 300 most called
  ones of each file get a definition of usual size (conditions, a helper template, a default).

The modes run alternately, `-j1`. Prints CPU seconds (user and system) and the ratio.
"""

import argparse
import bz2
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from cstool.wikitext.rule_tables import normal_name
from cstool.wikitext.scan import calls
from scripts.bench.measure import Taken, cstool, run, working_folder

MODES = ("none", "rules", "dump")
PAGES_A_STREAM = 100
DEFINED = 300
_PAGE = re.compile(r"  <page>.*?</page>\n", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>\s*<ns>(\d+)</ns>")
_REDIRECT = re.compile(r'<redirect title="(.*?)" />')
_TEXT = re.compile(r"(<text[^>]*>)(.*?)(</text>)", re.DOTALL)
_NAME = re.compile(r"[^:#{}<>\[\]\n]+\Z")
_NAMESPACE = re.compile(r'<namespace key="10"[^>]*>(.*?)</namespace>')
HELPER = "Cstool helper"
DEFINITION = (
    '<includeonly><span class="{number}">{{{{#if:{{{{{{1|}}}}}}|{{{{{helper}|{{{{{{1}}}}}}'
    "|{{{{{{2|}}}}}}}}}}|{{{{{{text|}}}}}}}}}}</span></includeonly><noinclude>"
    "A documentation of the template.</noinclude>"
)
HELPER_TEXT = "{{#switch:{{lc:{{{2}}}}}|a|b=''{{{1}}}''|c={{uc:{{{1}}}}}|{{{1}}}}}"


class Wiki(NamedTuple):
    """A dump's header and pages, as XML, and the name of its namespace of templates."""

    head: str
    pages: list[str]
    prefix: str


def read(path: Path) -> Wiki:
    """Return a dump's parts."""
    xml = bz2.decompress(path.read_bytes()).decode()
    name = _NAMESPACE.search(xml)
    assert name is not None, f"{path}: no namespace 10"
    return Wiki(xml[: xml.index("  <page>")], _PAGE.findall(xml), name[1])


def copies(wiki: Wiki, size: int) -> Iterator[str]:
    """Yield the pages again and again, up to `size` characters; each copy has its own titles."""
    templates = {
        normal_name(title.partition(":")[2])
        for page in wiki.pages
        for title, namespace in _TITLE.findall(page)
        if namespace == "10"
    }
    used = number = 0
    while used < size:
        for page in wiki.pages:
            copy = _copied(page, templates, number)
            used += len(copy)
            yield copy
        number += 1


def _copied(page: str, templates: set[str], number: int) -> str:
    """Return a page with the number of a copy in its title and in the names of its templates.

    Modules have only one copy, because they name each other in many ways.
    """
    if not number:
        return page
    if "<ns>828</ns>" in page:
        return ""
    page = _TITLE.sub(rf"<title>\1 {number}</title>\n    <ns>\2</ns>", page, count=1)
    page = _REDIRECT.sub(rf'<redirect title="\1 {number}" />', page)
    return _TEXT.sub(lambda text: text[1] + _renamed(text[2], templates, number) + text[3], page)


def _renamed(text: str, templates: set[str], number: int) -> str:
    def renamed(name: re.Match[str]) -> str:
        known = normal_name(name[1]) in templates
        return f"{{{{{name[1].rstrip()} {number}{name[2]}" if known else name[0]

    return re.sub(r"\{\{([^{}|#<>\n]+)(\n?[|}])", renamed, text)


def defined(wiki: Wiki) -> Iterator[str]:
    """Yield the pages, then definitions of the templates that they call most."""
    yield from wiki.pages
    named: Counter[str] = Counter()
    for page in wiki.pages:
        for _, text, _ in _TEXT.findall(page):
            source = unescape(text)
            for start, end, braces in calls(source):
                name = source[start + 2 : end - 2].partition("|")[0].replace("_", " ").strip()
                named[name[:1].upper() + name[1:]] += braces == 2 and _NAME.match(name) is not None
    named[HELPER] += named.total()
    for number, (name, _) in enumerate(named.most_common(DEFINED)):
        text = HELPER_TEXT
        if name != HELPER:
            text = DEFINITION.format(number=number, helper=HELPER)
        yield (
            f"  <page>\n    <title>{wiki.prefix}:{escape(name)}</title>\n"
            f"    <ns>10</ns>\n    <id>{10**8 + number}</id>\n    <revision>\n"
            f"      <id>{10**8 + number}</id>\n      <model>wikitext</model>\n"
            f'      <text xml:space="preserve">{escape(text)}</text>\n    </revision>\n  </page>\n'
        )


def write(path: Path, head: str, pages: Iterator[str]) -> int:
    """Write a dump with many streams; return the bytes of its XML."""
    size = 0
    stream: list[str] = []
    with path.open("wb") as out:

        def flush(text: str) -> int:
            data = text.encode()
            out.write(bz2.compress(data))
            return len(data)

        size += flush(head)
        number = 0
        for page in pages:
            if not page:
                continue
            number += 1
            stream.append(re.sub(r"<id>\d+</id>", f"<id>{number}</id>", page, count=1))
            if len(stream) == PAGES_A_STREAM:
                size += flush("".join(stream))
                stream.clear()
        size += flush("".join(stream) + "</mediawiki>\n")
    return size


def measured(dump: Path, folder: Path, rounds: int) -> dict[str, list[Taken]]:
    """Run the modes alternately."""
    found: dict[str, list[Taken]] = {mode: [] for mode in MODES}
    for turn in range(rounds):
        for mode in MODES:
            out = folder / f"{dump.stem}-{mode}-{turn}"
            command = [cstool(), "extract", str(dump), "--templates", mode, "-j1"]
            found[mode].append(run([*command, "--quiet", "--overwrite", "-o", str(out)]))
    return found


def main() -> None:
    """Make the inputs, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("realdata", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=60, help="XML of the input `wiki`")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="folder for inputs and outputs")
    arguments = parser.parse_args()
    with working_folder(arguments.keep) as folder:
        wiki = read(arguments.realdata.resolve() / "whole/ltg.xml.bz2")
        inputs = [("wiki", wiki.head, copies(wiki, arguments.megabytes * 10**6))]
        for path in sorted(arguments.realdata.resolve().glob("2023/*.xml.bz2")):
            articles = read(path)
            name = f"articles-{path.name.split('.')[0]}"
            inputs.append((name, articles.head, defined(articles)))
        print("| input | XML MB | " + " | ".join(MODES) + " CPU s | dump / rules | peak MB |")
        print("|---|---:|" + "---:|" * (len(MODES) + 2))
        for name, head, pages in inputs:
            dump = folder / f"{name}.xml.bz2"
            size = write(dump, head, pages)
            found = measured(dump, folder, arguments.rounds)
            seconds = {mode: statistics.median(t.cpu for t in found[mode]) for mode in MODES}
            memory = max(taken.memory for taken in found["dump"])
            columns = " | ".join(f"{seconds[mode]:.1f}" for mode in MODES)
            ratio = seconds["dump"] / seconds["rules"]
            print(
                f"| {name} | {size / 1e6:.0f} | {columns} | {ratio:.2f} | {memory:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
