"""Dumps that are complete in a folder, found without a server."""

import json
from pathlib import Path

import pytest

from cstool.download.addresses import WIKIMEDIA
from cstool.download.command import DownloadRequest
from cstool.download.present import split
from cstool.errors import InputError
from cstool.published.set_lists import RECORD

WHOLE = "enwiki-20261001-pages-articles-multistream.xml.bz2"
PIECES = [
    "enwiki-20261001-pages-articles-multistream1.xml-p1p9.bz2",
    "enwiki-20261001-pages-articles-multistream2.xml-p10p19.bz2",
    "enwiki-20261001-pages-articles-multistream2.xml-p20p110.bz2",
]
EXPORT = [f"enwiki-2026-10-01-{pages}.xml.bz2" for pages in ("p1p9", "p10p99", "p100p210")]
TABLES = [f"enwiki-20261001-{name}.sql.gz" for name in ("page", "page_props", "redirect")]
OTHERS = [
    "enwiki-20261001-pages-articles-multistream-index.txt.bz2",
    "enwiki-20260901-pages-articles-multistream.xml.bz2",
    "enwiktionary-20261001-pages-articles-multistream.xml.bz2",
    "enwiki-2026-09-01-p1p9.xml.bz2",
    "enwiki-20261001-pages-articles.xml.bz2",
]


def found(
    folder: Path,
    names: list[str],
    *,
    source: str = "auto",
    date: str = "20261001",
    sql: bool = False,
) -> list[str]:
    """Return the names that are found for enwiki, among other files."""
    for name in [*reversed(names), *OTHERS]:
        (folder / name).touch()
    request = DownloadRequest(("enwiki",), WIKIMEDIA, date=date, source=source, sql=sql)
    present, rest = split(request, folder)
    assert (rest is None) == bool(present)
    return [path.name for path in present]


@pytest.mark.parametrize("names", [[WHOLE], PIECES, EXPORT])
@pytest.mark.parametrize("date", ["20261001", "2026-10-01"])
def test_files_of_each_form_are_found_in_their_order(
    tmp_path: Path, names: list[str], date: str
) -> None:
    assert found(tmp_path, names, date=date) == names


def test_tables_follow_the_pages_and_all_are_needed(tmp_path: Path) -> None:
    assert found(tmp_path, [*EXPORT, *TABLES[:2]], sql=True) == []
    assert found(tmp_path, TABLES, sql=True) == [*EXPORT, *TABLES]


def test_the_source_is_selected_and_xml_dumps_come_first(tmp_path: Path) -> None:
    assert found(tmp_path, EXPORT, source="dumps") == []
    assert found(tmp_path, [WHOLE], source="content") == EXPORT
    assert found(tmp_path, []) == [WHOLE]


@pytest.mark.parametrize("names", [PIECES, EXPORT])
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_set_of_which_a_recorded_file_is_missing_is_not_complete(
    tmp_path: Path, names: list[str], missing: int
) -> None:
    record = {"files": {}, "begun": {}, "latest": {}, "sets": {"enwiki-2026-10-01": names}}
    (tmp_path / RECORD).write_text(json.dumps(record))
    assert found(tmp_path, names[:missing] + names[missing + 1 :]) == []
    assert found(tmp_path, names) == names


def test_checksums_of_a_mirror_name_the_files_of_a_set(tmp_path: Path) -> None:
    lines = [*(f"{'0' * 64}  ./bzip2/{name}" for name in EXPORT), "", "  ", "a comment"]
    (tmp_path / "SHA256SUMS").write_text("\n".join(lines))
    (tmp_path / "_SUCCESS").touch()
    assert found(tmp_path, EXPORT[:2]) == []
    assert found(tmp_path, EXPORT) == EXPORT
    (tmp_path / "_SUCCESS").unlink()
    assert found(tmp_path, EXPORT) == []


@pytest.mark.parametrize("names", [PIECES[:1] + PIECES[2:], PIECES[1:], [], TABLES])
def test_pieces_with_a_gap_or_no_pages_are_not_complete(tmp_path: Path, names: list[str]) -> None:
    assert found(tmp_path, names) == []


def test_a_partial_file_of_a_set_means_that_it_is_not_complete(tmp_path: Path) -> None:
    assert found(tmp_path, [*EXPORT[:2], f"{EXPORT[2]}.part"]) == []


def test_only_what_is_missing_is_requested(tmp_path: Path) -> None:
    for name in (WHOLE, "wikidata-20260922-all.json.bz2"):
        (tmp_path / name).touch()
    request = DownloadRequest(("jawiki", "enwiki"), WIKIMEDIA, True, "20261001", "20260922")
    present, rest = split(request, tmp_path)
    assert [path.name for path in present] == [WHOLE, "wikidata-20260922-all.json.bz2"]
    assert rest and rest.wikis == ("jawiki",) and not rest.wikidata
    (tmp_path / "wikidata-20260922-all.json.gz").touch()
    assert split(request, tmp_path)[0][-1].suffix == ".gz"


def test_latest_is_known_by_the_server_only(tmp_path: Path) -> None:
    assert found(tmp_path, [WHOLE], date="latest") == []
    request = DownloadRequest((), WIKIMEDIA, True, "20261001", "latest")
    (tmp_path / "wikidata-20261001-all.json.gz").touch()
    assert split(request, tmp_path) == ([], request)


def test_lists_of_files_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").mkdir()
    with pytest.raises(InputError, match="SHA256SUMS: cannot be read"):
        found(tmp_path, [WHOLE])
    (tmp_path / RECORD).write_text("[]")
    with pytest.raises(InputError, match="not a valid download record"):
        found(tmp_path, [WHOLE])


def test_a_folder_that_does_not_exist_has_no_files(tmp_path: Path) -> None:
    request = DownloadRequest(("enwiki",), WIKIMEDIA, date="20261001")
    assert split(request, tmp_path / "none") == ([], request)
