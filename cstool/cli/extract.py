"""`cstool extract`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import click

from cstool.cli.options import Size, StageSummary, dropped, output, running
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.stages.extract.options import (
    LARGEST_GAPS,
    ExtractOptions,
    Formulas,
    Headings,
    Templates,
)
from cstool.stages.extract.stage import extract
from cstool.storage.counts import OTHERS
from cstool.storage.reason_phrases import counts_text
from cstool.storage.schemas import Unit
from cstool.storage.text_files import read_small

EXAMPLE = """\b
Examples:
  cstool extract dumps/enwiki-20261001-pages-articles-multistream.xml.bz2 -o work/sentences
  cstool extract dumps/swwiki-2026-10-01-p*.xml.bz2 -o work/sentences
  bzcat dump.xml.bz2 | cstool extract - -o work/sentences
"""


class TemplatesChoice(click.Choice[str]):
    """The values of --templates; `known` is the former name of `rules`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value. Raises click.BadParameter for an invalid one."""
        return super().convert("rules" if value == "known" else value, param, ctx)


@click.command("extract", epilog=EXAMPLE)
@click.argument("dumps", nargs=-1, required=True, metavar="DUMP...")
@output("the sentences, paragraphs or pages")
@click.option(
    "--templates",
    type=TemplatesChoice(["dump", "rules", "none"]),
    default=ExtractOptions.templates,
    show_default=True,
    help="Render templates by their definitions in the dump and by rules (dump), only by rules "
    "(rules), or no templates (none). Templates without visible output are always removed. What "
    "cannot be rendered leaves a hole.",
)
@click.option(
    "--template-pages",
    multiple=True,
    metavar="DUMP",
    help="Page XML of the same wiki with the templates and modules that DUMP lacks; a file or a "
    "folder. Can be given several times.",
)
@click.option(
    "--templates-file",
    type=click.File("rb"),
    help="File with additional template rules (TOML; format: docs/templates.md).",
)
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`. Lua modules that ask for the item of a page, or for "
    "labels and sitelinks of items, get these from it; without it, they leave holes.",
)
@click.option(
    "--formulas",
    type=click.Choice(["holes", "tex"]),
    default=ExtractOptions.formulas,
    show_default=True,
    help="Write the source of formulas in the text, as $…$ (tex), or leave holes (holes).",
)
@click.option(
    "--unit",
    type=click.Choice(["sentence", "paragraph", "page"]),
    default=ExtractOptions.unit,
    show_default=True,
    help="What a row contains.",
)
@click.option(
    "--headings",
    type=click.Choice(["none", "markdown"]),
    default=ExtractOptions.headings,
    show_default=True,
    help="With --unit page: leave out headings (none), or write them as lines that begin with one "
    "to six # (markdown).",
)
@click.option(
    "--max-gaps",
    type=click.IntRange(0, LARGEST_GAPS),
    metavar="N",
    show_default="0 for paragraphs, no limit for pages",
    help="Drop paragraphs or pages in which more than N sentences are missing because they have a "
    "hole.",
)
@click.option(
    "--all-sentences",
    is_flag=True,
    help="Also keep sentences (with --unit: paragraphs, pages) without a link.",
)
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
    templates: Templates,
    template_pages: tuple[str, ...],
    templates_file: IO[bytes] | None,
    entities: Path | None,
    formulas: Formulas,
    unit: Unit,
    headings: Headings,
    max_gaps: int | None,
    all_sentences: bool,
    wiki: str | None,
    language: str | None,
    limit: int | None,
    largest_page: int,
    keep_going: bool,
    running: RunOptions,
) -> None:
    """Extract clean text with its wikilinks from a Wikipedia dump in any language.

    DUMP: page XML (plain, .bz2, .gz, .zst, .xz), one or more files of the same wiki, a folder that
    contains the files of one dump, or - for standard input. A .bz2 file is read by all workers in
    parallel; any other dump is read by a single process.

    Writes Parquet with the columns id, page_id, revision_id, title, position, text and mentions
    (start, end, target), for each sentence, paragraph or page. Sentences with missing text (a
    hole), for example where a template or formula could not be rendered, are dropped. Paragraphs
    and pages also have the columns sentences (where each begins in the text) and gaps (the number
    of dropped sentences).
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
        template_pages=template_pages,
        formulas=formulas,
        entities=entities,
        unit=unit,
        headings=headings,
        max_gaps=max_gaps,
    )
    for option, given in (("--template-pages", template_pages), ("--entities", entities)):
        if given and templates != "dump":
            raise click.UsageError(f"{option} needs --templates dump, the default")
    if templates_file:
        options = replace(
            options,
            rules=read_small(templates_file, templates_file.name),
            rules_name=templates_file.name,
        )
    manifest = extract(dumps, out, options, running, partial(log_stage, "extract"))
    counts = manifest.counts
    units = ["pages", *(["paragraphs"] if unit == "paragraph" else []), "sentences"]
    summary.write(
        manifest,
        ", ".join(f"{counts.tally(name).written:,} {name}" for name in (*units, "mentions"))
        + f" ({'; '.join(f'{name} dropped: {dropped(manifest, name)}' for name in units)})"
        + (f", of the first {limit:,} pages only (--limit)" if limit else ""),
    )
    holes = dict(counts.details.get("holes", {}))
    holes.pop(OTHERS, None)
    if holes and not running.quiet:
        top = sorted(holes.items(), key=lambda hole: (-hole[1], hole[0]))[:10]
        names = counts_text(top)
        log_stage("extract", f"templates that caused the most dropped sentences: {names}")
