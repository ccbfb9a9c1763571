"""Asks a Wikibase's API for items: one call at a time, with pauses and retries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from cstool.download.client import FAULTS, HttpClient, describe_error, raise_if_permanent
from cstool.download.http_semantics import backoff, retry_after
from cstool.download.replies import ServerError
from cstool.download.server_policy import LONGEST_WAIT
from cstool.download.threads import run_in_threads
from cstool.errors import CstoolError
from cstool.execution.progress import duration_in_words
from cstool.stages.entities.api import (
    LARGEST_QID,
    HttpReply,
    ItemAnswer,
    ItemQuery,
    TryLater,
    judge_reply,
)


@dataclass(frozen=True)
class ApiPolicy:
    """How to treat a server; the values are for Wikimedia's, as of November 2026.

    `pause`: seconds between calls, which are made one at a time
    (https://wikitech.wikimedia.org/wiki/Robot_policy). `anonymous_pause`: the same without a
    contact in the User-Agent: then 10 calls a minute are allowed, otherwise 200
    (https://www.mediawiki.org/wiki/Wikimedia_APIs/Rate_limits). `reply`: seconds
    that a reply takes, for the estimate. `rate_pause`: seconds after the server was asked too
    often, if it does not request others. `lag_pauses`: at least these seconds after each reply that
    its databases lag behind (https://www.mediawiki.org/wiki/Manual:Maxlag_parameter: 5 or more).
    `longest_lag`: seconds after which a lag ends the run; `tries`: failed attempts in a row that
    do. `largest`: bytes of a reply; Wikimedia's API truncates replies at about 12 MB. What is the
    same for the servers of dumps is in `download.server_policy`.
    """

    pause: float = 1.0
    anonymous_pause: float = 6.0
    reply: float = 2.0
    rate_pause: float = 60.0
    lag_pauses: tuple[float, ...] = (5.0, 10.0, 20.0, 40.0, 60.0)
    longest_lag: float = 3600.0
    tries: int = 5
    largest: int = 64 << 20

    def pause_for(self, api: str, contact: str | None) -> float:
        """Return the seconds between calls; a server on this machine needs no pause."""
        if urlsplit(api).hostname in ("localhost", "127.0.0.1", "::1"):
            return 0.0
        return self.pause if contact else self.anonymous_pause

    def estimate(self, calls: int, pause: float) -> float:
        """Return the seconds that calls take."""
        return calls * (pause + self.reply)


# Seconds; shorter waits are not reported.
_SHORTEST_NEWS = 5.0
_RESUME = "run the same command again later to resume"


@dataclass
class ItemClient:
    """Asks for items, one call at a time. `pause`: seconds between calls.

    `heard`: the warnings of the server that were reported.
    """

    http: HttpClient
    query: ItemQuery
    pause: float
    policy: ApiPolicy = field(default_factory=ApiPolicy)
    heard: set[str] = field(default_factory=set)
    _called: bool = False

    def ask(self, qids: Sequence[int]) -> ItemAnswer:
        """Return the items with these QIDs, at most as many as a call may have.

        What a long reply lacks is asked for again. Raises ServerError if the server refuses, or
        does not reply as an API of Wikibase does, and StopRequested.
        """
        answer = ItemAnswer(missing={qid for qid in qids if qid > LARGEST_QID})
        left = [qid for qid in qids if qid not in answer]
        most = len(left)
        while left:
            asked = left[:most]
            answer.add(self._in_thread(partial(self._call, asked)))
            left = [qid for qid in left if qid not in answer]
            if left[: len(asked)] == asked:
                if most == 1:
                    raise ServerError(
                        f"{self.query.name(asked)}: the reply does not have the item; "
                        "check --api, or leave the item out"
                    )
                most //= 2
        return answer

    def _in_thread(self, call: Callable[[], ItemAnswer]) -> ItemAnswer:
        """Return the call's result; Ctrl-C does not have to wait for the network."""
        [result] = run_in_threads([call], most=1, stop=self.http.stop)
        if isinstance(result, CstoolError):
            raise result
        return result

    def _call(self, qids: Sequence[int]) -> ItemAnswer:
        name = self.query.name(qids)
        retries = _Retries(name, self.http, self.policy)
        while True:
            if self._called:
                self.http.wait(self.pause)
            self._called = True
            reply = self._try(qids, name)
            if isinstance(reply, ItemAnswer):
                self._report(reply.warnings)
                return reply
            retries.wait(reply)

    def _try(self, qids: Sequence[int], name: str) -> ItemAnswer | TryLater:
        try:
            address = self.query.address(qids)
            with self.http.open(address, {"Accept-Encoding": "gzip"}) as reply:
                body = reply.read(self.http.check, self.policy.largest)
                content_type = reply.headers.get("Content-Type", "")
                wait = retry_after(reply.headers.get("Retry-After"), self.http.now())
        except FAULTS as error:
            raise_if_permanent(self.query.api, error)
            return TryLater(describe_error(error))
        given = HttpReply(reply.status, content_type, body, wait)
        return judge_reply(given, qids, name, self.http.session.contact)

    def _report(self, warnings: Sequence[str]) -> None:
        """Report each warning once; unknown languages are those that Wikibase has given up."""
        for text in warnings:
            if text not in self.heard and '"languages"' not in text and "truncated" not in text:
                self.http.say(f"{self.query.api}: {text}")
            self.heard.add(text)


class _Retries:
    """Waits between the attempts of a call."""

    def __init__(self, name: str, http: HttpClient, policy: ApiPolicy) -> None:
        self._name = name
        self._http = http
        self._policy = policy
        self._faults = 0
        self._lags = 0
        self._lagged = 0.0

    def wait(self, reply: TryLater) -> None:
        """Wait before the next attempt. Raises ServerError after the last one."""
        policy = self._policy
        if reply.lagged:
            self._lags += 1
            pause = policy.lag_pauses[min(self._lags, len(policy.lag_pauses)) - 1]
            seconds = max(pause, reply.seconds or 0.0)
            self._lagged += seconds
            if self._lagged > policy.longest_lag:
                raise ServerError(
                    f"{self._name}: {reply.fault}, for {duration_in_words(self._lagged)}; {_RESUME}"
                )
        else:
            self._faults += 1
            if self._faults >= policy.tries:
                raise ServerError(
                    f"{self._name}: {reply.fault}, {self._faults} times in a row; {_RESUME}"
                )
            seconds = self._pause(reply) if reply.seconds is None else reply.seconds
        if seconds > LONGEST_WAIT:
            raise ServerError(
                f"{self._name}: {reply.fault}, and requests a wait of "
                f"{duration_in_words(seconds)}; {_RESUME}"
            )
        if seconds >= _SHORTEST_NEWS:
            wait = duration_in_words(seconds)
            self._http.say(f"{self._name}: {reply.fault}; asking again in {wait}")
        self._http.wait(seconds)

    def _pause(self, reply: TryLater) -> float:
        if reply.too_often:
            return self._policy.rate_pause
        return backoff(self._faults, by_server=reply.overloaded)
