"""Send signals to commands at random moments after their start; check their output and files.

Usage: python -m scripts.fuzz.stop [--tries 200] [--longest 0.4] [--lock] [--signal INT TERM]

Each command is started in its own folder and gets the signal after up to `--longest` seconds (the
whole process group for INT, as with Ctrl-C, else one process). It must end with 128 plus the number
of the signal, or with 0 if it was faster; with at most one line on standard error; and without
leaving a lock, a temporary file, or anything in the folder for temporary files. The start of
Python, before it runs a line of cstool, is counted separately. Exits with 1 otherwise.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from scripts.bench.measure import cstool

SAMPLE = Path(__file__).parents[2] / "data/sample"
PAGES = str(SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2")
WIKIDATA = str(SAMPLE / "wikidata-20261001-all.json.gz")
COMMANDS = {
    "help": ["--help"],
    "stats": ["stats", "sentences"],
    "extract -j 1": ["extract", PAGES, "-o", "out", "-j", "1", "--part-size", "4K"],
    "extract -j 2": ["extract", PAGES, "-o", "out", "-j", "2", "--part-size", "4K"],
    "entities -j 2": ["entities", WIKIDATA, "-o", "out", "-j", "2", "--part-size", "4K"],
}
SECONDS_TO_END = 10.0


def left_in(folder: Path) -> list[str]:
    """Return the kinds of files that a run must not leave."""
    names = [path.name for path in folder.rglob("*")]
    locks = ["lock" for name in names if name.startswith("_lock-")]
    temporary = ["temporary file" for name in names if name.endswith(".tmp")]
    return locks + temporary + [f"{name[:5]}…" for name in names if name.startswith("pymp-")]


def faults_of(process: "subprocess.Popen[str]", sign: signal.Signals, folder: Path) -> list[str]:
    """Wait for the end of a process; return what is wrong with it."""
    try:
        _, error = process.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return ["does not end"]
    ours = re.search(r"^cstool: |/cstool/(running|cli|parts|stages)/", error, re.MULTILINE)
    early = process.returncode in (-sign, 1) or "Remainder of file ignored" in error
    if not ours and early:
        return ["(Python's own start)"] if error else []
    found = left_in(folder)
    if process.returncode not in (0, 128 + sign):
        found.append(f"exit code {process.returncode}")
    if "Traceback" in error or "Exception ignored" in error:
        found.append("traceback")
    elif process.returncode and len(error.strip().splitlines()) > 1:
        found.append("several lines")
    if found:
        print(error, file=sys.stderr)
    return found


def wait_for_lock(process: "subprocess.Popen[str]", folder: Path) -> None:
    """Return when a run has written its lock, or has ended."""
    until = time.monotonic() + SECONDS_TO_END
    while process.poll() is None and time.monotonic() < until:
        if any(folder.glob("out/_lock-*")):
            return


def stop(
    arguments: list[str], sign: signal.Signals, after: float, folder: Path, lock: bool
) -> list[str]:
    """Start a command, send it the signal after so many seconds; return what is wrong."""
    process = subprocess.Popen(
        [*program(), *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if lock:
        wait_for_lock(process, folder)
    time.sleep(after)
    if process.poll() is None:
        if sign == signal.SIGINT:
            os.killpg(process.pid, sign)
        else:
            process.send_signal(sign)
    return faults_of(process, sign, folder)


def program() -> list[str]:
    """Return how cstool is started: as a script or as a module, one as often as the other."""
    return random.choice([[cstool()], [sys.executable, "-m", "cstool"]])


def main() -> None:
    """Stop, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--tries", type=int, default=200, help="for each command and signal")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shortest", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--longest", type=float, default=0.4, metavar="SECONDS")
    parser.add_argument("--lock", action="store_true", help="count from the lock's appearance")
    parser.add_argument("--signal", nargs="+", default=["INT", "TERM"])
    parser.add_argument("--command", nargs="+", choices=COMMANDS, default=[*COMMANDS])
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as made:
        sentences = Path(made, "sentences")
        subprocess.run([cstool(), "extract", PAGES, "-o", sentences, "--quiet"], check=True)
        for name in arguments.command:
            for sign in (signal.Signals[f"SIG{one}"] for one in arguments.signal):
                found: Counter[str] = Counter()
                for _ in range(arguments.tries):
                    after = random.uniform(arguments.shortest, arguments.longest)
                    with tempfile.TemporaryDirectory(dir=made) as folder:
                        Path(folder, "sentences").symlink_to(sentences)
                        here = Path(folder)
                        found.update(stop(COMMANDS[name], sign, after, here, arguments.lock))
                told = ", ".join(f"{number} × {what}" for what, number in found.most_common())
                print(f"{name:14} {sign.name:8} {arguments.tries} tries: {told or 'sound'}")
                wrong += sum(n for what, n in found.items() if not what.startswith("("))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
