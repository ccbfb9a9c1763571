"""`cstool extract`."""

from dataclasses import replace
from pathlib import Path
from typing import IO, Literal

import click

from cstool.cli.options import StageSummary, dropped, output, running
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.execution.terminal import echo_line
from cstool.stages.extract.stage import ExtractOptions, extract
from cstool.storage.counts import OTHERS
from cstool.storage.text_files import read_small

EXAMPLE = """\b
Examples:
  cstool extract dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/sentences
  bzcat dump.xml.bz2 | cstool extract - -o work/sentences
"""


@click.command("extract", epilog=EXAMPLE)
@click.argument("dumps", nargs=-1, required=True, metavar="DUMP...")
@output("the sentences")
@click.option(
    "--templates",
    type=click.Choice(["known", "none"]),
    default="known",
    show_default=True,
    help="Render the templates that there is a rule for, or none. Those that show nothing go "
    "in any case; any other makes a hole, and its sentence is dropped.",
)
@click.option(
    "--templates-file",
    type=click.File("r", encoding="utf-8"),
    help="Further rules for templates (TOML; docs/templates.md tells their form).",
)
@click.option("--all-sentences", is_flag=True, help="Keep sentences without a link, too.")
@click.option(
    "--language",
    metavar="CODE",
    help="The text's language, where the dump's <siteinfo> does not tell it right.",
)
@click.option("--keep-going", is_flag=True, help="Keep what is sound of a cut or damaged dump.")
@running(
    "Input that a part is made from: bytes of the file for multistream bz2 (default: 2M), of "
    "wikitext for others (default: 8M)."
)
def command(
    dumps: tuple[str, ...],
    out: Path,
    templates: Literal["known", "none"],
    templates_file: IO[str] | None,
    all_sentences: bool,
    language: str | None,
    keep_going: bool,
    running: RunOptions,
) -> None:
    """Extract clean sentences with their wikilinks from a Wikipedia dump in any language.

    DUMP: pages-articles XML (plain, .bz2, .gz, .zst, .xz), several files of one wiki, or - for
    standard input. A multistream .bz2 is read by all workers at once; others by one.

    Writes Parquet: id, page_id, revision_id, title, position, text, mentions (start, end,
    target). A sentence with a hole, where a template stood that we cannot render, is dropped.
    """
    closing = StageSummary(out, running)
    options = ExtractOptions(templates, all_sentences, language, keep_going)
    if templates_file:
        options = replace(options, rules=_read(templates_file), rules_name=templates_file.name)
    manifest = extract(dumps, out, options, running, tell=_tell)
    counts = manifest.counts
    closing.tell(
        manifest,
        f"{counts.tally('pages').written:,} pages, {counts.tally('sentences').written:,} "
        f"sentences, {counts.tally('mentions').written:,} mentions "
        f"(sentences dropped: {dropped(manifest, 'sentences')})",
    )
    holes = dict(counts.details.get("holes", {}))
    holes.pop(OTHERS, None)
    if holes and not running.quiet:
        most = sorted(holes.items(), key=lambda hole: (-hole[1], hole[0]))[:10]
        told = ", ".join(f"{name} {number:,}" for name, number in most)
        echo_line(f"extract: what cost most sentences: {told}", err=True)


def _tell(told: str) -> None:
    echo_line(f"extract: {told}", err=True)


def _read(file: IO[str]) -> str:
    try:
        return read_small(file, file.name)
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name}: is no text in UTF-8 ({error.reason})") from error
