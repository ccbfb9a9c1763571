"""Measure the CPU time of each stage on a small input, which is mostly that of starting.

    python -m scripts.bench.start [--rounds 5] [--jobs 1,2] [--only STAGE,…] [--against CSTOOL]

The input of each stage is the bundled sample, or for `extract` also a dump of one page. CPU seconds
are user and system time of all processes, the median of the rounds. `--against`: another program
`cstool`, for a comparison; both run in turn, and the ratio is the median of those of the rounds.
The last row is what importing the two libraries takes by itself that no stage can do without.
"""

import argparse
import bz2
import ctypes
import os
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from scripts.bench.measure import cstool, working_folder
from scripts.bench.stages import PAGES, WIKIDATA

_PR_SET_CHILD_SUBREAPER = 36
FLOOR = "numpy, pyarrow"
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]


def commands() -> dict[str, list[str]]:
    """Return the commands, in the order in which each needs the output of others."""
    tokenizer = ["--tokenizer", "tokenizer.json"]
    return {
        "entities": ["entities", str(WIKIDATA), "-o", "entities"],
        "titles": [
            *["titles", "--wiki", "enwiki", "--entities", "entities"],
            *["--pages", str(PAGES), "-o", "titles"],
        ],
        "extract": ["extract", str(PAGES), "-o", "sentences"],
        "extract a page": ["extract", "page.xml", "-o", "page"],
        "link": ["link", "sentences", "--titles", "titles", "-o", "linked"],
        "switch": [
            *["switch", "linked", "--entities", "entities"],
            *["--languages", "entitycs", "-o", "switched"],
        ],
        "shard": ["shard", "switched", "-o", "corpus"],
        "mask": ["mask", "corpus", *tokenizer, "--strategy", "wep+mlm", "-o", "examples"],
        "stats": ["stats", "corpus", "-n", "10"],
        "show": ["show", "corpus", "-n", "20"],
        "verify": ["verify", "corpus"],
    }


def write_inputs(folder: Path) -> None:
    """Write the dump of one page and a tokenizer of single letters."""
    xml = bz2.decompress(PAGES.read_bytes()).decode()
    head, _, rest = xml.partition("  <page>")
    articles = (page for page in rest.split("  <page>") if "<ns>0</ns>" in page)
    page = next(page for page in articles if not re.search(r"<redirect|\{\{", page))
    text = f"{head}  <page>{page.removesuffix('</mediawiki>')}".rstrip()
    (folder / "page.xml").write_text(f"{text}\n</mediawiki>\n")
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece

    model = WordPiece({token: i for i, token in enumerate(TOKENS)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.add_special_tokens(TOKENS[:5])
    tokenizer.save(str(folder / "tokenizer.json"))


def cpu_of(command: Sequence[str], folder: Path) -> float:
    """Run a command; return the CPU seconds of all its processes; end with its fault if it fails.

    As their subreaper, this process also waits for those that the command did not wait for.
    """
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.execvp(command[0], list(command))
    seconds = 0.0
    try:
        while True:
            ended, status, usage = os.wait4(-1, 0)
            seconds += usage.ru_utime + usage.ru_stime
            if ended == pid and status:
                sys.exit(f"{' '.join(command)} failed")
    except ChildProcessError:
        return seconds


def cpu_of_run(program: str, command: Sequence[str], jobs: str, folder: Path) -> float:
    """Run a command of a program, without earlier output; return its CPU seconds."""
    if "-o" not in command:
        return cpu_of([program, *command], folder)
    shutil.rmtree(folder / command[command.index("-o") + 1], ignore_errors=True)
    return cpu_of([program, *command, "-j", jobs, "--quiet"], folder)


def measure(commands: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """Run the commands in turn; return for each the seconds of its rounds."""
    seconds: list[list[float]] = [[] for _ in commands]
    for _ in range(rounds):
        for taken, call in zip(seconds, commands, strict=True):
            taken.append(call())
    return seconds


def row(name: str, seconds: list[list[float]]) -> str:
    """Return a line of the table."""
    line = f"{name:24}" + "".join(f"{statistics.median(taken):8.2f}" for taken in seconds)
    if len(seconds) > 1:
        ratios = [new / old for new, old in zip(seconds[0], seconds[1], strict=True)]
        line += f"{statistics.median(ratios):8.2f}"
    return line


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--only", default=",".join(commands()))
    parser.add_argument("--against")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    # Bytecode is read from a cache, as after an installation, also where Python may not write it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    programs = [cstool(), *filter(None, [arguments.against])]
    with working_folder(arguments.keep) as folder:
        write_inputs(folder)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        for program in reversed(programs):
            for command in commands().values():
                cpu_of_run(program, command, "1", folder)
        print(f"{'CPU s':24}" + "".join(f"{name:>8}" for name in ("new", "old")[: len(programs)]))
        for name in filter(arguments.only.split(",").__contains__, commands()):
            command = commands()[name]
            for jobs in arguments.jobs.split(",") if "-o" in command else ["1"]:
                calls = [partial(cpu_of_run, p, command, jobs, folder) for p in programs]
                label = f"{name} -j {jobs}" if "-o" in command else name
                print(row(label, measure(calls, arguments.rounds)), flush=True)
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        code = [sys.executable, "-c", f"import {FLOOR}"]
        print(row(FLOOR, measure([partial(cpu_of, code, folder)], arguments.rounds)))


if __name__ == "__main__":
    main()
