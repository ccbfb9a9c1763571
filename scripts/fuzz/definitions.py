"""Give the templates of real pages definitions at random, and compare extraction with MediaWiki.

Usage: python -m scripts.fuzz.definitions ORACLE MEDIAWIKI DUMP... [--pages N] [--seed N]

ORACLE and MEDIAWIKI are as for scripts/data/gold_of_templates.py; a DUMP is called
LANGUAGE.xml.bz2. Each template that a page calls gets one of the definitions below, by its name and
the seed; a template with a rule for silent templates, blocks or pictures gets one of that kind.
Prints for each dump what `compare.py` says, and up to ten sentences that differ.
"""

import argparse
import bz2
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.sax.saxutils import escape

from cstool.wikitext.rule_tables import (
    SHOWS_BLOCK,
    SHOWS_PICTURE,
    SILENT,
    TemplateRules,
    normal_name,
    rules_of,
)
from cstool.wikitext.scan import calls
from scripts.bench.measure import cstool, run
from scripts.data.gold_of_templates import gold_of

_NAME = re.compile(r"[^#<>\[\]{}|\n:]+\Z")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PAGE = re.compile(r"<page>.*?</page>", re.DOTALL)
_TEXT = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)
_PREFIX = re.compile(r'<namespace key="(10|828)"[^>]*>(.*?)</namespace>')

SILENT_ONES = (
    "",
    "<ref>n {{{1|}}}</ref>",
    "[[Category:X]]",
    "{{#tag:ref|x}}",
    "<noinclude>d</noinclude><!-- c -->",
)
BLOCKS = (
    '<div class="b" style="clear:both"></div>',
    '{| class="i"\n| cell {{{1|}}}\n|}',
    '<div class="h">\n{|\n| x\n|}\n</div>',
)
PICTURES = ("[[File:F.svg|20px]]",)
OTHERS = (
    '<span class="x">{{{1|}}}</span>',
    "{{{2|{{{1|none}}}}}}",
    "''{{{1|x}}}''",
    "[[Foo {{lc:A}}|{{{2|foo}}}]]",
    "{{#if:{{{1|}}}|({{{1}}})|–}}",
    "{{#switch:{{{1}}}|a=b|#default={{{1|d}}}}}&nbsp;{{{2|}}}",
    "<ref>{{{1|}}}</ref>",
    "<small>{{{1|}}}</small><sup>{{{2|}}}</sup>",
    '<div style="clear:both"></div>',
    "{|\n| cell {{{1|}}}\n|}",
    "* item {{{1|}}}\n* [[b]]",
    "{{{1|}}}<br />{{{2|}}}",
    "{{PAGENAME}}",
    "{{ucfirst:{{{1|a}}}}}",
    "text {{{1|}}}\n\nnew [[paragraph]]",
    "<!-- c --><noinclude>x</noinclude>{{{text|{{{1|}}}}}}",
    "'''[[{{{1|Bar}}}]]'''",
    "[[File:X.svg|20px|link=|alt=]]&nbsp;{{{1|}}}",
    '<span style="display:none">k</span>{{{1|}}}',
    "{{#expr:1+1}} {{{1|}}}",
    "{{#invoke:Quoted|main|{{{1|}}}}}",
    "{{!}} {{{1|}}}",
    '<abbr title="t">{{{1|}}}</abbr>{{unbroken|{{{2|}}}}}',
    "\n{{{1|}}}",
    "[http://x.example {{{1|x}}}]",
    "<span>{{{1|}}}",
    "{{{1}}}",
    "{{{name|{{{1|}}}}}}, ",
    "„{{{1|}}}“",
)
HELPER = ("Unbroken", '<span class="nowrap">{{{1|}}}</span>')
MODULE = """local p = {}
function p.main(frame) return '⟨' .. mw.text.trim(frame.args[1] or '') .. '⟩' end
return p
"""


def called(text: str) -> Iterator[str]:
    """Yield the names of the templates that wikitext calls, also within other calls."""
    for start, end, braces in calls(text):
        inner = text[start + braces : end - braces]
        name = _COMMENT.sub("", inner.partition("|")[0]).replace("_", " ").strip()
        if braces == 2 and _NAME.match(name):
            yield name[:1].upper() + name[1:]
        yield from called(inner)


def definition(name: str, rules: TemplateRules, seed: int) -> str:
    """Return the definition of a template."""
    rule, _ = rules.find(normal_name(name)) or (None, "")
    kinds = {SILENT: SILENT_ONES, SHOWS_BLOCK: BLOCKS, SHOWS_PICTURE: PICTURES}
    found = next((kinds[kind] for kind in kinds if rule is kind), OTHERS)
    return random.Random(f"{seed} {name}").choice(found)


def defined(xml: str, language: str, most: int, seed: int) -> str:
    """Return a dump's first articles, with definitions of the templates that they call."""
    pages = [p for p in _PAGE.findall(xml) if "<ns>0</ns>" in p and "<redirect" not in p][:most]
    texts = (unescape(text) for page in pages for text in _TEXT.findall(page))
    names = sorted({name for text in texts for name in called(text)} - {HELPER[0]})
    rules = rules_of(language, render=True)
    head = xml[: xml.index("<page>")]
    prefix = {"828": "Module", **dict(_PREFIX.findall(head))}
    if 'key="828"' not in head:
        own = f'<namespace key="828" case="first-letter">{prefix["828"]}</namespace>'
        head = head.replace("</namespaces>", f"{own}</namespaces>")
    found = [(10, name, definition(name, rules, seed), "wikitext") for name in names]
    found += [(10, *HELPER, "wikitext"), (828, "Quoted", MODULE, "Scribunto")]
    for number, (namespace, name, text, model) in enumerate(found, 9 * 10**7):
        pages.append(
            f"<page><title>{prefix[str(namespace)]}:{escape(name)}</title><ns>{namespace}</ns>"
            f"<id>{number}</id><revision><id>{number}</id><model>{model}</model>"
            f'<text xml:space="preserve">{escape(text)}</text></revision></page>'
        )
    return head + "\n".join(pages) + "</mediawiki>\n"


def main() -> None:
    """Make the dumps, extract, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("oracle", type=Path)
    parser.add_argument("mediawiki", type=Path)
    parser.add_argument("dumps", nargs="+", type=Path, metavar="DUMP")
    parser.add_argument("--pages", type=int, default=45, help="articles of a dump")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    oracle = arguments.oracle.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        for dump in arguments.dumps:
            language = dump.name.split(".")[0]
            made, gold = (Path(temporary) / f"{language}{end}" for end in (".xml", ".gold.jsonl"))
            xml = bz2.decompress(dump.read_bytes()).decode()
            given = defined(xml, language, arguments.pages, arguments.seed)
            made.write_text(given, encoding="utf-8")
            blocks = gold_of(made, oracle, arguments.mediawiki.resolve())
            gold.write_text(blocks, encoding="utf-8")
            out = Path(temporary) / language
            command = [cstool(), "extract", str(made), "--language", language, "--quiet"]
            run([*command, "-j1", "-o", str(out)])
            print(dump.name, flush=True)
            compare = [oracle / "compare.py", gold, out, "--lang", language, "--show", "10"]
            subprocess.run([sys.executable, *map(str, compare)], check=True)


if __name__ == "__main__":
    main()
