"""Render the pages of `data/gold` with MediaWiki, as a reference.

Usage: python -m scripts.data.gold_of_sample ORACLE MEDIAWIKI [LANGUAGE...]

ORACLE is the folder with `gold.py` and `dump2ndjson.py`; MEDIAWIKI is the folder into which its
`setup.sh` installed MediaWiki. For each `data/gold/LANGUAGE.xml` writes `LANGUAGE.gold.jsonl`: one
page per line, its paragraphs and list items with their links. MediaWiki gets the wiki's namespace
names from the dump, and from cstool's tables what Wikimedia sets for the wiki: aliases of
namespaces, the prefixes of links to itself, and the letters that begin titles. `gold.py` ends a
block at each new line, so line breaks inside paragraphs are replaced by spaces first. Needs php,
and lxml for `gold.py`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from cstool.wikitext.titles import upper_first
from cstool.wikitext.wikis import settings_of

GOLD = Path(__file__).resolve().parents[2] / "data/gold"
# Namespaces below this number are MediaWiki's; the dump's others are told to it, and project (4).
FIRST_EXTRA = 100
PROJECT = 4
_FORMULAS = "math|chem|ce"
_TAG = re.compile(r"<[^<>]*>")
# No picture is there; within a line each stands as one that is, not as a link to what is missing.
PICTURES = """
$wgHooks['ImageBeforeProduceHTML'][] = function ($_, $title, $file, $frame, $h, $t, &$res) {
    if (array_intersect(['framed', 'thumbnail', 'manualthumb', 'align'], array_keys($frame))) {
        return true;
    }
    $res = '<img alt="">';
    return false;
};
"""


def settings(base: Path, dump: Path) -> str:
    """Return MediaWiki's settings for a dump's wiki: those of the oracle, and its own."""
    elements = list(ET.parse(dump).iter())
    names = {
        int(element.attrib["key"]): (element.text or "").replace(" ", "_")
        for element in elements
        if element.tag.endswith("}namespace")
    }
    wiki = next(element.text or "" for element in elements if element.tag.endswith("}dbname"))
    own = settings_of(wiki)
    extra = "".join(
        f"$wgExtraNamespaces[{number}] = '{name}';\n"
        for number, name in names.items()
        if number >= FIRST_EXTRA
    )
    extra += "".join(
        f"$wgNamespaceAliases['{name.replace(' ', '_')}'] = {number};\n"
        for name, number in own.namespaces.items()
    )
    extra += f"$wgLocalInterwikis = {json.dumps(sorted(own.local))};\n"
    extra += "".join(f"$wgOverrideUcfirstCharacters['{a}'] = '{b}';\n" for a, b in capitals())
    return f"<?php\nrequire '{base}';\n$wgMetaNamespace = '{names[PROJECT]}';\n{extra}{PICTURES}"


def capitals() -> list[tuple[str, str]]:
    """Return the letters that Wikimedia's wikis capitalise otherwise than str.upper."""
    pairs = [(letter, upper_first(letter, "en")) for letter in map(chr, range(128, 1 << 17))]
    return [(letter, capital) for letter, capital in pairs if capital != letter.upper()]


def gold_of(dump: Path, oracle: Path, mediawiki: Path) -> str:
    """Return the gold of a dump's pages, as JSON Lines."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config, rendered = folder / "settings.php", folder / "rendered.ndjson"
        config.write_text(settings(mediawiki / "LocalSettings.php", dump), encoding="utf-8")
        told = {"ORACLE_LANG": dump.stem, "MW_CONFIG_FILE": str(config)}
        pages = output([sys.executable, str(oracle / "dump2ndjson.py"), str(dump)])
        html = output(["php", str(mediawiki / "render.php")], told, pages)
        rendered.write_text("".join(map(joined, html.splitlines(keepends=True))), encoding="utf-8")
        return output([sys.executable, str(oracle / "gold.py"), str(rendered)])


def joined(rendered: str) -> str:
    """Return a rendered page, a line of JSON, with spaces for the new lines in its HTML.

    Those around a line that is nothing but templates stay, or extensions: these may be blocks.
    """
    page = json.loads(rendered)
    name = re.escape(page["template_ns"].replace("_", " "))
    box = re.compile(rf'<a [^<>]*title="{name}:[^<>]*>[^<>]*</a>|⟦#(?!(?:{_FORMULAS})⟧)\w+⟧')
    out = ""
    alone = True
    for line in (page["html"] or "").replace("\n</p>", "</p>\n").split("\n"):
        before, alone = alone, box.search(line) is not None
        alone = alone and not _TAG.sub("", box.sub("", line)).strip()
        out += ("\n" if before or alone else " ") + line
    return json.dumps(page | {"html": out}, ensure_ascii=False) + "\n"


def output(command: list[str], environment: dict[str, str] | None = None, text: str = "") -> str:
    """Return what a command prints; raise CalledProcessError when it fails."""
    done = subprocess.run(
        command,
        input=text,
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
        env=os.environ | (environment or {}),
    )
    return done.stdout


def make_gold(folder: Path, gold_of: Callable[[Path, Path, Path], str], usage: str | None) -> None:
    """Write the gold of the dumps in a folder, of some languages or of all, by the command line.

    `gold_of(dump, oracle, mediawiki)` returns it.
    """
    parser = argparse.ArgumentParser(
        description=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("oracle", type=Path)
    parser.add_argument("mediawiki", type=Path)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE")
    arguments = parser.parse_args()
    for dump in sorted(folder.glob("*.xml")):
        if not arguments.languages or dump.stem in arguments.languages:
            gold = gold_of(dump, arguments.oracle.resolve(), arguments.mediawiki.resolve())
            dump.with_suffix(".gold.jsonl").write_text(gold, encoding="utf-8")
            print(f"{dump.stem}: {len(gold.splitlines())} pages")


def main() -> None:
    """Make the gold of some languages, or of all."""
    make_gold(GOLD, gold_of, __doc__)


if __name__ == "__main__":
    main()
