"""Dumps or content exports: the newer one, a given one, and mirrors that have only one kind."""

import pytest

from cstool.download.addresses import LATEST
from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.discovery import EditionChoice, find
from cstool.download.publications import source_of
from tests.download.publisher import CONTENT
from tests.download.server import Server, server

__all__ = ["server"]

PAGES = {"pages-articles-multistream.xml.bz2": b"BZh pages"}
FILES = {"p1p9": b"BZh one", "p10p99": b"BZh two"}


def choose(
    server: Server,
    date: str = LATEST,
    source: str = "auto",
    begun: str | None = None,
    said: list[str] | None = None,
    **change: object,
) -> EditionChoice:
    """Return what is chosen; `change`: called in place of the first wait."""
    waits = list(change.values())

    def sleep(seconds: float) -> None:
        for act in waits:
            act()  # type: ignore[operator]

    told = [] if said is None else said
    http = HttpClient(open_session(), told.append, sleep=sleep, tries=2)
    chosen = source_of("swwiki", server.url, sql=False, source=source)
    return find(chosen, date, http, begun=begun, wait=bool(change))


def date_of(server: Server, *arguments: str, **options: str) -> str:
    return choose(server, *arguments, **options).edition.date  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dumps", "content", "chosen"),
    [
        (["20261001"], ["2026-10-01"], "20261001"),
        (["20261001"], ["2026-10-02"], "2026-10-02"),
        (["20261002"], ["2026-10-01"], "20261002"),
        (["20261001", "20260920"], [], "20261001"),
        ([], ["2026-10-01", "2026-09-01"], "2026-10-01"),
    ],
)
def test_the_newer_is_taken_and_of_equal_dates_the_dump(
    dumps: list[str], content: list[str], chosen: str, server: Server
) -> None:
    for date in dumps:
        server.publish("swwiki", date, PAGES)
    for date in content:
        server.publish_content("swwiki", date, FILES)
    assert date_of(server) == chosen
    assert date_of(server, chosen) == chosen


def test_an_unfinished_one_is_passed_over_for_the_other_kind_of_the_same_date(
    server: Server,
) -> None:
    server.publish("swwiki", "20261001", PAGES, status="waiting")
    server.publish_content("swwiki", "2026-10-01", FILES)
    for date in (LATEST, "20261001", "2026-10-01"):
        assert choose(server, date).edition.date == "2026-10-01"
        assert choose(server, date).note == ""


def test_a_newer_one_that_is_not_finished_is_named(server: Server) -> None:
    server.publish("swwiki", "20261001", PAGES)
    server.publish_content("swwiki", "2026-11-01", FILES, marks="")
    found = choose(server)
    assert found.edition.date == "20261001"
    assert found.note == (
        "2026-11-01 is not finished (SHA256SUMS is missing); 20261001 is the newest finished dump"
    )


@pytest.mark.parametrize("date", ["20261001", "2026-10-01"])
@pytest.mark.parametrize("source", ["dumps", "content"])
def test_a_given_source_is_taken_by_a_date_of_either_form(
    source: str, date: str, server: Server
) -> None:
    server.publish("swwiki", "20261001", PAGES)
    server.publish_content("swwiki", "2026-10-01", FILES)
    server.publish_content("swwiki", "2026-11-01", FILES)
    own = {"dumps": "20261001", "content": "2026-10-01"}[source]
    assert date_of(server, date, source) == own
    assert date_of(server, LATEST, "dumps") == "20261001"


def test_a_given_source_that_is_not_there_is_reported_with_what_the_other_has(
    server: Server,
) -> None:
    server.publish("swwiki", "20261001", PAGES)
    other = "no content export of swwiki; the server has a dump of 20261001: use --source dumps"
    for date in (LATEST, "20261001"):
        with pytest.raises(ServerError, match=f"{CONTENT}swwiki/: {other}"):
            choose(server, date, "content")
    server.files.clear()
    server.publish_content("swwiki", "2026-10-01", FILES)
    other = "no dump of swwiki; the server has a content export of 2026-10-01: use --source content"
    with pytest.raises(ServerError, match=f"/swwiki/: {other}"):
        choose(server, LATEST, "dumps")


def test_a_date_that_only_the_other_source_has_is_reported(server: Server) -> None:
    server.publish("swwiki", "20261001", PAGES)
    server.publish_content("swwiki", "2026-09-01", FILES)
    with pytest.raises(
        ServerError,
        match=r"no content export of 2026-10-01 at .* \(available: 2026-09-01\); use --date "
        r"2026-09-01, .*; the server has a dump of 20261001: use --source dumps",
    ):
        choose(server, "20261001", "content")


def test_a_wiki_that_is_nowhere_is_one_error_with_both_addresses(server: Server) -> None:
    both = f"{server.url}/swwiki/ and {server.url}{CONTENT}swwiki/: not found; give the database"
    for date in (LATEST, "20261001"):
        with pytest.raises(ServerError, match=both):
            choose(server, date)


def test_an_unfinished_edition_is_refused_and_the_nearest_finished_one_named(
    server: Server,
) -> None:
    server.publish_content("swwiki", "2026-10-01", FILES)
    server.publish_content("swwiki", "2026-11-01", FILES, marks="SHA256SUMS")
    for source in ("auto", "content"):
        with pytest.raises(
            ServerError,
            match=r"the content export of 2026-11-01 is not finished \(_SUCCESS is missing\); use "
            r"--wait to wait for it, or --date 2026-10-01, the nearest finished content export",
        ):
            choose(server, "2026-11-01", source)


@pytest.mark.parametrize("date", [LATEST, "2026-11-01"])
def test_an_unfinished_edition_is_waited_for(date: str, server: Server) -> None:
    server.publish("swwiki", "20261001", PAGES)
    server.publish_content("swwiki", "2026-11-01", FILES, marks="")
    said: list[str] = []
    found = choose(
        server, date, said=said,
        finish=lambda: server.publish_content("swwiki", "2026-11-01", FILES),
    )  # fmt: skip
    assert found.edition.date == "2026-11-01"
    assert said == [
        "swwiki: waiting for the content export of 2026-11-01 (SHA256SUMS is missing); checking "
        "every 10 min"
    ]


def test_of_two_unfinished_ones_of_a_date_the_first_that_finishes_is_taken(server: Server) -> None:
    server.publish("swwiki", "20261101", PAGES, status="waiting")
    server.publish_content("swwiki", "2026-11-01", FILES, marks="")
    found = choose(server, finish=lambda: server.publish_content("swwiki", "2026-11-01", FILES))
    assert found.edition.date == "2026-11-01"


def test_what_was_begun_is_resumed_in_its_kind(server: Server) -> None:
    for month in ("10", "11"):
        server.publish("swwiki", f"2026{month}01", PAGES)
        server.publish_content("swwiki", f"2026-{month}-01", FILES)
    for begun in ("2026-10-01", "2026-11-01", "20261001"):
        found = choose(server, begun=begun)
        assert found.edition.date == begun
        assert f"resuming the download of {begun}" in found.note
    assert choose(server, source="dumps", begun="2026-10-01").edition.date == "20261101"


def test_what_was_begun_and_has_left_the_server_is_reported(server: Server) -> None:
    server.publish("swwiki", "20261101", PAGES)
    server.publish_content("swwiki", "2026-11-01", FILES)
    found = choose(server, begun="2026-07-01")
    assert found.edition.date == "20261101"
    assert found.note == (
        "the download of 2026-07-01 cannot be finished, because the server no longer has it"
    )


def test_a_mirror_whose_folder_of_dumps_lists_none_is_no_hindrance(server: Server) -> None:
    server.files["/swwiki/index.txt"] = b""
    server.publish_content("swwiki", "2026-10-01", FILES)
    assert date_of(server) == "2026-10-01"
    server.files = {"/swwiki/index.txt": b""}
    with pytest.raises(ServerError, match="no dumps listed"):
        choose(server)
