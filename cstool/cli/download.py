"""`cstool download`."""

import time
from pathlib import Path

import click

from cstool.cli.parameters import Date, Server, database_names, with_contact, with_date, with_source
from cstool.download.addresses import WIKIMEDIA
from cstool.download.client import HttpClient, open_session
from cstool.download.command import (
    DownloadRequest,
    UnfinishedDownload,
    catalogue,
    download,
    interruptible,
    list_files,
    make_plan,
    outcome,
)
from cstool.download.present import split
from cstool.download.progress_bars import bars, line
from cstool.download.record import DownloadFolder
from cstool.published.dump_names import WIKIDATA

EXAMPLE = """\b
Examples:
  cstool download enwiki --wikidata -o dumps
  cstool download enwiki dewiki --sql --date 20261001 -o dumps --contact me@example.org
  cstool download swwiki --wikidata --list
  cstool download swwiki --source content -o dumps > files.txt
"""


def _wiki(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return database_names(values)


@click.command("download", epilog=EXAMPLE)
@click.argument("wikis", nargs=-1, metavar="WIKI…", callback=_wiki)
@with_source(
    "Which files with pages: dumps (articles and templates), content (MediaWiki Content File "
    "Exports, pages of all namespaces), or auto for the newer of the two."
)
@click.option(
    "--wikidata",
    is_flag=True,
    help="Also download the Wikidata entity dump (all.json.gz, or .bz2 if there is no .gz).",
)
@click.option(
    "--sql",
    is_flag=True,
    help="Also download each wiki's page, page_props and redirect tables, the input of "
    "`cstool titles --sql-page --sql-props --sql-redirect`.",
)
@with_date("Date, YYYYMMDD or YYYY-MM-DD, or latest for the newest finished edition.")
@click.option(
    "--wikidata-date",
    type=Date(),
    metavar="DATE",
    help="Date of the Wikidata dump, that of its folder or of its file. Default: --date, or the "
    "nearest date with a finished dump.",
)
@click.option(
    "--if-missing",
    is_flag=True,
    help="Do not ask the server for a wiki, or Wikidata, if DIR contains all its files of the "
    "given date.",
)
@click.option(
    "--wait",
    is_flag=True,
    help="If the edition of the date, or the newest one, is not finished, wait until it is, then "
    "download it.",
)
@click.option(
    "--mirror",
    type=Server(),
    default=WIKIMEDIA,
    show_default=True,
    metavar="URL",
    help="Base URL of the server; a mirror must have the same folder layout.",
)
@with_contact()
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the dumps; created if missing. Required, except with --list.",
)
@click.option("--list", "only_list", is_flag=True, help="List the editions on the server and exit.")
@click.option("--dry-run", is_flag=True, help="List the files to download and exit.")
@click.option("--quiet", is_flag=True, help="Show errors only.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    wikis: tuple[str, ...],
    source: str,
    wikidata: bool,
    sql: bool,
    date: str,
    wikidata_date: str | None,
    if_missing: bool,
    wait: bool,
    mirror: str,
    contact: str | None,
    out: Path | None,
    only_list: bool,
    dry_run: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Download dumps of wikis and of Wikidata from Wikimedia's servers.

    Writes the files and _downloads.json to one folder, and their paths to standard output, one per
    line. A file gets its final name only when it is complete and its checksum has been verified.
    Running the same command again resumes an interrupted download and skips complete files.
    """
    del debug
    wikidata = wikidata or wikidata_date is not None
    if not wikis and not wikidata:
        raise click.UsageError("give WIKI…, such as enwiki, or --wikidata")
    request = DownloadRequest(wikis, mirror, wikidata, date, wikidata_date, sql, wait, source)
    http = HttpClient(open_session(contact), (lambda text: None) if quiet else line)
    if only_list:
        for text in catalogue(request, http):
            line(text, result=True)
        return
    if out is None:
        raise click.UsageError("give the folder for the dumps with -o DIR")
    if dry_run:
        downloads = DownloadFolder(out)
        plan = interruptible(lambda: make_plan(request, downloads, http), http)
        for text in plan.lines(out):
            line(text, result=True)
        return
    complete, rest = split(request, out) if if_missing else ([], request)
    try:
        if rest is not None:
            complete += _download(rest, out, http, quiet=quiet)
    except UnfinishedDownload as fault:
        complete += fault.complete
        raise
    finally:
        if not http.stop.is_set():
            names = [*request.wikis, WIKIDATA]
            for path in sorted(complete, key=lambda path: names.index(path.name.split("-")[0])):
                line(str(path), result=True)


def _download(request: DownloadRequest, out: Path, http: HttpClient, *, quiet: bool) -> list[Path]:
    """Download the files, and print messages; return the paths of all files."""
    started = time.monotonic()
    try:
        plan = download(request, out, http, bars(quiet=quiet), http.say)
    except KeyboardInterrupt:
        for text in list_files(out):
            http.say(text)
        raise
    for text in outcome(plan, out, time.monotonic() - started):
        http.say(text)
    return plan.paths(out)
