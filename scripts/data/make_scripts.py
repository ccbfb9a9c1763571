"""Generate the tables of scripts (needs Debian's unicode-data and unicode-cldr-core).

    python -m scripts.data.make_scripts [UNICODE] > FILE     (UNICODE: /usr/share/unicode)
    python -m scripts.data.make_scripts --characters > cstool/languages/data/characters.tsv
    python -m scripts.data.make_scripts --languages > cstool/languages/data/scripts.tsv
    python -m scripts.data.make_scripts --han OPENCC MEDIAWIKI > cstool/languages/data/han.tsv

Characters: Unicode's Scripts.txt, without those of no script (Common, Inherited). Languages, for
the codes in languages.tsv: the script that the code names (sr-latn), else CLDR's likely one
(likelySubtags.xml), else the script of the language's own name; further ones from CLDR's
languageData (supplementalData.xml), if some language of the table has its own name in them (nobody
labels English in the Shavian alphabet). Exceptions for Wikimedia's use are in `WIKIMEDIA`.
"""

import argparse
import io
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from cstool.languages.data_tables import rows

UNICODE = Path("/usr/share/unicode")
NO_SCRIPT = {"Zyyy", "Zinh"}

# Scripts that are written with several of Unicode's: those that a name must have a letter of,
# and those that it may have.
MIXED = {
    "Jpan": ("Hani Hira Kana", ""),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hans", "Bopo"),
    "Hant": ("Hant", "Bopo"),
    "Hrkt": ("Hira Kana", ""),
}

# Where labels on Wikidata, or the language's Wikipedia, are in another script than CLDR has.
WIKIMEDIA = {
    "arc": "Syrc Hebr",
    "brh": "Latn Arab",
    "cdo": "Latn Hani",  # Bàng-uâ-cê
    "crh": "Latn Cyrl",
    "gan": "Hant",
    "gom": "Deva Knda Latn",
    "hak": "Latn Hani",  # Pha̍k-fa-sṳ
    "hi": "Deva",
    "hif": "Latn Deva",
    "ike-cans": "Cans",
    "isv": "Latn Cyrl",
    "iu": "Cans Latn",
    "kaa": "Latn Cyrl",
    "kk-cn": "Arab",
    "kk-kz": "Cyrl",
    "kk-tr": "Latn",
    "lad": "Latn Hebr",
    "lzh": "Hant",
    "mo": "Cyrl Latn",
    "nan": "Latn Hani",  # Pe̍h-ōe-jī
    "nan-hani": "Hant",
    "rif": "Latn Tfng",
    "sh": "Latn Cyrl",
    "shi": "Latn Tfng",
    "sr-ec": "Cyrl",
    "sr-el": "Latn",
    "tt": "Cyrl Latn",
    "yue": "Hant",  # without the other kind of characters, so that they are not mixed
    "za": "Latn Hani",
    "zh": "Hans",
    "mul": "",
    "mis": "",
    "und": "",
    "zxx": "",
}


def values(unicode: Path) -> dict[str, str]:
    """Return the four letters of each script's name."""
    lines = (unicode / "PropertyValueAliases.txt").read_text(encoding="utf-8").splitlines()
    fields = [[f.strip() for f in line.split("#")[0].split(";")] for line in lines]
    return {f[2]: f[1] for f in fields if f[0] == "sc"}


def characters(unicode: Path) -> list[tuple[int, int, str]]:
    """Return ranges of characters, both ends in it, and their script; adjacent ones joined."""
    codes = values(unicode)
    found = []
    for line in (unicode / "Scripts.txt").read_text(encoding="utf-8").splitlines():
        match = re.match(r"([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\w+)", line)
        if match and codes[match[3]] not in NO_SCRIPT:
            found.append((int(match[1], 16), int(match[2] or match[1], 16), codes[match[3]]))
    joined: list[tuple[int, int, str]] = []
    for first, last, script in sorted(found):
        if joined and joined[-1][2] == script and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last, script)
        else:
            joined.append((first, last, script))
    return joined


def likely(unicode: Path) -> dict[str, str]:
    """Return the likely script of languages: en, sr_ME."""
    path = unicode / "cldr/common/supplemental/likelySubtags.xml"
    return {
        tag.attrib["from"]: tag.attrib["to"].split("_")[1]
        for tag in ET.parse(path).iter("likelySubtag")
    }


def further(unicode: Path) -> dict[str, list[str]]:
    """Return the scripts that CLDR's languageData has for languages."""
    path = unicode / "cldr/common/supplemental/supplementalData.xml"
    found: dict[str, list[str]] = {}
    for tag in ET.parse(path).iter("language"):
        if "scripts" in tag.attrib:
            found.setdefault(tag.attrib["type"], []).extend(tag.attrib["scripts"].split())
    return found


def languages(unicode: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each code, the scripts of which a name must have one, and those it may be in, too."""
    scripts, more = likely(unicode), further(unicode)
    of = [(chr(first), chr(last), script) for first, last, script in characters(unicode)]
    for code, _, autonym, _, tag, *_ in rows("cstool.languages", "languages.tsv"):
        parts = (tag or code).split("-x-")[0].split("-")
        named = next((p.title() for p in parts[1:] if len(p) == 4 and p.isalpha()), None)
        regional = scripts.get(f"{parts[0]}_{parts[-1].upper()}")
        own = next((s for c in autonym for a, b, s in of if a <= c <= b), None)
        main = named or regional or scripts.get(parts[0]) or own or "Latn"
        others = [] if named or regional else [s for s in more.get(parts[0], []) if s != main]
        if code in WIKIMEDIA:
            main, _, rest = WIKIMEDIA[code].partition(" ")
            others = rest.split()
        must, may = MIXED.get(main, (main, ""))
        extra = {s for other in others for s in " ".join(MIXED.get(other, (other, ""))).split()}
        extra |= set(may.split())
        yield code, must, " ".join(sorted(extra - set(must.split())))


def _pairs(opencc: Path, name: str) -> dict[str, list[str]]:
    """Return a dictionary of OpenCC: each character, and those that it may become."""
    lines = (opencc / name).read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines if "\t" in line and line[0] != "#"]
    return {of: to.split() for of, to in fields if len(of) == 1}


def han(opencc: Path, mediawiki: Path) -> Iterator[tuple[str, str]]:
    """Yield Hans and Hant, each with its characters that the other kind does not have."""
    text = mediawiki.read_text(encoding="utf-8")
    regional = {
        variant
        for name in ("TWVariants.txt", "HKVariants.txt")
        for variants in _pairs(opencc, name).values()
        for variant in variants
    }
    for script, name, table in (
        ("Hans", "STCharacters.txt", "zh2Hant"),
        ("Hant", "TSCharacters.txt", "zh2Hans"),
    ):
        (lines,) = re.findall(rf"static \${table} = \[(.*?)\];", text, re.DOTALL)
        both = set(re.findall(r"^'(.)' =>", lines, re.MULTILINE))
        both &= {of for of, to in _pairs(opencc, name).items() if of not in to}
        yield script, "".join(sorted(both - (regional if script == "Hans" else set())))


def main() -> None:
    """Write a table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unicode", type=Path, nargs="?", default=UNICODE)
    parser.add_argument("--characters", action="store_true")
    parser.add_argument("--languages", action="store_true")
    parser.add_argument("--han", type=Path, nargs=2)
    arguments = parser.parse_args()
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    if arguments.han:
        print(
            "# source: characters that both OpenCC 1.4.2 and MediaWiki 1.39's ZhConversion.php "
            "convert, made by scripts/data/make_scripts.py (2026-11); script: Hans, simplified "
            "characters that traditional text does not have, or Hant, the reverse",
            file=out,
        )
        print("script\tcharacters", file=out)
        kinds = [*han(*arguments.han)]
        both = set(kinds[0][1]) & set(kinds[1][1])
        for script, characters_ in kinds:
            kept = [c for c in characters_ if c not in both]
            for at in range(0, len(kept), 40):
                print(script, "".join(kept[at : at + 40]), sep="\t", file=out)
    elif arguments.characters:
        version = re.search(
            r"-([\d.]+)\.txt", (arguments.unicode / "Scripts.txt").open().readline()
        )
        print(
            f"# source: Unicode {version and version[1]}'s Scripts.txt (Unicode License), made by "
            "scripts/data/make_scripts.py; characters of no script (Common, Inherited) are left "
            "out",
            file=out,
        )
        print("first\tlast\tscript", file=out)
        for first, last, script in characters(arguments.unicode):
            print(f"{first:04X}\t{last:04X}\t{script}", file=out)
    else:
        print(
            "# source: CLDR 41's likelySubtags and languageData (Unicode License), Wikimedia's use,"
            " made by scripts/data/make_scripts.py; main: a name has a letter of one of these; "
            "further: scripts that the language is written in, too",
            file=out,
        )
        print("language\tmain\tfurther", file=out)
        table = [*languages(arguments.unicode)]
        used = {script for _, main, _ in table for script in main.split()} | {"Bopo"}
        for code, main, others in table:
            print(code, main, " ".join(s for s in others.split() if s in used), sep="\t", file=out)
    out.flush()


if __name__ == "__main__":
    main()
