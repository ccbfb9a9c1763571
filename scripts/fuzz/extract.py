"""Run `cstool extract` on random, damaged and hostile input, and check its output.

Usage: python -m scripts.fuzz.extract [DUMP...] [--minutes 1] [--seed 0] [--jobs 1]
           [--faults DIR] [--report FILE]

DUMPs are sources of pages to mutate (default: the bundled sample). Each input is read twice by the
stage's own functions. The only allowed exception is InputError, no input may take longer than its
size allows, no page may be given up because of its time, and the output must be valid: see
`unsound` in checks.py. Sentences that wait for a template's name are read again. Some inputs also
run through the command line. The input of a fault is minimised and saved in DIR. Exits with 1 after
a fault.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from cstool.errors import InputError
from scripts.fuzz.checks import Unsound, fault_of, read, run_command, size_of, smaller
from scripts.fuzz.inputs import KINDS, File, Input, Seeds, seeds_of

SAMPLE = Path(__file__).parents[2] / "data/sample"
# Wall seconds after which a worker that tells nothing is taken to be dead.
_SILENCE = 300.0
_CLI_EVERY = 150


@dataclass
class Figures:
    """What a fuzz run has seen."""

    runs: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    commands: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, news: dict[str, Any]) -> None:
        """Add what a worker tells of one input."""
        kind = news["kind"]
        self.runs[kind] += 1
        self.characters[kind] += news["size"]
        self.refused[kind] += news["refused"]
        self.commands += news["command"]
        self.slowest[kind] = max(self.slowest.get(kind, 0.0), news["rate"])
        if news["fault"]:
            self.faults.append(f"{kind}: {news['fault']}")

    def table(self, seed: int, minutes: float) -> str:
        """Return the figures as Markdown."""
        lines = [
            f"Fuzz of {minutes:.1f} minutes, seed {seed}: {self.runs.total():,} inputs, "
            f"{self.commands:,} runs of the command, {len(self.faults)} faults.",
            "",
            "| kind | inputs | MB | refused as damaged | slowest, CPU s/MB (inputs over 10 kB) |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {kind} | {self.runs[kind]:,} | {self.characters[kind] / 1e6:.1f} | "
            f"{self.refused[kind]:,} | {self.slowest.get(kind, 0):.2f} |"
            for kind in KINDS
        ]
        lines += ["", *(f"- {fault}" for fault in sorted(set(self.faults)))]
        return "\n".join(lines) + "\n"


def work(number: int, seed: int, seeds: Seeds, faults: Path, queue: Any) -> None:
    """Make and check inputs for ever; tell of each. The input under way lies in `faults`."""
    random = Random(f"{seed} {number}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in range(1 << 60):
            kind = random.choice(list(KINDS))
            given = KINDS[kind](random, seeds)
            save(given, faults / f"under-way-{os.getpid()}")
            small = given
            if fault := fault_of(given, folder):
                small = smaller(given, folder)
            command = isinstance(given, File) and count % _CLI_EVERY == 0
            if command and isinstance(given, File):
                try:
                    run_command(given, folder)
                except Unsound as broken:
                    fault = fault or str(broken)
            refused, seconds = (False, 0.0) if fault else _once(given, folder)
            rate = seconds / max(size_of(given), 1) * 1e6 if size_of(given) > 10_000 else 0.0
            if fault:
                save(small, faults / f"{kind}-{seed}-{number}-{count}")
            queue.put({
                "worker": number, "kind": kind, "size": size_of(given), "command": command,
                "refused": refused, "rate": rate, "fault": fault,
            })  # fmt: skip


def _once(given: Input, folder: Path) -> tuple[bool, float]:
    """Return whether an input without a fault is refused, and the CPU seconds that it takes."""
    before = time.process_time()
    try:
        read(given, folder)
    except InputError:
        return True, time.process_time() - before
    return False, time.process_time() - before


def save(given: Input, path: Path) -> None:
    """Write an input down: a file as it is, wikitext with its language."""
    if isinstance(given, File):
        path.write_bytes(given.data)
    else:
        told = {"language": given.language, "render": given.render, "texts": given.texts}
        path.write_text(json.dumps(told, ensure_ascii=True))


def run(seeds: Seeds, options: argparse.Namespace) -> Figures:
    """Run workers until the time is over; begin another one where one hangs or dies."""
    figures = Figures()
    options.faults.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    begun = time.monotonic()
    until = begun + options.minutes * 60
    workers: dict[int, tuple[Any, Any, float]] = {}
    number = 0
    while (now := time.monotonic()) < until:
        while len(workers) < options.jobs:
            queue = context.SimpleQueue()
            process = context.Process(
                target=work, args=(number, options.seed, seeds, options.faults, queue), daemon=True
            )
            process.start()
            workers[number] = process, queue, now
            number += 1
        for each, (process, queue, heard) in list(workers.items()):
            while not queue.empty():
                figures.add(queue.get())
                workers[each] = process, queue, now
            if now - heard > _SILENCE or not process.is_alive():
                process.kill()
                process.join()
                left = options.faults / f"under-way-{process.pid}"
                kept = left.replace(options.faults / f"hang-or-crash-{options.seed}-{each}")
                figures.faults.append(f"a worker hangs or died: {kept.name}")
                del workers[each]
        time.sleep(0.2)
        if options.report:
            options.report.write_text(figures.table(options.seed, (now - begun) / 60))
    for process, _, _ in workers.values():
        process.kill()
        process.join()
        (options.faults / f"under-way-{process.pid}").unlink(missing_ok=True)
    return figures


def main() -> int:
    """Run the fuzz and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dumps", nargs="*", type=Path)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--faults", type=Path, default=Path("work/fuzz"))
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    seeds = seeds_of(options.dumps or sorted(SAMPLE.glob("*-multistream.xml.bz2")))
    figures = run(seeds, options)
    table = figures.table(options.seed, options.minutes)
    if options.report:
        options.report.write_text(table)
    print(table)
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
