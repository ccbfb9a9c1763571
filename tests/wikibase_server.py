"""A server on the loopback that answers as the API of a Wikibase does, from the lines of a dump.

`WikibaseServer.items` holds the entities, `redirects` the QIDs that lead to another, `faults` what
the next calls meet instead of an answer, one after the other. What was asked for is in `asked`.

`python -m tests.wikibase_server DUMP` prints the server's address and serves until it is ended.
Behavior: Wikibase, repo/includes/Api/GetEntities.php and ResultBuilder.php; MediaWiki,
includes/api/ApiMain.php (lag, User-Agent) and includes/libs/ParamValidator/ParamValidator.php.
"""

import gzip
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.loopback import LoopbackServer, send_nothing, serving

Json = dict[str, Any]

MOST_VALUES = 50
LARGEST_QID = (1 << 31) - 1
PROPS = ("labels", "descriptions", "aliases", "claims", "sitelinks")
API, ENTITY_DATA = "/w/api.php", "/wiki/Special:EntityData/"


class Call(NamedTuple):
    """A call of the API: its parameters, the User-Agent, and when it came."""

    parameters: dict[str, str]
    agent: str
    time: float

    @property
    def qids(self) -> list[str]:
        return self.parameters.get("ids", "").split("|")


class ApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: "WikibaseServer"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not self.headers.get("User-Agent"):
            self.send(b"<html>a User-Agent is required</html>", 403, "text/html")
        elif parts.path.startswith(ENTITY_DATA):
            self.entity_data(parts.path.removeprefix(ENTITY_DATA).removesuffix(".json"))
        elif parts.path == API:
            self.call({name: values[-1] for name, values in parse_qs(parts.query).items()})
        else:
            self.send(b"<html>not found</html>", 404, "text/html")

    def call(self, parameters: dict[str, str]) -> None:
        server = self.server
        with server.lock:
            server.asked.append(Call(parameters, self.headers["User-Agent"], time.monotonic()))
            fault = server.faults.pop(0) if server.faults else None
        try:
            with server.one_busy():
                time.sleep(server.delay)
                if fault:
                    fault(self)
                else:
                    self.answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, change: Callable[[Json], None] = lambda reply: None) -> None:
        """Send the answer to the last call; `change` changes it before."""
        reply = self.server.reply_to(self.server.asked[-1].parameters)
        change(reply)
        headers = {"Retry-After": "0"} if reply.get("error", {}).get("code") == "maxlag" else {}
        self.send(json.dumps(reply, ensure_ascii=False).encode(), headers=headers)

    def entity_data(self, entity_id: str) -> None:
        """Answer as Special:EntityData does: all of an entity, under the QID of its target."""
        found = self.server.entity(entity_id)
        if found is None:
            self.send(b"<html>Not Found</html>", 404, "text/html")
            return
        whole = {part: found.get(part) or {} for part in PROPS}
        self.send(json.dumps({"entities": {found["id"]: found | whole}}).encode())

    def send(
        self,
        body: bytes,
        status: int = 200,
        content_type: str = "application/json; charset=utf-8",
        headers: Mapping[str, str] | None = None,
        upto: int | None = None,
    ) -> None:
        """Send a reply, compressed if the client accepts that; `upto`: bytes after which to stop"""
        named = {"Content-Type": content_type, **(headers or {})}
        if "gzip" in self.headers.get("Accept-Encoding", "") and self.server.compress:
            body, named["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        self.send_response(status)
        for name, value in {**named, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        with self.server.lock:
            self.server.sent += len(body)
        self.wfile.write(body[:upto])
        self.close_connection = self.close_connection or upto is not None


ApiFault = Callable[[ApiHandler], None]


class WikibaseServer(LoopbackServer):
    """`languages`: the codes that it knows (None: all); `lag`: seconds that its databases lag.

    `largest`: bytes of JSON after which a reply has no further entities; `delay`: seconds before
    each answer. `compress`: whether it sends gzip. `sent`: the bytes of bodies so far.
    """

    def __init__(self, items: Iterable[Json]) -> None:
        super().__init__(ApiHandler)
        self.items: dict[str, Json] = {entity["id"]: entity for entity in items}
        self.redirects: dict[str, str] = {}
        self.languages: set[str] | None = None
        self.sites: set[str] | None = None
        self.lag = self.delay = 0.0
        self.largest = 12 << 20
        self.compress = True
        self.faults: list[ApiFault] = []
        self.asked: list[Call] = []
        self.sent = 0

    @property
    def api(self) -> str:
        return self.url + API

    @property
    def qids(self) -> list[str]:
        """The QIDs of all calls so far."""
        return [qid for call in self.asked for qid in call.qids]

    def entity(self, entity_id: str) -> Json | None:
        """Return an entity or the target of a redirect; of a double redirect None."""
        return self.items.get(self.redirects.get(entity_id, entity_id))

    def reply_to(self, given: Mapping[str, str]) -> Json:
        """Return the reply to a call with these parameters, in format version 1 or 2."""
        if given.get("action") != "wbgetentities":
            return error("badvalue", 'Unrecognized value for parameter "action"')
        if self.lag > float(given.get("maxlag", "inf")):
            lagged = f"Waiting for db1: {self.lag} seconds lagged."
            return error("maxlag", lagged, host="db1", lag=self.lag, type="db")
        lists = {
            name: given[name].split("|")
            for name in ("ids", "props", "languages", "sitefilter")
            if given.get(name)
        }
        for name, values in lists.items():
            if len(values) > MOST_VALUES:
                info = f'Too many values supplied for parameter "{name}". The limit is 50.'
                return error("toomanyvalues", info, limit=50, lowlimit=50, highlimit=500)
        if "ids" not in lists:
            return error("param-missing", 'Either provide the Item "ids" or pairs of "sites" and …')
        for entity_id in lists["ids"]:
            match = re.fullmatch(r"[QP]([1-9][0-9]*)", entity_id)
            if not match or int(match[1]) > LARGEST_QID:
                info = f'Could not find an entity with the ID "{entity_id}".'
                return error("no-such-entity", info, id=entity_id)
        return self._entities(lists, given)

    def _entities(self, lists: dict[str, list[str]], given: Mapping[str, str]) -> Json:
        warnings: list[str] = []
        for name, known in (("languages", self.languages), ("sitefilter", self.sites)):
            unknown = [v for v in lists.get(name, []) if known is not None and v not in known]
            if unknown:
                values = ", ".join(unknown)
                warnings.append(f'Unrecognized values for parameter "{name}": {values}.')
                lists[name] = [v for v in lists[name] if v not in unknown]
        second = given.get("formatversion") == "2"
        entities: Json = {}
        size = 0
        for entity_id in dict.fromkeys(lists["ids"]):
            found = self.entity(entity_id)
            redirect = entity_id in self.redirects
            if found is None or (redirect and given.get("redirects") == "no"):
                record: Json = {"id": entity_id, "missing": True if second else ""}
            else:
                record = self._record(found, lists, second=second)
                if redirect:
                    record["redirects"] = {"from": entity_id, "to": found["id"]}
            size += len(json.dumps(record, ensure_ascii=False).encode())
            if size > self.largest:
                warnings.append("This result was truncated because it would otherwise be larger …")
                break
            entities[entity_id] = record
        reply: Json = {"entities": entities, "success": 1}
        if warnings:
            key = "warnings" if second else "*"
            reply["warnings"] = {"wbgetentities": {key: "\n".join(warnings)}}
        return reply

    def _record(self, found: Json, lists: dict[str, list[str]], *, second: bool) -> Json:
        record: Json = {"type": found.get("type", "item"), "id": found["id"]}
        for part in lists.get("props", PROPS):
            content = found.get(part) or {}
            kept = lists.get("sitefilter" if part == "sitelinks" else "languages")
            if kept and part != "claims":
                content = {key: value for key, value in content.items() if key in kept}
            record[part] = content or ({} if second else [])
        return record


def error(code: str, info: str, **more: Any) -> Json:
    """Return the reply of an error."""
    return {"error": {"code": code, "info": info, **more, "docref": "See …"}, "servedby": "mw1"}


def items_of(dump: Path) -> Iterator[Json]:
    """Yield the entities of a dump: JSON lines, or an array with one entity a line, or gzip."""
    data = dump.read_bytes()
    text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    for line in text.decode().splitlines():
        if (stripped := line.strip().strip("[],")) != "":
            yield json.loads(stripped)


@contextmanager
def running_wikibase(items: Iterable[Json]) -> Iterator[WikibaseServer]:
    """Serve these entities until the block ends."""
    with serving(WikibaseServer(items)) as server:
        yield server


# ---- faults ----


def refuse(status: int, **headers: str) -> ApiFault:
    """Answer with a status and a web page; `Retry_After="0"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(b"<html>sorry</html>", status, "text/html", named)


def fail(code: str, info: str = "", status: int = 200, **headers: str) -> ApiFault:
    """Answer with an error of the API."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(error(code, info)).encode()
    return lambda handler: handler.send(body, status, headers=named)


def say(body: bytes, content_type: str = "application/json") -> ApiFault:
    """Answer with this body."""
    return lambda handler: handler.send(body, 200, content_type)


def cut(upto: int) -> ApiFault:
    """Close the connection after the first `upto` bytes of the reply's body."""

    def act(handler: ApiHandler) -> None:
        reply = handler.server.reply_to(handler.server.asked[-1].parameters)
        handler.send(json.dumps(reply).encode(), upto=upto)

    return act


def altered(change: Callable[[Json], None]) -> ApiFault:
    """Change the answer before it is sent."""
    return lambda handler: handler.answer(change)


hang = send_nothing


if __name__ == "__main__":
    with running_wikibase(items_of(Path(sys.argv[1]))) as wikibase:
        sys.stdout.write(f"{wikibase.api}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
