"""`cstool entities --live` when the server is slow, refuses, or answers as no API does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.download.client import HttpClient, open_session
from cstool.download.replies import ServerError
from cstool.execution.options import RunOptions
from cstool.stages.entities.api import HttpReply, ItemAnswer, judge_reply
from cstool.stages.entities.asking import ApiPolicy
from cstool.stages.entities.live import entities_live
from cstool.stages.entities.live_options import LiveOptions
from cstool.storage.manifest import Manifest
from tests.support import item, rows_of
from tests.wikibase_server import (
    ApiFault,
    ApiHandler,
    Json,
    WikibaseServer,
    altered,
    cut,
    fail,
    hang,
    refuse,
    running_wikibase,
    say,
)

QIDS = range(1, 121)


@pytest.fixture
def wikibase(monkeypatch: pytest.MonkeyPatch) -> Iterator[WikibaseServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    items = [item(q, {"en": f"thing {q}"}, {"enwiki": "x" * 100}) for q in QIDS]
    with running_wikibase(items) as server:
        yield server


class Asking:
    """Runs the stage; keeps what it says and how long it waits."""

    def __init__(self, server: WikibaseServer, folder: Path) -> None:
        self.server = server
        self.out = folder / "out"
        self.list = folder / "wanted.txt"
        self.list.write_text("".join(f"Q{qid}\n" for qid in QIDS))
        self.told: list[str] = []
        self.waits: list[float] = []

    def run(self, policy: ApiPolicy | None = None, **http: Any) -> Manifest:
        client = HttpClient(open_session(), self.told.append, sleep=self.waits.append, **http)
        options = LiveOptions(api=self.server.api)
        running = RunOptions(jobs=1, quiet=True)
        return entities_live([self.list], self.out, options, running, http=client, policy=policy)

    def finishes(self, **http: Any) -> None:
        """Run, and compare with the items of the server."""
        tally = self.run(**http).counts.tallies["entities"]
        assert (tally.read, tally.written) == (120, 120)
        assert rows_of(self.out)["qid"].to_list() == [*QIDS]

    @property
    def pauses(self) -> list[float]:
        """The waits that are no pauses between calls: a server on this machine has none."""
        return [seconds for seconds in self.waits if seconds]


@pytest.fixture
def asking(wikibase: WikibaseServer, tmp_path: Path) -> Asking:
    return Asking(wikibase, tmp_path)


def close(handler: ApiHandler) -> None:
    handler.close_connection = True


def not_an_item(qid: str) -> ApiFault:
    """Answer with an item that is no item."""

    def change(reply: Json) -> None:
        reply["entities"][qid]["labels"] = {"en": {"language": "en", "value": 5}}

    return altered(change)


PASSING: dict[str, tuple[ApiFault, float]] = {
    "too many requests": (refuse(429), 60),
    "too many requests, with a wait": (refuse(429, Retry_After="7"), 7),
    "ratelimited": (fail("ratelimited"), 60),
    "unavailable": (refuse(503), 60),
    "unavailable, with a wait": (refuse(503, Retry_After="9"), 9),
    "gateway": (refuse(502), 60),
    "unusual server error": (refuse(520), 60),
    "internal error": (fail("internal_api_error_DBQueryError", status=500), 60),
    "internal error as 200": (fail("internal_api_error_Exception"), 60),
    "read only": (fail("readonly"), 60),
    "lag": (fail("maxlag", "Waiting for db1: 8 seconds lagged."), 5),
    "lag as 503": (fail("maxlag", status=503, Retry_After="11"), 11),
    "lag with a short wait": (fail("maxlag", Retry_After="1"), 5),
    "a web page": (say(b"<!DOCTYPE html><title>Log in</title>", "text/html"), 1),
    "a web page that is called JSON": (say(b"\n<html></html>"), 1),
    "nothing": (say(b""), 1),
    "JSON that is cut": (say(b'{"entities":{"Q1":{"id":"Q1","labels":{'), 1),
    "an item with another kind of id": (
        altered(lambda reply: reply["entities"]["Q57"].update(id="P57")),
        1,
    ),
    "an item that is null": (altered(lambda reply: reply["entities"].update(Q57=None)), 1),
    "no object": (say(b"[]"), 1),
    "no UTF-8": (say(b'{"entities":{"Q51":"\xff"}}'), 1),
    "deep": (say(b'{"entities":{"Q1":{"claims":' + b"[" * 99_999 + b"]" * 99_999 + b"}}}"), 1),
    "gzip that is cut": (cut(300), 1),
    "a label that is no text": (not_an_item("Q57"), 1),
    "a closed line": (close, 1),
}


@pytest.mark.parametrize(("fault", "wait"), PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_costs_a_wait(asking: Asking, fault: ApiFault, wait: float) -> None:
    asking.server.faults = [ApiHandler.answer, fault]
    asking.finishes()
    assert asking.pauses == [wait]
    assert len(asking.server.asked) == 4
    assert bool(asking.told) == (wait >= 5)
    for text in asking.told:
        assert text.startswith(f"{asking.server.api} (Q51 to Q100): ")
        assert "asking again in" in text


@pytest.mark.parametrize(("fault", "wait"), PASSING.values(), ids=PASSING)
def test_a_fault_that_stays_ends_the_run_and_what_was_answered_is_kept(
    asking: Asking, fault: ApiFault, wait: float
) -> None:
    asking.server.faults = [ApiHandler.answer, *[fault] * 800]
    with pytest.raises(ServerError, match="run the same command again later to resume") as error:
        asking.run()
    assert str(error.value).startswith(f"{asking.server.api} (Q51 to Q100): ")
    assert "\n" not in str(error.value)
    assert sum(asking.pauses) <= 3600
    asking.server.faults = []
    before = len(asking.server.asked)
    asking.finishes()
    assert len(asking.server.asked) - before == 2


FINAL: dict[str, tuple[ApiFault, str]] = {
    "forbidden": (refuse(403), r"HTTP 403; give an address .* with --contact, and check --api"),
    "not found": (refuse(404), r"HTTP 404; check --api"),
    "another module": (
        fail("badvalue", 'Unrecognized value for parameter "action": wbgetentities.'),
        r"error 'badvalue': Unrecognized value .*; check --api",
    ),
    "an illegal parameter": (fail("param-illegal", "x" * 9999), r"'param-illegal': x+…; check"),
    "not readable": (fail("readapidenied", "in\ntwo lines"), r"'readapidenied': in two lines;"),
    "another entity": (fail("no-such-entity"), r"'no-such-entity'"),
    "no entities": (say(b'{"batchcomplete":true}'), r"a reply without entities"),
    "a long wait": (refuse(429, Retry_After="7200"), r"requests a wait of 2\.0 h"),
    "a redirect to nowhere": (refuse(302), r"redirects nowhere; .* --api"),
    "a redirect to itself": (refuse(301, Location="/w/api.php"), r"HTTP 404; check --api"),
}


@pytest.mark.parametrize(("fault", "words"), FINAL.values(), ids=FINAL)
def test_a_refusal_ends_the_run_at_once(asking: Asking, fault: ApiFault, words: str) -> None:
    asking.server.faults = [ApiHandler.answer, fault]
    if "itself" in words or "404" in words:
        asking.server.faults.append(refuse(404))
    with pytest.raises(ServerError, match=words) as error:
        asking.run()
    assert "\n" not in str(error.value)
    assert "--mirror" not in str(error.value)
    assert not asking.pauses
    asking.server.faults = []
    asking.finishes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["entities", "Q1", "id", "missing", "labels", "error", "code", "P31"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
)


@given(
    st.sampled_from([200, 200, 200, 204, 302, 401, 403, 404, 429, 500, 503]),
    JSON.map(msgspec.json.encode) | st.binary(max_size=20),
)
def test_any_reply_is_an_answer_a_wait_or_an_error(status: int, body: bytes) -> None:
    try:
        judged = judge_reply(HttpReply(status, "application/json", body), [1, 2], "x", None)
    except ServerError:
        return
    if isinstance(judged, ItemAnswer):
        assert set(judged.found) | judged.missing <= {1, 2}


def test_lag_is_waited_for_up_to_an_hour(asking: Asking) -> None:
    asking.server.faults = [fail("maxlag", "8 seconds lagged", Retry_After="5")] * 60
    asking.finishes()
    assert asking.pauses == [5, 10, 20, 40, *[60] * 56]


def test_the_pauses_after_errors_of_the_server_grow(asking: Asking) -> None:
    asking.server.faults = [refuse(503)] * 4
    asking.finishes()
    assert asking.pauses == [60, 300, 900, 900]


@pytest.mark.parametrize("largest", [100_000, 4000, 400])
def test_what_a_truncated_reply_lacks_is_asked_for_again(asking: Asking, largest: int) -> None:
    asking.server.largest = largest
    asking.finishes()
    assert not asking.told


def test_an_item_too_large_for_a_reply_is_named(asking: Asking) -> None:
    asking.server.items["Q60"]["sitelinks"]["dewiki"] = {"site": "dewiki", "title": "x" * 9000}
    asking.server.largest = 8000
    with pytest.raises(ServerError, match=r"\(Q60\): the reply does not have the item"):
        asking.run()


def test_items_that_the_server_leaves_out_are_asked_for_again(asking: Asking) -> None:
    def without(*qids: str) -> ApiFault:
        def change(reply: Json) -> None:
            reply["entities"] = {q: e for q, e in reply["entities"].items() if q not in qids}

        return altered(change)

    asking.server.faults = [without("Q3", "Q50"), without("Q3"), without("Q3")]
    asking.finishes()
    assert [call.qids for call in asking.server.asked[1:4]] == [["Q3", "Q50"], ["Q3"], ["Q3"]]


def test_an_id_that_the_server_refuses_is_missing(asking: Asking) -> None:
    def unknown(handler: ApiHandler) -> None:
        qids = handler.server.asked[-1].qids
        body = {"error": {"code": "no-such-entity", "info": "…", "id": "Q70"}}
        if "Q70" in qids:
            say(str(body).replace("'", '"').encode())(handler)
        else:
            handler.answer()

    asking.server.faults = [unknown] * 4
    tally = asking.run().counts.tallies["entities"]
    assert (tally.written, tally.dropped) == (119, {"no such item": 1})


def test_replies_that_are_larger_than_allowed_are_not_read(asking: Asking) -> None:
    asking.server.faults = [say(b" " * 5000)]
    with pytest.raises(ServerError, match=r"more than 0 MiB"):
        asking.run(ApiPolicy(largest=4000))


def test_a_silent_server_is_asked_again(asking: Asking) -> None:
    asking.server.faults = [hang]
    asking.finishes(limit=0.3)
    assert asking.pauses == [1]


def test_a_server_without_compression_is_read(asking: Asking) -> None:
    asking.server.compress = False
    asking.finishes()


def test_without_a_server_the_error_names_the_address(tmp_path: Path) -> None:
    with running_wikibase([]) as server:
        asking = Asking(server, tmp_path)
    with pytest.raises(ServerError, match=r"/w/api\.php \(Q1 to Q50\): Connection refused, 5"):
        asking.run()


@pytest.mark.parametrize(
    ("contact", "pause", "words"),
    [
        ("me@example.org", 1, "about 9 s"),
        (None, 6, "about 24 s; faster with --contact, which the operators ask for"),
    ],
)
def test_calls_to_another_machine_are_apart(
    contact: str | None,
    pause: float,
    words: str,
    asking: Asking,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("NO_PROXY", "0.0.0.0")
    api = asking.server.api.replace("127.0.0.1", "0.0.0.0")
    client = HttpClient(open_session(contact), asking.told.append, sleep=asking.waits.append)
    options, running = LiveOptions(api=api, contact=contact), RunOptions(jobs=1)
    with caplog.at_level("INFO", logger="cstool"):
        entities_live([asking.list], asking.out, options, running, http=client)
    assert asking.waits == [pause] * 2
    assert caplog.messages[0].endswith(f"for 120 items in 3 calls, one at a time: {words}")


def test_the_contact_is_sent(asking: Asking) -> None:
    client = HttpClient(
        open_session("me@example.org"), asking.told.append, sleep=asking.waits.append
    )
    options = LiveOptions(api=asking.server.api, contact="me@example.org")
    running = RunOptions(jobs=1, quiet=True)
    entities_live([asking.list], asking.out, options, running, http=client)
    for call in asking.server.asked:
        assert call.agent.startswith("cstool/")
        assert "(me@example.org)" in call.agent
        assert "requests/" in call.agent
