"""Servers that lie or attack: each reply ends in one line, or does no harm, at each request."""

import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.replies import SMALL
from tests.download.hostile import (
    ADDRESSES,
    CONTENT_PLACES,
    LONGEST_LINE,
    PLACES,
    answers,
    meet,
)
from tests.download.server import Fault, Server, answer, endless, server
from tests.support import gzipped

__all__ = ["server"]

# Each answer at one place, each place with many; `scripts/fuzz/download.py` tries all with all.
TRIED = [
    (place, name)
    for number, place in enumerate((*PLACES, *CONTENT_PLACES))
    for turn, name in enumerate(answers(place))
    if turn % 10 == number or name.startswith(("dumpstatus", "sums"))
]


@pytest.mark.parametrize(("place", "name"), TRIED)
def test_a_hostile_answer_ends_in_a_line_or_does_no_harm(
    place: str, name: str, server: Server, tmp_path: Path
) -> None:
    meet(server, place, answers(place)[name], tmp_path / "d")


# ---- bounds of what is read ----


def http_to(**bounds: float) -> HttpClient:
    return HttpClient(open_session(), lambda text: None, sleep=lambda s: None, tries=2, **bounds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (answer(bytes(SMALL + 1)), "the reply has more than 8 MiB"),
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1 << 16)), "the reply has more than 8 MiB"),
        (
            answer(gzipped(bytes(SMALL + 1)), Content_Encoding="gzip"),
            "gzip data expands to more than",
        ),
        (answer(zlib.compress(bytes(SMALL + 1)), Content_Encoding="deflate"), "to more than 8 MiB"),
        (answer(b"x", Content_Encoding="br"), "unsupported content encoding 'br'"),
        (answer(b"x", Content_Encoding="zstd"), "unsupported content encoding 'zstd'"),
    ],
)
def test_a_catalogue_without_bounds_is_refused_with_its_address(
    fault: Fault, word: str, server: Server
) -> None:
    server.faults["/x"] = [fault]
    with pytest.raises(ServerError, match=f"^{server.url}/x: .*{word}"):
        http_to().read(f"{server.url}/x")
    assert len(server.asked) == 1


@pytest.mark.parametrize("size", [0, 1000, SMALL])
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "x-gzip", "deflate"])
def test_a_catalogue_within_the_bounds_is_read_as_it_is_packed(
    size: int, encoding: str, server: Server
) -> None:
    data = bytes(size)
    body = gzipped(data) if "gzip" in encoding else data
    body = zlib.compress(data) if encoding == "deflate" else body
    server.faults["/x"] = [answer(body, Content_Encoding=encoding)]
    assert http_to().read(f"{server.url}/x") == data


def test_a_bomb_is_not_unpacked_into_memory(server: Server) -> None:
    bomb = gzipped(bytes(1 << 28), 1)
    server.faults["/x"] = [answer(bomb, Content_Encoding="gzip")]
    http = http_to()
    tracemalloc.start()
    try:
        with pytest.raises(ServerError, match="expands to"):
            http.read(f"{server.url}/x")
        assert tracemalloc.get_traced_memory()[1] < 4 * SMALL
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_a_server_that_drips_holds_no_request_for_longer_than_the_limit(
    head: bytes, server: Server
) -> None:
    server.faults["/x"] = [endless(head, b"1", pause=0.01, most=60.0)]
    with pytest.raises(ServerError, match=r"/x: no complete reply within 0 s"):
        http_to(limit=0.2).read(f"{server.url}/x")
    assert len(server.asked) == 1


def test_a_connection_is_used_again_after_its_deadline_was_kept(server: Server) -> None:
    server.files["/x"] = b"x"
    http = http_to(limit=0.1)
    for _ in range(3):
        assert http.read(f"{server.url}/x") == b"x"
        time.sleep(0.12)
    assert server.most == 1


def test_a_dump_that_crawls_is_a_fault_of_the_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstool.download.replies._PERIOD", 0.2)
    fault = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"y", pause=0.01)
    assert "bytes received in 0 min, 2 times in a row" in meet(server, PLACES[-1], fault, tmp_path)


# ---- redirects ----


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_redirect_to_no_web_address_is_refused_or_leads_nowhere(
    address: str, server: Server
) -> None:
    server.faults["/x"] = [answer(b"", 302, Location=address)] * 3
    try:
        assert http_to().read(f"{server.url}/x") is None  # a place that is not there
    except ServerError as error:
        assert str(error).startswith(f"{server.url}/x")
        assert len(str(error)) < LONGEST_LINE


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("file:///etc/passwd", "redirects to 'file:///etc/passwd', which is not a web address"),
        ("http://127.0.0.1:99999/", "which is not a web address"),
        ("http://[::1", "which is not a web address"),
        ("", "redirects nowhere"),
        (
            "http://no.such.host.invalid/x",
            r"redirected to http://no\.such\S+: the host name cannot be",
        ),
        ("/x", "more than 10 redirects"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_reported(address: str, word: str, server: Server) -> None:
    server.faults["/x"] = [answer(b"", 302, Location=address)] * 20
    with pytest.raises(ServerError, match=word):
        http_to().read(f"{server.url}/x")


def test_a_redirect_is_followed_with_the_range_that_was_asked_for(server: Server) -> None:
    server.files["/y"] = b"0123456789"
    server.faults["/x"] = [answer(b"", 307, Location="y")]
    with http_to().open(f"{server.url}/x", {"Range": "bytes=4-"}) as reply:
        assert reply.status == 206
        assert b"".join(reply.blocks()) == b"456789"
