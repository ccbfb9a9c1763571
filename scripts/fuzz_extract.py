"""Give random, damaged and hostile input to `cstool extract`, and look at all that comes out.

Usage: python scripts/fuzz_extract.py [DUMP...] [--minutes 1] [--seed 0] [--jobs 1]
           [--faults DIR] [--report FILE]

DUMPs give pages to change (default: the embedded sample). Each input is read twice by the stage's
own functions; no fault but an InputError may come, no input may take longer than its size allows,
and what is written must be sound: see `unsound`. Now and then the command line itself is run.
A fault's input is made small and saved in DIR. Ends with 1 when there was a fault.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import traceback
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from fuzz_inputs import KINDS, File, Input, Seeds, Wikitext, seeds_of, site_of

from cstool.dumps.export import Page
from cstool.dumps.pages import Damage, PageSlice, open_pages
from cstool.parts.counts import Counts, imbalances
from cstool.running.errors import InputError
from cstool.running.limits import TookTooLong, at_most
from cstool.stages.extract import ExtractOptions, read_pages
from cstool.wikitext.titles import namespaces_of

SAMPLE = Path(__file__).parent.parent / "data/sample"
# CPU seconds that an input may take: so many for any, and so many for each megabyte.
_ANY = 3.0
_A_MEGABYTE = 40.0
# Wall seconds after which a worker that tells nothing is taken to hang, or to be dead.
_SILENCE = 120.0
_CLI_EVERY = 150
_SCARS = ("[[", "]]", "{{", "}}", "{|", "|}", "'''", "__TOC__")

Read = tuple[list[pa.RecordBatch], Counts]


class Unsound(AssertionError):  # noqa: N818 - the input is, or what reads it
    """What came out breaks a law; its argument says which."""


def size_of(given: Input) -> int:
    """Return an input's length, in bytes or characters."""
    return len(given.data) if isinstance(given, File) else sum(map(len, given.texts))


def read(given: Input, folder: Path) -> list[Read]:
    """Read an input as the stage does: batches and counts of each slice."""
    if isinstance(given, Wikitext):
        pages = tuple(
            Page(i, 0, f"Page {i}", 100 + i, None, "wikitext", text)
            for i, text in enumerate(given.texts, 1)
        )
        slice_ = PageSlice("fuzz", site_of(given.language), pages)
        options = ExtractOptions("known" if given.render else "none", all_sentences=True)
        return [_drawn(slice_, options)]
    path = folder / given.name
    path.write_bytes(given.data)
    options = ExtractOptions(all_sentences=True, keep_going=given.keep_going)
    dump = open_pages([str(path)], 4000, Damage() if given.keep_going else None, sample=2000)
    return [_drawn(task.slice, options) for task in dump.tasks]


def _drawn(slice_: PageSlice, options: ExtractOptions) -> Read:
    batches: list[pa.RecordBatch] = []
    stage = read_pages(slice_, options)
    while True:
        try:
            batches.append(next(stage))
        except StopIteration as end:
            return batches, end.value


def check(given: Input, folder: Path) -> None:
    """Read an input twice. Raises Unsound, TookTooLong, or what the stage raised."""
    with at_most(_ANY + _A_MEGABYTE * size_of(given) / 1e6):
        try:
            first: list[Read] | str = read(given, folder)
        except InputError as fault:
            first = str(fault)
    with at_most(_ANY + _A_MEGABYTE * size_of(given) / 1e6):
        try:
            second: list[Read] | str = read(given, folder)
        except InputError as fault:
            second = str(fault)
    if first != second:
        raise Unsound("two readings differ")
    for batches, counts in first if not isinstance(first, str) else ():
        for law in unsound(given, batches, counts):
            raise Unsound(law)


def unsound(given: Input, batches: list[pa.RecordBatch], counts: Counts) -> Iterator[str]:
    """Yield the laws that what was read breaks."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    yield from imbalances(counts)
    written = {unit: tally.written for unit, tally in counts.tallies.items()}
    if written.get("sentences", 0) != len(rows):
        yield "sentences are miscounted"
    if written.get("mentions", 0) != sum(len(row["mentions"]) for row in rows):
        yield "mentions are miscounted"
    if isinstance(given, Wikitext) and counts.tallies["pages"].read != len(given.texts):
        yield "pages are miscounted"
    last = -1
    for row in rows:
        if isinstance(given, Wikitext) and row["id"] <= last:
            yield "ids do not increase"
        last = row["id"]
        yield from (f"{law}: {row!r:.400}" for law in _laws(row, given))


def _laws(row: dict[str, Any], given: Input) -> Iterator[str]:
    text = row["text"]
    if not text or text != text.strip():
        yield "a text is empty, or has white space around"
    if "  " in text or "\n" in text or "\t" in text:
        yield "a text has other white space than single spaces"
    # DEL and C1 are no marks of ours; XML allows them, and a page may show them.
    if any(unicodedata.category(c) == "Cc" and c < "\x7f" for c in text):
        yield "a text has control characters"
    source = "".join(given.texts) if isinstance(given, Wikitext) else "<&"
    # What is quoted, or written with references, may look like markup.
    if not any(c in source for c in "<&") and "''''" not in source:
        for scar in _SCARS:
            if scar in text:
                yield f"a text has markup: {scar}"
    at = 0
    for mention in row["mentions"]:
        start, end, target = mention["start"], mention["end"], mention["target"]
        if not at <= start < end <= len(text):
            yield "mentions overlap, are out of order, or out of the text"
        elif text[start:end] != text[start:end].strip():
            yield "an anchor has white space around"
        at = end
        if not _is_title(target, given):
            yield f"a target is no title in its normal form: {target!r}"


def _is_title(target: str, given: Input) -> bool:
    if not target or len(target.encode()) > 255 or target != target.strip() or "_" in target:
        return False
    if isinstance(given, File) or "%" in target or "&" in target:
        return True  # decoding once more would change it
    return namespaces_of(site_of(given.language)).target(target) == ("page", target)


def run_command(given: File, folder: Path) -> None:
    """Run the command line on a file. Raises Unsound when it ends as no command should."""
    path, out = folder / given.name, folder / "out"
    path.write_bytes(given.data)
    command = [sys.executable, "-m", "cstool", "extract", str(path), "-o", str(out), "-j", "1"]
    command += ["--quiet", "--overwrite", *(["--keep-going"] if given.keep_going else [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired as fault:
        raise Unsound("the command hangs") from fault
    lines = done.stderr.splitlines()
    if done.returncode not in (0, 1) or (done.returncode and len(lines) != 1):
        raise Unsound(f"the command ends with {done.returncode}: {done.stderr[-600:]}")
    if (done.returncode == 0) != (out / "_manifest.json").is_file():
        raise Unsound(f"the command ends with {done.returncode}, and the manifest says otherwise")
    for file in out.iterdir() if out.is_dir() else ():
        file.unlink()


def fault_of(given: Input, folder: Path) -> str:
    """Return what is wrong with the reading of an input, in a line; "" when nothing is."""
    try:
        check(given, folder)
    except (Unsound, TookTooLong) as fault:
        return f"{type(fault).__name__} {str(fault)[:300]}"
    except Exception as fault:  # noqa: BLE001 - any other is what we look for
        frames = traceback.extract_tb(fault.__traceback__)
        place = next((f for f in reversed(frames) if "cstool" in f.filename), frames[-1])
        where = f"{Path(place.filename).name}:{place.lineno}"
        return f"{type(fault).__name__} in {where}: {str(fault)[:200]}"
    return ""


def smaller(given: Input, folder: Path, *, seconds: float = 30) -> Input:
    """Return a part of a faulty input in which the same kind of fault is left."""
    kind = fault_of(given, folder).split(":")[0].split(" {")[0][:60]
    until = time.monotonic() + seconds
    if isinstance(given, Wikitext):
        for text in given.texts:
            alone = Wikitext((text,), given.language, given.render)
            if fault_of(alone, folder).startswith(kind):
                shrunk = _cut(text, lambda t: _with(given, t), kind, folder, until)
                return _with(given, shrunk)
        return given
    return File(
        given.name,
        _cut(given.data, lambda d: File(given.name, d, given.keep_going), kind, folder, until),
        given.keep_going,
    )


def _with(given: Wikitext, text: str) -> Wikitext:
    return Wikitext((text,), given.language, given.render)


def _cut(whole: Any, made: Callable[[Any], Input], kind: str, folder: Path, until: float) -> Any:
    """Leave out halves, quarters… of text or bytes, as long as the fault stays."""
    size = len(whole) // 2
    while size:
        at = 0
        while at < len(whole) and time.monotonic() < until:
            less = whole[:at] + whole[at + size :]
            if less and fault_of(made(less), folder).startswith(kind):
                whole = less
            else:
                at += size
        size //= 2
    return whole


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
            before = time.process_time()
            fault = fault_of(given, folder)
            rate = (time.process_time() - before) / 2 / max(size_of(given), 1) * 1e6
            command = isinstance(given, File) and count % _CLI_EVERY == 0
            if command and isinstance(given, File):
                try:
                    run_command(given, folder)
                except Unsound as broken:
                    fault = fault or str(broken)
            if fault:
                save(smaller(given, folder), faults / f"{kind}-{seed}-{number}-{count}")
            queue.put({
                "worker": number, "kind": kind, "size": size_of(given), "command": command,
                "refused": isinstance(given, File) and _is_refused(given, folder),
                "rate": rate if size_of(given) > 10_000 else 0.0, "fault": fault,
            })  # fmt: skip


def _is_refused(given: File, folder: Path) -> bool:
    try:
        read(given, folder)
    except InputError:
        return True
    except Exception:  # noqa: BLE001 - it is told already
        return False
    return False


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
