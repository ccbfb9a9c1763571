"""Measure the speed of `cstool download` on the loopback interface, compared with curl.

    python -m scripts.bench.download [--mega 2000]

A server in another process sends the same megabyte repeatedly. CPU seconds are those of the client;
a real network is much slower. Also measures the cost of hashing.
"""

import argparse
import hashlib
import multiprocessing
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from cstool.download.catalogue import RemoteFile
from cstool.download.client import HttpClient, open_session
from cstool.download.progress_bars import bars
from cstool.download.record import DownloadFolder
from cstool.download.transfer import TransferContext, fetch

MEGA = 1 << 20
BLOCK = bytes(range(256)) * (MEGA // 256)


def serve(mega: int, port: Connection) -> None:
    """Answer each request with so many megabytes, or with those that its Range leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port.send(listening.getsockname()[1])
        while True:
            line, _ = listening.accept()
            with line:
                request = line.recv(1 << 16).decode()
                start = 0
                if "Range: bytes=" in request:
                    start = int(request.split("Range: bytes=")[1].split("-")[0])
                size = mega * MEGA
                head = "HTTP/1.1 200 OK"
                if start:
                    head = f"HTTP/1.1 206 Rest\r\nContent-Range: bytes {start}-{size - 1}/{size}"
                line.sendall(f"{head}\r\nContent-Length: {size - start}\r\n\r\n".encode())
                for _ in range(start // MEGA, mega):
                    line.sendall(BLOCK)


def measure(what: str, mega: int, call: Callable[[], object], who: int) -> None:
    """Call, and print the wall and CPU time that it took."""
    before, begun = resource.getrusage(who), time.perf_counter()
    call()
    wall, after = time.perf_counter() - begun, resource.getrusage(who)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{what:44} {mega * MEGA / 1e6 / wall:6,.0f} MB/s, {cpu:5.2f} CPU-s "
        f"({mega * MEGA / 1e6 / cpu:6,.0f} MB per CPU-s)"
    )


def digest_of(mega: int, kinds: tuple[str, ...]) -> dict[str, str]:
    """Return digests of the whole file."""
    digests = {kind: hashlib.new(kind) for kind in kinds}
    for _ in range(mega):
        for digest in digests.values():
            digest.update(BLOCK)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mega", type=int, default=2000, help="size of the file in megabytes")
    mega = parser.parse_args().mega
    ours, theirs = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(mega, theirs), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/f"
    own = resource.RUSAGE_SELF
    for kind in ("sha1", "md5", "sha256"):
        measure(f"hashing alone: {kind}", mega, partial(digest_of, mega, (kind,)), own)
    sums = digest_of(mega, ("sha1", "md5", "sha256"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def take(*kinds: str) -> None:
            published = {kind: sums[kind] for kind in kinds}
            remote = RemoteFile("f", url, mega * MEGA, **published)
            http = HttpClient(open_session(), print)
            fetch(
                remote, TransferContext(http, DownloadFolder(folder), bars(quiet=True), lambda r: r)
            )

        by_sha1, by_md5, by_sha256 = (partial(take, kind) for kind in ("sha1", "md5", "sha256"))
        measure("cstool: fetched, sha1 on the way", mega, by_sha1, own)
        (folder / "f").rename(folder / "f.part")
        with (folder / "f.part").open("r+b") as file:
            file.truncate(mega // 2 * MEGA)
        measure("cstool: half is here, read once, rest fetched", mega, by_sha1, own)
        (folder / "f").unlink()
        for kind, call in (("md5", by_md5), ("sha256", by_sha256)):
            measure(f"cstool: fetched, sha1 and {kind} on the way", mega, call, own)
            (folder / "f").unlink()
        if shutil.which("curl"):
            child = resource.RUSAGE_CHILDREN
            for what, command in {
                "curl, nothing checked": ["curl", "--silent", "--output", str(folder / "f"), url],
                "sha1sum over it afterwards": ["sha1sum", str(folder / "f")],
            }.items():
                run = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
                measure(what, mega, run, child)
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
