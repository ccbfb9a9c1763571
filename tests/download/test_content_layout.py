"""Content exports: which files an edition has, and whether it is finished."""

import pytest

from cstool.download.addresses import Kind
from cstool.download.catalogue import Edition
from cstool.download.client import HttpClient, open_session
from cstool.download.content_layout import edition_of_content, read_content
from cstool.errors import InputError
from tests.download.publisher import CONTENT, content_name, sha256
from tests.download.server import Server, server

__all__ = ["server"]

DATE = "2026-10-01"
FILES = {"p1p99": b"BZh one", "p100p2000": b"BZh two"}
NAMES = [content_name("swwiki", DATE, pages) for pages in FILES]
DIGEST = "a" * 64
URL = "http://x/"


def edition(names: list[str], sums: list[str] | None) -> Edition:
    lines = None if sums is None else [(name, DIGEST) for name in sums]
    return edition_of_content("swwiki", DATE, URL, names, lines)


def read(server: Server, date: str = DATE) -> Edition | None:
    http = HttpClient(open_session(), print, sleep=id, tries=2)
    return read_content("swwiki", date, f"{server.url}{CONTENT}swwiki/{date}/", http)


def test_its_files_are_in_the_order_of_their_pages_with_their_checksums() -> None:
    found = edition(NAMES[::-1], NAMES[::-1])
    assert [file.name for file in found.files] == found.page_files == NAMES
    assert {(file.sha256, file.url.removesuffix(file.name)) for file in found.files} == {
        (DIGEST, URL)
    }
    assert (found.unfinished, found.set_name) == ("", "swwiki-2026-10-01")


def test_a_file_of_the_revisions_of_one_page_is_in_the_order_of_its_revisions() -> None:
    ranges = ["p1p4", "p5r1r9", "p5r10r800", "p6p7"]
    names = [content_name("swwiki", DATE, pages) for pages in ranges]
    assert edition(sorted(names), names).page_files == names


@pytest.mark.parametrize(
    ("names", "sums", "why"),
    [
        (NAMES, None, "SHA256SUMS is missing"),
        (NAMES, NAMES[:1], f"{NAMES[1]} is not named in SHA256SUMS"),
        (NAMES[:1], NAMES, f"{NAMES[1]} is named in SHA256SUMS, but not in the folder"),
        (NAMES, [*NAMES, NAMES[0]], f"{NAMES[0]} is named 2 times in SHA256SUMS"),
        ([], [], "SHA256SUMS names no files"),
        (["x.xml.bz2"], ["x.xml.bz2"], "SHA256SUMS names no files"),
    ],
)
def test_a_set_whose_files_are_not_those_of_its_checksums_is_unfinished(
    names: list[str], sums: list[str] | None, why: str
) -> None:
    found = edition(names, sums)
    assert (found.files, found.unfinished) == ((), why)


@pytest.mark.parametrize(
    "name",
    [
        "dewiki-2026-10-01-p1p2.xml.bz2",
        "swwiki-20261001-p1p2.xml.bz2",
        "swwiki-2026-10-01-p1p2.xml.zst",
        f"swwiki-2026-10-01-p{'1' * 5000}p2.xml.bz2",
        "swwiki-2026-10-01-p１p2.xml.bz2",
        "swwiki-2026-10-01-p1p2.xml.bz2\n",
        "swwiki-2026-10-01-p-1p2.xml.bz2",
    ],
)
def test_a_name_of_another_form_is_no_file_of_it(name: str) -> None:
    assert edition([*NAMES, name], NAMES).page_files == NAMES
    assert edition(NAMES, [*NAMES, name]).page_files == NAMES


def test_more_files_than_an_edition_has_are_refused() -> None:
    names = [content_name("swwiki", DATE, f"p{n}p{n}") for n in range(2001)]
    with pytest.raises(InputError, match=r"http://x/: 2,001 files of one dump"):
        edition(names, names)


# ---- reading ----


@pytest.mark.parametrize("above", ["xml/bzip2/", "xml/", ""])
def test_the_marks_of_completion_are_beside_the_files_or_in_a_parent(
    above: str, server: Server
) -> None:
    folder = server.publish_content("swwiki", DATE, FILES, above=above)
    found = read(server)
    assert found is not None
    assert [file.url for file in found.files] == [f"{server.url}{folder}{n}" for n in NAMES]
    assert found.files[0].sha256 == sha256(b"BZh one")
    # The folder itself is read first, so that its parents are read only if needed.
    assert len(server.asked) == {"xml/bzip2/": 2, "xml/": 3, "": 4}[above]


def test_a_checksum_list_above_may_name_folders_and_other_files(server: Server) -> None:
    digests = [sha256(data) for data in FILES.values()]
    lines = [f"{d} *./xml/bzip2/{name}" for d, name in zip(digests, NAMES, strict=True)]
    lines += [f"{DIGEST}  xml/zstd/{NAMES[0].replace('bz2', 'zst')}", "", "no digest"]
    server.publish_content("swwiki", DATE, FILES, above="", lines=lines)
    found = read(server)
    assert found is not None
    assert (found.page_files, found.unfinished) == (NAMES, "")


@pytest.mark.parametrize("marks", ["_SUCCESS", "SHA256SUMS", ""])
def test_an_edition_without_a_mark_is_unfinished(marks: str, server: Server) -> None:
    server.publish_content("swwiki", DATE, FILES, marks=marks)
    found = read(server)
    missing = "SHA256SUMS" if "SHA" not in marks else "_SUCCESS"
    assert found == Edition("swwiki", DATE, (), f"{missing} is missing", Kind.CONTENT)


def test_an_edition_that_is_not_there_is_none_and_one_just_begun_unfinished(
    server: Server,
) -> None:
    server.publish_content("swwiki", DATE, FILES)
    assert read(server, "2026-09-01") is None
    server.files[f"{CONTENT}swwiki/2026-11-01/xml/x"] = b""
    found = read(server, "2026-11-01")
    assert found is not None
    assert found.unfinished == "SHA256SUMS is missing"


def test_a_login_page_in_place_of_the_checksums_is_reported(server: Server) -> None:
    folder = server.publish_content("swwiki", DATE, FILES)
    server.files[f"{folder}SHA256SUMS"] = b"<html>Please log in</html>"
    with pytest.raises(InputError, match=r"SHA256SUMS: not a list of SHA-256 checksums; .* login"):
        read(server)
    server.files[f"{folder}SHA256SUMS"] = b""
    found = read(server)
    assert found is not None
    assert "is not named in SHA256SUMS" in found.unfinished
