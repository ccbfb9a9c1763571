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


@click.command("verify", epilog=EXAMPLE)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR…")
@click.option("--quick", is_flag=True, help="Leave checksums out: sizes and rows only.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of lines.")
@click.option("--quiet", is_flag=True, help="No bar, and no lines but for what is wrong.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(paths: tuple[Path, ...], quick: bool, as_json: bool, quiet: bool, debug: bool) -> None:
    """Check that folders are as they were written, and made from one another as they are now.

    DIR: a stage's folder, one of downloads, a dump, or a folder with such in it. Each part is
    compared with its manifest: there, bytes, rows, sha256. Each input that a manifest names is
    looked for among all that is given, back to the dumps. Tells what is missing, changed, foreign
    or unfinished, and ends with 1 if anything is.
    """
    del debug
    found = targets(paths)
    bar = progress("verify", None if quick else bytes_to_read(found), unit="B", quiet=quiet)
    try:
        verdict = verify(found, quick=quick, read=bar.update)
    finally:
        bar.close()
    if as_json:
        echo_json(verdict, indent=2)
    else:
        _tell(verdict, quiet=quiet)
    if not verdict.sound:
        sys.exit(1)


def _tell(verdict: VerifyResult, *, quiet: bool) -> None:
    if not quiet:
        for one in verdict.folders:
            files = "1 file" if one.files == 1 else f"{one.files:,} files"
            echo_line(f"{one.place}: {one.what}, {files}, {size_in_words(one.bytes)}")
        for text in verdict.unchecked:
            echo_line(f"not checked: {text}")
    for wrong in verdict.wrong:
        echo_line(f"{wrong.kind}: {wrong.place}: {wrong.what}")
    if not quiet:
        size = size_in_words(sum(one.bytes for one in verdict.folders))
        number = len(verdict.wrong)
        told = "all as written" if verdict.sound else f"{number:,} things are not as written"
        echo_line(f"verify: {size}: {'1 thing is not as written' if number == 1 else told}")
