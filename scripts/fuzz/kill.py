"""Kill the stages of the sample pipeline at random moments, resume them, and compare all bytes.

Usage: python -m scripts.fuzz.kill --out DIR [--kills 100] [--seed 0] [--jobs 2] [--stages …]

Each stage is started in its own folder and killed by SIGKILL: the whole process group, only the
coordinating process, or only one worker (which the run survives); or it is ended by SIGTERM, after
which no temporary file may exist two seconds later. The same command is run and killed again until
one run finishes: then the folder must contain the bytes of an undisturbed run, and nothing else.
Exits with 1 otherwise.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cstool.execution.fork_server import SERVER, WORKER
from scripts.bench.measure import cstool

SAMPLE = Path(__file__).parents[2] / "data/sample"
PAGES, JAPANESE = (
    str(SAMPLE / f"{wiki}-20261001-pages-articles-multistream.xml.bz2")
    for wiki in ("enwiki", "jawiki")
)
WIKIDATA = str(SAMPLE / "wikidata-20261001-all.json.gz")
KINDS = ("group", "parent", "worker", "SIGTERM")
SECONDS_TO_END = 2.0
# A run that nothing ends: it hangs.
LONGEST = 120.0


def commands(whole: Path) -> dict[str, list[str]]:
    """Return each stage's arguments; it reads what stands in the folder `whole`."""
    entities, pages = str(whole / "entities"), ["--pages", PAGES]
    switch = ["--entities", entities, "--languages", "entitycs"]
    return {
        "entities": ["entities", WIKIDATA],
        "titles": ["titles", "--wiki", "enwiki", "--entities", entities, *pages],
        "sentences": ["extract", PAGES],
        "linked": ["link", str(whole / "sentences"), "--titles", str(whole / "titles")],
        "switched": ["switch", str(whole / "linked"), *switch],
        "corpus": ["shard", str(whole / "switched"), "--dedup", "exact"],
    } | _documents(whole)


def _documents(whole: Path) -> dict[str, list[str]]:
    """Return the arguments of the stages that read and write pages."""
    entities = str(whole / "entities")
    titles = ["--titles", str(whole / "titles"), "--titles", str(whole / "titles-ja")]
    switch = ["--entities", entities, "--recipe", "syncs-annotate", "--passes", "3"]
    unit = ["--unit", "page", "--headings", "markdown", "--all-sentences"]
    return {
        "titles-ja": ["titles", "--wiki", "jawiki", "--entities", entities, "--pages", JAPANESE],
        "pages": ["extract", PAGES, *unit],
        "pages-ja": ["extract", JAPANESE, *unit],
        "paragraphs": ["extract", PAGES, "--unit", "paragraph"],
        "linked-pages": ["link", str(whole / "pages"), *titles[:2]],
        "annotated": ["switch", str(whole / "linked-pages"), *switch],
        "documents": ["shard", str(whole / "annotated")],
        "pairs": [
            "pair",
            str(whole / "pages"),
            str(whole / "pages-ja"),
            *titles,
            "--segments",
            "3",
        ],
    }


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, but for the times that runs took."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "_timings.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@dataclass
class Told:
    """What was done and what came of it."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    halves: int = 0  # kills that left some parts and not all
    ends: Counter[str] = field(default_factory=Counter)
    slowest_end: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass
class Harness:
    """The undisturbed pipeline, and how its stages are run."""

    folder: Path
    jobs: int
    chance: random.Random
    part_size: str = "8K"
    told: Told = field(default_factory=Told)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def whole(self) -> Path:
        """The folder of the undisturbed pipeline."""
        return self.folder / "whole"

    def command(self, stage: str, out: Path) -> list[str]:
        """Return the command line of a stage."""
        options = ["-o", str(out), "-j", str(self.jobs), "--quiet"]
        options += ["--part-size", self.part_size]
        return [cstool(), *commands(self.whole)[stage], *options]

    def run_whole(self) -> None:
        """Run the pipeline undisturbed, and take each stage's time."""
        for stage in commands(self.whole):
            begun = time.monotonic()
            subprocess.run(self.command(stage, self.whole / stage), check=True)
            self.seconds[stage] = time.monotonic() - begun

    def disturb(self, kills: int, stages: list[str], kinds: tuple[str, ...] = KINDS) -> None:
        """Kill so many runs, stage after stage, kind after kind."""
        number = 0
        while sum(self.told.kills.values()) < kills:
            stage = stages[number % len(stages)]
            out = self.folder / f"{number:03}-{stage}"
            number += 1
            following = iter(self._kinds(kinds))
            while self._one(stage, out, next(following)):
                pass
            if files(out) != files(self.whole / stage):
                self.told.faults.append(f"{out}: differs from the undisturbed run")
            self.told.ends[stage] += 1

    def _kinds(self, kinds: tuple[str, ...]) -> Iterator[str | None]:
        """Yield what to do to the runs in one folder: up to three kills, then none."""
        for _ in range(self.chance.randint(1, 3)):
            yield self.chance.choice(kinds)
        while True:
            yield None

    def _one(self, stage: str, out: Path, kind: str | None) -> bool:
        """Run a stage, perhaps kill it; return whether it is to be run again."""
        process = subprocess.Popen(
            self.command(stage, out), start_new_session=True, stderr=subprocess.PIPE, text=True
        )
        killed = False
        if kind is not None:
            time.sleep(self.chance.uniform(0.2, 1.0) * self.seconds[stage])
            killed = self._kill(process, kind)
        begun = time.monotonic()
        _, error = process.communicate(timeout=LONGEST)
        if not killed or kind is None:
            if process.returncode:
                self.told.faults.append(f"{out}: ended with {process.returncode}: {error}")
            return bool(process.returncode) and kind is not None
        self.told.kills[stage, kind] += 1
        self.told.halves += (out / "_work").exists() and process.returncode != 0
        if kind == "SIGTERM" and process.returncode == 128 + signal.SIGTERM:
            # else: before cstool had begun, or when it had ended.
            self._check_end(out, time.monotonic() - begun, error)
        if kind == "worker" and process.returncode:
            self.told.faults.append(f"{out}: did not survive a worker's death: {error}")
        return process.returncode != 0

    def _check_end(self, out: Path, took: float, error: str) -> None:
        self.told.slowest_end = max(self.told.slowest_end, took)
        left = [p.name for p in out.rglob("*") if p.name.endswith(".tmp") or "_lock" in p.name]
        if took > SECONDS_TO_END or left or "stopped" not in error:
            self.told.faults.append(f"{out}: SIGTERM took {took:.1f} s and left {left}: {error}")

    def _kill(self, process: "subprocess.Popen[str]", kind: str) -> bool:
        """Kill in a way; return whether there was something to kill."""
        if process.poll() is not None:
            return False
        if kind == "group":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "parent":
            process.kill()
        elif kind == "SIGTERM":
            process.terminate()
        else:
            workers = children(process.pid)
            if not workers:
                return False
            os.kill(self.chance.choice(workers), signal.SIGKILL)
        return True


def children(pid: int) -> list[int]:
    """Return the worker processes of a run: children of its server, or spawned by its threads."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            if _text(child, "comm").strip() == SERVER:
                found += children(child)
            elif _text(child, "comm").strip() == WORKER or "spawn_main" in _text(child, "cmdline"):
                found.append(child)
    return sorted(found)


def _text(pid: int, file: str) -> str:
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except OSError:  # it has ended
        return ""


def table(told: Told) -> str:
    """Return the kills by stage and kind, as Markdown."""
    stages = sorted({stage for stage, _ in told.kills})
    lines = [f"| stage | {' | '.join(KINDS)} | folders |", f"|---|{'---:|' * (len(KINDS) + 1)}"]
    for stage in stages:
        numbers = [str(told.kills[stage, kind]) for kind in KINDS]
        lines.append(f"| {stage} | {' | '.join(numbers)} | {told.ends[stage]} |")
    return "\n".join(lines)


def main() -> None:
    """Disturb, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stages", nargs="*", help="those to kill; default: all")
    arguments = parser.parse_args()
    out = arguments.out.absolute()
    out.mkdir(parents=True)
    harness = Harness(out, arguments.jobs, random.Random(arguments.seed))
    harness.run_whole()
    harness.disturb(arguments.kills, arguments.stages or list(commands(harness.whole)))
    told = harness.told
    print(table(told))
    print(
        f"{sum(told.kills.values())} kills, {told.halves} of them in the middle of parts; "
        f"{sum(told.ends.values())} folders ended; slowest SIGTERM {told.slowest_end:.2f} s"
    )
    sys.exit("\n".join(told.faults) or None)


if __name__ == "__main__":
    main()
