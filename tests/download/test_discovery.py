"""Selection of the edition: latest, a date, the nearest one; waiting and fallbacks."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cstool.download.addresses import LATEST
from cstool.download.catalogue import Edition
from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.discovery import find, find_near
from cstool.download.publications import DumpSource, source_of, with_sizes
from tests.download.server import Server, server, sha1, status

__all__ = ["server"]

PAGES = {"pages-articles-multistream.xml.bz2": b"BZh pages"}
DATES = ("20260901", "20260920", "20261001")


def http_to(said: list[str] | None = None, sleep: Callable[[float], object] = id) -> HttpClient:
    return HttpClient(
        open_session(), (said if said is not None else []).append, sleep=sleep, tries=4
    )


@pytest.fixture
def swwiki(server: Server) -> DumpSource:
    for date in DATES:
        server.publish("swwiki", date, PAGES)
    server.files["/swwiki/latest/swwiki-latest-md5sums.txt"] = b""
    return source_of("swwiki", server.url, sql=False)


def unfinish(server: Server, date: str) -> None:
    server.publish("swwiki", date, PAGES, status="in-progress")


def test_latest_is_the_newest_finished_one(server: Server, swwiki: DumpSource) -> None:
    found = find(swwiki, LATEST, http_to())
    assert (found.edition.date, found.note) == ("20261001", "")
    [file] = found.edition.files
    assert (
        file.url
        == f"{server.url}/swwiki/20261001/swwiki-20261001-pages-articles-multistream.xml.bz2"
    )
    assert file.sha1 == sha1(b"BZh pages")


def test_it_falls_back_from_an_unfinished_one_and_says_so(
    server: Server, swwiki: DumpSource
) -> None:
    unfinish(server, "20261001")
    found = find(swwiki, LATEST, http_to())
    assert found.edition.date == "20260920"
    assert found.note == (
        "20261001 is not finished (articlesmultistreamdump: in-progress); "
        "20260920 is the newest finished dump"
    )


def test_it_falls_back_from_a_dump_that_was_only_just_begun(
    server: Server, swwiki: DumpSource
) -> None:
    server.files["/swwiki/20261020/swwiki-20261020-sites.sql.gz"] = b""  # and no status yet
    assert find(swwiki, LATEST, http_to()).edition.date == "20261001"


def test_what_was_begun_here_is_resumed(server: Server, swwiki: DumpSource) -> None:
    found = find(swwiki, LATEST, http_to(), begun="20260901")
    assert found.edition.date == "20260901"
    assert "resuming the download" in found.note
    for gone in ("20260801", None):
        assert find(swwiki, LATEST, http_to(), begun=gone).edition.date == "20261001"
    unfinish(server, "20260901")
    assert find(swwiki, LATEST, http_to(), begun="20260901").edition.date == "20261001"


@pytest.mark.parametrize("date", [LATEST, "20261001"])
def test_an_unfinished_one_is_waited_for(date: str, server: Server, swwiki: DumpSource) -> None:
    unfinish(server, "20261001")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            server.publish("swwiki", "20261001", PAGES)

    said: list[str] = []
    found = find(swwiki, date, http_to(said, sleep), wait=True)
    assert found.edition.date == "20261001"
    assert slept == [600] * 3
    assert said == [
        "swwiki: waiting for the dump of 20261001 (articlesmultistreamdump: in-progress); "
        "checking every 10 min"
    ]


def test_a_date_that_is_not_finished_is_refused_and_a_finished_one_named(
    server: Server, swwiki: DumpSource
) -> None:
    unfinish(server, "20261001")
    with pytest.raises(ServerError, match=r"in-progress\); use --wait .* --date 20260920"):
        find(swwiki, "20261001", http_to())


def test_a_date_that_is_not_there_is_reported_with_those_that_are(swwiki: DumpSource) -> None:
    there = (
        r"no dump of 20260101 .* and no content export of 2026-01-01 .* "
        r"\(available: 20261001, 20260920, 20260901\); use --date 20260901"
    )
    with pytest.raises(ServerError, match=there):
        find(swwiki, "20260101", http_to())


def test_a_wiki_that_is_not_there_is_reported(server: Server) -> None:
    with pytest.raises(
        ServerError, match=r"/en/: not found; give the database name .* such as enwiki"
    ):
        find(source_of("en", server.url, sql=False), LATEST, http_to())


def test_a_catalogue_that_answers_late_is_asked_again(server: Server, swwiki: DumpSource) -> None:
    server.faults["/swwiki/"] = [status(503, Retry_After="0")]
    server.faults["/swwiki/20261001/dumpstatus.json"] = [status(429)]
    assert find(swwiki, LATEST, http_to()).edition.date == "20261001"
    server.faults["/swwiki/"] = [status(503)] * 2
    with pytest.raises(ServerError, match="503, 2 times in a row"):
        find(swwiki, LATEST, http_to())
    server.faults["/swwiki/"] = [status(403)]
    with pytest.raises(ServerError, match="/swwiki/: the server returned HTTP 403"):
        find(swwiki, LATEST, http_to())


def test_a_server_that_is_not_there_is_reported(server: Server) -> None:
    server.server_close()
    with pytest.raises(ServerError, match="Connection refused, 2 times in a row"):
        find(source_of("enwiki", server.url, sql=False), LATEST, http_to())


# ---- Wikidata ----


@pytest.fixture
def wikidata(server: Server) -> DumpSource:
    for date in ("20260921", "20260928", "20261005"):
        server.publish_wikidata(date, f"items of {date}".encode())
    return source_of("wikidata", server.url, sql=False)


def sized(edition: Edition) -> Edition:
    return with_sizes(edition, http_to())


def test_wikidatas_folder_tells_name_size_and_checksum(wikidata: DumpSource) -> None:
    [file] = sized(find(wikidata, LATEST, http_to()).edition).files
    assert file.name == "wikidata-20261005-all.json.gz"
    assert (file.bytes, file.sha1) == (17, sha1(b"items of 20261005"))
    assert file.md5 is None


def test_without_a_sha1_wikidatas_md5_is_taken(server: Server) -> None:
    server.publish_wikidata("20261012", b"items", sums="md5")
    [file] = find(source_of("wikidata", server.url, sql=False), LATEST, http_to()).edition.files
    assert (file.sha1, len(file.md5 or "")) == (None, 32)


def test_wikidata_without_a_checksum_is_not_finished_yet(
    server: Server, wikidata: DumpSource
) -> None:
    server.publish_wikidata("20261012", b"half the it", sums="")
    assert find(wikidata, LATEST, http_to()).edition.date == "20261005"
    found = find(wikidata, "20261012", http_to())  # by its date it is taken all the same
    assert found.edition.date == "20261012"
    assert found.note == "wikidata-20261012-all.json.gz has no checksum yet"


def test_a_day_with_other_files_only_is_skipped(server: Server, wikidata: DumpSource) -> None:
    server.files["/wikidatawiki/entities/20261007/wikidata-20261007-truthy-BETA.nt.gz"] = b"x"
    assert find(wikidata, LATEST, http_to()).edition.date == "20261005"


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [("20260928", "20260928"), ("20261001", "20260928"), ("20261002", "20261005")],
)
def test_the_nearest_day_is_taken(wanted: str, taken: str, wikidata: DumpSource) -> None:
    found = find_near(wikidata, wanted, http_to())
    assert found.edition.date == taken
    assert (wanted in found.note) == (wanted != taken)


def test_a_day_with_other_files_only_is_not_near(server: Server, wikidata: DumpSource) -> None:
    server.files["/wikidatawiki/entities/20261007/wikidata-20261007-truthy-BETA.nt.gz"] = b"x"
    found = find_near(wikidata, "20261007", http_to())
    assert (found.edition.date, "no dump of 20261007" in found.note) == ("20261005", True)


@pytest.mark.parametrize("date", ["20260927", "20260929"])
def test_the_nearest_day_is_named_where_another_was_asked_for(
    date: str, server: Server, wikidata: DumpSource
) -> None:
    server.files["/wikidatawiki/entities/20260929/wikidata-20260929-truthy-BETA.nt.gz"] = b"x"
    near = "--wikidata-date 20260928, the nearest finished dump"
    with pytest.raises(ServerError, match=near):
        find(wikidata, date, http_to())


def test_a_wiki_without_a_status_is_read_from_its_folder(
    server: Server, swwiki: DumpSource
) -> None:
    for date in DATES:
        del server.files[f"/swwiki/{date}/dumpstatus.json"]
    name = "swwiki-20260920-pages-articles-multistream.xml.bz2"
    sums = f"{sha1(b'BZh pages')}  {name}\n"
    server.files["/swwiki/20260920/swwiki-20260920-sha1sums.txt"] = sums.encode()
    edition = sized(find(swwiki, LATEST, http_to()).edition)
    assert [(f.name, f.bytes) for f in edition.files] == [(name, 9)]


def test_a_mirror_may_stand_below_a_folder(server: Server, swwiki: DumpSource) -> None:
    server.files |= {f"/pub/mirror{path}": data for path, data in server.files.items()}
    mirror = source_of("swwiki", f"{server.url}/pub/mirror/", sql=False)
    assert mirror.publications[0] == replace(
        swwiki.publications[0], url=f"{server.url}/pub/mirror/swwiki/"
    )
    [file] = find(mirror, LATEST, http_to()).edition.files
    assert file.url.startswith(f"{server.url}/pub/mirror/swwiki/20261001/")
