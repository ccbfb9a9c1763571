"""Compare `cstool extract --unit paragraph` and `--unit page` with the same sentences as rows.

Usage: python -m scripts.bench.units DUMP [--rounds N] [--templates dump|rules|none]

DUMP is a page dump that `extract` reads, such as those that `scripts.bench.extract --plain --keep`
leaves. Each round runs `extract --all-sentences`, then the units with all their sentences, each
with one worker, in one order and in the next round in the other. CPU is user and system time of all
processes; ratios are those within a round; memory is that of the largest process.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from scripts.bench.extract import Tool
from scripts.bench.measure import cstool, run, working_folder

UNITS = {
    "sentences": (),
    "paragraphs": ("--unit", "paragraph"),
    "pages": ("--unit", "page"),
    "pages with headings": ("--unit", "page", "--headings", "markdown"),
}


def tools(folder: Path, dump: Path, templates: str) -> list[Tool]:
    """Return the runs that are measured."""
    command = [cstool(), "extract", str(dump), "--quiet", "--overwrite", "--all-sentences"]
    command += ["--templates", templates, "-j1", "-o"]
    found = enumerate(UNITS.items())
    return [Tool(name, [*command, str(folder / str(i)), *unit]) for i, (name, unit) in found]


def table(found: list[Tool]) -> Iterator[str]:
    """Yield the lines of the table: medians over the rounds, ratios to sentences."""
    yield "| rows | CPU s | relative to sentences | peak MB |"
    yield "|---|---:|---:|---:|"
    for tool in found:
        cpu = tool.cpu()
        ratios = [a / b for a, b in zip(cpu, found[0].cpu(), strict=True)]
        peak = max(taken.memory for taken in tool.taken)
        yield (
            f"| {tool.name} | {median(cpu):.2f} ({min(cpu):.2f}–{max(cpu):.2f}) "
            f"| {median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) | {peak:.0f} |"
        )


def main() -> None:
    """Run the rounds, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dump", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--templates", choices=["dump", "rules", "none"], default="rules")
    arguments = parser.parse_args()
    with working_folder(None) as folder:
        found = tools(folder, arguments.dump.absolute(), arguments.templates)
        for number in range(arguments.rounds):
            for tool in found if number % 2 == 0 else reversed(found):
                tool.taken.append(run(tool.command, folder))
                print(f"round {number + 1}: {tool.name}: {tool.taken[-1].cpu:.2f} CPU s")
        print()
        print("\n".join(table(found)))


if __name__ == "__main__":
    main()
