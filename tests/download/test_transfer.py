"""One file from a faulty server: complete and correct at the end, or a clear message."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cstool.download.catalogue import RemoteFile
from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.progress_bars import bars
from cstool.download.record import CompleteFile, DownloadFolder, PendingFile, read_record
from cstool.download.transfer import TransferContext, fetch
from cstool.published.set_lists import RECORD
from tests.download.server import (
    Fault,
    Server,
    close_without_a_word,
    corrupt,
    cut,
    etag,
    lie,
    md5,
    no_ranges,
    no_ranges_cut,
    redirect,
    reset,
    server,
    sha1,
    silent,
    slow,
    status,
    then,
    wrong_piece,
)

__all__ = ["server"]

DATA = random.Random(7).randbytes(200_000)
OTHER = random.Random(8).randbytes(150_000)
PATH = "/enwiki/20261001/f.bz2"
NAME = "f.bz2"


@dataclass
class Client:
    """A folder and a line to the server, whose sleep only takes notes."""

    server: Server
    folder: Path
    tries: int = 5
    patience: float = 20.0
    said: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def http(self) -> HttpClient:
        return HttpClient(
            open_session("me@example.org"),
            self.said.append,
            sleep=self.slept.append,
            now=lambda: 1_000_000_000.0,
            tries=self.tries,
            timeouts=(20.0, self.patience),
        )

    def job(self) -> TransferContext:
        return TransferContext(
            self.http(), DownloadFolder(self.folder), bars(quiet=True), lambda _: self.remote()
        )

    def remote(self, **fields: object) -> RemoteFile:
        """The file as the catalogue has it now."""
        data = self.server.files[PATH]
        known = {"bytes": len(data), "sha1": sha1(data), "md5": md5(data)} | fields
        return RemoteFile(NAME, self.server.url + PATH, **known)  # type: ignore[arg-type]

    def fetch(self, remote: RemoteFile | None = None) -> CompleteFile:
        return fetch(remote or self.remote(), self.job())

    def is_whole(self, data: bytes = DATA) -> bool:
        """Whether the file and its record are here, and nothing else."""
        names = {path.name for path in self.folder.iterdir()}
        record = read_record(self.folder)
        assert record is not None
        return (
            names == {NAME, RECORD}
            and (self.folder / NAME).read_bytes() == data
            and record.files[NAME].sha1 == sha1(data)
            and not record.begun
        )

    @property
    def ranges(self) -> list[str]:
        return [ask.range for ask in self.server.bodies(PATH)]

    def begin(self, size: int, data: bytes = DATA, **fields: object) -> None:
        """Leave so many bytes as a run that was killed."""
        (self.folder / f"{NAME}.part").write_bytes(data[:size])
        known = {"bytes": len(data), "sha1": sha1(data), "md5": md5(data), "etag": etag(data)}
        begun = PendingFile(self.server.url + PATH, **(known | fields))  # type: ignore[arg-type]
        DownloadFolder(self.folder).begin(NAME, begun)


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Client:
    server.files[PATH] = DATA
    return Client(server, tmp_path)


def fetch_as(client: Client, remote: RemoteFile) -> CompleteFile:
    """Fetch a file of which the catalogue says this, and says it again."""
    job = TransferContext(
        client.http(), DownloadFolder(client.folder), bars(quiet=True), lambda r: r
    )
    return fetch(remote, job)


def test_a_file_is_downloaded_checked_and_recorded(client: Client) -> None:
    kept = client.fetch()
    assert client.is_whole()
    assert kept.bytes == len(DATA)
    assert kept.checked == "sha1"
    assert kept.etag == etag(DATA)
    assert client.said == []
    [ask] = client.server.asked
    assert ask.agent.startswith("cstool/")
    assert "me@example.org" in ask.agent


def test_only_an_md5_is_checked_where_no_sha1_is_published(client: Client) -> None:
    assert client.fetch(client.remote(sha1=None)).checked == "md5"
    (client.folder / NAME).unlink()
    with pytest.raises(ServerError, match="md5 mismatch"):
        fetch_as(client, client.remote(sha1=None, md5="0" * 32))


RECOVERED: dict[str, list[Fault]] = {
    "cut": [cut(70_000), cut(30_000), cut(0)],
    "reset": [reset(70_000), reset(20_000)],
    "no answer": [close_without_a_word, close_without_a_word],
    "no ranges": [cut(70_000), no_ranges],
    "no ranges and cut": [no_ranges_cut(70_000), no_ranges_cut(30_000), no_ranges],
    "length too small": [lie(90_000, upto=90_000)],
    "length too large": [lie(300_000, upto=200_000)],
    "length far too large": [lie(9_000_000)],
    "429": [status(429, Retry_After="0"), status(429)],
    "503": [status(503), status(503, Retry_After="7")],
    "500, 502, 504, 408": [status(500), status(502), status(504), status(408)],
    "silence at first": [silent(30.0)],
    "silence in the middle": [silent(30.0, upto=50_000)],
    "slow": [slow(0.02)],
    "another piece": [cut(70_000), wrong_piece],
    "a corrupt byte": [corrupt(123_456)],
    "a corrupt byte before a cut": [then(lambda s: None, corrupt(5)), cut(9)],
    "a redirect": [redirect("/elsewhere/f.bz2")],
}


@pytest.mark.parametrize("fault", RECOVERED)
def test_it_ends_whole_through(fault: str, client: Client) -> None:
    if "silence" in fault:
        client.patience = 0.3
    client.server.files["/elsewhere/f.bz2"] = DATA
    client.server.faults[PATH] = [*RECOVERED[fault]]
    client.fetch()
    assert client.is_whole()
    assert not client.server.faults[PATH]


def test_after_a_truncated_only_the_rest_is_asked_for(client: Client) -> None:
    client.server.faults[PATH] = [cut(70_000), cut(30_000)]
    client.fetch()
    assert client.ranges == ["", "bytes=70000-", "bytes=100000-"]
    assert client.slept == [1, 2]


def test_a_server_without_ranges_begins_again_and_that_is_said(client: Client) -> None:
    client.server.faults[PATH] = [cut(70_000), no_ranges]
    client.fetch()
    assert client.said == [f"{NAME}: the server does not support resuming; starting over"]


def test_it_waits_as_long_as_the_server_asks(client: Client) -> None:
    date = "Sun, 09 Sep 2001 01:47:10 GMT"  # 30 s after the client's time
    client.server.faults[PATH] = [
        status(429, Retry_After="0"),
        status(429, Retry_After="17"),
        status(503, Retry_After=date),
        status(503),
    ]
    client.fetch()
    assert client.slept == [0, 17, 30, 60]
    assert client.said[0] == f"{NAME}: the server returned HTTP 429; retrying in 17 s"


def test_it_waits_longer_after_each_refusal_and_not_after_a_cut(client: Client) -> None:
    client.server.faults[PATH] = [status(500), cut(5), status(502), cut(5)]
    client.fetch()
    assert client.slept == [60, 2, 300, 8]


def test_a_wait_of_hours_is_left_to_the_user(client: Client) -> None:
    client.server.faults[PATH] = [status(503, Retry_After="86400")]
    with pytest.raises(ServerError, match=r"requests a wait of 24\.0 hours"):
        client.fetch()
    assert client.slept == []


@pytest.mark.parametrize("fault", [status(503), close_without_a_word, cut(0)])
def test_tries_are_bounded_and_what_is_here_stays(fault: Fault, client: Client) -> None:
    client.tries = 3
    client.begin(60_000)
    client.server.faults[PATH] = [fault] * 3
    with pytest.raises(
        ServerError, match=r"f.bz2: .*, 3 times in a row; run the same command again"
    ):
        client.fetch()
    assert (client.folder / f"{NAME}.part").read_bytes() == DATA[:60_000]
    client.fetch()
    assert client.is_whole()
    assert set(client.ranges) == {"bytes=60000-"}


@pytest.mark.parametrize("number", [401, 403, 404, 410])
def test_a_lasting_refusal_is_told_at_once(number: int, client: Client) -> None:
    client.server.faults[PATH] = [status(number)]
    with pytest.raises(ServerError, match=f"f.bz2: the server returned HTTP {number}"):
        client.fetch()
    assert len(client.server.asked) == 1


def test_a_ring_of_redirects_is_told(client: Client) -> None:
    client.server.faults[PATH] = [redirect(PATH)] * 40
    with pytest.raises(ServerError, match="redirects"):
        client.fetch()


def test_a_wrong_checksum_is_fetched_once_more_and_then_told(client: Client) -> None:
    client.server.faults[PATH] = [corrupt(1), corrupt(2)]
    with pytest.raises(ServerError, match=r"sha1 mismatch: \w{40}, published \w{40}, 2 times"):
        client.fetch()
    assert client.ranges == ["", ""]
    assert [path.name for path in client.folder.iterdir()] == [RECORD]
    assert "downloading it again" in client.said[0]


# ---- continued ----


def test_a_killed_run_is_gone_on_with(client: Client) -> None:
    client.begin(123_457)
    client.fetch()
    assert client.is_whole()
    assert client.ranges == ["bytes=123457-"]


def test_a_run_killed_before_the_last_rename_asks_for_nothing(client: Client) -> None:
    client.begin(len(DATA))
    client.fetch()
    assert client.is_whole()
    assert client.server.asked == []


def test_bytes_without_a_record_are_resumed_and_checked(client: Client) -> None:
    (client.folder / f"{NAME}.part").write_bytes(DATA[:50_000])  # as another program left them
    client.fetch()
    assert client.is_whole()
    assert client.ranges == ["bytes=50000-"]


def test_a_damaged_piece_is_found_by_the_checksum(client: Client) -> None:
    client.begin(50_000, data=b"x" + DATA[1:], sha1=sha1(DATA), md5=md5(DATA), etag=etag(DATA))
    client.fetch()
    assert client.is_whole()
    assert client.ranges == ["bytes=50000-", ""]


def test_more_bytes_than_the_file_has_are_dropped(client: Client) -> None:
    (client.folder / f"{NAME}.part").write_bytes(bytes(len(DATA) + 1))
    client.fetch()
    assert client.is_whole()
    assert client.ranges == [""]


# ---- files that change ----


def replace_by(data: bytes) -> Fault:
    return then(lambda server: server.files.__setitem__(PATH, data), cut(70_000))


def test_a_file_that_changes_between_two_requests_is_begun_again(client: Client) -> None:
    client.server.faults[PATH] = [replace_by(OTHER)]
    client.fetch()
    assert client.is_whole(OTHER)
    assert client.said == [f"{NAME}: the file changed on the server; starting over"]
    assert client.ranges == ["", "bytes=70000-", ""]


def test_a_change_is_detected_without_validators(client: Client) -> None:
    bare = {"ETag": "", "Last-Modified": ""}
    client.server.faults[PATH] = [
        then(
            lambda server: server.files.__setitem__(PATH, OTHER),
            lambda handler: handler.serve(upto=70_000, headers=bare),
        ),
        lambda handler: handler.serve(headers=bare),
    ]
    client.fetch()
    assert client.is_whole(OTHER)


def test_a_file_that_changed_since_it_was_begun_is_restarted(client: Client) -> None:
    client.begin(100_000, data=OTHER)
    client.fetch()
    assert client.is_whole()
    assert client.ranges == [""]
    assert client.said == [
        f"{NAME}: the file changed on the server since the download began; starting over"
    ]
