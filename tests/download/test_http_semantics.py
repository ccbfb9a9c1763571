"""Interpretation of replies, and waiting times; without network."""

from email.utils import formatdate

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from cstool.download.client import describe_error
from cstool.download.http_semantics import (
    YEAR,
    Decision,
    NextAction,
    RemoteState,
    backoff,
    judge,
    request_headers,
    retry_after,
)

SIZES = st.integers(1, 1 << 40)


def test_the_first_request_asks_for_all_and_for_its_own_bytes() -> None:
    assert request_headers(0, RemoteState('"a"', "Thu")) == {"Accept-Encoding": "identity"}


@pytest.mark.parametrize(
    ("known", "condition"),
    [
        (RemoteState('"a"', "Thu"), '"a"'),
        (RemoteState('W/"a"', "Thu"), "Thu"),
        (RemoteState(None, "Thu"), "Thu"),
        (RemoteState('W/"a"'), None),
        (RemoteState(), None),
    ],
)
def test_the_rest_is_asked_for_on_the_strongest_condition(
    known: RemoteState, condition: str | None
) -> None:
    headers = request_headers(17, known)
    assert headers["Range"] == "bytes=17-"
    assert headers.get("If-Range") == condition


@given(at=SIZES, more=SIZES)
def test_the_rest_is_appended_only_where_it_belongs(at: int, more: int) -> None:
    total = at + more
    right = {"content-range": f"bytes {at}-{total - 1}/{total}", "etag": '"a"'}
    headers = requests.structures.CaseInsensitiveDict(right)
    assert judge(206, headers, at, RemoteState('"a"', None, total)) == Decision(
        NextAction.APPEND, total=total
    )
    assert judge(206, headers, at + 1, RemoteState()).next is NextAction.OTHER
    assert judge(206, headers, at, RemoteState('"b"')).next is NextAction.OTHER
    assert judge(206, headers, at, RemoteState(bytes=total + 1)).next is NextAction.OTHER
    assert judge(206, {}, at, RemoteState()).next is NextAction.OTHER


@given(at=SIZES)
def test_a_whole_file_instead_of_the_rest_is_begun_with_and_why_is_reported(at: int) -> None:
    same = judge(200, {"ETag": '"a"', "Content-Length": "9"}, at, RemoteState('"a"'))
    assert same == Decision(NextAction.BEGIN, "the server does not support resuming", 9)
    other = judge(200, {"ETag": '"b"'}, at, RemoteState('"a"'))
    assert other == Decision(NextAction.OTHER, "the file changed on the server")
    login = judge(200, {"Content-Length": "812"}, at, RemoteState('"a"', None, 9000))
    assert login == Decision(NextAction.WAIT, "the server sends another file of 812 bytes")
    assert judge(200, {}, 0, RemoteState()) == Decision(NextAction.BEGIN)


def test_nothing_more_to_send_means_whole_or_changed() -> None:
    assert judge(416, {"Content-Range": "bytes */7"}, 7, RemoteState()).next is NextAction.WHOLE
    assert judge(416, {"Content-Range": "bytes */5"}, 7, RemoteState()).next is NextAction.OTHER
    assert judge(416, {}, 7, RemoteState()).next is NextAction.OTHER


@given(st.integers(201, 599), st.sampled_from([0, 7]))
def test_only_passing_faults_are_tried_again(number: int, at: int) -> None:
    found = judge(number, {}, at, RemoteState()).next
    if number in (408, 425, 429, 500, 502, 503, 504):
        assert found is NextAction.WAIT
    elif number not in (206, 416):
        assert found is NextAction.GIVE_UP


@given(st.integers(0, 10**9), st.integers(-(10**6), 10**6))
def test_retry_after_is_read_as_seconds_and_as_a_date(now: int, seconds: int) -> None:
    if seconds >= 0:
        assert retry_after(str(seconds), now) == seconds
    date = formatdate(now + max(seconds, -now), usegmt=True)
    assert retry_after(date, now) == max(0, seconds, -now)


@pytest.mark.parametrize("value", [None, "", "soon", "-3", "1.5", "Thu, 99 Foo 2026"])
def test_a_retry_after_that_is_neither_is_skipped(value: str | None) -> None:
    assert retry_after(value, 0.0) is None


@pytest.mark.parametrize(
    "value",
    [
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 32 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +9999999",
        "Thu, 01 Jan 2026 " + "9" * 5000 + ":00:00 GMT",
        *("Thu,", ",", "Thu, 01 Jan", "１７", "²", "nan", "inf", "1e999", "x" * 60_000),
    ],
)
def test_a_retry_after_that_is_no_date_is_skipped(value: str) -> None:
    assert retry_after(value, 0.0) is None


@pytest.mark.parametrize("value", ["9" * 19, "9" * 400, "9" * 5000, str(10**9)])
def test_a_retry_after_of_ages_is_a_year(value: str) -> None:
    assert retry_after(value, 0.0) == YEAR


@given(st.text() | st.text("0123456789:+-, GMTJanThu"))
def test_no_retry_after_is_a_fault(value: str) -> None:
    seconds = retry_after(value, 1e9)
    assert seconds is None or 0 <= seconds <= YEAR


@pytest.mark.parametrize("digits", ["9" * 5000, str(1 << 63), "-5", "²", "٣"])
def test_a_length_that_is_none_is_not_told(digits: str) -> None:
    assert judge(200, {"Content-Length": digits}, 0, RemoteState()) == Decision(NextAction.BEGIN)
    odd = {"Content-Range": f"bytes {digits}-{digits}/{digits}"}
    assert judge(206, odd, 7, RemoteState()).next is NextAction.OTHER
    assert (
        judge(416, {"Content-Range": f"bytes */{digits}"}, 7, RemoteState()).next
        is NextAction.OTHER
    )


@pytest.mark.parametrize("odd", ['"a\r\n b"', "\x1b[31m", "\xe9", "x" * 201, "ｘ"])
def test_a_validator_that_cannot_be_sent_back_is_not_used(odd: str) -> None:
    assert request_headers(7, RemoteState(odd, odd)).keys() == {"Accept-Encoding", "Range"}
    assert judge(200, {"ETag": odd}, 0, RemoteState('"a"')) == Decision(NextAction.BEGIN)


def test_waiting_doubles_up_to_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 3, 6, 7, 50)] == [1, 2, 4, 32, 60, 60]


def test_waiting_is_longer_where_the_server_refuses() -> None:
    assert [backoff(n, by_server=True) for n in (1, 2, 3, 4, 50)] == [60, 300, 900, 900, 900]


def test_a_networks_fault_is_reported_without_addresses_in_memory() -> None:
    refused = "<urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new"
    refused += " connection: [Errno 111] Connection refused"
    assert describe_error(requests.ConnectionError(refused)) == "Connection refused"
    broken = urllib3.exceptions.ProtocolError("Connection broken: IncompleteRead(1 bytes read)")
    assert describe_error(broken) == "Connection broken: IncompleteRead(1 bytes read)"
    assert describe_error(requests.ReadTimeout("HTTPConnectionPool: Read timed out.")) == (
        "timed out"
    )
    assert describe_error(requests.ConnectionError()) == "ConnectionError"
