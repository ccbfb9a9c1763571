"""Calls of a Wikibase's API: builds the addresses, and interprets the replies. No I/O.

The module is `wbgetentities` (https://www.wikidata.org/w/api.php?action=help&modules=wbgetentities);
its behavior: repo/includes/Api/GetEntities.php and ResultBuilder.php of Wikibase.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

from cstool.download.http_semantics import TRANSIENT
from cstool.download.replies import ServerError
from cstool.download.values import shorten
from cstool.dumps.wikidata import MALFORMED, Entity, decode, item_number

# Values of a list parameter for users without higher limits (MediaWiki, ParamValidator.php).
MOST_VALUES = 50
# Seconds that the databases may lag behind (https://www.mediawiki.org/wiki/Manual:Maxlag_parameter).
MAX_LAG = 5
# Wikibase refuses a whole call because of one larger QID (DataModel, Int32EntityId.php).
LARGEST_QID = (1 << 31) - 1

_OK = 200
_REFUSED = (401, 403)
_TOO_MANY = 429
_SERVER_ERROR = 500
_LAGGED = "maxlag"
_NO_ENTITY = "no-such-entity"
# Codes of errors after which the same call may succeed later, apart from internal_api_error_….
_LATER = frozenset({"readonly", "timeout", "unknown_error"})
_TOO_OFTEN = frozenset({"ratelimited", "concurrency-limit"})


@dataclass(frozen=True)
class ItemQuery:
    """What to ask for: the API's address, and the languages and sites to keep; None keeps all."""

    api: str
    languages: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None

    def address(self, qids: Sequence[int]) -> str:
        """Return the address of the call for at most MOST_VALUES items.

        A list of more than MOST_VALUES languages or sites is an error of the API, so it is left
        out: the reply has all of them.
        """
        parameters = {
            "action": "wbgetentities",
            "format": "json",
            "formatversion": "2",
            "ids": "|".join(f"Q{qid}" for qid in qids),
            "props": "labels|aliases|sitelinks|claims",
            "redirects": "yes",
            "maxlag": str(MAX_LAG),
        }
        for name, values in (("languages", self.languages), ("sitefilter", self.sites)):
            if values is not None and len(values) <= MOST_VALUES:
                parameters[name] = "|".join(values)
        return f"{self.api}?{urlencode(parameters)}"

    def name(self, qids: Sequence[int]) -> str:
        """Return a name of the call for messages: the API's address and the QIDs."""
        last = f" to Q{qids[-1]}" if len(qids) > 1 else ""
        return f"{self.api} (Q{qids[0]}{last})"


@dataclass
class ItemAnswer:
    """The items that a call returned, by the QID that was asked for.

    `targets`: for a redirect, the QID of the item that was returned. `missing`: QIDs without an
    item. QIDs in neither are lacking: the server truncates long replies.
    """

    found: dict[int, Entity] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def __contains__(self, qid: int) -> bool:
        return qid in self.found or qid in self.missing

    def add(self, other: "ItemAnswer") -> None:
        """Add the items of another call."""
        self.found |= other.found
        self.targets |= other.targets
        self.missing |= other.missing


@dataclass(frozen=True)
class TryLater:
    """A reply after which the same call is to be repeated.

    `fault`: what was wrong. `seconds`: the wait that the server requests. `lagged`: the databases
    lag behind. `overloaded`: the server has an error of its own; `too_often`: it was asked too
    often.
    """

    fault: str
    seconds: float | None = None
    lagged: bool = False
    overloaded: bool = False
    too_often: bool = False


class _ApiError(msgspec.Struct):
    code: str = ""
    info: str = ""
    id: str = ""


class _ApiReply(msgspec.Struct):
    entities: dict[str, msgspec.Raw] | list[None] | None = None
    error: _ApiError | None = None
    warnings: dict[str, Any] | list[Any] = []


class _EntityHead(msgspec.Struct):
    """`missing`: "" or true (formats 1 and 2), for an item that does not exist."""

    id: str = ""
    missing: str | bool | None = None


@dataclass(frozen=True)
class HttpReply:
    """A reply to a call. `wait`: seconds that the header Retry-After requests."""

    status: int
    content_type: str
    body: bytes
    wait: float | None = None


def judge_reply(
    given: HttpReply, qids: Sequence[int], name: str, contact: str | None
) -> ItemAnswer | TryLater:
    """Interpret the reply to a call for these QIDs.

    `name`: of the call; `contact`: the user's address in the User-Agent. Raises ServerError for a
    reply that would be the same the next time.
    """
    status, wait = given.status, given.wait
    if status in _REFUSED:
        hint = "" if contact else "give an address for its operators with --contact, and "
        raise ServerError(f"{name}: the server returned HTTP {status}; {hint}check --api")
    try:
        reply = msgspec.json.decode(given.body, type=_ApiReply)
    except MALFORMED as error:
        reply, reason = None, _not_json(given, error)
    if reply is not None and reply.error is not None:
        return _judge_error(reply.error, wait, qids, name)
    if status == _TOO_MANY:
        return TryLater(f"the server returned HTTP {status}", wait, too_often=True)
    if status in TRANSIENT or status > _SERVER_ERROR:
        return TryLater(f"the server returned HTTP {status}", wait, overloaded=True)
    if status != _OK:
        raise ServerError(f"{name}: the server returned HTTP {status}; check --api")
    if reply is None:
        return TryLater(reason, wait)
    if reply.entities is None:
        raise ServerError(f"{name}: a reply without entities; give a Wikibase's api.php with --api")
    try:
        return _read_entities(reply, qids)
    except MALFORMED as error:
        return TryLater(f"the reply is not as Wikibase writes it ({shorten(str(error), 80)})", wait)


def _not_json(given: HttpReply, error: Exception) -> str:
    if given.content_type.startswith("text/html") or given.body.lstrip()[:1] == b"<":
        return "the reply is a web page instead of JSON (a login page or a proxy)"
    return f"the reply is not complete JSON ({shorten(str(error), 80)})"


def _judge_error(
    error: _ApiError, wait: float | None, qids: Sequence[int], name: str
) -> ItemAnswer | TryLater:
    info = " ".join(error.info.split())  # one line
    what = f"the API's error {shorten(error.code, 60)!r}: {shorten(info, 120)}"
    if error.code == _LAGGED:
        return TryLater(what, wait, lagged=True)
    if error.code in _TOO_OFTEN:
        return TryLater(what, wait, too_often=True)
    if error.code in _LATER or error.code.startswith("internal_api_error"):
        return TryLater(what, wait, overloaded=True)
    if error.code == _NO_ENTITY and item_number(error.id) in qids:
        return ItemAnswer(missing={item_number(error.id)})
    raise ServerError(f"{name}: {what}; check --api, or report this error to the maintainers")


def _read_entities(reply: _ApiReply, qids: Sequence[int]) -> ItemAnswer:
    """Return the items that were asked for; the keys are the QIDs before redirects."""
    answer = ItemAnswer(warnings=_texts(reply.warnings))
    entities = reply.entities if isinstance(reply.entities, dict) else {}
    for qid in qids:
        raw = entities.get(f"Q{qid}")
        if raw is None:
            continue
        head = msgspec.json.decode(raw, type=_EntityHead)
        if head.missing not in (None, False):
            answer.missing.add(qid)
            continue
        target = item_number(head.id)
        if not target:
            raise msgspec.ValidationError(f"Q{qid} has the id {shorten(head.id, 40)!r}")
        if target != qid:
            answer.targets[qid] = target
        answer.found[qid] = decode(raw)
    return answer


def _texts(warnings: Any, depth: int = 3) -> list[str]:
    """Return the texts of warnings by module; those of a module are lines of one text."""
    if isinstance(warnings, str):
        return warnings.splitlines()
    if isinstance(warnings, dict):
        warnings = list(warnings.values())
    if not isinstance(warnings, list) or not depth:
        return []
    return [text for one in warnings for text in _texts(one, depth - 1)]
