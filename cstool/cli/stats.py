"""`cstool stats`."""

import shutil
from pathlib import Path

import click
import msgspec

from cstool.report.stats import as_table, folder_stats

EXAMPLE = """\b
Examples:
  cstool stats corpus
  cstool stats corpus --json
"""


@click.command("stats", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(folder: Path, as_json: bool, debug: bool) -> None:
    """Tell what is in a stage's folder: rows, words, entities, by language.

    FOLDER: what any stage wrote. Words are counted as each script has them (zh, ja, th…: by ICU's
    dictionaries). Of code-switched text also how mixed it is: CMI, I- and M-index…, as many as the
    terminal has room for; --json has all. docs/metrics.md tells what they mean.
    """
    del debug
    stats = folder_stats(folder)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(stats), indent=2).decode())
    else:
        click.echo(as_table(stats, shutil.get_terminal_size().columns))
