"""`cstool extract`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Literal

import click

from cstool.cli.options import Size, StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.stages.extract.stage import ExtractOptions, extract
from cstool.storage.counts import OTHERS
from cstool.storage.reason_phrases import counts_text
from cstool.storage.text_files import read_small

EXAMPLE = """\b
Examples:
  cstool extract dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/sentences
  cstool extract dumps/swwiki-2026-10-01-p*.xml.bz2 -o work/sentences
  bzcat dump.xml.bz2 | cstool extract - -o work/sentences
"""


@click.command("extract", epilog=EXAMPLE)
@click.argument("dumps", nargs=-1, required=True, metavar="DUMP...")
@output("the sentences")
@click.option(
    "--templates",
    type=click.Choice(["known", "none"]),
    default=ExtractOptions.templates,
    show_default=True,
    help="Render the templates that have a rule (known), or no templates (none). Templates without "
    "visible output are always removed. Any other template leaves a hole.",
)
@click.option(
    "--templates-file",
    type=click.File("rb"),
    help="File with additional template rules (TOML; format: docs/templates.md).",
)
@click.option("--all-sentences", is_flag=True, help="Also keep sentences without a link.")
@click.option(
    "--wiki",
    metavar="WIKI",
    help="Database name of the wiki, such as swwiki, if the dump's <siteinfo> is missing or wrong.",
)
@click.option(
    "--language",
    metavar="CODE",
    help="Language of the text, if the dump's <siteinfo> is wrong.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Read only the first N pages (of the main namespace, without redirects), then stop.",
)
@click.option(
    "--max-page-size",
    "largest_page",
    type=Size(),
    default=ExtractOptions.largest_page,
    show_default=f"{ExtractOptions.largest_page >> 20}M",
    metavar="SIZE",
    help="Drop pages with more bytes of wikitext; they are not read as a whole.",
)
@click.option(
    "--keep-going", is_flag=True, help="Keep the readable part of a truncated or damaged dump."
)
@running(
    "Bytes of input per part: of the compressed file for bz2 (default: 2M, or 8M if it is not "
    "multistream), of wikitext for other dumps (default: 8M)."
)
def command(
    dumps: tuple[str, ...],
    out: Path,
    templates: Literal["known", "none"],
    templates_file: IO[bytes] | None,
    all_sentences: bool,
    wiki: str | None,
    language: str | None,
    limit: int | None,
    largest_page: int,
    keep_going: bool,
    running: RunOptions,
) -> None:
    """Extract clean sentences with their wikilinks from a Wikipedia dump in any language.

    DUMP: page XML (plain, .bz2, .gz, .zst, .xz), one or more files of the same wiki, a folder that
    contains the files of one dump, or - for standard input. A .bz2 file is read by all workers in
    parallel; any other dump is read by a single process.

    Writes Parquet with the columns id, page_id, revision_id, title, position, text and mentions
    (start, end, target). Sentences with missing text (a hole), for example where a template or
    formula could not be rendered, are dropped.
    """
    summary = StageSummary(out, running)
    options = ExtractOptions(
        templates,
        all_sentences,
        language,
        largest_page,
        keep_going,
        wiki=wiki.lower() if wiki else None,
        limit=limit,
    )
    if templates_file:
        options = replace(
            options,
            rules=read_small(templates_file, templates_file.name),
            rules_name=templates_file.name,
        )
    manifest = extract(dumps, out, options, running, partial(log_stage, "extract"))
    counts = manifest.counts
    summary.write(
        manifest,
        f"{counts.tally('pages').written:,} pages, {counts.tally('sentences').written:,} "
        f"sentences, {counts.tally('mentions').written:,} mentions "
        f"(pages dropped: {dropped(manifest, 'pages')}; "
        f"sentences dropped: {dropped(manifest, 'sentences')})"
        + (f", of the first {limit:,} pages only (--limit)" if limit else ""),
    )
    holes = dict(counts.details.get("holes", {}))
    holes.pop(OTHERS, None)
    if holes and not running.quiet:
        top = sorted(holes.items(), key=lambda hole: (-hole[1], hole[0]))[:10]
        names = counts_text(top)
        log_stage("extract", f"templates that caused the most dropped sentences: {names}")
