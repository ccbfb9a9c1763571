"""`cstool verify`."""

import sys
from pathlib import Path

import click

from cstool.execution.progress import progress, size_in_words
from cstool.execution.terminal import echo_json, echo_line
from cstool.report.verify.check import VerifyResult, bytes_to_read, targets, verify

EXAMPLE = """\b
Examples:
  cstool verify work/20261001 dumps
  cstool verify work/linked work/sentences work/titles
  cstool verify corpus --quick --json
"""


# Kinds of problems whose name in JSON differs from the displayed one.
_KINDS = {"foreign": "unexpected"}


@click.command("verify", epilog=EXAMPLE)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR…")
@click.option(
    "--quick",
    is_flag=True,
    help="Compare only sizes, row counts and samples of dumps, not checksums.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
@click.option("--quiet", is_flag=True, help="Show problems only.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(paths: tuple[Path, ...], quick: bool, as_json: bool, quiet: bool, debug: bool) -> None:
    """Verify that output folders are unchanged and were made from the given inputs.

    DIR: output folder of a stage, download folder, dump, or parent folder of these. The files of a
    folder are compared with its manifest: existence, size, number of rows and sha256. Of `lexicon`
    and `romanize`, the rows are checked, too: sorted entities, no empty names, spans within the
    text. The inputs
    that a manifest lists are compared with the given folders and dumps. Reports missing, changed,
    unexpected (not listed in a manifest) and unfinished files, and exits with status 1 if there is
    a problem.
    """
    del debug
    selected = targets(paths)
    bar = progress("verify", None if quick else bytes_to_read(selected), unit="B", quiet=quiet)
    try:
        result = verify(selected, quick=quick, read=bar.update)
    finally:
        bar.close()
    if as_json:
        echo_json(result, indent=2)
    else:
        _tell(result, quiet=quiet)
    if not result.sound:
        sys.exit(1)


def _tell(result: VerifyResult, *, quiet: bool) -> None:
    if not quiet:
        for folder in result.folders:
            files = "1 file" if folder.files == 1 else f"{folder.files:,} files"
            echo_line(f"{folder.place}: {folder.what}, {files}, {size_in_words(folder.bytes)}")
        for text in result.unchecked:
            echo_line(f"not checked: {text}")
    for problem in result.wrong:
        kind = _KINDS.get(problem.kind, problem.kind)
        echo_line(f"{kind}: {problem.place}: {problem.what}")
    if not quiet:
        size = size_in_words(sum(folder.bytes for folder in result.folders))
        number = len(result.wrong)
        problems = "1 problem" if number == 1 else f"{number:,} problems"
        echo_line(f"verify: {size} checked: {'no problems' if result.sound else problems}")
