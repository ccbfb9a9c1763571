"""`cstool report`."""

from pathlib import Path

import click

from cstool.distribution import install_hint
from cstool.errors import CstoolError, OutputError
from cstool.execution.terminal import echo_line
from cstool.storage.atomic import write_bytes

EXAMPLE = """\b
Examples:
  cstool report corpus -o report.html
  cstool report work/corpus -o report.html --entities work/entities --work work
"""


@click.command("report", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "-o",
    "--output",
    "out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The HTML file; an earlier report is replaced, any other file is not.",
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool entities` wrote: gives the entities' types and their other names.",
)
@click.option(
    "--work",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder below which those of the stages before are: gives what these took.",
)
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(folder: Path, out: Path, entities: Path | None, work: Path | None, debug: bool) -> None:
    """Make one HTML file that shows a corpus: open it, print it, send it.

    DIR: a corpus; or what another stage wrote, of which there is less to show.

    The funnel from pages to the corpus and what was dropped why, languages, entities, lengths, how
    mixed the text is, and sentences to look through. It reads statistics, not the corpus, and the
    page loads nothing from anywhere. Needs the extra `report`.
    """
    del debug
    try:
        from cstool.report.html.facts import facts_of
        from cstool.report.html.page import GENERATOR, page_of
    except ImportError as error:
        raise CstoolError(f"report needs {error.name}; run {install_hint('report')}") from error
    if out.is_dir():
        raise OutputError(f"{out}: is a folder; give a file with -o, such as report.html")
    if out.exists() and GENERATOR not in out.read_bytes()[:1000].decode(errors="replace"):
        raise OutputError(f"{out}: is no report of cstool's; give another file with -o")
    page = page_of(facts_of(folder, entities, work)).encode()
    write_bytes(out, page)
    echo_line(f"report: {len(page) / 1e6:.1f} MB → {out}", err=True)
