"""Measure `cstool lexicon` on items that are mostly labels: pairs per CPU second, and memory.

Usage: python -m scripts.bench.lexicon REALDATA [--items N] [--languages CODES] [--names KINDS]

REALDATA has `synth.py` and a Wikidata sample, of which N `dense` items are made.
The start of the stage, measured on an empty selection, is included in the first figure and left out
of the second.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from cstool.storage.manifest import need_stage
from scripts.bench.measure import cstool, run, working_folder


def main() -> None:
    """Measure all formats."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("realdata", type=Path)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--languages", default="entitycs")
    parser.add_argument("--names", default="label")
    arguments = parser.parse_args()
    with working_folder(None) as folder:
        dump, entities = folder / "items.json.gz", folder / "entities"
        sample = arguments.realdata / "wikidata/wikidata-sample-all.json.gz"
        synth = [sys.executable, str(arguments.realdata / "synth.py"), "dense", str(sample)]
        subprocess.run([*synth, str(dump), str(arguments.items)], check=True)
        run([cstool(), "entities", str(dump), "-o", str(entities), "--quiet"])
        command = [cstool(), "lexicon", "--entities", str(entities), "--source", "en", "-j", "1"]
        command += ["--languages", arguments.languages, "--names", arguments.names, "--quiet"]
        start = run([*command, "--types", "Q4294967295", "-o", str(folder / "start")])
        for form in ("cstool", "tsv", "muse", "moses", "prealign"):
            out = folder / form
            taken = run([*command, "--format", form, "-o", str(out)])
            pairs = need_stage(out, "lexicon").counts.tally("pairs").written
            print(
                f"{form:9} {pairs:,} pairs, {taken.cpu:.1f} CPU s: {pairs / taken.cpu:,.0f} a CPU "
                f"second ({pairs / (taken.cpu - start.cpu):,.0f} without the start); peak memory "
                f"{taken.memory:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
