"""Run the pipeline on real data, with one worker and with two, and print the counts.

Usage: python -m scripts.check.real_run REALDATA --out DIR [--languages de,fr,…]

REALDATA contains wikipedia/en.xml.bz2 and wikidata/wikidata-sample-all.json.gz. Exits with 1 if the
two runs differ in a byte.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from scripts.bench.measure import Taken, cstool, run

LANGUAGES = "de,fr,es,ru,zh,ja,ar,hi,sw,pl"
RECIPE = """
[[stage]]
name = "switched"
budget = 5_000
  [[stage.source]]
  folder = "corpus"
  rows = "switched"
  share = 1
  smoothing = 0.3
[[stage]]
name = "source"
  [[stage.source]]
  folder = "corpus"
  rows = "source"
"""


def commands(real: Path, languages: str) -> list[tuple[str, list[str]]]:
    """Return each stage's folder and arguments."""
    pages = str(real / "wikipedia/en.xml.bz2")
    wikidata = str(real / "wikidata/wikidata-sample-all.json.gz")
    titles = ["titles", "--wiki", "enwiki", "--entities", "entities", "--pages", pages]
    switch = ["switch", "linked", "--entities", "entities", "--languages", languages]
    return [
        ("entities", ["entities", wikidata]),
        ("titles", titles),
        ("sentences", ["extract", pages]),
        ("linked", ["link", "sentences", "--titles", "titles"]),
        ("switched", switch),
        ("corpus", ["shard", "switched"]),
        ("mixture", ["mix", "mix.toml"]),
        ("dolma", ["mix", "mix.toml", "--format", "dolma"]),
    ]


def run_all(folder: Path, real: Path, languages: str, jobs: int) -> list[tuple[str, Taken]]:
    """Run all stages in a folder; return what each one took."""
    folder.mkdir(parents=True)
    (folder / "mix.toml").write_text(RECIPE)
    options = ["-j", str(jobs), "--part-size", "1M", "--quiet"]
    return [
        (arguments[0], run([cstool(), *arguments, "-o", out, *options], folder))
        for out, arguments in commands(real, languages)
    ]


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but for the times that runs took."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "_timings.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def manifest(folder: Path, stage: str) -> Any:
    """Return a stage's counts."""
    return json.loads((folder / stage / "_manifest.json").read_text())["counts"]


def main() -> None:
    """Run twice, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("real", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", default=LANGUAGES)
    arguments = parser.parse_args()
    real = arguments.real.resolve()
    one, two = arguments.out / "j1", arguments.out / "j2"
    taken = run_all(one, real, arguments.languages, 1)
    by_two = run_all(two, real, arguments.languages, 2)
    for (stage, alone), (_, both) in zip(taken, by_two, strict=True):
        print(
            f"{stage:9} -j 1: {alone.wall:5.1f} s, {alone.memory:4.0f} MB   "
            f"-j 2: {both.wall:5.1f} s, {both.memory:4.0f} MB a process"
        )
    for stage in ("entities", "titles", "sentences", "linked", "switched", "mixture"):
        counts = manifest(one, stage)
        for unit, tally in counts["tallies"].items():
            dropped = ", ".join(f"{n:,} {why}" for why, n in tally["dropped"].items()) or "none"
            print(f"{stage:9} {unit}: {tally['read']:,} read, {tally['written']:,} written, "
                  f"dropped: {dropped}")  # fmt: skip
    print("mentions ", manifest(one, "linked")["details"]["mentions by link"])
    print("rows     ", manifest(one, "switched")["details"]["languages"])
    left, right = files(one), files(two)
    differ = sorted(
        name for name in left.keys() | right.keys() if left.get(name) != right.get(name)
    )
    if differ:
        sys.exit(f"-j 1 and -j 2 differ in {len(differ)} files: {differ[:5]}")
    print(f"-j 1 and -j 2: the same bytes in {len(left)} files")


if __name__ == "__main__":
    main()
