"""`cstool download`."""

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from cstool.download.client import HttpClient, open_session
from cstool.download.command import (
    DownloadRequest,
    catalogue,
    download,
    interruptible,
    list_files,
    make_plan,
    outcome,
)
from cstool.download.discovery import LATEST
from cstool.download.progress_bars import bars, line
from cstool.download.record import DownloadFolder

EXAMPLE = """\b
Examples:
  cstool download enwiki --wikidata -o dumps
  cstool download enwiki dewiki --sql --date 20261001 -o dumps --contact me@example.org
  cstool download swwiki --wikidata --list
"""
WIKIMEDIA = "https://dumps.wikimedia.org"


class Date(click.ParamType[str]):
    """YYYYMMDD, or `latest`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date as it was given, if it is one."""
        if value != LATEST:
            try:
                if not re.fullmatch(r"[0-9]{8}", value):
                    raise ValueError
                time.strptime(value, "%Y%m%d")
            except ValueError:
                self.fail(f"{value!r} is no date; give YYYYMMDD, or latest", param, ctx)
        return str(value)


class Server(click.ParamType[str]):
    """The address that wikis' folders stand below."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address without its last slash."""
        try:
            parts = urlsplit(value)
            port = parts.port  # raises ValueError
            sound = parts.scheme in ("http", "https") and parts.hostname and port != 0
        except ValueError:
            sound = False
        if not sound or re.search(r"[\s\x00-\x1f\x7f?#]", value):
            self.fail(f"{value!r} is no address of a server; such as {WIKIMEDIA}", param, ctx)
        return str(value).rstrip("/")


def _wiki(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            raise click.BadParameter(f"{value!r} is no wiki's database name, such as enwiki")
    return values


@click.command("download", epilog=EXAMPLE)
@click.argument("wikis", nargs=-1, metavar="WIKI…", callback=_wiki)
@click.option("--wikidata", is_flag=True, help="Wikidata's entities, too (all.json.gz).")
@click.option(
    "--sql",
    is_flag=True,
    help="Each wiki's page, page_props and redirect tables, too: `titles --sql-…` reads them.",
)
@click.option(
    "--date",
    type=Date(),
    default=LATEST,
    show_default=True,
    metavar="DATE",
    help="The dump's date, YYYYMMDD; latest: the newest that is finished.",
)
@click.option(
    "--wikidata-date",
    type=Date(),
    metavar="DATE",
    help="Wikidata's date. Default: --date, or if there is none of that day the nearest one.",
)
@click.option("--wait", is_flag=True, help="Wait for a dump that is not finished.")
@click.option(
    "--mirror",
    type=Server(),
    default=WIKIMEDIA,
    show_default=True,
    metavar="URL",
    help="Another server with the same folders.",
)
@click.option(
    "--contact",
    envvar="CSTOOL_CONTACT",
    show_envvar=True,
    metavar="ADDRESS",
    help="How those who run the server reach you: goes into the User-Agent.",
)
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the dumps; made if it is not there.",
)
@click.option("--list", "only_list", is_flag=True, help="List the dumps there are, and end.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and end.")
@click.option("--quiet", is_flag=True, help="No bars and no lines but for faults.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    wikis: tuple[str, ...],
    wikidata: bool,
    sql: bool,
    date: str,
    wikidata_date: str | None,
    wait: bool,
    mirror: str,
    contact: str | None,
    out: Path | None,
    only_list: bool,
    dry_run: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Fetch the dumps of wikis, and of Wikidata, from Wikimedia's servers.

    Writes the files into one folder, each under its own name when it is whole and its checksum is
    right, and _downloads.json. The same command again goes on where it stopped, and fetches
    nothing that is there.
    """
    del debug
    wikidata = wikidata or wikidata_date is not None
    if not wikis and not wikidata:
        raise click.UsageError("give WIKI…, such as enwiki, or --wikidata")
    order = DownloadRequest(wikis, mirror, wikidata, date, wikidata_date, sql, wait)
    http = HttpClient(open_session(contact), (lambda text: None) if quiet else line)
    if only_list:
        for text in catalogue(order, http):
            line(text, result=True)
        return
    if out is None:
        raise click.UsageError("give the folder for the dumps with -o DIR")
    if dry_run:
        shelf = DownloadFolder(out)
        plan = interruptible(lambda: make_plan(order, shelf, http), http)
        for text in plan.lines(out):
            line(text, result=True)
        return
    begun = time.monotonic()
    try:
        plan = download(order, out, http, bars(quiet=quiet), http.say)
    except KeyboardInterrupt:
        for text in list_files(out):
            http.say(text)
        raise
    for text in outcome(plan, out, time.monotonic() - begun):
        http.say(text)
