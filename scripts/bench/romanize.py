"""Compare uroman-fast with uroman, and measure the stage.

    python -m scripts.bench.romanize compare --dump WIKIDATA.json.gz --pages GOLD_FOLDER
    python -m scripts.bench.romanize speed --folder SWITCHED

`compare` romanizes with both the words of texts (labels and aliases of a Wikidata dump, paragraphs
of pages), each character alone and beside others, and random words, and prints a table by script.
`--write FILE` writes the characters in whose words both differ, as
`cstool/romanization/data/reference_characters.tsv`: those of scripts with such a word in a text,
and single ones. `speed` measures `cstool romanize` on a folder with each romanizer.
"""

import argparse
import gzip
import json
import os
import random
import re
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from cstool.languages.data_tables import rows
from scripts.bench.measure import cstool, run, working_folder

_EXAMPLES = 3
_HEAD = """\
# source: python -m scripts.bench.romanize compare --write (docs/measurements/romanizing.md), with \
uroman {} and uroman-fast {}; script: if it is written in these characters, words of it differ
first\tlast\tscript
"""
_ASCII = ("{0}", "{0}a", "a{0}", "A{0}{0}b")
_IN_SCRIPT = ("{1}{0}{1}", "{0}{1}", "{1}{0}", "{1}{0}{0}{1}")


def scripts_of_characters() -> dict[str, str]:
    """Return the script of each character that has one."""
    return {
        chr(point): script
        for first, last, script in rows("cstool.languages", "characters.tsv")
        for point in range(int(first, 16), int(last, 16) + 1)
    }


def labels(dump: Path) -> Iterator[str]:
    """Yield the labels and aliases of a Wikidata dump."""
    with gzip.open(dump, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = line.strip().rstrip(",")
            if text not in "[]":
                item = json.loads(text)
                yield from (label["value"] for label in (item.get("labels") or {}).values())
                for aliases in (item.get("aliases") or {}).values():
                    yield from (alias["value"] for alias in aliases)


def blocks(folder: Path) -> Iterator[str]:
    """Yield the paragraphs of pages."""
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from (block["text"] for block in json.loads(line)["blocks"])


class Romanizers:
    """Both romanizers, and the CPU seconds that they took."""

    def __init__(self) -> None:
        import uroman
        import uroman_fast

        self._reference = uroman.Uroman()
        self._fast = uroman_fast.romanize
        self.seconds = [0.0, 0.0]

    def both(self, word: str) -> tuple[str, str]:
        """Return what both make of a word; the name of the error if one fails."""
        made = []
        for index, function in enumerate((self._reference.romanize_string, self._fast)):
            begun = time.process_time()
            try:
                made.append(function(word))
            except BaseException as error:  # a panic of Rust is no Exception
                if isinstance(error, (KeyboardInterrupt, SystemExit)):
                    raise
                made.append(type(error).__name__)
            self.seconds[index] += time.process_time() - begun
        return made[0], made[1]


def table(words: Iterable[str], script_of: dict[str, str], romanizers: Romanizers) -> set[str]:
    """Print a table of the words of texts by their scripts.

    Returns the scripts of which a word without other scripts differs.
    """
    by_scripts = defaultdict(list)
    for word in words:
        by_scripts[" + ".join(sorted({script_of[c] for c in word if c in script_of}))].append(word)
    print("| scripts | words | equal | uroman, words/s | uroman-fast, words/s | examples |")
    print("|---|---:|---:|---:|---:|---|")
    different = set()
    for scripts, words_of in sorted(by_scripts.items(), key=lambda item: -len(item[1])):
        romanizers.seconds = [1e-9, 1e-9]
        made = [(word, *romanizers.both(word)) for word in words_of]
        unequal = [(word, slow, fast) for word, slow, fast in made if slow != fast]
        if unequal and "+" not in scripts:
            different.add(scripts)
        slow, fast = (len(words_of) / taken for taken in romanizers.seconds)
        share = 100 * (1 - len(unequal) / len(words_of))
        shortest = sorted(unequal, key=lambda one: len(one[0]))[:_EXAMPLES]
        shown = "; ".join(f"`{word}`: `{a}`, `{b}`" for word, a, b in shortest)
        cells = (
            scripts,
            f"{len(words_of):,}",
            f"{share:.2f}%",
            f"{slow:,.0f}",
            f"{fast:,.0f}",
            shown,
        )
        print(f"| {' | '.join(cells)} |")
    return different


def single_characters(
    characters: Iterable[str], script_of: dict[str, str], beside: dict[str, str], both: Romanizers
) -> set[str]:
    """Return the characters with which a word of few characters differs.

    `beside`: a frequent letter of each script.
    """
    found = set()
    for one in characters:
        forms = [form.format(one) for form in _ASCII]
        if letter := beside.get(script_of.get(one, "")):
            forms += [form.format(one, letter) for form in _IN_SCRIPT]
        if any(a != b for a, b in map(both.both, forms)):
            found.add(one)
    return found


def rare_in_random_words(
    script_of: dict[str, str], seen: Counter[str], known: set[str], each: int, both: Romanizers
) -> set[str]:
    """Return, of each random word that differs, the character that is rarest in texts."""
    by_script = defaultdict(list)
    for character, script in script_of.items():
        by_script[script].append(character)
    rng = random.Random(1)
    found: set[str] = set()
    for script in sorted(by_script):
        for _ in range(each):
            word = "".join(rng.choices(by_script[script], k=rng.randint(2, 5)))
            if (known | found).isdisjoint(word):
                a, b = both.both(word)
                if a != b:
                    found.add(min(word, key=lambda one: (seen[one], one)))
    return found


def ranges(characters: set[str], script_of: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield ranges of code points of one script."""
    points = sorted(map(ord, characters))
    key = [(point - index, script_of.get(chr(point), "")) for index, point in enumerate(points)]
    for (_, script), some in groupby(zip(key, points, strict=True), key=lambda pair: pair[0]):
        found = [point for _, point in some]
        yield found[0], found[-1], script


def compare(texts: list[str], out: Path | None) -> None:
    """Compare both; write the characters in whose words they differ."""
    script_of = scripts_of_characters()
    both = Romanizers()
    seen = Counter("".join(texts))
    words = {word for text in texts for word in re.split(r"[ \n]+", text) if not word.isascii()}
    different = table(sorted(words), script_of, both)
    if out is None:
        return
    beside: dict[str, str] = {}
    for letter, _ in seen.most_common():
        if letter.isalpha() and letter in script_of:
            beside.setdefault(script_of[letter], letter)
    found = {c for c, script in script_of.items() if script in different}
    assigned = {
        chr(p) for p in range(0x80, 0x110000) if unicodedata.category(chr(p)) not in "Cn Co Cs"
    }
    found |= single_characters(sorted(assigned - found), script_of, beside, both)
    for _ in range(3):
        found |= rare_in_random_words(script_of, seen, found, 300, both)
    lines = [
        f"{first:04X}\t{last:04X}\t{script}\n" for first, last, script in ranges(found, script_of)
    ]
    head = _HEAD.format(version("uroman"), version("uroman-fast"))
    out.write_text(head + "".join(lines), encoding="utf-8")


def speed(folder: Path) -> None:
    """Print the CPU time of the stage with each romanizer, for a folder."""
    with working_folder(None) as work:
        for name in ("uroman", "uroman-fast"):
            out = work / name
            command = [cstool(), "romanize", str(folder), "-o", str(out), "--romanizer", name]
            taken = run([*command, "-j", "1", "--quiet"])
            made = json.loads((out / "_manifest.json").read_text("utf-8"))
            number = made["counts"]["tallies"]["rows"]["written"]
            rate = number / taken.cpu
            print(f"{name}: {number:,} rows, {taken.cpu:.1f} CPU s, {rate:,.0f} rows/s")


def main() -> None:
    """Compare, or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["compare", "speed"])
    parser.add_argument("--dump", type=Path, help="Wikidata dump (gzip)")
    parser.add_argument("--pages", type=Path, help="folder of pages (gold/*.jsonl.gz)")
    parser.add_argument("--write", type=Path, help="table to write")
    parser.add_argument("--folder", type=Path, help="for `speed`: a folder of `cstool switch`")
    given = parser.parse_args()
    if given.what == "speed":
        speed(given.folder)
        return
    # Panics are reported on standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    named = [labels(given.dump)] if given.dump else []
    named += [blocks(given.pages)] if given.pages else []
    compare([text for some in named for text in some], given.write)


if __name__ == "__main__":
    main()
