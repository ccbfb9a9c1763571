"""Compare the switching of entities, of words, and of both, on the same linked text.

Usage: python -m scripts.bench.methods LINKED ENTITIES --languages de,fr [--words PATH …]
                                       [--jobs N] [--keep DIR] [OPTION…]

Makes a dictionary of the names of the entities with `cstool lexicon` (or takes the dictionaries
given with --words), then switches LINKED three times with it and with the given options of
`switch`, makes a corpus of each, and prints a row of a Markdown table for each:

- switched and source rows, and how many of the source rows of LINKED were switched at all;
- entities and words that were switched;
- CMI, and the share of the words of switched rows that are not of the source language
  (docs/metrics.md);
- rows that `switch` writes per CPU second, and the memory of its largest process.

The CPU time includes the preparation of labels and of the dictionary, which depends on the number
of entities and not on that of rows.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.languages.code_mixing import MixingSums
from cstool.storage.manifest import need_stage
from cstool.storage.statistics import Statistics, read_statistics
from scripts.bench.measure import Taken, cstool, run, working_folder

HEADS = (
    "method",
    "switched rows",
    "source rows",
    "switched",
    "entities",
    "words",
    "CMI",
    "ratio",
    "rows/CPU s",
    "memory",
)


@dataclass(frozen=True)
class Inputs:
    """The input folders, the dictionaries, and the options of all runs of `switch`."""

    linked: Path
    entities: Path
    dictionaries: Sequence[str]
    options: Sequence[str]

    @property
    def methods(self) -> dict[str, list[str]]:
        """The options of `switch` for each method."""
        entities = ["--entities", str(self.entities)]
        words = [word for path in self.dictionaries for word in ("--words", path)]
        only = ["--switch-rate", "0", "--words-in-mentions"]
        return {"entities": entities, "words": [*words, *only], "both": [*entities, *words]}


def make_lexicon(arguments: argparse.Namespace, folder: Path, quietly: Sequence[str]) -> Path:
    """Write the names of the entities as a dictionary; print what that took."""
    source = need_stage(arguments.linked, "link").source
    codes = ",".join([*([source.language] if source else []), arguments.languages])
    out = folder / "lexicon"
    command = [cstool(), "lexicon", "--entities", str(arguments.entities.absolute())]
    command += ["--linked", str(arguments.linked.absolute()), "--languages", codes]
    taken = run([*command, "-o", str(out), "--overwrite", *quietly])
    pairs = sum(part.rows for part in need_stage(out, "lexicon").tables)
    print(f"lexicon: {pairs:,} pairs, {taken.cpu:.1f} CPU s\n", flush=True)
    return out


def row_of(name: str, told: Statistics, read: int, taken: Taken) -> list[str]:
    """Return the cells of a method; `read`: rows of LINKED."""
    languages = told.languages.values()
    rows = sum(sum(its.rows.values()) for its in languages)
    source = sum(its.source_rows for its in languages)
    entities = sum(its.entities - its.source_entities for its in languages)
    words = sum(its.dictionary_words or 0 for its in languages)
    sums = sum(
        (MixingSums.stored(its.looked_at.mixing) for its in languages if its.looked_at),
        MixingSums(),
    )
    cmi = sums.measures().cmi
    ratio = sums.switched_words / sums.words if sums.words else 0
    return [
        name,
        f"{rows - source:,}",
        f"{source:,}",
        f"{100 * source / max(1, read):.1f}%",
        f"{entities:,}",
        f"{words:,}",
        "" if cmi is None else f"{cmi:.1f}",
        f"{100 * ratio:.1f}%",
        f"{rows / taken.cpu:,.0f}",
        f"{taken.memory:,.0f} MB",
    ]


def line(cells: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Make the dictionary, switch and make a corpus by each method, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("linked", type=Path)
    parser.add_argument("entities", type=Path)
    parser.add_argument("--languages", required=True)
    parser.add_argument("--words", action="append", default=[], metavar="PATH")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    arguments, options = parser.parse_known_args()
    quietly = ["--quiet", "-j", str(arguments.jobs)]
    read = sum(part.rows for part in need_stage(arguments.linked, "link").tables)
    with working_folder(arguments.keep) as folder:
        dictionaries = arguments.words or [str(make_lexicon(arguments, folder, quietly))]
        linked, entities = arguments.linked.absolute(), arguments.entities.absolute()
        inputs = Inputs(linked, entities, dictionaries, options)
        print(line(HEADS))
        print(line(["---", *["---:"] * (len(HEADS) - 1)]))
        for name, given in inputs.methods.items():
            switched, corpus = folder / f"{name}-switched", folder / name
            command = [cstool(), "switch", str(linked), *given, *options]
            command += ["--languages", arguments.languages, "-o", str(switched), "--overwrite"]
            taken = run([*command, *quietly])
            run([cstool(), "shard", str(switched), "-o", str(corpus), "--overwrite", *quietly])
            print(line(row_of(name, read_statistics(corpus), read, taken)), flush=True)
            if not arguments.keep:
                shutil.rmtree(switched)


if __name__ == "__main__":
    main()
