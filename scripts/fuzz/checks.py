"""Properties that `cstool extract` must have for any input; used by fuzz/extract.py and tests."""

import shutil
import signal
import subprocess
import sys
import time
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage, PageSlice
from cstool.dumps.xml import Page
from cstool.errors import InputError
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.read_slice import read_pages
from cstool.storage.counts import Counts, imbalances
from cstool.storage.parts import SideTable
from cstool.wikitext.page import reader
from cstool.wikitext.titles import namespaces_of
from scripts.fuzz.inputs import File, Input, Wikitext, site_of

# CPU seconds that an input may take: so many for any, and so many for each megabyte.
_ANY = 3.0
_A_MEGABYTE = 40.0
# Wall seconds after which a reading is ended, whatever it does: a net, for the CPU's time is asked
# when it is over.
_ALARM = 90.0
# What the tokens' templates turn out to be when sentences that have waited are read again.
_ALIASES = (("a", "nowrap"), ("b", "lang"), ("c", "convert"))
_GIVEN_UP = "took too long"
_SCARS = ("[[", "]]", "{{", "}}", "{|", "|}", "'''", "__TOC__")

Read = tuple[list[pa.RecordBatch], Counts]


class TooSlow(Exception):  # noqa: N818 - the input is, or what reads it
    """A reading took more time than its size allows; its argument says how much, in seconds."""


class Unsound(AssertionError):  # noqa: N818 - the input is, or what reads it
    """What came out breaks a law; its argument says which."""


def size_of(given: Input) -> int:
    """Return an input's length, in bytes or characters."""
    return len(given.data) if isinstance(given, File) else sum(map(len, given.texts))


def read(given: Input, folder: Path) -> list[Read]:
    """Read an input as the stage does: batches and counts of each slice."""
    if isinstance(given, Wikitext):
        options = ExtractOptions("rules" if given.render else "none", all_sentences=True)
        slice_ = PageSlice("fuzz", site_of(given.language), _pages(given))
        return [_drawn(slice_, options)]
    path = folder / given.name
    path.write_bytes(given.data)
    options = ExtractOptions(all_sentences=True, keep_going=given.keep_going)
    dump = open_pages([str(path)], 4000, Damage() if given.keep_going else None, sample=2000)
    return [_drawn(task.slice, options) for task in dump.tasks]


def _pages(given: Wikitext) -> tuple[Page, ...]:
    return tuple(
        Page(i, 0, f"Page {i}", 100 + i, None, "wikitext", text)
        for i, text in enumerate(given.texts, 1)
    )


def _drawn(slice_: PageSlice, options: ExtractOptions) -> Read:
    batches: list[pa.RecordBatch] = []
    stage = read_pages(slice_, options)
    while True:
        try:
            made = next(stage)
        except StopIteration as end:
            return batches, end.value
        if not isinstance(made, SideTable):
            batches.append(made)


def read_late(given: Wikitext) -> None:
    """Read a page's sentences, and again those that wait. Raises Unsound."""
    site = site_of(given.language)
    first = reader(site, render=given.render)
    late = reader(site, render=given.render, aliases=_ALIASES)
    for page in _pages(given):
        reading = first.read(page.text or "", page.title, every=True)
        sentences = first.sentences(page.text or "", page.title)
        waited = [first.read_paragraph(p, page.title, every=True) for p in reading.waiting]
        if reading.sentences.number + sum(text.sentences.number for text in waited) != len(
            sentences
        ):
            raise Unsound("two ways of reading differ")
        for pending in reading.waiting[:20]:
            found = late.read_paragraph(pending, page.title, every=True)
            if any(not sentence.text for *_, sentence in found.sentences):
                raise Unsound("a sentence that has waited is empty")


@contextmanager
def timed(size: int) -> Iterator[None]:
    """Raise TooSlow when the block takes more CPU time than an input of that size may."""
    allowed = _ANY + _A_MEGABYTE * size / 1e6
    before = time.process_time()

    def ring(*_: object) -> None:
        raise TooSlow(_ALARM)

    handler = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _ALARM)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    taken = time.process_time() - before
    if taken > allowed:
        raise TooSlow(round(taken, 1))


def check(given: Input, folder: Path) -> None:
    """Read an input twice. Raises Unsound, TooSlow, or what the stage raised."""
    first, second = (_outcome(given, folder) for _ in range(2))
    if first != second:
        raise Unsound("two readings differ")
    for batches, counts in first if not isinstance(first, str) else ():
        for law in unsound(given, batches, counts):
            raise Unsound(law)
    if isinstance(given, Wikitext):
        with timed(3 * size_of(given)):
            read_late(given)


def _outcome(given: Input, folder: Path) -> list[Read] | str:
    """Return what is read, or the message of the error."""
    with timed(size_of(given)):
        try:
            return read(given, folder)
        except InputError as fault:
            return str(fault)


def unsound(given: Input, batches: list[pa.RecordBatch], counts: Counts) -> Iterator[str]:
    """Yield the laws that what was read breaks."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    yield from imbalances(counts)
    if _GIVEN_UP in counts.tallies["pages"].dropped:
        yield "a page took too long"
    written = {unit: tally.written for unit, tally in counts.tallies.items()}
    if written.get("sentences", 0) != len(rows):
        yield "sentences are miscounted"
    if written.get("mentions", 0) != sum(len(row["mentions"]) for row in rows):
        yield "mentions are miscounted"
    if isinstance(given, Wikitext) and counts.tallies["pages"].read != len(given.texts):
        yield "pages are miscounted"
    last = (-1, -1)
    for row in rows:
        at = (row["page"], row["position"])
        if isinstance(given, Wikitext) and at <= last:
            yield "positions do not increase"
        last = at
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
            # A link without an anchor shows the apostrophes of its target.
            if scar in text and not (scar == "'''" and "[[" in source):
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


# indexed_bzip2 writes this itself, where a bz2 stream has a copy of its end behind it.
_WARNING = "[Warning] Trailing garbage after EOF ignored!"


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
    lines = [line for line in done.stderr.splitlines() if line != _WARNING]
    if done.returncode not in (0, 1) or (done.returncode and len(lines) != 1):
        raise Unsound(f"the command ends with {done.returncode}: {done.stderr[-600:]}")
    if (done.returncode == 0) != (out / "_manifest.json").is_file():
        raise Unsound(f"the command ends with {done.returncode}, and the manifest says otherwise")
    shutil.rmtree(out, ignore_errors=True)


def fault_of(given: Input, folder: Path) -> str:
    """Return what is wrong with the reading of an input, in a line; "" when nothing is."""
    try:
        check(given, folder)
    except (Unsound, TooSlow) as fault:
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
