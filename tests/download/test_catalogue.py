"""Published files: listings, checksum files, dumpstatus.json; without network."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.download.catalogue import RemoteFile
from cstool.download.dumps_layout import edition_of_listing, edition_of_status
from cstool.download.listings import dates_in, names_in
from cstool.errors import InputError
from cstool.published.set_lists import MD5, SHA1, checksum_lines

NGINX = """<html><head><title>Index of /wikidatawiki/entities/</title></head><body>
<h1>Index of /wikidatawiki/entities/</h1><hr><pre><a href="../">../</a>
<a href="20260921/">20260921/</a>          24-Sep-2026 09:21     -
<a href="20261005/">20261005/</a>          08-Oct-2026 09:21     -
<a href="dcatap.rdf">dcatap.rdf</a>        08-Oct-2026 09:21 83341
<a href="latest-all.json.gz">latest-all.json.gz</a>  07-Oct-2026 22:11 151000000000
</pre><hr></body></html>"""

APACHE = """<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="/mirror/">Parent Directory</a></td></tr>
<tr><td><a href="./20260921/">20260921/</a></td><td>137G</td></tr>
<tr><td><a href="https://example.org/">host</a><a href="%2e%2e/x">x</a><a href="a%20b">a b</a>
<A HREF='wikidata-20261005-all.json.gz'>wikidata…</A></td></tr></table>"""

SUM = "a" * 40


def status(*jobs: tuple[str, str, list[str]]) -> bytes:
    files = {"size": 3, "sha1": "A" * 40, "md5": "b" * 32, "url": "/elsewhere"}
    return json.dumps(
        {
            "version": "0.8",
            "jobs": {
                job: {"status": state, "updated": "…", "files": dict.fromkeys(names, files)}
                for job, state, names in jobs
            },
        }
    ).encode()


def edition(data: bytes, *, sql: bool = False) -> tuple[list[str], str]:
    found = edition_of_status(data, "enwiki", "20261001", "http://x/enwiki/20261001/", sql=sql)
    return [file.name for file in found.files], found.unfinished


WHOLE = "enwiki-20261001-pages-articles-multistream.xml.bz2"
INDEX = "enwiki-20261001-pages-articles-multistream-index.txt.bz2"
PIECES = [
    "enwiki-20261001-pages-articles-multistream1.xml-p1p41242.bz2",
    "enwiki-20261001-pages-articles-multistream2.xml-p41243p151573.bz2",
    "enwiki-20261001-pages-articles-multistream10.xml-p4045403p5399366.bz2",
]
PIECES_INDEX = ["enwiki-20261001-pages-articles-multistream-index1.txt-p1p41242.bz2"]


def test_names_and_dates_are_read_from_an_nginx_listing() -> None:
    names = names_in(NGINX)
    assert names == ["20260921/", "20261005/", "dcatap.rdf", "latest-all.json.gz"]
    assert dates_in(names) == ["20261005", "20260921"]


def test_only_names_within_the_folder_are_read_from_an_apache_listing() -> None:
    assert names_in(APACHE) == ["20260921/", "wikidata-20261005-all.json.gz"]


@given(st.text())
def test_no_listing_points_outside_the_folder(text: str) -> None:
    for page in (text, f'<a href="{text}">', f"<a href='/{text}'>", f'<a href="../{text}">'):
        for name in names_in(page):
            assert "/" not in name.removesuffix("/")
            assert not name.startswith((".", "-"))


def test_checksums_are_read_and_other_lines_skipped() -> None:
    text = f"{SUM.upper()}  a.json.gz\n{'b' * 32} *dir/b.bz2\n\nno digest\n{'c' * 39}  c\n"
    assert dict(checksum_lines(text, (MD5, SHA1))) == {"a.json.gz": SUM, "b.bz2": "b" * 32}


def test_the_one_multistream_file_is_taken_with_what_is_published_of_it() -> None:
    data = status(("articlesmultistreamdump", "done", [INDEX, WHOLE]))
    [file] = edition_of_status(data, "enwiki", "20261001", "http://x/e/", sql=False).files
    assert (file.name, file.url, file.bytes) == (WHOLE, f"http://x/e/{WHOLE}", 3)
    assert (file.sha1, file.md5) == ("a" * 40, "b" * 32)


def test_of_a_large_wiki_the_whole_file_is_taken_and_not_its_pieces() -> None:
    pieces = ("articlesmultistreamdump", "done", [*PIECES, *PIECES_INDEX])
    whole = ("articlesmultistreamdumprecombine", "done", [WHOLE, INDEX])
    assert edition(status(pieces, whole)) == ([WHOLE], "")


@pytest.mark.parametrize("state", ["waiting", "in-progress"])
def test_while_pieces_are_being_put_together_the_dump_is_unfinished(state: str) -> None:
    pieces = ("articlesmultistreamdump", "done", [*PIECES, *PIECES_INDEX])
    whole: tuple[str, str, list[str]] = ("articlesmultistreamdumprecombine", state, [])
    assert edition(status(pieces, whole)) == ([], f"articlesmultistreamdumprecombine: {state}")


@pytest.mark.parametrize("more", [[], [("articlesmultistreamdumprecombine", "failed", [])]])
def test_pieces_are_taken_by_their_pages_where_there_is_no_whole(
    more: list[tuple[str, str, list[str]]],
) -> None:
    pieces = ("articlesmultistreamdump", "done", [*PIECES[::-1], *PIECES_INDEX])
    assert edition(status(pieces, *more)) == (PIECES, "")


@pytest.mark.parametrize("state", ["waiting", "in-progress", "failed", "skipped"])
def test_a_job_that_is_not_done_makes_the_dump_unfinished(state: str) -> None:
    data = status(("articlesmultistreamdump", state, [WHOLE]))
    assert edition(data) == ([], f"articlesmultistreamdump: {state}")


def test_a_done_job_without_its_file_is_unfinished() -> None:
    assert edition(status(("articlesmultistreamdump", "done", [INDEX])))[1]
    assert edition(status(("articlesdump", "done", [])))[1]


def test_the_tables_of_titles_are_taken_too_and_all_of_them_must_be_done() -> None:
    names = [f"enwiki-20261001-{table}.sql.gz" for table in ("page", "page_props", "redirect")]
    jobs = [
        ("articlesmultistreamdump", "done", [WHOLE]),
        ("pagetable", "done", names[:1]),
        ("pagepropstable", "done", names[1:2]),
    ]
    done = status(*jobs, ("redirecttable", "done", names[2:]))
    assert edition(done, sql=True) == ([WHOLE, *names], "")
    assert edition(done) == ([WHOLE], "")
    waiting = status(*jobs, ("redirecttable", "waiting", []))
    assert edition(waiting, sql=True) == ([], "redirecttable: waiting")


@pytest.mark.parametrize("data", [b"", b"<html>log in", b"[]", b'{"jobs": 1}', b"\xff\xfe{"])
def test_what_is_no_status_is_told_with_its_address(data: bytes) -> None:
    with pytest.raises(InputError, match=r"http://x/dumpstatus.json: not a dump status"):
        edition_of_status(data, "enwiki", "20261001", "http://x/", sql=False)


def listed(names: list[str], sums: dict[str, str], source: str) -> tuple[list[str], str]:
    found = edition_of_listing(source, "20261001", "http://x/", names, sums, sql=False)
    return [file.name for file in found.files], found.unfinished


def test_a_wiki_without_a_status_is_read_from_its_listing() -> None:
    assert listed([WHOLE, *PIECES], {WHOLE: SUM}, "enwiki") == ([WHOLE], "")
    assert listed(PIECES[::-1], dict.fromkeys(PIECES, SUM), "enwiki") == (PIECES, "")
    assert listed([INDEX], {}, "enwiki") == ([], f"{WHOLE} is missing")


# ---- what no dump has ----


@pytest.mark.parametrize("size", [0, -1, -(1 << 70), 1 << 63, 1 << 200])
def test_a_size_that_no_dump_can_have_counts_as_not_published(size: int) -> None:
    data = status(("articlesmultistreamdump", "done", [WHOLE])).replace(
        b'"size": 3', f'"size": {size}'.encode()
    )
    [file] = edition_of_status(data, "enwiki", "20261001", "http://x/", sql=False).files
    assert (file.bytes, file.sha1) == (None, "a" * 40)


@pytest.mark.parametrize("size", ["9" * 5000, "1e400", '"3"', "true", "[" * 10**5])
def test_a_size_that_is_no_number_makes_no_status(size: str) -> None:
    data = status(("articlesmultistreamdump", "done", [WHOLE])).replace(
        b'"size": 3', f'"size": {size}'.encode()
    )
    with pytest.raises(InputError, match="not a dump status"):
        edition_of_status(data, "enwiki", "20261001", "http://x/", sql=False)


@pytest.mark.parametrize("first", ["1" * 5000, "1" * 20, "１", "../1", "1\n", "-1"])
def test_a_piece_whose_name_is_none_is_skipped(first: str) -> None:
    odd = f"enwiki-20261001-pages-articles-multistream1.xml-p{first}p2.bz2"
    assert edition(status(("articlesmultistreamdump", "done", [odd, *PIECES]))) == (PIECES, "")


def test_more_pieces_than_a_dump_has_are_refused() -> None:
    names = [f"enwiki-20261001-pages-articles-multistream{n}.xml-p{n}p{n}.bz2" for n in range(2001)]
    with pytest.raises(InputError, match=r"http://x/.*: 2,001 files of one dump"):
        edition(status(("articlesmultistreamdump", "done", names)))
    with pytest.raises(InputError, match="2,001 files of one dump"):
        listed(names, {}, "enwiki")


def test_a_long_state_is_cut() -> None:
    _, unfinished = edition(status(("articlesmultistreamdump", "x" * 9999, [WHOLE])))
    assert len(unfinished) < 100


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", ".", "", "a\0", "x" * 201])
def test_no_file_has_a_name_that_points_outside_the_folder(name: str) -> None:
    with pytest.raises(InputError, match="is not a valid name of a dump file"):
        RemoteFile(name, "http://x/")


def test_digits_that_are_no_date_are_no_dump() -> None:
    days = ["99999999", "00000000", "20260230", "20261301", "２０２６１００１", "20261001"]
    assert dates_in(names_in("".join(f'<a href="{day}/">' for day in days))) == ["20261001"]


@pytest.mark.parametrize("link", ["&#" + "9" * 5000 + ";", "x" * 201, "%00", "a%0ab", "%e2%80%ae"])
def test_a_link_that_is_no_name_is_skipped(link: str) -> None:
    assert names_in(f'<a href="{link}">x</a><a class="y" href="a&amp;b"><a href="c">') == ["c"]


@pytest.mark.parametrize(
    "piece", ["<a ", "<!--", '<a href="', "<a href='", "<div>", "<a href=", "<a href=&"]
)
def test_a_listing_of_nothing_costs_no_more_than_its_length(piece: str) -> None:
    assert names_in(piece * 500_000) == []  # quadratic time would be hours
