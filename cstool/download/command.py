"""`cstool download`: read the catalogue, print the plan, and download the missing files."""

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
from cstool.download.lock import exclusive_lock
from cstool.download.partial import unchecked
from cstool.download.plan import Action, PlannedFile, plan_file, require_space, summary
from cstool.download.progress_bars import ProgressFactory
from cstool.download.record import PART, CompleteFile, DownloadFolder
from cstool.download.threads import run_in_threads
from cstool.download.transfer import TransferContext, check, fetch
from cstool.errors import CstoolError
from cstool.execution.progress import size_in_words

T = TypeVar("T")


@dataclass(frozen=True)
class DownloadRequest:
    """What to download. `date`, `wikidata_date`: YYYYMMDD or `latest`.

    `wikidata_date` None: the same as `date`, or the nearest to it. `sql`: also download the tables
    that `titles` reads.
    """

    wikis: tuple[str, ...]
    mirror: str
    wikidata: bool = False
    date: str = LATEST
    wikidata_date: str | None = None
    sql: bool = False
    wait: bool = False
    source: str = "auto"

    def sources(self) -> list[DumpSource]:
        """Return the sources in the given order, without duplicates, Wikidata last."""
        names = dict.fromkeys([*self.wikis, *([WIKIDATA] if self.wikidata else [])])
        return [source_of(name, self.mirror, sql=self.sql) for name in names]


@dataclass(frozen=True)
class DownloadPlan:
    """The editions, and what to do for each of their files."""

    found: list[tuple[DumpSource, EditionChoice]]
    steps: list[PlannedFile]

    @property
    def done(self) -> bool:
        """Whether all files are complete and verified."""
        return all(step.action is Action.NOTHING for step in self.steps)

    def lines(self, folder: Path) -> list[str]:
        """Return the plan as text: a line for each edition and file, and a summary."""
        lines: list[str] = []
        steps = iter(self.steps)
        for source, found in self.found:
            note = f" ({found.note})" if found.note else ""
            lines.append(f"{source.name} {found.edition.date}{note}")
            lines += [f"  {next(steps)}" for _ in found.edition.files]
        return [*lines, summary(self.steps, folder)]


def make_plan(
    request: DownloadRequest, downloads: DownloadFolder, http: HttpClient
) -> DownloadPlan:
    """Read the catalogue and the folder's record. Raises ServerError and OutputError."""
    found = [(source, _find(request, source, downloads, http)) for source in request.sources()]
    files = [file for _, one in found for file in one.edition.files]
    return DownloadPlan(found, [plan_file(file, downloads, http) for file in files])


def _find(
    request: DownloadRequest, source: DumpSource, downloads: DownloadFolder, http: HttpClient
) -> EditionChoice:
    begun = downloads.record.latest.get(source.name)
    if source.name == WIKIDATA and request.wikidata_date is None and request.date != LATEST:
        found = find_near(source, request.date, http, wait=request.wait)
    else:
        date = (request.wikidata_date if source.name == WIKIDATA else None) or request.date
        found = find(source, date, http, begun=begun, wait=request.wait)
    return EditionChoice(with_sizes(found.edition, http), found.note)


def download(
    request: DownloadRequest,
    folder: Path,
    http: HttpClient,
    bars: ProgressFactory,
    report: Callable[[str], None],
) -> DownloadPlan:
    """Download the missing files and verify them; return the plan that was carried out.

    `report` receives the plan's lines before the downloads start. Raises ServerError for files that
    could not be downloaded (after all others are done), and OutputError.
    """
    with exclusive_lock(folder, http.say, http.wait):
        downloads = DownloadFolder(folder)
        plan = interruptible(lambda: make_plan(request, downloads, http), http)
        for line in plan.lines(folder):
            report(line)
        require_space(folder, plan.steps)
        dates = {source.name: one.edition.date for source, one in plan.found}
        downloads.decide(_latest(downloads.record.latest, dates, request, done=plan.done))
        if not plan.done:
            _carry_out(plan, downloads, http, bars)
            downloads.decide(_latest(downloads.record.latest, dates, request, done=True))
        return plan


def _latest(
    before: dict[str, str], dates: dict[str, str], request: DownloadRequest, *, done: bool
) -> dict[str, str]:
    """Return the dates that `latest` stands for, to be recorded until all files are complete."""
    others = {name: date for name, date in before.items() if name not in dates}
    return others if done or request.date != LATEST else {**others, **dates}


def _carry_out(
    plan: DownloadPlan, downloads: DownloadFolder, http: HttpClient, bars: ProgressFactory
) -> None:
    sources = {
        file.name: (source, one.edition.date)
        for source, one in plan.found
        for file in one.edition.files
    }
    context = TransferContext(http, downloads, bars, renewing(sources, http))
    calls = [
        partial(_fetch_or_verify, step, context)
        for step in plan.steps
        if step.action is not Action.NOTHING
    ]
    results = run_in_threads(calls, most=CONNECTIONS, stop=http.stop)
    faults = [result for result in results if isinstance(result, CstoolError)]
    if faults:
        more = f" ({len(faults)} of {len(calls)} files failed)" if len(faults) > 1 else ""
        raise ServerError(f"{faults[0]}{more}") from faults[0]


def _fetch_or_verify(step: PlannedFile, context: TransferContext) -> CompleteFile:
    kept = check(step.remote, context) if step.action is Action.CHECK else None
    return kept or fetch(step.remote, context)


def interruptible(call: Callable[[], T], http: HttpClient) -> T:
    """Run the call in a thread, so that Ctrl-C does not have to wait for it; return its result."""
    [result] = run_in_threads([call], most=1, stop=http.stop)
    if isinstance(result, CstoolError):
        raise result
    return result


def catalogue(request: DownloadRequest, http: HttpClient) -> list[str]:
    """Return a line for each edition on the server: date, state, number of files and bytes."""

    def look() -> list[str]:
        return [
            line
            for source in request.sources()
            for date in dates_of(source, http)
            for line in [_describe(source, date, read_edition(source, date, http), http)]
        ]

    return interruptible(look, http)


def _describe(source: DumpSource, date: str, edition: Edition | None, http: HttpClient) -> str:
    if edition is None or (edition.unfinished and not edition.files):
        reason = edition.unfinished if edition else "empty folder"
        return f"{source.name} {date}  unfinished: {reason}"
    files = with_sizes(edition, http).files
    size = size_in_words(sum(file.bytes or 0 for file in files))
    state = f"unfinished: {edition.unfinished}" if edition.unfinished else "finished"
    number = "1 file" if len(files) == 1 else f"{len(files)} files"
    return f"{source.name} {date}  {state}  {number}, {size}"


def outcome(plan: DownloadPlan, folder: Path, seconds: float) -> list[str]:
    """Return what was downloaded, and a line for each file that no checksum has verified."""
    files = DownloadFolder(folder).record.files
    kept = [(step, files[step.remote.name]) for step in plan.steps if step.remote.name in files]
    fetched = [(step, file) for step, file in kept if step.action is Action.FETCH]
    notes = [
        f"{step.remote.name}: {note}"
        for step, file in kept
        if file.checked is None and (note := unchecked(step.remote))
    ]
    if not fetched:
        return [f"all files are already in {folder}", *notes]
    size = size_in_words(sum(max(0, file.bytes - step.here) for step, file in fetched))
    verified = all(file.checked is not None for _, file in fetched)
    done = "downloaded and verified" if verified else "downloaded"
    return [f"{size} {done} → {folder} ({seconds:.1f} s)", *notes]


def list_files(folder: Path) -> Sequence[str]:
    """Return a line for each complete and each partial file of the folder's record."""
    record = DownloadFolder(folder).record
    lines = [f"{name}: complete" for name in record.files if (folder / name).exists()]
    for name, pending in record.begun.items():
        part = folder / (name + PART)
        if part.exists():
            size = size_in_words(part.stat().st_size)
            lines.append(f"{name}: {size} of {size_in_words(pending.bytes)} downloaded")
    return lines
