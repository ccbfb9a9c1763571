"""Select the edition of a wiki's files to download: the latest, or the one of a date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cstool.download.addresses import LATEST, Kind, compact, days_apart, in_form_of
from cstool.download.catalogue import Edition
from cstool.download.client import HttpClient, ServerError
from cstool.download.publications import (
    DumpSource,
    EditionNotFound,
    Offer,
    Publication,
    dates_of,
    elsewhere,
    kinds_of,
    offers_of,
    read_edition,
)
from cstool.download.server_policy import POLL
from cstool.download.wikidata_layout import file_date
from cstool.published.dump_names import WIKIDATA

_MOST_LOOKS = 100  # dumps that are checked to find a finished one
_SHIFT = 10  # days between the date of a folder of entities and that of its file, at most


@dataclass(frozen=True)
class EditionChoice:
    """The edition to download, its publication, and a note for the user ("" for none)."""

    edition: Edition
    publication: Publication
    note: str = ""


def find(
    source: DumpSource, date: str, http: HttpClient, *, begun: str | None = None, wait: bool = False
) -> EditionChoice:
    """Return the edition of a date, or the newest finished one for `latest`.

    `begun`: the date that `latest` stood for when its download began; it is resumed as long as the
    server has it. With `wait`, an unfinished edition is polled until it is finished. Raises
    EditionNotFound if there is no edition, ServerError if that of a given date is not finished.
    """
    if date == LATEST:
        return _find_latest(source, http, begun, wait=wait)
    choices = _group(source.publications, date, http)
    if not choices:
        raise _not_there(source, date, http)
    return _choose(source, choices, date, http, wait=wait)


def _choose(
    source: DumpSource,
    choices: Sequence[EditionChoice],
    date: str,
    http: HttpClient,
    *,
    wait: bool,
) -> EditionChoice:
    """Return the first finished one of the editions of a date. Errors as in `find`."""
    if wait and not _first_finished(choices):
        choices = _await(choices, http)
    if chosen := _first_finished(choices):
        return chosen
    for choice in choices:  # only checksums are missing; the plan's lines say what is verified
        if choice.edition.files:
            return EditionChoice(choice.edition, choice.publication, choice.edition.unfinished)
    kind, reason = choices[0].publication.kind.words, choices[0].edition.unfinished
    instead = _instead(source, date, offers_of(source, http), http)
    raise ServerError(
        f"{source.name}: the {kind} of {choices[0].edition.date} is not finished ({reason}); "
        f"use --wait to wait for it{instead and f', or {instead}'}"
    )


def _not_there(source: DumpSource, date: str, http: HttpClient) -> EditionNotFound:
    offers = offers_of(source, http, date)
    dates = ", ".join(other for other, _ in offers[:8])
    where = " and ".join(
        f"no {publication.kind.words} of {in_form_of(publication.kind, date)} at {publication.url}"
        for publication in source.publications
    )
    near = f"use {_instead(source, date, offers, http) or 'one of these'}"
    other = elsewhere(source, date, http)
    what = f"{near}; {other}" if other else near
    return EditionNotFound(f"{source.name}: {where} (available: {dates}); {what}")


def _group(publications: Sequence[Publication], date: str, http: HttpClient) -> list[EditionChoice]:
    """Return the editions of a date up to the first finished one, of publications that have one."""
    choices: list[EditionChoice] = []
    for publication in publications:
        edition = _read_dated(publication, date, http)
        if edition:
            choices.append(EditionChoice(edition, publication, edition.note))
        if edition and not edition.unfinished:
            break
    return choices


def _read_dated(publication: Publication, date: str, http: HttpClient) -> Edition | None:
    """Return the edition of a date; of Wikidata's entities the date is the folder's or the file's.

    A folder without a file of entities counts only if no other folder has one of that date.
    """
    edition = read_edition(publication, date, http)
    if publication.kind is not Kind.ENTITIES or (edition and edition.files):
        return edition
    for other in dates_of(publication, http) or ():
        if 0 < days_apart(other, date)[0] <= _SHIFT:
            shifted = read_edition(publication, other, http)
            if shifted and file_date(shifted) == compact(date):
                return shifted
    return edition


def _first_finished(choices: Sequence[EditionChoice]) -> EditionChoice | None:
    return next((choice for choice in choices if not choice.edition.unfinished), None)


def find_near(
    source: DumpSource, date: str, http: HttpClient, *, wait: bool = False
) -> EditionChoice:
    """Return the edition of a date, or the nearest finished one."""
    choices = _group(source.publications, date, http)
    if any(choice.edition.files for choice in choices):  # else another date, or one just begun
        return _choose(source, choices, date, http, wait=wait)
    offers = offers_of(source, http)
    near = _nearest(date, offers, http)
    if near is None:
        url = source.publications[0].url
        raise ServerError(f"{url}: no finished {kinds_of(source)}; list the dumps with --list")
    kind = near.publication.kind.words
    asked, taken = in_form_of(near.publication.kind, date), near.edition.date
    note = _joined(f"no {kind} of {asked}; {taken} is the nearest finished {kind}", near.note)
    return EditionChoice(near.edition, near.publication, note)


def _instead(source: DumpSource, date: str, offers: Sequence[Offer], http: HttpClient) -> str:
    """Return the option for the nearest finished edition, for a message; "" if there is none."""
    near = _nearest(date, offers, http)
    option = "--wikidata-date" if source.name == WIKIDATA else "--date"
    kind = near.publication.kind.words if near else ""
    return f"{option} {near.edition.date}, the nearest finished {kind}" if near else ""


def _nearest(date: str, offers: Sequence[Offer], http: HttpClient) -> EditionChoice | None:
    for other, publication in sorted(offers, key=lambda o: days_apart(o[0], date))[:_MOST_LOOKS]:
        edition = read_edition(publication, other, http)
        if edition and not edition.unfinished:
            return EditionChoice(edition, publication, edition.note)
    return None


def _find_latest(
    source: DumpSource, http: HttpClient, begun: str | None, *, wait: bool
) -> EditionChoice:
    offers = offers_of(source, http)
    resumed, note = _resumed(source, offers, begun, http)
    if resumed:
        return resumed
    missed = ""
    by_date = groupby(offers[:_MOST_LOOKS], key=lambda offer: compact(offer[0]))
    for index, (_, group) in enumerate(by_date):
        choices = _group_of(group, http)
        chosen = _first_finished(choices)
        if not chosen and wait and index == 0:
            chosen = _first_finished(_await(choices, http))
        if chosen:
            newest = f"{chosen.edition.date} is the newest finished {chosen.publication.kind.words}"
            notes = [note, missed and f"{missed}; {newest}", chosen.note]
            return EditionChoice(chosen.edition, chosen.publication, _joined(*notes))
        edition = choices[0].edition
        missed = missed or f"{edition.date} is not finished ({edition.unfinished})"
    kind = kinds_of(source)
    few = len(offers) <= _MOST_LOOKS
    some = f"no {kind}" if few else f"none of the newest {_MOST_LOOKS} of {kind}"
    raise ServerError(
        f"{source.publications[0].url}: {some} is finished ({missed}); list the dumps with --list"
    )


def _resumed(
    source: DumpSource, offers: Sequence[Offer], begun: str | None, http: HttpClient
) -> tuple[EditionChoice | None, str]:
    """Return the edition whose download was begun, or a note that it cannot be resumed."""
    publications = [p for p in source.publications if begun and in_form_of(p.kind, begun) == begun]
    if begun is None or not publications or (begun, publications[0]) == offers[0]:
        return None, ""
    if (begun, publications[0]) not in offers:
        return None, (
            f"the download of {begun} cannot be finished, because the server no longer has it"
        )
    edition = read_edition(publications[0], begun, http)
    if edition is None or edition.unfinished:
        return None, ""
    note = f"resuming the download of {begun}; give --date for a newer {publications[0].kind.words}"
    return EditionChoice(edition, publications[0], _joined(note, edition.note)), ""


def _group_of(offers: Iterable[Offer], http: HttpClient) -> list[EditionChoice]:
    """Return the editions of offers, an empty folder as an unfinished one."""
    choices = []
    for date, publication in offers:
        edition = read_edition(publication, date, http) or Edition(
            publication.name, date, (), "empty folder", publication.kind
        )
        choices.append(EditionChoice(edition, publication, edition.note))
        if not edition.unfinished:
            break
    return choices


def _await(choices: Sequence[EditionChoice], http: HttpClient) -> list[EditionChoice]:
    """Poll editions until one of them is finished."""
    current = list(choices)
    said = ""
    while not _first_finished(current):
        reasons = "; ".join(dict.fromkeys(choice.edition.unfinished for choice in current))
        if reasons != said:
            said = reasons
            first = current[0]
            http.say(
                f"{first.edition.source}: waiting for the {first.publication.kind.words} of "
                f"{first.edition.date} ({reasons}); checking every {POLL / 60:.0f} min"
            )
        http.wait(POLL)
        now = [(choice, _read_again(choice, http)) for choice in current]
        current = [
            EditionChoice(edition, choice.publication, edition.note) for choice, edition in now
        ]
    return current


def _read_again(choice: EditionChoice, http: HttpClient) -> Edition:
    return read_edition(choice.publication, choice.edition.date, http) or choice.edition


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))
