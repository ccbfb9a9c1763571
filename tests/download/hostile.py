"""Answers of servers that lie or attack, by name, and a download that meets one of them.

`tests/download/test_hostile.py` and `scripts/fuzz/download.py --hostile` try them at each place
of a download: the listing of dates, dumpstatus.json, a folder's listing, a file of checksums, the
answer to HEAD, and the dump itself; for a content export at the same places without a status.
"""

import functools
import json
import random
import zlib
from collections.abc import Mapping
from pathlib import Path
from threading import Event

from cstool.download.client import HttpClient, open_session
from cstool.download.command import DownloadRequest, download
from cstool.download.progress_bars import bars
from cstool.errors import CstoolError
from tests.download.publisher import CONTENT, content_name
from tests.download.server import Fault, Server, answer, endless, raw, sha1
from tests.support import gzipped

DATE = "20261001"
FOLDER = f"/swwiki/{DATE}/"
NAME = f"swwiki-{DATE}-pages-articles-multistream.xml.bz2"
STATUS, SUMS = f"{FOLDER}dumpstatus.json", f"{FOLDER}swwiki-{DATE}-sha1sums.txt"
HEAD = "HEAD"
PLACES = ("/swwiki/", STATUS, FOLDER, SUMS, HEAD, FOLDER + NAME)
# The same for a content export.
CONTENT_FOLDER = f"{CONTENT}swwiki/2026-10-01/xml/bzip2/"
CONTENT_NAME = content_name("swwiki", "2026-10-01", "p1p99")
CONTENT_PLACES = (
    f"{CONTENT}swwiki/",
    CONTENT_FOLDER,
    f"{CONTENT_FOLDER}SHA256SUMS",
    CONTENT_FOLDER + CONTENT_NAME,
)
DATA = random.Random(1).randbytes(60_000)
LONGEST_LINE = 700  # characters of a fault's line, at most

_DIGITS = "9" * 5000  # more than int() takes
_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _headers() -> dict[str, Fault]:
    lengths = [_DIGITS, "-5", str(1 << 63), str((1 << 63) - 1), "5, 7", "\xb2\xb3", "ten", ""]
    found = {f"Content-Length {v[:20]}": answer(b"x" * 10, Content_Length=v) for v in lengths}
    ranges = [f"bytes {_DIGITS}-{_DIGITS}/{_DIGITS}", "bytes \xb2-\xb3/\xb9", "bytes 0--5/-3"]
    for value in ranges:
        found[f"Content-Range {value[:20]}"] = answer(b"x" * 10, 206, Content_Range=value)
    dates = [
        *("0" * 400 + "1", _DIGITS, "\xb2", "-5", "1e999", "nan", "Thu,", ",", "Thu, 01 Jan"),
        "Thu, 01 Jan 0000 00:00:00 GMT",
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 32 Jan 2026 00:00:00 GMT",
        f"Thu, 01 Jan 2026 {_DIGITS}:00:00 GMT",
        f"Thu, 01 Jan 2026 00:00:00 +{_DIGITS}",
        "\x1b[31m" * 99,
        "x" * 60_000,
    ]
    for value in dates:
        short = f"{value[:24]!r} ({len(value)})"
        found[f"Retry-After {short}"] = answer(b"", 503, Retry_After=value)
        found[f"Last-Modified {short}"] = answer(b"abc", Last_Modified=value, ETag=value)
    return found | {
        "Content-Range in 416": answer(b"", 416, Content_Range=f"bytes */{_DIGITS}"),
        "headers without number": raw(
            _OK + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n"
        ),
        "a header without end": raw(_OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n"),
        "a header of controls": raw(
            _OK + b"ETag: \xff\x80\x1b[31m\r\nLast-Modified: \xe2\x80\xae\r\n"
            b"Content-Type: \xff\r\nContent-Length: 3\r\n\r\nabc"
        ),
        "a folded header": raw(_OK + b'ETag: "a\r\n b"\r\nContent-Length: 3\r\n\r\nabc'),
        "a header without colon": raw(_OK + b"rubbish\r\nContent-Length: 3\r\n\r\nabc"),
        "a cookie": answer(
            b"abc", Set_Cookie=f"a=b; expires=Thu, 99 Foo 99999; Max-Age={_DIGITS}; domain=\x1b["
        ),
        "a content type": answer(b"abc", Content_Type=f";;;charset={_DIGITS}"),
    }


def _status_lines() -> dict[str, Fault]:
    found: dict[str, Fault] = {
        "status line of controls": raw(b"\x00\xff\x1b[31m rubbish\r\n\r\n"),
        "status 99999": raw(b"HTTP/1.1 99999 X\r\n\r\n"),
        "status of digits": raw(b"HTTP/1.1 " + _DIGITS.encode() + b" X\r\n\r\n"),
        "status line without end": raw(b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n"),
        "status 204": raw(b"HTTP/1.1 204 No\r\n\r\n"),
    }
    return found | {f"status {n}": answer(b"x", n) for n in (101, 206, 300, 304, 600, 999)}


def _bodies() -> dict[str, Fault]:
    chunks = {
        "rubbish": b"zz\r\nabc\r\n",
        "negative": b"-5\r\nabc\r\n0\r\n\r\n",
        "huge": b"f" * 60 + b"\r\nabc",
        "without end": b"f" * 60_000 + b"\r\nabc",
        "cut": b"5\r\nab",
        "another length": b"3\r\nabcXX5\r\nhello0\r\n\r\n",
    }
    found = {f"chunk {name}": raw(_CHUNKED + body) for name, body in chunks.items()}
    zeros, packed = bytes(64 << 20), gzipped(b"hello" * 99)
    encoded = {
        "gzip bomb": (gzipped(zeros), "gzip"),
        "deflate bomb": (zlib.compress(zeros), "deflate"),
        "br": (b"\x8b\x00\x80", "br"),
        "zstd": (b"(\xb5/\xfd", "zstd"),
        "no gzip": (b"rubbish", "gzip"),
        "gzip cut": (packed[:-9], "gzip"),
        "gzip and more": (packed + b"x", "gzip"),
        "gzip fifty times": (packed, ", ".join(["gzip"] * 50)),
        "unknown encoding": (b"x", "\x1b[31m" + "q" * 5000),
    }
    found |= {name: answer(b, Content_Encoding=kind) for name, (b, kind) in encoded.items()}
    dates = (f"{y:04}{m:02}{d:02}" for y in range(1900, 1920) for m in range(1, 13) for d in (1, 2))
    bodies = {
        "nothing": b"",
        "zeros": bytes(100_000),
        "no UTF-8": b"\xff" * 100_000,
        "nested lists": b"[" * 200_000,
        "nested objects": b'{"x":' * 200_000,
        "open tags": b"<a " * 400_000,
        "open comments": b"<!--" * 400_000,
        "open addresses": b'<a href="' * 200_000,
        "nested tags": b"<div>" * 500_000,
        "a reference of digits": f'<a href="&#{_DIGITS};">'.encode(),
        "a date in other digits": '<a href="２０２６１００１/">'.encode(),
        "dates that are none": b'<a href="99999999/"><a href="00000000/"><a href="20260230/">',
        "dates without number": "".join(f'<a href="{d}/">' for d in dates).encode() * 5,
        "a way out": b'<a href="%ff%00%1b%2e%2e%2f/"><a href="../20261001/">',
        "files of checksums": b"".join(b'<a href="%dmd5sums.txt">' % n for n in range(3000)),
    }
    return found | {f"body: {name}": answer(body) for name, body in bodies.items()}


ADDRESSES = [
    *("", "example.org/x", "//", "http://", "http:///x", "file:///etc/passwd", "ftp://x/y"),
    *("javascript:alert(1)", "mailto:x@y", "data:,x", "http:x", "?", "#", "\\\\host\\x", "/"),
    *("http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://127.0.0.1:0/", "http://h:-1/"),
    *(f"http://127.0.0.1:{_DIGITS}/", "http://[", "http://[::1", "http://[::::]/", "http://[v1.x]"),
    *("http://a\x00b/", "http://%00/", "http://\xff\xfe/", "http://xn--\xff/", "http://..../"),
    *("http://" + "a" * 70 + ".org/", "http://" + "a." * 200 + "org/", "/" + "x" * 60_000),
    *("http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://user:pa ss@/", "\x1b[31m"),
]


def _statuses() -> dict[str, Fault]:
    good = {"size": len(DATA), "sha1": sha1(DATA), "md5": None}
    begin = f"swwiki-{DATE}-pages-articles-multistream"

    def of(files: Mapping[str, object], **job: object) -> bytes:
        first = {"status": "done", "files": files, **job}
        return json.dumps({"jobs": {"articlesmultistreamdump": first}}).encode()

    found: dict[str, bytes] = {}
    sizes = [_DIGITS, "-5", "0", str(1 << 63), str(1 << 200), "1e400", '"x"', "1.5", "[" * 100_000]
    for value in [*sizes, '"\\ud800"']:
        text = of({NAME: good | {"size": 0}}).replace(b'"size": 0', b'"size": ' + value.encode())
        found[f"size {value[:20]} ({len(value)})"] = text
    for value in ("\x1b[31m", "１" * 40, "a" * 100_000):
        found[f"sha1 {value[:8]!r}"] = of({NAME: good | {"sha1": value}})
    names = ["../x", "/etc/passwd", "a\0b", ".", "..", "\x1b[31m", "\u202ex", ""]
    pages = [f"{begin}1.xml-p{n}p2.bz2" for n in ("1" * 5000, "1" * 20, "１", "1\n", "../1")]
    pages.append(f"{begin}{'1' * 5000}.xml-p1p2.bz2")
    for name in [*names, *pages]:
        found[f"name {name[-30:]!r} ({len(name)})"] = of({name: good})
    found["files without number"] = of({f"f{n}": {} for n in range(50_000)})
    found["pieces without number"] = of({f"{begin}{n}.xml-p{n}p{n}.bz2": {} for n in range(5000)})
    found["a state of controls"] = of({NAME: good}, status="\x1b[31m\n\u202e" + "x" * 100_000)
    found["a state that is a number"] = of({NAME: good}, status=5)
    return {f"dumpstatus: {name}": answer(body) for name, body in found.items()}


def _sums() -> dict[str, Fault]:
    digest, begin = "a" * 64, "swwiki-2026-10-01-"
    names = ["../x", "/etc/passwd", "a\0b", "..", "\x1b[31m", "\u202ex", CONTENT_NAME * 9]
    names += [f"{begin}p{n}p2.xml.bz2" for n in ("1" * 5000, "1" * 20, "１", "../1", "-1")]
    found = {f"a name {name[-30:]!r} ({len(name)})": f"{digest}  {name}\n" for name in names}
    found["a name twice"] = f"{digest}  {CONTENT_NAME}\n" * 2
    found["another file"] = f"{digest}  {begin}p100p200.xml.bz2\n"
    found["names without number"] = "".join(
        f"{digest}  {begin}p{n}p{n}.xml.bz2\n" for n in range(50_000)
    )
    found["a wrong digest"] = f"{digest}  {CONTENT_NAME}\n"
    found["a digest of another kind"] = f"{'a' * 40}  {CONTENT_NAME}\n"
    found["digests without names"] = f"{digest}\n" * 9999
    found["spaces without number"] = f"{digest}{' ' * 500_000}\n"
    return {f"sums: {name}": answer(text.encode()) for name, text in found.items()}


def _endless() -> dict[str, Fault]:
    """Return answers that only a bound ends: of time, of bytes, or of the disk."""
    found = {
        "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
        "headers": (_OK, b"X: y\r\n", 0.01),
        "a header, drop by drop": (_OK + b"X: ", b"y", 0.02),
        "trailers": (_CHUNKED + b"0\r\n", b"X: y\r\n", 0.01),
        "a chunk's size": (_CHUNKED, b"0", 0.01),
        "a body, drop by drop": (_OK + b"\r\n", b"y", 0.02),
        "a body": (_OK + b"\r\n", b"y" * 65_536, 0.0),
        "a redirect's body": (
            b"HTTP/1.1 302 F\r\nLocation: /nowhere\r\n\r\n",
            b"y" * 65_536,
            0.0,
        ),
        "a gzip of nothing": (
            _OK + b"Content-Encoding: gzip\r\n\r\n" + gzipped(b"")[:10],
            b"\x00\x00\x00\xff\xff" * 4000,
            0.0,
        ),
    }
    return {
        f"without end: {name}": endless(head, piece, pause, most=2.0)
        for name, (head, piece, pause) in found.items()
    }


@functools.cache
def answers(place: str) -> dict[str, Fault]:
    """Return the answers that are tried at a place, by name."""
    found = _headers() | _status_lines() | _bodies() | _endless()
    found |= {f"Location {a[:30]!r} ({len(a)})": answer(b"", 302, Location=a) for a in ADDRESSES}
    if place == f"{CONTENT_FOLDER}SHA256SUMS":
        return found | _sums()
    return found | _statuses() if place == STATUS else found


def meet(server: Server, place: str, fault: Fault, folder: Path) -> str:
    """Download from a server that answers so at a place; return how it ended.

    "whole", or the fault's line. Anything else than one line, or than the right bytes under the
    file's name, is an AssertionError or the exception that came through.
    """
    server.files.clear()
    server.faults.clear()
    server.head_faults.clear()
    content = place in CONTENT_PLACES
    name = CONTENT_NAME if content else NAME
    if content:
        server.publish_content("swwiki", "2026-10-01", {"p1p99": DATA})
    else:
        server.publish("swwiki", DATE, {NAME.removeprefix(f"swwiki-{DATE}-"): DATA})
    if place in (FOLDER, SUMS, HEAD):  # what is read where there is no status
        del server.files[STATUS]
        server.files[SUMS] = f"{sha1(DATA)}  {NAME}\n".encode()
    (server.head_faults if place == HEAD else server.faults)[
        FOLDER + NAME if place == HEAD else place
    ] = [fault] * 30
    said: list[str] = []
    http = HttpClient(
        *(open_session(), said.append, Event(), lambda seconds: None),
        tries=2,
        timeouts=(2.0, 0.3),
        limit=0.3,
    )
    try:
        download(
            DownloadRequest(("swwiki",), server.url), folder, http, bars(quiet=True), said.append
        )
    except CstoolError as error:
        assert not (folder / name).is_file()
        end = str(error)
    else:
        assert (folder / name).read_bytes() == DATA
        end = "whole"
    assert max(map(len, [end, *said])) < LONGEST_LINE
    return end
