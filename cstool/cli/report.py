"""`cstool report`."""

from pathlib import Path

import click

from cstool.cli.options import inspecting
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
    help="HTML file to write. Replaces an existing report; any other existing file is an error.",
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`, for the types and labels of entities.",
)
@click.option(
    "--work",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Parent folder of the earlier stages' output folders, for their run times.",
)
@inspecting(
    "Languages of the names of entities and types, in order of preference (comma-separated codes). "
    "Default: en."
)
def command(
    folder: Path,
    out: Path,
    entities: Path | None,
    work: Path | None,
    languages: tuple[str, ...],
    quiet: bool,
) -> None:
    """Write an HTML report of a corpus as one self-contained file.

    DIR: output folder of `cstool shard` or `cstool mix`, or of another stage, for which the report
    has fewer sections.

    The report shows how many pages, sentences and mentions each stage kept and why the others were
    dropped, the languages, the entities, the sentence lengths, code-mixing metrics, and sample
    sentences. For a mixture, it shows the size of each corpus in each training stage. It is
    created from stored statistics; only of a mixture, sample rows are read. The page loads no
    external resources. Requires the extra `report`.
    """
    try:
        from cstool.report.html.facts import facts_of
        from cstool.report.html.page import GENERATOR, page_of
    except ImportError as error:
        raise CstoolError(f"report needs {error.name}; run {install_hint('report')}") from error
    if out.is_dir():
        raise OutputError(f"{out}: is a folder; give a file with -o, such as report.html")
    if out.exists() and GENERATOR not in out.read_bytes()[:1000].decode(errors="replace"):
        raise OutputError(f"{out}: exists and is not a cstool report; give another file with -o")
    page = page_of(facts_of(folder, entities, work, languages)).encode()
    write_bytes(out, page)
    if not quiet:
        echo_line(f"report: {len(page) / 1e6:.1f} MB → {out}", err=True)
