"""The download of a content export: a set of files, each verified, interrupted and resumed."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cstool.download.client import HttpClient, ServerError, StopRequested, open_session
from cstool.download.command import (
    DownloadPlan,
    DownloadRequest,
    UnfinishedDownload,
    download,
    outcome,
)
from cstool.download.progress_bars import bars
from cstool.download.record import read_record
from cstool.published.set_lists import RECORD
from tests.download.publisher import CONTENT, content_name, sha256
from tests.download.server import (
    Server,
    answer,
    corrupt,
    cut,
    server,
    slow,
    status,
    stop_at,
    then,
)

__all__ = ["server"]

DATE = "2026-10-01"
RANGES = ["p1p99", "p100p2000", "p2001p2001"]
FILES = {pages: b"BZh" + pages.encode() * 9000 for pages in RANGES}
NAMES = [content_name("swwiki", DATE, pages) for pages in RANGES]
FOLDER = f"{CONTENT}swwiki/{DATE}/xml/bzip2/"
TABLES = {table: f"-- {table}".encode() * 99 for table in ("page", "page_props", "redirect")}
NOW = datetime(2026, 10, 15, tzinfo=UTC).timestamp()


class Desk:
    """Runs downloads of `swwiki` into a folder, and keeps what is said."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.said: list[str] = []
        self.stop = threading.Event()
        self.now = NOW

    def run(self, **options: object) -> DownloadPlan:
        self.said.clear()
        self.server.asked.clear()
        http = HttpClient(
            *(open_session(), self.said.append, self.stop, lambda s: None, lambda: self.now),
            tries=4,
        )
        order = DownloadRequest(("swwiki",), self.server.url, **options)  # type: ignore[arg-type]
        return download(order, self.folder, http, bars(quiet=True), self.said.append)

    @property
    def bodies(self) -> list[str]:
        asked = [ask.path for ask in self.server.asked if ask.method == "GET"]
        return sorted(path.rsplit("/", 1)[-1] for path in asked if path.endswith(("2", ".gz")))


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    server.publish_content("swwiki", DATE, FILES)
    return Desk(server, tmp_path / "dumps")


def test_all_files_of_the_set_are_downloaded_verified_and_recorded(desk: Desk) -> None:
    plan = desk.run()
    assert {path.name for path in desk.folder.iterdir()} == {*NAMES, RECORD}
    assert plan.paths(desk.folder) == [desk.folder / name for name in NAMES]
    total = sum(map(len, FILES.values()))
    assert desk.said[:2] == [
        f"swwiki {DATE} content export: 3 files, {total / 1000:.0f} kB",
        f"  {NAMES[0]}  45 kB  to download",
    ]
    record = read_record(desk.folder)
    assert record is not None
    assert record.sets == {f"swwiki-{DATE}": NAMES}
    assert record.latest == {}
    for name, data in zip(NAMES, FILES.values(), strict=True):
        assert (desk.folder / name).read_bytes() == data
        assert (record.files[name].sha256, record.files[name].checked) == (sha256(data), "sha256")
    assert "downloaded and verified" in outcome(plan, desk.folder, 1.0)[0]


def test_the_same_command_again_requests_the_catalog_only(desk: Desk) -> None:
    desk.run()
    assert desk.run().done
    assert desk.bodies == []
    assert [ask.path for ask in desk.server.asked if ask.method == "HEAD"] == []


def test_a_set_that_was_interrupted_is_resumed_at_the_last_byte(desk: Desk) -> None:
    path = FOLDER + NAMES[1]
    part = desk.folder / f"{NAMES[1]}.part"
    desk.server.faults[path] = [slow(0.2)]
    stop_at(part, 20_000, desk.stop)
    with pytest.raises(StopRequested):
        desk.run()
    record = read_record(desk.folder)
    assert record is not None
    assert (record.sets, record.latest) == ({f"swwiki-{DATE}": NAMES}, {"swwiki": DATE})
    desk.stop.clear()
    desk.server.publish_content("swwiki", "2026-11-01", FILES)
    here = part.stat().st_size
    desk.run()
    assert "resuming the download of 2026-10-01" in desk.said[0]
    assert desk.server.bodies(path)[0].range == f"bytes={here}-"
    assert {p.name for p in desk.folder.iterdir()} == {*NAMES, RECORD}
    assert desk.run().found[0][1].edition.date == "2026-11-01"


def test_a_set_completes_through_cuts_refusals_and_a_wrong_byte(desk: Desk) -> None:
    desk.server.faults[FOLDER + NAMES[0]] = [cut(99), status(503, Retry_After="1"), cut(20_000)]
    desk.server.faults[FOLDER + NAMES[1]] = [corrupt(9), status(429)]
    desk.server.faults[FOLDER + "SHA256SUMS"] = [status(502)]
    desk.run()
    assert {path.name for path in desk.folder.iterdir()} == {*NAMES, RECORD}
    assert any("sha256 mismatch" in line for line in desk.said)


def test_a_file_that_stays_wrong_is_an_error_and_the_others_are_complete(desk: Desk) -> None:
    desk.server.faults[FOLDER + NAMES[1]] = [corrupt(9), corrupt(9)]
    with pytest.raises(UnfinishedDownload, match=f"{NAMES[1]}: sha256 mismatch") as caught:
        desk.run()
    assert caught.value.complete == (desk.folder / NAMES[0], desk.folder / NAMES[2])
    assert not (desk.folder / NAMES[1]).exists()
    desk.run()
    assert desk.bodies == [NAMES[1]]


def test_a_file_that_changes_during_the_download_is_downloaded_again(desk: Desk) -> None:
    changed = {**FILES, RANGES[0]: b"BZh changed" * 999}

    def change(server: Server) -> None:
        server.publish_content("swwiki", DATE, changed)

    desk.server.faults[FOLDER + NAMES[0]] = [then(change, cut(30_000))]
    desk.run()
    assert (desk.folder / NAMES[0]).read_bytes() == changed[RANGES[0]]


def test_a_login_page_in_place_of_a_file_is_an_error_and_keeps_the_rest(desk: Desk) -> None:
    page = answer(b"<html>log in", Content_Type="text/html")
    desk.server.faults[FOLDER + NAMES[2]] = [page] * 9
    with pytest.raises(ServerError, match="a web page instead of the file"):
        desk.run()
    assert not (desk.folder / NAMES[2]).exists()


def test_a_dump_that_replaces_a_content_export_has_its_own_set(desk: Desk) -> None:
    desk.run()
    pages = {f"pages-articles-multistream{n}.xml-p{n}p{n}.bz2": b"BZh" for n in (1, 2)}
    desk.server.publish("swwiki", "20261101", pages)
    desk.run()
    record = json.loads((desk.folder / RECORD).read_bytes())
    assert record["sets"] == {
        f"swwiki-{DATE}": NAMES,
        "swwiki-20261101": [f"swwiki-20261101-{name}" for name in pages],
    }


def test_a_record_without_sets_is_read(desk: Desk) -> None:
    desk.run()
    path = desk.folder / RECORD
    record = json.loads(path.read_bytes())
    del record["sets"]
    for name in record["files"]:
        del record["files"][name]["sha256"]
    path.write_text(json.dumps(record))
    assert desk.run().done
    kept = read_record(desk.folder)
    assert kept is not None
    assert kept.sets == {f"swwiki-{DATE}": NAMES}


# ---- SQL tables ----


@pytest.mark.parametrize(
    ("date", "note"),
    [
        ("20261001", ""),
        ("20261003", " (no dump of SQL tables of 20261001; 20261003 is the nearest finished dump "
                     "of SQL tables)"),
    ],
)  # fmt: skip
def test_sql_tables_are_those_of_the_date_or_the_nearest(date: str, note: str, desk: Desk) -> None:
    desk.server.publish("swwiki", date, {}, status="failed", tables=TABLES)
    desk.server.publish("swwiki", "20260901", {}, status="failed", tables=TABLES)
    plan = desk.run(sql=True, source="content")
    names = [f"swwiki-{date}-{table}.sql.gz" for table in TABLES]
    assert [path.name for path in plan.paths(desk.folder)] == [*NAMES, *names]
    assert f"swwiki {date} dump of SQL tables: 3 files, 3.07 kB{note}" in desk.said
    assert desk.run(sql=True, source="content").done


def test_sql_tables_of_an_interrupted_download_stay_the_same(desk: Desk) -> None:
    desk.server.publish("swwiki", "20260920", {}, status="failed", tables=TABLES)
    desk.server.faults[FOLDER + NAMES[0]] = [status(404)]
    with pytest.raises(UnfinishedDownload):
        desk.run(sql=True)
    desk.server.publish("swwiki", "20261001", {}, status="failed", tables=TABLES)
    desk.server.faults[FOLDER + NAMES[0]] = [status(404)]
    with pytest.raises(UnfinishedDownload):
        desk.run(sql=True)
    resumed = "resuming the download of 20260920; the pages are of 2026-10-01"
    assert any(line.endswith(f"3 files, 3.07 kB ({resumed})") for line in desk.said)
    desk.run()
    record = read_record(desk.folder)
    assert record is not None
    assert record.latest == {}
    plan = desk.run(sql=True)
    assert [one.edition.date for _, one in plan.found] == [DATE, "20261001"]


# ---- three months ----


@pytest.mark.parametrize(
    ("today", "warned"), [("2026-10-15", False), ("2026-12-15", False), ("2026-12-16", True)]
)
def test_an_edition_about_to_be_removed_is_reported_while_files_are_missing(
    today: str, warned: bool, desk: Desk
) -> None:
    desk.now = datetime.fromisoformat(f"{today}T12:00+00:00").timestamp()
    desk.run()
    warning = (
        "swwiki: content exports are kept for about three months; that of 2026-10-01 may be "
        "removed from about 2026-12-30 on, and cannot be resumed then"
    )
    assert (warning in desk.said) == warned
    desk.run()
    assert warning not in desk.said


def test_an_edition_that_leaves_the_server_before_it_is_complete_is_reported(desk: Desk) -> None:
    desk.server.faults[FOLDER + NAMES[0]] = [status(404)]
    with pytest.raises(UnfinishedDownload):
        desk.run()
    desk.server.files.clear()
    desk.server.publish_content("swwiki", "2026-12-01", FILES)
    with pytest.raises(ServerError, match=f"; 1 of its 3 files are missing in {desk.folder}"):
        desk.run(date=DATE)
    gone = "the download of 2026-10-01 cannot be finished, because the server no longer has it"
    assert desk.run().found[0][1].note == gone


def test_a_complete_edition_needs_the_server_no_longer(desk: Desk) -> None:
    desk.run()
    desk.server.files.clear()
    desk.server.publish_content("swwiki", "2026-12-01", FILES)
    plan = desk.run(date="20261001")
    assert plan.done
    assert plan.paths(desk.folder) == [desk.folder / name for name in NAMES]
    assert "(the server no longer has it)" in desk.said[0]
    with pytest.raises(ServerError, match="no content export of 2026-09-01"):
        desk.run(date="20260901")
