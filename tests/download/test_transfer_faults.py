"""Transfer from servers whose sizes, checksums or validators are missing or wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.download.client import ServerError
from cstool.errors import OutputError
from tests.download.server import (
    Fault,
    Server,
    answer,
    close_without_a_word,
    cut,
    endless,
    etag,
    lie,
    md5,
    no_ranges,
    no_ranges_cut,
    reset,
    running_server,
    server,
    sha1,
    status,
    wrong_piece,
)
from tests.download.test_transfer import (
    DATA,
    NAME,
    OTHER,
    PATH,
    Client,
    client,
    fetch_as,
    replace_by,
)

__all__ = ["client", "server"]


def test_a_size_that_was_not_told_this_time_costs_no_byte(client: Client) -> None:
    client.begin(100_000)
    client.fetch(client.remote(bytes=None, md5=None))
    assert client.is_whole()
    assert client.ranges == ["bytes=100000-"]


def test_a_file_that_keeps_changing_is_told(client: Client) -> None:
    client.server.faults[PATH] = [replace_by(data) for data in (OTHER, DATA, OTHER, DATA)] * 2
    client.server.faults[PATH] = [
        fault for fault in client.server.faults[PATH] for fault in (fault, no_ranges)
    ]
    with pytest.raises(ServerError, match="the file changed on the server, 3 times"):
        client.fetch()


def test_a_change_that_the_catalogue_does_not_tell_costs_no_byte(client: Client) -> None:
    """One name, two machines: the file is the same, its validators are not."""
    one, other = {"ETag": '"one"'}, {"ETag": '"other"', "Last-Modified": ""}
    client.server.faults[PATH] = [
        lambda handler: handler.serve(upto=70_000, headers=one),
        lambda handler: handler.serve(headers=other),
        lambda handler: handler.serve(upto=50_000, headers=other),
        lambda handler: handler.serve(headers=one),
    ]
    client.fetch()
    assert client.is_whole()
    assert [r for r in client.ranges if not r] == [""]  # the first one alone
    assert client.said == []


LOGIN = b"<html>Welcome to our hotel</html>"


@pytest.mark.parametrize(
    ("here", "kind"), [(0, "text/html; charset=utf-8"), (60_000, "text/html"), (60_000, "")]
)
def test_a_page_that_asks_for_a_login_costs_no_byte(here: int, kind: str, client: Client) -> None:
    client.tries = 3
    if here:
        client.begin(here)
    headers = {"Content-Type": kind} if kind else {}
    client.server.faults[PATH] = [lambda handler: handler.send_body(200, LOGIN, headers)] * 3
    with pytest.raises(ServerError, match=r"(another file|a web page).*, 3 times in a row"):
        client.fetch()
    assert (client.folder / f"{NAME}.part").read_bytes() == DATA[:here]
    client.fetch()
    assert client.is_whole()


def test_a_catalogue_with_too_small_a_size_is_reported(client: Client) -> None:
    with pytest.raises(ServerError, match=r"2 times; .*--mirror"):
        fetch_as(client, client.remote(bytes=len(DATA) - 1))
    assert not (client.folder / NAME).exists()


def test_a_catalogue_with_too_large_a_size_is_overruled_by_the_checksum(client: Client) -> None:
    fetch_as(client, client.remote(bytes=len(DATA) + 1))
    assert client.is_whole()


# ---- nothing published ----


def test_without_checksum_and_size_the_servers_word_is_taken(client: Client) -> None:
    client.server.faults[PATH] = [cut(70_000)]
    bare = client.remote(bytes=None, sha1=None, md5=None)
    kept = client.fetch(bare)
    assert client.is_whole()
    assert kept.checked is None
    assert client.ranges == ["", "bytes=70000-"]


def test_all_of_a_file_of_unknown_size_is_here_when_the_server_has_no_more(client: Client) -> None:
    client.begin(len(DATA), bytes=None, sha1=None, md5=None)
    client.fetch(client.remote(bytes=None, sha1=None, md5=None))
    assert client.is_whole()
    assert client.ranges == [f"bytes={len(DATA)}-"]


def test_a_piece_that_nothing_tells_of_is_dropped_where_nothing_can_check_it(
    client: Client,
) -> None:
    (client.folder / f"{NAME}.part").write_bytes(OTHER[:50_000])
    client.fetch(client.remote(sha1=None, md5=None))
    assert client.is_whole()


# ---- the disk ----


def test_a_folder_that_cannot_be_written_is_reported(client: Client) -> None:
    (client.folder / f"{NAME}.part").mkdir()
    (client.folder / f"{NAME}.part" / "x").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"f.bz2.part: cannot be written"):
        client.fetch()


@pytest.fixture
def small_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cstool.download.plan.free_bytes", lambda folder: 100_000)


@pytest.mark.usefixtures("small_room")
@pytest.mark.parametrize("length", [200_000, 1 << 40, (1 << 63) - 1])
def test_a_length_beyond_what_is_free_is_told_before_a_byte_is_taken(
    length: int, client: Client
) -> None:
    client.server.faults[PATH] = [lie(length)]
    with pytest.raises(OutputError, match=r"f.bz2.part: not enough disk space .* by the server's"):
        client.fetch(client.remote(bytes=None, md5=None))
    assert (client.folder / f"{NAME}.part").stat().st_size == 0


@pytest.mark.parametrize("published", [{}, {"sha1": sha1(DATA)}, {"md5": md5(DATA)}])
def test_a_body_without_end_leaves_room_on_the_disk(
    published: dict[str, str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 600 << 20

    def free_bytes(folder: Path) -> int:
        return free - (folder / f"{NAME}.part").stat().st_size

    monkeypatch.setattr("cstool.download.plan.free_bytes", free_bytes)
    monkeypatch.setattr("cstool.download.plan._RESERVE", free - (1 << 20))
    monkeypatch.setattr("cstool.download.transfer._LOOK", 1 << 18)
    client.server.faults[PATH] = [endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 16))]
    bare = client.remote(**{"bytes": None, "sha1": None, "md5": None} | published)
    with pytest.raises(OutputError, match="of a file of unknown size"):
        client.fetch(bare)
    assert 1 << 20 < (client.folder / f"{NAME}.part").stat().st_size < 1 << 21


@pytest.mark.parametrize(
    "fault",
    [
        lie(len(DATA), upto=len(DATA)),
        endless(b"HTTP/1.1 200 OK\r\n\r\n", DATA[: len(DATA) // 4]),
        answer(DATA, Content_Length=""),
    ],
    ids=["shorter than its length", "no end", "no length"],
)
@pytest.mark.parametrize("size", [1, 150_000, len(DATA) - 1])
def test_more_than_the_published_size_is_refused_where_no_checksum_tells(
    size: int, fault: Fault, client: Client
) -> None:
    client.server.faults[PATH] = [fault]
    with pytest.raises(ServerError, match=f"sends more than the published {size:,} bytes"):
        fetch_as(client, client.remote(bytes=size, sha1=None, md5=None))
    assert not (client.folder / NAME).exists()


def test_a_file_of_the_published_size_is_taken_without_a_length(client: Client) -> None:
    client.server.faults[PATH] = [answer(DATA, Content_Length="")]
    assert client.fetch(client.remote(sha1=None, md5=None)).checked is None
    assert client.is_whole()


def test_validators_that_cannot_be_sent_back_are_not_recorded(client: Client) -> None:
    odd = {"ETag": "\xff\x1b[31m", "Last-Modified": "x" * 999}
    client.server.faults[PATH] = [lambda handler: handler.serve(headers=odd, upto=70_000)]
    kept = client.fetch()
    assert client.is_whole()
    assert kept.etag == etag(DATA)


# ---- any faults in any order ----

FAULTS = st.one_of(
    st.builds(cut, st.integers(0, len(DATA))),
    st.builds(reset, st.integers(0, len(DATA))),
    st.builds(no_ranges_cut, st.integers(0, len(DATA))),
    st.just(no_ranges),
    st.just(wrong_piece),
    st.just(close_without_a_word),
    st.sampled_from([status(n, Retry_After="0") for n in (408, 429, 500, 503)]),
    st.builds(lie, st.integers(1, len(DATA)), st.integers(0, len(DATA))),
)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    with running_server() as running:
        running.files[PATH] = DATA
        yield running


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULTS, max_size=6), here=st.integers(0, len(DATA)))
def test_through_any_faults_it_is_whole_or_not_there(
    faults: list[Fault],
    here: int,
    shared_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = Client(shared_server, tmp_path_factory.mktemp("any"), tries=10)
    shared_server.faults[PATH] = [*faults]
    if here:
        client.begin(here)
    try:
        client.fetch()
    except ServerError:
        assert not (client.folder / NAME).exists()
        shared_server.faults[PATH] = []
        client.fetch()
    assert client.is_whole()
