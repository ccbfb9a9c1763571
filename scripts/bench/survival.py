"""Measure the cost of protection against kills, and the cost of resuming.

Usage: python -m scripts.bench.survival DUMP --out DIR [--size MB]

DUMP's pages are repeated up to the given size of XML (100 MB). Uses one worker. Prints the fraction
of `extract`'s CPU time for checksums, flushes, footers, ownership, lock and manifest; then kills a
run after half of its parts, and prints the time to resume it, compared with a whole run.
"""

import argparse
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from cstool.dumps import page_slices
from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage import atomic, checksums, ownership, parts, tasks
from cstool.storage import run as storage_run
from scripts.bench.measure import cstool, run
from scripts.bench.varied_pages import write_dump

# What there would be no need for if nothing could go wrong.
WATCHED: list[tuple[Any, str]] = [
    (parts, "sha256"),
    (atomic, "_fsync"),
    (atomic, "_temporary"),
    (checksums, "hash_range"),
    (checksums, "_checked_footer"),
    (page_slices, "_need_same"),
    (page_slices, "find_streams"),
    (msgspec.json, "encode"),
    (tasks, "find_part"),
    (storage_run, "finished_run"),
    (storage_run, "claim_folder"),
    (storage_run, "_locked_folder"),
    (storage_run, "remove_orphans"),
    (storage_run, "add_timing"),
    (storage_run.Run, "finish"),
    (ownership, "write_bytes"),
]


class Watch:
    """Adds up the CPU time of functions, each counted once where they call each other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = False

    def watched(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return the function, with its time taken."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return function(*args, **kwargs)
            self._inside = True
            begun = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self._inside = False
                taken = time.process_time() - begun
                self.seconds[name] = self.seconds.get(name, 0.0) + taken

        return timed


def overhead(dump: Path, out: Path) -> tuple[float, dict[str, float]]:
    """Return the CPU seconds of an extract, and those of what is watched in it."""
    watch = Watch()
    patches = [
        patch.object(place, name, watch.watched(getattr(place, name), name))
        for place, name in WATCHED
    ]
    for one in patches:
        one.start()
    begun = time.process_time()
    extract([str(dump)], out, ExtractOptions(), RunOptions(jobs=1, quiet=True))
    taken = time.process_time() - begun
    for one in patches:
        one.stop()
    return taken, watch.seconds


def half(dump: Path, out: Path, parts: int) -> int:
    """Begin an extract and kill it when half of its parts are there; return how many are."""
    process = subprocess.Popen([cstool(), *arguments(dump, out)])
    while len(list(out.glob("part-*.parquet"))) < parts // 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(list(out.glob("part-*.parquet")))


def arguments(dump: Path, out: Path) -> list[str]:
    """Return the command line of an extract."""
    return ["extract", str(dump), "-o", str(out), "-j", "1", "--quiet"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("dump", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--size", type=int, default=100, help="MB of XML")
    given = parser.parse_args()
    given.out.mkdir(parents=True)
    dump = given.out / "d.xml.bz2"
    size, pages = write_dump([given.dump], dump, given.size << 20)
    print(f"{size / 1e6:.0f} MB of XML, {pages:,} pages, {dump.stat().st_size / 1e6:.1f} MB of bz2")
    taken, seconds = overhead(dump, given.out / "watched")
    told = ", ".join(f"{name} {s:.3f}" for name, s in sorted(seconds.items(), key=lambda i: -i[1]))
    print(f"extract {taken:.2f} CPU s, of it {sum(seconds.values()) / taken:.2%}: {told}")
    whole = run([cstool(), *arguments(dump, given.out / "whole")])
    parts = len(list((given.out / "whole").glob("part-*.parquet")))
    there = half(dump, given.out / "half", parts)
    rest = run([cstool(), *arguments(dump, given.out / "half")])
    same = all(
        (given.out / "half" / path.relative_to(given.out / "whole")).read_bytes()
        == path.read_bytes()
        for path in (given.out / "whole").rglob("*")
        if path.is_file() and path.name != "_timings.json"
    )
    again = run([cstool(), *arguments(dump, given.out / "half")])
    print(
        f"whole {whole.cpu:.2f} CPU s; killed with {there} of {parts} parts, the rest "
        f"{rest.cpu:.2f} CPU s ({'the same' if same else 'OTHER'} bytes); nothing to do "
        f"{again.cpu:.2f} CPU s"
    )


if __name__ == "__main__":
    main()
