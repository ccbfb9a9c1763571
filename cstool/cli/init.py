"""`cstool init`."""

import shlex
import shutil
import sys
from pathlib import Path

import click

from cstool.cli.parameters import Date, database_names, with_date, with_source
from cstool.execution.terminal import echo_line
from cstool.pipeline.makefile import PipelineSettings, pipeline_file, write_project

EXAMPLE = """\b
Examples:
  cstool init swahili --wiki swwiki --languages en,fr --entities live
  cstool init english --wiki enwiki --languages entitycs --date 20261001 --slurm
"""


def _wikis(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    words = [word for value in values for word in value.replace(",", " ").split()]
    return tuple(dict.fromkeys(database_names(words)))


def _languages(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    if not value:
        return ""
    from cstool.languages.codes import resolve  # only for a Makefile, not for each run of make

    resolve(value, [])
    words = (word.strip() for word in value.split(","))
    return ",".join(filter(None, words))


@click.command("init", epilog=EXAMPLE)
@click.argument(
    "folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="DIR"
)
@click.option(
    "--wiki",
    "wikis",
    multiple=True,
    callback=_wikis,
    metavar="WIKI",
    help="Database name of the source wiki, such as swwiki. Can be repeated. Required.",
)
@click.option(
    "--languages",
    callback=_languages,
    metavar="CODES",
    help="Target languages: comma-separated codes, or entitycs for the 93 languages of EntityCS. "
    "Required.",
)
@click.option(
    "--entities",
    type=click.Choice(["dump", "live"]),
    default="dump",
    show_default=True,
    help="Wikidata's items: from its dump (a download of 150 GB), or live from its API, only those "
    "that the sentences mention.",
)
@with_source(
    "Wikipedia's pages: from XML dumps, content exports, or auto for the newer of the two."
)
@with_date(
    "Date of the dumps, such as 20261001, or latest for the newest finished ones when the corpus "
    "is first built."
)
@click.option(
    "--wikidata-date",
    type=Date(),
    metavar="DATE",
    help="Date of the Wikidata dump. Default: --date, or the nearest date with a finished dump.",
)
@click.option(
    "--slurm", is_flag=True, help="Also write batch files for Slurm, to adapt them to a cluster."
)
@click.option("--overwrite", is_flag=True, help="Replace these files if they exist.")
@click.option(
    "--pipeline",
    "only_path",
    is_flag=True,
    help="Print the path of the pipeline file that the Makefile includes, and exit.",
)
@click.option("--quiet", is_flag=True, help="Show errors only.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    folder: Path | None,
    wikis: tuple[str, ...],
    languages: str,
    entities: str,
    source: str,
    date: str,
    wikidata_date: str | None,
    slurm: bool,
    overwrite: bool,
    only_path: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Write a Makefile that downloads dumps and builds a corpus from them.

    DIR: the folder for the Makefile, created if missing. Run `make corpus` there; the dumps and
    the output of all stages are written to the same folder. Needs GNU make.
    """
    from cstool.wikitext.site_identity import unknown_wiki

    del debug
    if only_path:
        echo_line(str(pipeline_file()))
        return
    if folder is None:
        raise click.UsageError("give the folder for the Makefile: DIR")
    if not wikis:
        raise click.UsageError("give the source wiki with --wiki, such as --wiki swwiki")
    if not languages:
        raise click.UsageError("give the target languages with --languages, such as en,fr")
    if wikidata_date and entities == "live":
        raise click.UsageError("--wikidata-date: not with --entities live, which reads no dump")
    settings = PipelineSettings(
        wikis, languages, entities, source, date, wikidata_date or "", _program(), slurm
    )
    for path in write_project(settings, folder, overwrite=overwrite):
        if not quiet:
            echo_line(f"wrote {path}", err=True)
    if not quiet:
        # Not refused: a wiki may be newer than this version.
        for message in filter(None, map(unknown_wiki, wikis)):
            echo_line(f"init: {message}", err=True)
        goal = "slurm" if slurm else "corpus"
        echo_line(f"next: make -C {shlex.quote(str(folder))} {goal}", err=True)


def _program() -> str:
    """Return the shell command that runs this cstool: its name if PATH leads to it."""
    own = Path(sys.executable).parent / "cstool"
    found = shutil.which("cstool")
    if found and (not own.exists() or Path(found).resolve() == own.resolve()):
        return "cstool"
    return shlex.join([str(own)] if own.exists() else [sys.executable, "-m", "cstool"])
