"""Wikidata's entities: which file of a folder is taken, and by which dates it is found."""

import pytest

from cstool.download.addresses import LATEST
from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.discovery import find, find_near
from cstool.download.publications import DumpSource, source_of
from cstool.download.wikidata_layout import edition_of_entities
from tests.download.server import Server, server, sha1

__all__ = ["server"]

GZ, BZ2 = "wikidata-20260922-all.json.gz", "wikidata-20260922-all.json.bz2"
LEXEMES = "wikidata-20260922-lexemes.json.gz"
SUM = "a" * 40


def taken(names: list[str], *summed: str) -> tuple[list[str], str]:
    sums = dict.fromkeys(summed, SUM)
    found = edition_of_entities("20260921", "http://x/", names, sums)
    return [file.name for file in found.files], found.unfinished


@pytest.mark.parametrize(
    ("names", "summed", "name", "unfinished"),
    [
        ([GZ, BZ2], [GZ, BZ2], GZ, ""),
        ([BZ2, GZ, LEXEMES], [BZ2], BZ2, ""),
        ([BZ2], [BZ2], BZ2, ""),
        ([GZ, BZ2], [], GZ, f"{GZ} has no checksum yet"),
        ([GZ], [LEXEMES], GZ, f"{GZ} has no checksum yet"),
        ([GZ, GZ.replace("22", "21")], [GZ, GZ.replace("22", "21")], GZ, ""),
        ([GZ, GZ.replace("22", "21")], [GZ.replace("22", "21")], GZ.replace("22", "21"), ""),
    ],
)
def test_the_newest_file_with_a_checksum_is_taken_and_of_two_compressions_gz(
    names: list[str], summed: list[str], name: str, unfinished: str
) -> None:
    assert taken(names, *summed) == ([name], unfinished)


@pytest.mark.parametrize(
    "name", ["", LEXEMES, "wikidata-20260922-truthy-BETA.nt.gz", "wikidata-2026-all.json.gz"]
)
def test_a_folder_without_entities_is_unfinished(name: str) -> None:
    assert taken([name], name) == ([], "no wikidata-DATE-all.json.gz or .bz2")


# ---- reading ----


@pytest.fixture
def weeks(server: Server) -> DumpSource:
    server.publish_wikidata("20260914", b"one")
    server.publish_wikidata("20260921", b"two", dated="20260922", kinds="bz2", lexemes=True)
    server.publish_wikidata("20260923", b"lexemes", kinds="", lexemes=True)
    server.publish_wikidata("20260928", b"three", sums="")
    return source_of("wikidata", server.url, sql=False)


def http() -> HttpClient:
    return HttpClient(open_session(), print, sleep=id, tries=2)


def test_the_newest_complete_week_is_taken_whatever_the_date_of_its_file(
    server: Server, weeks: DumpSource
) -> None:
    found = find(weeks, LATEST, http())
    [file] = found.edition.files
    folder = f"{server.url}/wikidatawiki/entities/20260921/"
    assert (file.url, file.sha1) == (folder + BZ2, sha1(b"two"))
    assert found.edition.others == (LEXEMES,)
    assert found.note == (
        "20260928 is not finished (wikidata-20260928-all.json.gz has no checksum yet); 20260921 is "
        "the newest finished dump; its file is dated 20260922"
    )


@pytest.mark.parametrize("date", ["20260921", "20260922", "2026-09-22"])
def test_the_date_may_be_that_of_the_folder_or_of_the_file(date: str, weeks: DumpSource) -> None:
    for choice in (find(weeks, date, http()), find_near(weeks, date, http())):
        assert [file.name for file in choice.edition.files] == [BZ2]
        assert choice.note == "its file is dated 20260922"


def test_the_date_of_a_file_is_found_where_a_folder_of_that_date_has_other_files(
    server: Server, weeks: DumpSource
) -> None:
    server.publish_wikidata("20260922", b"lexemes", kinds="", lexemes=True)
    assert find(weeks, "20260922", http()).edition.date == "20260921"


def test_a_date_of_neither_is_reported_with_the_nearest(weeks: DumpSource) -> None:
    with pytest.raises(ServerError, match=r"no dump of 20260920 .* use --wikidata-date 20260921"):
        find(weeks, "20260920", http())
    with pytest.raises(ServerError, match=r"20260923 is not finished .no wikidata-DATE-all"):
        find(weeks, "20260923", http())
    assert find_near(weeks, "20260923", http()).edition.date == "20260921"
