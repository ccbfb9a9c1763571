"""Download a file through random faults, many times; print the injected faults and the outcomes.

    python -m scripts.fuzz.download [--runs 1000] [--seed 1]
    python -m scripts.fuzz.download --hostile

The server is that of the tests, on the loopback interface. Each run has up to eight faults, begins
with a partial file in a third of the cases, and repeats the same command up to three times. Exits
with 1 if a file under its final name was ever incomplete or wrong.

With `--hostile`, a whole download gets, at each request, each reply of a server that lies or
attacks. Exits with 1 if one of them led to anything but the complete file or a one-line message.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cstool.download.catalogue import RemoteFile
from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.progress_bars import bars
from cstool.download.record import DownloadFolder
from cstool.download.transfer import TransferContext, fetch
from cstool.published.set_lists import PART
from tests.download import hostile
from tests.download import server as bad

SIZE = 300_000
PATH, NAME = "/enwiki/20261001/f.bz2", "f.bz2"


def faults(dice: random.Random) -> dict[str, Callable[[], bad.Fault]]:
    """Return what makes a fault of each kind, at a random place."""

    def place() -> int:
        return dice.randrange(SIZE)

    def replaced(server: bad.Server) -> None:
        server.files[PATH] = dice.randbytes(SIZE + dice.randrange(-9, 9))

    return {
        "line cut": lambda: bad.cut(place()),
        "line reset": lambda: bad.reset(place()),
        "closed without a word": lambda: bad.close_without_a_word,
        "silence (time out)": lambda: bad.silent(0.2, upto=place()),
        "slow": lambda: bad.slow(0.001),
        "Range ignored": lambda: bad.no_ranges,
        "Range ignored, and cut": lambda: bad.no_ranges_cut(place()),
        "another piece than asked for": lambda: bad.wrong_piece,
        "Content-Length too small": lambda: bad.lie(place() + 1),
        "Content-Length too large": lambda: bad.lie(SIZE + place() + 20),
        "429, Retry-After in seconds": lambda: bad.status(429, Retry_After="0"),
        "503, Retry-After as a date": lambda: bad.status(
            503, Retry_After="Thu, 01 Oct 2026 00:00:00 GMT"
        ),
        "500, 502, 504 or 408": lambda: bad.status(dice.choice([500, 502, 504, 408])),
        "redirect": lambda: bad.redirect("/elsewhere"),
        "a corrupt byte": lambda: bad.corrupt(place()),
        "the file changes, line cut": lambda: bad.then(replaced, bad.cut(place())),
    }


def meet_all() -> int:
    """Try each hostile answer at each place; return how many got through."""
    through = 0
    with bad.running_server() as server, tempfile.TemporaryDirectory() as folder:
        for number, place in enumerate((*hostile.PLACES, *hostile.CONTENT_PLACES)):
            ends: Counter[str] = Counter()
            for turn, (name, fault) in enumerate(hostile.answers(place).items()):
                try:
                    end = hostile.meet(server, place, fault, Path(folder) / f"{number}-{turn}")
                    ends["whole" if end == "whole" else "a line"] += 1
                except Exception as error:  # noqa: BLE001 - what is looked for
                    print(f"{place}: {name}: {type(error).__name__}: {error}")
                    through += 1
            told = ", ".join(f"{count:,} {end}" for end, count in sorted(ends.items()))
            print(f"{sum(ends.values()):6,}  {place.rsplit('/', 1)[-1] or place}: {told}")
    print(f"{through:6,}  got through")
    return int(through > 0)


def main() -> None:
    """Inject, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    if options.hostile:
        sys.exit(meet_all())
    dice = random.Random(options.seed)
    kinds = faults(dice)
    met: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    wrong = 0
    began = time.process_time()
    with bad.running_server() as server, tempfile.TemporaryDirectory() as place:
        catalogue: set[str] = set()  # what has been published of the file

        def published(_: object = None) -> RemoteFile:
            now = server.files["/elsewhere"] = server.files[PATH]
            catalogue.add(bad.sha1(now))
            return RemoteFile(NAME, server.url + PATH, len(now), bad.sha1(now))

        for run in range(options.runs):
            folder = Path(place) / str(run)
            folder.mkdir()
            data = dice.randbytes(SIZE)
            server.files = {PATH: data, "/elsewhere": data}
            catalogue.clear()
            chosen = dice.choices([*kinds], k=dice.randrange(9))
            server.faults[PATH] = [kinds[kind]() for kind in chosen]
            if dice.random() < 1 / 3:
                (folder / (NAME + PART)).write_bytes(data[: dice.randrange(SIZE)])
            http = HttpClient(
                open_session(), lambda text: None, sleep=lambda s: None, tries=6, timeouts=(1, 0.1)
            )

            for command in range(1, 4):
                try:
                    fetch(
                        published(),
                        TransferContext(http, DownloadFolder(folder), bars(quiet=True), published),
                    )
                except ServerError:
                    wrong += (folder / NAME).exists()
                    ends["a clear line, and the same command again"] += 1
                    continue
                wrong += bad.sha1((folder / NAME).read_bytes()) not in catalogue
                ends[f"whole and right after command {command}"] += 1
                break
            met.update(chosen[: len(chosen) - len(server.faults[PATH])])
    for kind in kinds:
        print(f"{met[kind]:6,}  {kind}")
    print(f"{met.total():6,}  faults in {options.runs:,} runs")
    for end, number in sorted(ends.items()):
        print(f"{number:6,}  {end}")
    print(f"{wrong:6,}  files under their own name that were not whole and right")
    print(f"{time.process_time() - began:6.1f}  CPU seconds, server and client")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
