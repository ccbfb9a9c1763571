"""Own code compared with a library, for bz2 and retries: docs/measurements/design.md.

    python -m scripts.bench.libraries_input bz2|retries [--rounds 3]

Each round of a candidate runs in its own process; printed are the least CPU seconds and the most
memory of all rounds.
"""

import bz2
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

from cstool.dumps import multistream
from cstool.errors import CutInputError
from scripts.bench.libraries import compare, measured
from scripts.bench.stages import write_pages

# ---- bz2 scanner, indexed_bzip2 ----


def bz2_(folder: Path, rounds: int) -> None:
    """Decompress a multistream dump, whole and damaged."""
    path = folder / "dump.xml.bz2"
    size = write_pages(path, 500)
    print(f"{size / 1e6:.0f} MB of XML, {path.stat().st_size / 1e6:.0f} MB of bz2")
    measured(rounds, "cstool: scan and fingerprint", scan, path)
    right = measured(rounds, "cstool: scan and decompress", own_bytes, path)
    measured(rounds, "bz2 of Python", python_bytes, path)
    for threads in (1, 2):
        found = measured(rounds, f"indexed_bzip2, {threads} threads", their_bytes, path, threads)
        assert found[0] == right[0]
    found = multistream.find_streams(path)
    assert found is not None
    for what, data in damaged(path.read_bytes(), found.starts).items():
        other = folder / "damaged.xml.bz2"
        other.write_bytes(data)
        print(f"{what}; missing bytes:")
        answers = {"cstool": own_bytes(other), "bz2 of Python": python_bytes(other)}
        answers |= {f"indexed_bzip2, {n} threads": their_bytes(other, n) for n in (1, 2)}
        for name, (total, said) in answers.items():
            print(f"    {name:26} {right[0] - total:12,} {said}")


def damaged(data: bytes, starts: list[int]) -> dict[str, bytes]:
    """Return copies of a dump with a fault in a stream in the middle."""
    number = len(starts) // 2
    start, stop = starts[number], starts[number + 1]

    def flipped(place: int) -> bytes:
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    return {
        "a bit of a block's checksum": flipped(start + 10),
        "a bit of a stream's checksum": flipped(stop - 3),
        "a bit of the data": flipped((start + stop) // 2),
        "a bit of a block's magic number": flipped(start + 5),
        "a bit of a stream's magic number": flipped(start + 1),
        "3,000 zero bytes": data[:start] + bytes(3000) + data[start + 3000 :],
    }


def scan(path: Path) -> int:
    """Find the streams of a dump."""
    found = multistream.find_streams(path)
    return len(found.starts) - 1 if found else 0


def own_bytes(path: Path) -> tuple[int, str]:
    """Return the bytes that are decompressed stream by stream, and which streams were not."""
    found = multistream.find_streams(path)
    assert found is not None
    total, lost = 0, 0
    with path.open("rb", buffering=0) as file:
        for start, stop in zip(found.starts, found.starts[1:], strict=False):
            try:
                total += sum(map(len, multistream.decompressed_range("", file, start, stop)))
            except CutInputError:
                lost += 1
    return total, f"{lost} of {len(found.starts) - 1} streams damaged"


def python_bytes(path: Path) -> tuple[int, str]:
    """Return the bytes that the bz2 module decompresses."""
    with bz2.open(path) as file:
        return counted(file.read)


def their_bytes(path: Path, threads: int) -> tuple[int, str]:
    """Return the bytes that indexed_bzip2 decompresses."""
    with import_module("indexed_bzip2").open(str(path), parallelization=threads) as file:
        return counted(file.read)


def counted(read: Callable[[int], bytes]) -> tuple[int, str]:
    """Read to the end or to an error."""
    total = 0
    try:
        while block := read(1 << 20):
            total += len(block)
    except (OSError, RuntimeError, ValueError) as error:
        return total, f"{type(error).__name__}: {str(error)[:80]}"
    return total, "no error"


# ---- retries, urllib3 ----


class Faulty(BaseHTTPRequestHandler):
    """Answers each path with its own fault."""

    asked = 0

    def do_GET(self) -> None:
        """Answer."""
        type(self).asked += 1
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 500)
        else:
            self.send_response(503)
            self.send_header("Retry-After", self.path[1:])
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def retries(_: Path, rounds: int) -> None:
    """Ask a faulty server, and stop after one second."""
    import_module("cstool.download.client")  # before the clock starts
    import_module("requests.adapters")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    for path in ("/5", "/soon", "/7300", "/cut"):
        for name, ask in {"cstool": own_request, "urllib3": their_request}.items():
            if (name, path) == ("urllib3", "/7300"):
                print("urllib3 /7300: not run, would wait 2 hours (at most 6 by default)")
                continue
            Faulty.asked = 0
            begun = time.monotonic()
            stop = threading.Event()
            threading.Timer(1.0, stop.set).start()
            try:
                outcome = str(ask(base + path, stop))
            except Exception as error:  # noqa: BLE001 - what is raised is the result
                outcome = f"{type(error).__name__}: {str(error)[:90]}"
            seconds = time.monotonic() - begun
            print(f"{name:8}{path:7} {seconds:5.1f} s, {Faulty.asked} requests; {outcome}")
    server.shutdown()


def own_request(url: str, stop: threading.Event) -> Any:
    """Ask with cstool."""
    from cstool.download.client import HttpClient, open_session

    return HttpClient(open_session(), print, stop=stop, tries=6).read(url)


def their_request(url: str, _: threading.Event) -> Any:
    """Ask with requests and urllib3's Retry, which knows no event."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    session = requests.Session()
    patience = Retry(total=2, backoff_factor=0.1, status_forcelist=[503])
    session.mount("http://", HTTPAdapter(max_retries=patience))
    return session.get(url, timeout=60)


if __name__ == "__main__":
    compare({"bz2": bz2_, "retries": retries}, __doc__)
