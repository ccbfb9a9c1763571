"""`cstool download`: read the catalogue, print the plan, and download the missing files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import date as day
from functools import partial
from pathlib import Path
from typing import TypeVar

from cstool.download.addresses import LATEST, Kind, compact, dashed, in_form_of
from cstool.download.catalogue import Edition, RemoteFile, files_in_words
from cstool.download.client import HttpClient, ServerError
from cstool.download.discovery import EditionChoice, find, find_near
from cstool.download.lock import exclusive_lock
from cstool.download.partial import unchecked
from cstool.download.plan import Action, PlannedFile, plan_file, require_space, summary
from cstool.download.progress_bars import ProgressFactory
from cstool.download.publications import (
    TABLES,
    DumpSource,
    EditionNotFound,
    Publication,
    offers_of,
    read_edition,
    renewing,
    source_of,
    tables_of,
    with_sizes,
)
from cstool.download.record import CompleteFile, DownloadFolder, DownloadRecord
from cstool.download.server_policy import CONNECTIONS, CONTENT_DAYS, CONTENT_WARNING
from cstool.download.threads import run_in_threads
from cstool.download.transfer import TransferContext, check, fetch
from cstool.errors import CstoolError
from cstool.execution.progress import size_in_words
from cstool.published.dump_names import WIKIDATA
from cstool.published.set_lists import PART

T = TypeVar("T")


@dataclass(frozen=True)
class DownloadRequest:
    """What to download. `date`, `wikidata_date`: YYYYMMDD, YYYY-MM-DD or `latest`.

    `wikidata_date` None: the same as `date`, or the nearest to it. `sql`: also download the tables
    that `titles` reads. `source`: `auto`, `dumps` or `content`.
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
        return [source_of(name, self.mirror, sql=self.sql, source=self.source) for name in names]


class UnfinishedDownload(ServerError):  # noqa: N818 - the program's name for it is an error line
    """Some files could not be downloaded; `complete`: the others, in the order of the plan."""

    def __init__(self, message: str, complete: Sequence[Path]) -> None:
        super().__init__(message)
        self.complete = tuple(complete)


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
            what = f"{found.edition.kind.words}: {files_in_words(found.edition.files)}"
            lines.append(f"{source.name} {found.edition.date} {what}{note}")
            lines += [f"  {next(steps)}" for _ in found.edition.files]
        return [*lines, summary(self.steps, folder)]

    def paths(self, folder: Path) -> list[Path]:
        """Return the paths of all files, in order."""
        return [folder / step.remote.name for step in self.steps]

    def sets(self) -> dict[str, list[str]]:
        """Return the names of the files with the pages of each edition, by wiki and date."""
        editions = [found.edition for _, found in self.found]
        return {edition.set_name: edition.page_files for edition in editions if edition.page_files}


def make_plan(
    request: DownloadRequest, downloads: DownloadFolder, http: HttpClient
) -> DownloadPlan:
    """Read the catalogue and the folder's record. Raises ServerError and OutputError."""
    found = [
        choice for source in request.sources() for choice in _find(request, source, downloads, http)
    ]
    sizes = {one.sha256: one.bytes for one in downloads.record.files.values() if one.sha256}
    found = [
        (source, replace(one, edition=with_sizes(one.edition, http, sizes)))
        for source, one in found
    ]
    files = [file for _, one in found for file in one.edition.files]
    return DownloadPlan(found, [plan_file(file, downloads, http) for file in files])


def _find(
    request: DownloadRequest, source: DumpSource, downloads: DownloadFolder, http: HttpClient
) -> list[tuple[DumpSource, EditionChoice]]:
    """Return the edition of a source, and that of the SQL tables if they are another one."""
    latest = downloads.record.latest
    if source.name == WIKIDATA and request.wikidata_date is None and request.date != LATEST:
        # The date is that of the wikis; Wikidata's dumps are of other days.
        return [(source, find_near(source, request.date, http, wait=request.wait))]
    date = (request.wikidata_date if source.name == WIKIDATA else None) or request.date
    try:
        found = find(source, date, http, begun=latest.get(source.key), wait=request.wait)
    except EditionNotFound as error:
        kept = _kept(source, date, downloads)
        if kept is None or (request.sql and kept.edition.kind is Kind.DUMP):
            raise EditionNotFound(f"{error}{_missing(source, date, downloads)}") from error
        found = kept
    if not request.sql or found.edition.kind is not Kind.CONTENT:
        return [(source, found)]
    tables = tables_of(source.name, request.mirror)
    pages = found.edition.date
    begun = latest.get(tables.key) if latest.get(source.key) == pages else None
    near = find_near(tables, begun or pages, http, wait=request.wait)
    if begun and compact(begun) != compact(pages):
        near = replace(near, note=f"resuming the download of {begun}; the pages are of {pages}")
    return [(source, found), (tables, near)]


def _recorded_sets(
    source: DumpSource, date: str, record: DownloadRecord
) -> Iterator[tuple[Publication, str, list[str]]]:
    """Yield each publication with a set of this date in the record: its date, and the names."""
    for publication in source.publications:
        own = in_form_of(publication.kind, date)
        if names := record.sets.get(f"{source.name}-{own}"):
            yield publication, own, names


def _kept(source: DumpSource, date: str, downloads: DownloadFolder) -> EditionChoice | None:
    """Return an edition that the server no longer has, if all its files are in the record."""
    complete = downloads.record.files
    for publication, own, names in _recorded_sets(source, date, downloads.record):
        if all(name in complete for name in names):
            kept = [(name, complete[name]) for name in names]
            files = tuple(
                RemoteFile(name, one.url, one.bytes, one.sha1, one.md5, one.sha256)
                for name, one in kept
            )
            edition = Edition(source.name, own, files, "", publication.kind)
            return EditionChoice(edition, publication, "the server no longer has it")
    return None


def _missing(source: DumpSource, date: str, downloads: DownloadFolder) -> str:
    """Return how much is missing of a begun edition that the server no longer has, "" if none."""
    for _, _, names in _recorded_sets(source, date, downloads.record):
        missing = sum(name not in downloads.record.files for name in names)
        if missing:
            return f"; {missing} of its {len(names)} files are missing in {downloads.folder}"
    return ""


def download(
    request: DownloadRequest,
    folder: Path,
    http: HttpClient,
    bars: ProgressFactory,
    report: Callable[[str], None],
) -> DownloadPlan:
    """Download the missing files and verify them; return the plan that was carried out.

    `report` receives the plan's lines before the downloads start. Raises UnfinishedDownload for
    files that could not be downloaded (after all others are done), ServerError and OutputError.
    """
    with exclusive_lock(folder, http.say, http.wait):
        downloads = DownloadFolder(folder)
        plan = interruptible(lambda: make_plan(request, downloads, http), http)
        for line in plan.lines(folder):
            report(line)
        for line in _warnings(plan, http.now()):
            http.say(line)
        require_space(folder, plan.steps)
        dates = {source.key: one.edition.date for source, one in plan.found}
        latest = _latest(downloads.record.latest, dates, request, done=plan.done)
        downloads.decide(latest, plan.sets())
        if not plan.done:
            _carry_out(plan, downloads, http, bars)
            downloads.decide(_latest(downloads.record.latest, dates, request, done=True))
        return plan


def _latest(
    before: dict[str, str], dates: dict[str, str], request: DownloadRequest, *, done: bool
) -> dict[str, str]:
    """Return the dates that `latest` was resolved to, recorded until all files are complete."""
    others = {key: date for key, date in before.items() if key.removesuffix(TABLES) not in dates}
    return others if done or request.date != LATEST else {**others, **dates}


def _warnings(plan: DownloadPlan, now: float) -> Iterator[str]:
    """Yield a line for each edition with missing files that will soon be removed."""
    missing = {step.remote.name for step in plan.steps if step.action is Action.FETCH}
    for source, found in plan.found:
        edition = found.edition
        if edition.kind is Kind.CONTENT and missing & {file.name for file in edition.files}:
            until = day.fromisoformat(edition.date) + timedelta(days=CONTENT_DAYS)
            if (until - datetime.fromtimestamp(now, UTC).date()).days <= CONTENT_WARNING:
                yield (
                    f"{source.name}: content exports are kept for about three months; that of "
                    f"{dashed(edition.date)} may be removed from about {until} on, and cannot be "
                    "resumed then"
                )


def _carry_out(
    plan: DownloadPlan, downloads: DownloadFolder, http: HttpClient, bars: ProgressFactory
) -> None:
    publications = {
        file.name: (one.publication, one.edition.date)
        for _, one in plan.found
        for file in one.edition.files
    }
    context = TransferContext(http, downloads, bars, renewing(publications, http))
    steps = [step for step in plan.steps if step.action is not Action.NOTHING]
    calls = [partial(_fetch_or_verify, step, context) for step in steps]
    results = run_in_threads(calls, most=CONNECTIONS, stop=http.stop)
    faults = {
        step.remote.name: result
        for step, result in zip(steps, results, strict=True)
        if isinstance(result, CstoolError)
    }
    if faults:
        first = next(iter(faults.values()))
        more = f" ({len(faults)} of {len(calls)} files failed)" if len(faults) > 1 else ""
        complete = [path for path in plan.paths(downloads.folder) if path.name not in faults]
        raise UnfinishedDownload(f"{first}{more}", complete) from first


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
    """Return a line for each edition on the server: date, kind, state, files and bytes."""

    def look() -> list[str]:
        return [
            f"{source.name} {date}  {publication.kind.words}  "
            + _describe(read_edition(publication, date, http), http)
            for source in request.sources()
            for date, publication in offers_of(source, http)
        ]

    return interruptible(look, http)


def _describe(edition: Edition | None, http: HttpClient) -> str:
    others = f"; also {', '.join(edition.others)}" if edition and edition.others else ""
    if edition is None or (edition.unfinished and not edition.files):
        return f"unfinished: {edition.unfinished if edition else 'empty folder'}{others}"
    files = files_in_words(with_sizes(edition, http).files)
    state = f"unfinished: {edition.unfinished}" if edition.unfinished else "finished"
    note = f" ({edition.note})" if edition.note else ""
    return f"{state}  {files}{note}{others}"


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
