"""`cstool download`: looks up what there is, says it, and fetches what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from cstool.download.catalogue import WIKIDATA, Edition
from cstool.download.client import CONNECTIONS, HttpClient, ServerError
from cstool.download.discovery import (
    LATEST,
    DumpSource,
    EditionChoice,
    dates_of,
    find,
    find_near,
    read_edition,
    renewing,
    source_of,
    with_sizes,
)
from cstool.download.lock import alone_in
from cstool.download.partial import unchecked
from cstool.download.plan import Action, PlannedFile, refuse_full_disk, step_for, summary
from cstool.download.progress_bars import ProgressFactory
from cstool.download.record import PART, CompleteFile, DownloadFolder
from cstool.download.threads import in_threads
from cstool.download.transfer import TransferContext, check, fetch
from cstool.errors import CstoolError
from cstool.execution.progress import size_in_words

T = TypeVar("T")


@dataclass(frozen=True)
class DownloadRequest:
    """What is wanted. `date`, `wikidata_date`: YYYYMMDD or `latest`.

    `wikidata_date` None: as `date`, or the nearest to it. `sql`: the tables of titles, too.
    """

    wikis: tuple[str, ...]
    mirror: str
    wikidata: bool = False
    date: str = LATEST
    wikidata_date: str | None = None
    sql: bool = False
    wait: bool = False

    def sources(self) -> list[DumpSource]:
        """Return the sources in the order of the call, each once, Wikidata last."""
        names = dict.fromkeys([*self.wikis, *([WIKIDATA] if self.wikidata else [])])
        return [source_of(name, self.mirror, sql=self.sql) for name in names]


@dataclass(frozen=True)
class DownloadPlan:
    """The editions, and a step for each of their files."""

    found: list[tuple[DumpSource, EditionChoice]]
    steps: list[PlannedFile]

    @property
    def done(self) -> bool:
        """Whether all is here, and checked."""
        return all(step.do is Action.NOTHING for step in self.steps)

    def lines(self, folder: Path) -> list[str]:
        """Return the plan in words, a line for each edition, file, and for the whole."""
        lines: list[str] = []
        steps = iter(self.steps)
        for source, found in self.found:
            note = f" ({found.note})" if found.note else ""
            lines.append(f"{source.name} {found.edition.date}{note}")
            lines += [f"  {next(steps)}" for _ in found.edition.files]
        return [*lines, summary(self.steps, folder)]


def make_plan(order: DownloadRequest, shelf: DownloadFolder, http: HttpClient) -> DownloadPlan:
    """Look up what there is and what is here. Raises ServerError and OutputError."""
    found = [(source, _find(order, source, shelf, http)) for source in order.sources()]
    files = [file for _, one in found for file in one.edition.files]
    return DownloadPlan(found, [step_for(file, shelf, http) for file in files])


def _find(
    order: DownloadRequest, source: DumpSource, shelf: DownloadFolder, http: HttpClient
) -> EditionChoice:
    begun = shelf.record.latest.get(source.name)
    if source.name == WIKIDATA and order.wikidata_date is None and order.date != LATEST:
        found = find_near(source, order.date, http, wait=order.wait)
    else:
        date = (order.wikidata_date if source.name == WIKIDATA else None) or order.date
        found = find(source, date, http, begun=begun, wait=order.wait)
    return EditionChoice(with_sizes(found.edition, http), found.note)


def download(
    order: DownloadRequest,
    folder: Path,
    http: HttpClient,
    bars: ProgressFactory,
    tell: Callable[[str], None],
) -> DownloadPlan:
    """Fetch what is missing, and check it; return the plan that was carried out.

    `tell` takes the plan's lines before anything is fetched. Raises ServerError for what could
    not be fetched (after all else was), and OutputError.
    """
    with alone_in(folder, http.say, http.wait):
        shelf = DownloadFolder(folder)
        plan = interruptible(lambda: make_plan(order, shelf, http), http)
        for line in plan.lines(folder):
            tell(line)
        refuse_full_disk(folder, plan.steps)
        meant = {source.name: one.edition.date for source, one in plan.found}
        shelf.decide(_latest(shelf.record.latest, meant, order, done=plan.done))
        if not plan.done:
            _carry_out(plan, shelf, http, bars)
            shelf.decide(_latest(shelf.record.latest, meant, order, done=True))
        return plan


def _latest(
    before: dict[str, str], meant: dict[str, str], order: DownloadRequest, *, done: bool
) -> dict[str, str]:
    """Return what to remember of `latest`: what it means here, until all of it is here."""
    others = {name: date for name, date in before.items() if name not in meant}
    return others if done or order.date != LATEST else {**others, **meant}


def _carry_out(
    plan: DownloadPlan, shelf: DownloadFolder, http: HttpClient, bars: ProgressFactory
) -> None:
    sources = {
        file.name: (source, one.edition.date)
        for source, one in plan.found
        for file in one.edition.files
    }
    job = TransferContext(http, shelf, bars, renewing(sources, http))
    calls = [partial(_do, step, job) for step in plan.steps if step.do is not Action.NOTHING]
    results = in_threads(calls, most=CONNECTIONS, stop=http.stop)
    faults = [result for result in results if isinstance(result, CstoolError)]
    if faults:
        more = f" (and {len(faults) - 1} more of {len(calls)} files)" if len(faults) > 1 else ""
        raise ServerError(f"{faults[0]}{more}") from faults[0]


def _do(step: PlannedFile, job: TransferContext) -> CompleteFile:
    kept = check(step.remote, job) if step.do is Action.CHECK else None
    return kept or fetch(step.remote, job)


def interruptible(call: Callable[[], T], http: HttpClient) -> T:
    """Return what the call returns; it runs in a thread, so that a Ctrl-C need not wait for it."""
    [result] = in_threads([call], most=1, stop=http.stop)
    if isinstance(result, CstoolError):
        raise result
    return result


def catalogue(order: DownloadRequest, http: HttpClient) -> list[str]:
    """Return a line for each edition that the server has: date, state, files and bytes."""

    def look() -> list[str]:
        return [
            line
            for source in order.sources()
            for date in dates_of(source, http)
            for line in [_in_words(source, date, read_edition(source, date, http), http)]
        ]

    return interruptible(look, http)


def _in_words(source: DumpSource, date: str, edition: Edition | None, http: HttpClient) -> str:
    if edition is None or (edition.unfinished and not edition.files):
        why = edition.unfinished if edition else "is empty"
        return f"{source.name} {date}  unfinished: {why}"
    files = with_sizes(edition, http).files
    size = size_in_words(sum(file.bytes or 0 for file in files))
    state = f"unfinished: {edition.unfinished}" if edition.unfinished else "finished"
    number = "1 file" if len(files) == 1 else f"{len(files)} files"
    return f"{source.name} {date}  {state}  {number}, {size}"


def outcome(plan: DownloadPlan, folder: Path, seconds: float) -> list[str]:
    """Return what was fetched, and a line for each file that no checksum has checked."""
    files = DownloadFolder(folder).record.files
    kept = [(step, files[step.remote.name]) for step in plan.steps if step.remote.name in files]
    fetched = [(step, file) for step, file in kept if step.do is Action.FETCH]
    notes = [
        f"{step.remote.name}: {note}"
        for step, file in kept
        if file.checked is None and (note := unchecked(step.remote))
    ]
    if not fetched:
        return [f"all of it is in {folder} already", *notes]
    size = size_in_words(sum(max(0, file.bytes - step.here) for step, file in fetched))
    done = "fetched" if any(file.checked is None for _, file in fetched) else "fetched and checked"
    return [f"{size} {done} → {folder} ({seconds:.1f} s)", *notes]


def what_is_here(folder: Path) -> Sequence[str]:
    """Return a line for each file of the folder's record that is whole, and that is begun."""
    record = DownloadFolder(folder).record
    lines = [f"{name} is here" for name in record.files if (folder / name).exists()]
    for name, begun in record.begun.items():
        part = folder / (name + PART)
        if part.exists():
            here = size_in_words(part.stat().st_size)
            lines.append(f"{here} of {size_in_words(begun.bytes)} of {name} are here")
    return lines
