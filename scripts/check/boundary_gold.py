"""Score sentence boundaries against hand-checked ones (docs/measurements/extraction.md).

Usage: python -m scripts.check.boundary_gold [--gold FOLDER] [--realdata FOLDER] [--alone]
           [--errors] [LANGUAGE …]

Prints precision and recall for each language. `--alone` scores sentencex without cstool's rules.

GOLD contains two kinds of files:

- `LANGUAGE.txt`: a paragraph per line. `¦` is a boundary, `¬` a place that is none, directly behind
  the stop (and the quotes or brackets that close behind it). A line that begins with `#` is a
  comment.
- `LANGUAGE.tsv`: places in the pages of REALDATA, without their text. Columns: `file`, `page_id`,
  `offset` (in characters, of the place where the next sentence would begin; the page's text is that
  of its lines, joined by line breaks), `hash` (of the 24 characters on either side within the line,
  the first 16 digits of xxh3_64), `boundary` (1 or 0) and `kind`.

A place that is no longer at its offset is looked for by its hash, and counted as not found if it
does not occur exactly once. Places are compared behind the white space that follows a stop.
"""

import argparse
import bz2
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import sentencex
import xxhash

from cstool.dumps.xml import PageParser
from cstool.wikitext.page import reader
from cstool.wikitext.sentences import TextLine, pieces, spans

GOLD = Path(__file__).parents[2] / "tests/wikitext/boundaries"
REALDATA = Path(__file__).parents[2].parent / "shared/realdata"
_MARKS = re.compile("[¦¬]")
_BLANKS = re.compile(r"\s*")
_AROUND = 24


class Judged(NamedTuple):
    """A line, its places (offset, whether it is a boundary, kind), and whether these are all."""

    line: TextLine
    places: list[tuple[int, bool, str]]
    complete: bool


class BoundaryScore(NamedTuple):
    """Counts of a language: places found, right boundaries, wrong ones, missed ones; and errors."""

    right: int
    wrong: int
    missed: int
    places: int
    not_found: int
    errors: list[str]

    @property
    def precision(self) -> float:
        """Return the share of boundaries that are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of right boundaries that were placed."""
        return self.right / max(1, self.right + self.missed)


def window(text: str, offset: int) -> str:
    """Return the hash of a place in a line."""
    near = text[max(0, offset - _AROUND) : offset + _AROUND]
    return str(xxhash.xxh3_64_hexdigest(near.encode()))


def written(path: Path) -> Iterator[Judged]:
    """Yield the paragraphs of a file with marks."""
    for marked in path.read_text("utf-8").splitlines():
        if not marked.strip() or marked.startswith("#"):
            continue
        text = ""
        at = 0
        places = []
        for mark in _MARKS.finditer(marked):
            text += marked[at : mark.start()]
            at = mark.end()
            places.append((len(text), mark[0] == "¦"))
        text += marked[at:]
        moved = [(_behind(text, offset), one, "") for offset, one in places]
        yield Judged(TextLine(text, [], []), moved, True)


def _behind(text: str, offset: int) -> int:
    return _BLANKS.match(text, offset).end()  # type: ignore[union-attr]


@cache
def _pages(path: Path) -> dict[int, list[TextLine]]:
    """Return the lines of a dump's pages, by page ID."""
    parser = PageParser(path.name)
    pages = list(parser.feed(bz2.decompress(path.read_bytes())))
    assert parser.site is not None
    site = parser.site
    language = path.name.split(".")[0]
    read = reader(msgspec.structs.replace(site, language=language), render=True)
    return {page.id: read.lines(page.text or "", page.title) for page in pages}


def real(path: Path, realdata: Path) -> tuple[list[Judged], int]:
    """Return the lines with judged places of a file, and the number of places not found."""
    found: dict[tuple[str, int, int], Judged] = {}
    lost = 0
    for row in path.read_text("utf-8").splitlines()[1:]:
        file, page_id, offset, digest, boundary, kind = row.split("\t")[:6]
        lines = _pages(realdata / file).get(int(page_id), [])
        place = _place(lines, int(offset), digest)
        if place is None:
            lost += 1
            continue
        number, at = place
        judged = found.setdefault((file, int(page_id), number), Judged(lines[number], [], False))
        judged.places.append((at, boundary == "1", kind))
    return list(found.values()), lost


def _place(lines: list[TextLine], offset: int, digest: str) -> tuple[int, int] | None:
    """Return the number of a place's line and the offset in it."""
    start = 0
    for number, line in enumerate(lines):
        if start <= offset <= start + len(line.text):
            if window(_shown(line), offset - start) == digest:
                return number, offset - start
            break
        start += len(line.text) + 1
    places = [
        (number, at)
        for number, line in enumerate(lines)
        for at in range(1, len(line.text))
        if window(_shown(line), at) == digest
    ]
    return places[0] if len(places) == 1 else None


def _shown(line: TextLine) -> str:
    return line.text.replace("\n", " ")


def boundaries(line: TextLine, language: str, *, alone: bool) -> set[int]:
    """Return where the sentences of a line begin, except for the first."""
    text = _shown(line)
    found = sentencex.segment(language, text) if alone else pieces(line.text, language)
    begins = {start for start, *_ in spans(text, line.mentions, line.holes, found)}
    return begins - {_behind(text, 0)}


def score(
    language: str, gold: Path = GOLD, realdata: Path = REALDATA, *, alone: bool = False
) -> BoundaryScore:
    """Score a language's boundaries; its files that need REALDATA are left out without it."""
    lines: list[Judged] = []
    lost = 0
    if (path := gold / f"{language}.txt").exists():
        lines += written(path)
    if (path := gold / f"{language}.tsv").exists() and realdata.exists():
        found, lost = real(path, realdata)
        lines += found
    right = wrong = missed = places = 0
    errors = []
    for line, judged, complete in lines:
        ours = boundaries(line, language, alone=alone)
        known = {at for at, _, _ in judged}
        every = [*judged, *((at, False, "unmarked") for at in ours - known if complete)]
        places += len(every)
        for at, one, kind in sorted(every):
            right += one and at in ours
            missed += one and at not in ours
            wrong += not one and at in ours
            if one != (at in ours):
                told = "missed" if one else "wrong"
                text = _shown(line)
                errors.append(f"{told}\t{kind}\t{text[max(0, at - 60) : at]}|{text[at : at + 40]}")
    return BoundaryScore(right, wrong, missed, places, lost, errors)


def languages(gold: Path = GOLD) -> list[str]:
    """Return the languages that have judged places."""
    return sorted({path.stem for path in gold.iterdir() if path.suffix in (".txt", ".tsv")})


def main(arguments: Iterable[str] | None = None) -> None:
    """Print a line for each language."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--gold", type=Path, default=GOLD)
    parser.add_argument("--realdata", type=Path, default=REALDATA)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--errors", action="store_true")
    args = parser.parse_args(None if arguments is None else list(arguments))
    print("language\tplaces\tboundaries\tnot found\tprecision\trecall")
    for language in args.languages or languages(args.gold):
        found = score(language, args.gold, args.realdata, alone=args.alone)
        counts = f"{found.places}\t{found.right + found.missed}\t{found.not_found}"
        print(f"{language}\t{counts}\t{found.precision:.2%}\t{found.recall:.2%}")
        if args.errors:
            print("".join(f"  {error}\n" for error in found.errors), end="")


if __name__ == "__main__":
    main()
