"""`cstool download` as a whole: plan, disk space, threads, lock, record, repeated runs."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cstool.download.client import HttpClient, ServerError, StopRequested, open_session
from cstool.download.command import (
    DownloadPlan,
    DownloadRequest,
    download,
    list_files,
    make_plan,
    outcome,
)
from cstool.download.lock import exclusive_lock
from cstool.download.plan import Action
from cstool.download.progress_bars import bars
from cstool.download.record import DownloadFolder, read_record
from cstool.download.threads import run_in_threads
from cstool.errors import InputError, OutputError
from cstool.published.set_lists import RECORD
from tests.download.server import Server, corrupt, cut, raw, server, slow, status, stop_at

__all__ = ["server"]

PAGES = {"pages-articles-multistream.xml.bz2": b"BZh" + bytes(range(256)) * 400}
TABLES = ("page", "page_props", "redirect")
DATE = "20261001"
PAGES_NAME = f"-{DATE}-pages-articles-multistream.xml.bz2"


@pytest.fixture
def dumps(server: Server) -> Server:
    """A server with two wikis, their tables, and Wikidata."""
    for wiki in ("enwiki", "swwiki"):
        tables = {table: f"{wiki} {table}".encode() * 999 for table in TABLES}
        server.publish(wiki, DATE, PAGES, tables=tables)
    server.publish_wikidata("20261005", b"[\n{}\n]\n" * 5000)
    return server


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Put a small disk at the folder's place; only root may."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mount = shutil.which("mount") and os.geteuid() == 0
    if not mount or subprocess.run(command, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=False)


class Desk:
    """Runs orders, and keeps what is said."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.told: list[str] = []
        self.stop = threading.Event()

    def http(self) -> HttpClient:
        return HttpClient(open_session(), self.told.append, self.stop, lambda s: None, tries=3)

    def order(self, *wikis: str, **options: object) -> DownloadRequest:
        return DownloadRequest(wikis, self.server.url, **options)  # type: ignore[arg-type]

    def run(self, *wikis: str, **options: object) -> DownloadPlan:
        self.told.clear()
        self.server.asked.clear()
        order = self.order(*wikis, **options)
        return download(order, self.folder, self.http(), bars(quiet=True), self.told.append)

    @property
    def bodies(self) -> list[str]:
        """The names of the dumps that were asked for."""
        ends = (".bz2", ".gz")
        asked = [a.path for a in self.server.asked if a.method == "GET"]
        return sorted(path.rsplit("/", 1)[-1] for path in asked if path.endswith(ends))


@pytest.fixture
def desk(dumps: Server, tmp_path: Path) -> Desk:
    return Desk(dumps, tmp_path / "dumps")


def test_all_that_was_ordered_comes_and_is_said_before(desk: Desk) -> None:
    desk.run("enwiki", "swwiki", wikidata=True, sql=True)
    names = [f"{w}-{DATE}-{t}.sql.gz" for w in ("enwiki", "swwiki") for t in TABLES]
    names += [f"enwiki{PAGES_NAME}", f"swwiki{PAGES_NAME}", "wikidata-20261005-all.json.gz"]
    assert {p.name for p in desk.folder.iterdir()} == {*names, RECORD}
    assert desk.bodies == sorted(names)
    for name in names:
        wiki = "wikidatawiki/entities" if name.startswith("wikidata") else name.split("-")[0]
        data = desk.server.files[f"/{wiki}/{name.split('-')[1]}/{name}"]
        assert (desk.folder / name).read_bytes() == data
    assert desk.told[0].startswith(f"enwiki {DATE} dump: 4 files, ")
    assert desk.told[1] == f"  enwiki{PAGES_NAME}  102 kB  to download"
    assert "to download; " in desk.told[-1]
    assert " free in " in desk.told[-1]


def test_the_same_order_again_fetches_nothing(desk: Desk) -> None:
    order = {"wikidata": True, "sql": True}
    desk.run("enwiki", **order)
    before = {path: path.stat() for path in desk.folder.iterdir()}
    assert desk.run("enwiki", **order).done
    assert desk.bodies == []
    assert {path: path.stat() for path in desk.folder.iterdir()} == before
    assert desk.told[-1] == "nothing to download"


def test_what_changed_on_the_server_is_downloaded_again(desk: Desk) -> None:
    desk.run("enwiki", wikidata=True)
    desk.server.publish("enwiki", DATE, {"pages-articles-multistream.xml.bz2": b"BZh anew"})
    plan = desk.run("enwiki", wikidata=True)
    assert desk.bodies == [f"enwiki{PAGES_NAME}"]
    assert (desk.folder / f"enwiki{PAGES_NAME}").read_bytes() == b"BZh anew"
    assert [step.why for step in plan.steps] == ["the file changed on the server", ""]


def test_a_change_is_detected_by_the_validators_where_there_are_no_checksums(desk: Desk) -> None:
    desk.server.publish_wikidata("20261012", b"one", sums="")
    desk.server.files.pop("/wikidatawiki/entities/20261005/wikidata-20261005-sha1sums.txt")
    order = {"wikidata": True, "wikidata_date": "20261012"}
    desk.run(**order)
    assert desk.run(**order).done
    desk.server.publish_wikidata("20261012", b"two", sums="")
    desk.run(**order)
    assert (desk.folder / "wikidata-20261012-all.json.gz").read_bytes() == b"two"


def test_a_file_that_was_changed_here_is_detected_and_downloaded_again(desk: Desk) -> None:
    desk.run("enwiki")
    path = desk.folder / f"enwiki{PAGES_NAME}"
    data = path.read_bytes()
    for damaged in (data[:-1] + b"x", data[:-1]):
        path.write_bytes(damaged)
        os.utime(path, ns=(1, 1))
        assert not desk.run("enwiki").done
        assert path.read_bytes() == data
    os.utime(path, ns=(2, 2))
    assert [step.action for step in desk.run("enwiki").steps] == [Action.CHECK]
    assert desk.bodies == []
    assert desk.run("enwiki").done


def test_a_file_that_lies_there_already_is_read_and_taken(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / f"enwiki{PAGES_NAME}").write_bytes(*PAGES.values())
    assert [step.action for step in desk.run("enwiki").steps] == [Action.CHECK]
    assert desk.bodies == []
    assert desk.run("enwiki").done


@pytest.mark.parametrize("data", [b"a thesis", bytes(102_403)])
def test_another_file_under_that_name_is_left_alone(data: bytes, desk: Desk) -> None:
    desk.folder.mkdir()
    path = desk.folder / f"enwiki{PAGES_NAME}"
    path.write_bytes(data)
    with pytest.raises((OutputError, ServerError), match="differs from the published file"):
        desk.run("enwiki")
    assert path.read_bytes() == data


def test_a_full_disk_is_told_before_anything_is_fetched(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.download.plan.free_bytes", lambda folder: 100_000)
    with pytest.raises(OutputError, match=r"\(102 kB to download, 100 kB free\)"):
        desk.run("enwiki")
    assert desk.bodies == []


def test_a_disk_that_fills_up_meanwhile_is_reported_and_what_is_there_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.download.plan.free_bytes", lambda folder: 1 << 40)
    desk.folder.mkdir()
    with small_disk(desk.folder, "80k"):
        with pytest.raises(OutputError, match="no space left on the disk"):
            desk.run("enwiki")
        here = (desk.folder / f"enwiki{PAGES_NAME}.part").stat().st_size
        assert 0 < here < 102_403
        subprocess.run(["mount", "-o", "remount,size=4m", desk.folder], check=True)
        desk.stop.clear()
        desk.run("enwiki")
        path = f"/enwiki/{DATE}/enwiki{PAGES_NAME}"
        assert desk.server.bodies(path)[0].range == f"bytes={here}-"


def test_what_is_begun_counts_as_room_that_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.folder.mkdir()
    [data] = PAGES.values()
    (desk.folder / f"enwiki{PAGES_NAME}.part").write_bytes(data[:50_000])
    monkeypatch.setattr("cstool.download.plan.free_bytes", lambda folder: 60_000)
    desk.run("enwiki")
    assert desk.server.bodies(f"/enwiki/{DATE}/enwiki{PAGES_NAME}")[0].range == "bytes=50000-"


def test_no_more_than_two_connections_are_open(desk: Desk) -> None:
    paths = [path for path in desk.server.files if path.endswith("gz")]
    for path in paths:
        desk.server.faults[path] = [slow(0.03)]
    desk.run("enwiki", "swwiki", sql=True)
    assert desk.server.busiest == 2
    assert desk.server.most == 2


def test_one_file_that_fails_does_not_keep_the_others(desk: Desk) -> None:
    path = f"/enwiki/{DATE}/enwiki{PAGES_NAME}"
    desk.server.faults[path] = [corrupt(9), corrupt(9)]
    desk.server.faults[f"/enwiki/{DATE}/enwiki-{DATE}-page.sql.gz"] = [status(404)]
    with pytest.raises(ServerError, match=r"sha1 mismatch: .* \(2 of 5 files failed\)"):
        desk.run("enwiki", sql=True, wikidata=True)
    assert len([p for p in desk.folder.iterdir() if p.suffix == ".gz"]) == 3
    desk.run("enwiki", sql=True, wikidata=True)
    assert desk.bodies == [f"enwiki-{DATE}-page.sql.gz", f"enwiki{PAGES_NAME}"]


# ---- what latest means ----


def test_latest_stays_the_same_until_all_of_it_is_here(desk: Desk) -> None:
    path = f"/enwiki/{DATE}/enwiki{PAGES_NAME}"
    desk.server.faults[path] = [cut(9)] * 3
    with pytest.raises(ServerError):
        desk.run("enwiki")
    desk.server.publish("enwiki", "20261020", PAGES)
    plan = desk.run("enwiki")
    assert "resuming the download of 20261001" in plan.found[0][1].note
    assert desk.bodies == [f"enwiki{PAGES_NAME}"]
    assert desk.server.bodies(path)[0].range == "bytes=27-"
    assert desk.run("enwiki").found[0][1].edition.date == "20261020"


def test_a_dry_run_only_looks(desk: Desk) -> None:
    shelf = DownloadFolder(desk.folder)
    plan = make_plan(desk.order("enwiki", wikidata=True, date=DATE), shelf, desk.http())
    lines = plan.lines(desk.folder)
    assert lines[2] == (
        "wikidata 20261005 dump: 1 file, 35 kB (no dump of 20261001; 20261005 is "
        "the nearest finished dump)"
    )
    assert lines[3].split() == ["wikidata-20261005-all.json.gz", "35", "kB", "to", "download"]
    assert not desk.folder.exists()
    assert desk.bodies == []


# ---- what is checked ----

NOTHING = "no size or checksum published: not verified"
ONLY_SIZE = "no checksum published: only the size is verified"
WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def publish_less(desk: Desk, *, sums: str, length: bool) -> str:
    """Publish Wikidata with these checksums, and no size unless the server sends its length."""
    data = b"[\n{}\n]\n" * 5000
    desk.server.files = {}
    desk.server.publish_wikidata("20261012", data, sums=sums)
    path = "/wikidatawiki/entities/20261012/wikidata-20261012-all.json.gz"
    if not length:
        desk.server.head_faults[path] = [raw(WITHOUT_LENGTH)] * 9
        desk.server.faults[path] = [raw(WITHOUT_LENGTH, data)] * 9
    return path.rsplit("/", 1)[-1]


@pytest.mark.parametrize(
    ("sums", "length", "note", "done"),
    [
        ("sha1 md5", True, "", "35 kB downloaded and verified"),
        ("sha1", False, "", "35 kB downloaded and verified"),
        ("md5", False, "", "35 kB downloaded and verified"),
        ("", True, ONLY_SIZE, "35 kB downloaded"),
        ("", False, NOTHING, "35 kB downloaded"),
    ],
)
def test_what_is_not_checked_is_said_before_and_after(
    sums: str, length: bool, note: str, done: str, desk: Desk
) -> None:
    name = publish_less(desk, sums=sums, length=length)
    order = {"wikidata": True, "wikidata_date": "20261012"}
    plan = desk.run(**order)
    [line] = [text for text in desk.told if text.startswith(f"  {name}")]
    assert line.endswith(f"to download; {note}" if note else "to download")
    first, *notes = outcome(plan, desk.folder, 2.0)
    assert first == f"{done} → {desk.folder} (2.0 s)"
    assert notes == ([f"{name}: {note}"] if note else [])
    record = read_record(desk.folder)
    assert record is not None
    assert (record.files[name].checked is None) == bool(note)
    again = outcome(desk.run(**order), desk.folder, 2.0)
    assert again == [f"all files are already in {desk.folder}", *notes]


@pytest.mark.parametrize("number", [405, 501])
def test_a_server_that_does_not_answer_head_publishes_no_size(number: int, desk: Desk) -> None:
    name = publish_less(desk, sums="sha1", length=True)
    path = f"/wikidatawiki/entities/20261012/{name}"
    desk.server.head_faults[path] = [status(number)]
    [step] = desk.run(wikidata=True).steps
    assert step.remote.bytes is None
    assert desk.bodies == [name]


# ---- stopping, locks, the record ----


def test_a_stopped_run_ends_at_once_and_is_resumed(desk: Desk) -> None:
    path = f"/enwiki/{DATE}/enwiki{PAGES_NAME}"
    part = desk.folder / f"enwiki{PAGES_NAME}.part"
    desk.server.faults[path] = [slow(0.2)]
    stop_at(part, 20_000, desk.stop)
    begun = time.monotonic()
    with pytest.raises(StopRequested):
        desk.run("enwiki")
    assert time.monotonic() - begun < 5  # idle: 0.3
    [line] = list_files(desk.folder)
    assert re.fullmatch(rf"enwiki{PAGES_NAME}: .* of 102 kB downloaded", line)
    desk.stop.clear()
    here = part.stat().st_size
    desk.run("enwiki")
    assert desk.server.bodies(path)[0].range == f"bytes={here}-"
    assert list_files(desk.folder) == [f"enwiki{PAGES_NAME}: complete"]


def test_a_second_run_in_the_folder_waits_for_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    inside = threading.Event()
    leave = threading.Event()
    order: list[str] = []

    def first() -> None:
        with exclusive_lock(tmp_path, said.append, time.sleep):
            inside.set()
            leave.wait()
            order.append("first")

    def wait(seconds: float) -> None:
        leave.set()
        time.sleep(0.01)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with exclusive_lock(tmp_path, said.append, wait):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert said == [f"{tmp_path}: locked by another cstool download; waiting until it finishes"]
    assert list(tmp_path.iterdir()) == []


def test_threads_keep_the_order_of_the_calls_and_end_at_a_fault() -> None:
    stop = threading.Event()
    calls = [lambda n=n: n * n for n in range(20)]
    assert run_in_threads(calls, most=3, stop=stop) == [n * n for n in range(20)]
    assert not stop.is_set()

    def fail() -> int:
        raise OutputError("disk: full")

    with pytest.raises(OutputError):
        run_in_threads([fail, *calls], most=1, stop=stop)
    assert stop.is_set()
    with pytest.raises(StopRequested):
        run_in_threads(calls, most=2, stop=stop)


def test_a_record_that_is_none_is_reported(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / RECORD).write_text("{")
    with pytest.raises(InputError, match="not a valid download record"):
        desk.run("enwiki")
    (desk.folder / RECORD).unlink()
    assert read_record(desk.folder) is None
