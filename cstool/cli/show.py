"""`cstool show DIR` and `cstool show entity QID`."""

import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from cstool.cli.options import inspecting
from cstool.errors import WrongCallError
from cstool.execution.terminal import echo_json, echo_line, echo_styled
from cstool.report.show.entity import EntityRecord, described, from_folder, live
from cstool.report.show.items import STAGES, ShownRow, shown, shown_pairs
from cstool.report.show.query import RowQuery, form_of
from cstool.report.show.rows import Occurrences, occurrences, rows
from cstool.report.show.terminal import Style, lines_of
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.row_kinds import kind_of
from cstool.storage.schemas import POSITIONS_A_PAGE, TALLIES, sentence_id

EXAMPLE = """\b
Examples:
  cstool show corpus
  cstool show corpus --language de,ja --random 20
  cstool show work/switched --entity Q64 --json | head
  cstool show entity Q64 --entities work/entities --corpus corpus
"""

ENTITY_EXAMPLE = """\b
Examples:
  cstool show entity Q64 --entities work/entities
  cstool show entity Q64 --live --corpus corpus
"""

# QIDs and page ids are stored as 32-bit numbers.
_LARGEST_QID = _LARGEST_PAGE_ID = 2**32 - 1
_EXAMPLES = 5


class Qid(click.ParamType[int]):
    """A QID such as Q64."""

    name = "qid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"[Qq]([1-9][0-9]{0,9})", value)
        if not match or int(match[1]) > _LARGEST_QID:
            self.fail(f"{value!r} is not a QID; give one such as Q64", param, ctx)
        return int(match[1])


class RowId(click.ParamType[int]):
    """An id of a row: a number, or as `show` prints it, page id and position (3354:11)."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"([0-9]{1,18})(?::([0-9]{1,7}))?", value)
        if match and not match[2]:
            return int(match[1])
        if not match or int(match[1]) > _LARGEST_PAGE_ID or int(match[2]) >= POSITIONS_A_PAGE:
            self.fail(f"{value!r} is not an id; give one such as 3354:11", param, ctx)
        return sentence_id(int(match[1]), int(match[2]))


class Show(click.Command):
    """The command `show DIR`, which also runs the separate command `show entity …`."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of `show entity` if that is called, else that of `show`."""
        if args[:1] == ["entity"]:
            return entity.make_context(f"{info_name} entity", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the context belongs to."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command("show", cls=Show, epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--grep",
    metavar="REGEX",
    help="Show rows whose text matches; start with (?i) to ignore case.",
)
@click.option(
    "--entity", type=Qid(), metavar="QID", help="Show rows with this entity, such as Q64."
)
@click.option("--title", metavar="TITLE", help="Show rows of the page with exactly this title.")
@click.option(
    "--id",
    "row_id",
    type=RowId(),
    metavar="ID",
    help="Show the row with this id, as a number or as shown (page id:position).",
)
@click.option("--switched", is_flag=True, help="Show switched rows only, no source rows.")
@click.option("--full", is_flag=True, help="Show long paragraphs and pages in full.")
@click.option(
    "--random",
    "draw",
    type=click.IntRange(1),
    metavar="N",
    help="Show a random sample of N matching rows.",
)
@click.option("--seed", default=0, show_default=True, help="Random seed for --random.")
@click.option("-n", "number", type=click.IntRange(1), metavar="N", help="Show the first N rows.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object per row, with spans.")
@inspecting(
    "Show rows in these languages (comma-separated codes); for a folder of entities, show labels "
    "in these languages."
)
def command(
    folder: Path,
    grep: str | None,
    entity: int | None,
    title: str | None,
    row_id: int | None,
    switched: bool,
    full: bool,
    draw: int | None,
    seed: int,
    number: int | None,
    as_json: bool,
    languages: tuple[str, ...],
    quiet: bool,
) -> None:
    """Show the rows of a stage's output folder, with entities in color.

    DIR: output folder of any stage except `mask`. The source and switched sentences are shown side
    by side if the terminal is wide enough. Of long paragraphs and pages, the beginning is shown. In
    a terminal, the output goes to a pager ($PAGER).
    Without colors, for example in a pipe, entities are in brackets, and words that were switched
    with a dictionary in braces. NO_COLOR and FORCE_COLOR are respected.

    `cstool show entity QID` shows one entity with all its labels; see `cstool show entity --help`.
    For a folder named entity, write ./entity.
    """
    manifest = need_stage(folder, *STAGES)
    codes = _codes(languages, manifest)
    wanted = RowQuery(codes, grep, entity, title, draw, seed, switched, row_id)
    matches = rows(folder, manifest, wanted)
    matches = itertools.islice(matches, number and min(number, sys.maxsize))
    if (first := next(matches, None)) is None:
        if not quiet:
            echo_line(f"show: no matching row in {folder}", err=True)
        return
    matches = itertools.chain([first], matches)
    if as_json:
        _write_lines(matches)
        return
    form, source = form_of(manifest), manifest.source.language if manifest.source else ""
    if form == "lexicon":
        by_entity = itertools.groupby(matches, itemgetter("qid"))
        _show(shown_pairs([*pairs]) for _, pairs in by_entity)
        return
    annotated = kind_of(manifest).annotated
    _show(shown(form, row, source, codes, full=full, annotated=annotated) for row in matches)


@click.command("entity", epilog=ENTITY_EXAMPLE)
@click.argument("qid", type=Qid(), metavar="QID")
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder of `cstool entities`.",
)
@click.option("--live", "ask", is_flag=True, help="Query wikidata.org instead of --entities.")
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also count the rows of this folder that contain the entity, and show examples.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Write one line of JSON in Wikidata's format."
)
@inspecting(
    "Show labels, aliases and sitelinks in these languages (comma-separated codes); the names of "
    "the item and of its types are in the first of them that has one, else in English."
)
def entity(
    qid: int,
    entities: Path | None,
    ask: bool,
    corpus: Path | None,
    as_json: bool,
    languages: tuple[str, ...],
    quiet: bool,
) -> None:
    """Show an entity: its types, labels, aliases and sitelinks, and sentences that contain it.

    QID: identifier of the Wikidata item, such as Q64.
    """
    if ask == bool(entities):
        raise click.UsageError("give either --entities DIR or --live")
    manifest = need_stage(corpus, "link", "switch", "shard", "mix") if corpus else None
    record = from_folder(entities, qid, languages) if entities else live(qid, languages)
    if record.json["id"] != f"Q{qid}" and not quiet:
        echo_line(f"show: Q{qid} redirects to {record.json['id']}", err=True)
    in_corpus = None
    if corpus and manifest:
        wanted = RowQuery(() if manifest.stage == "link" else languages, entity=qid)
        in_corpus = occurrences(corpus, manifest, wanted, _EXAMPLES)
    if as_json:
        _write_lines([record.json | ({"corpus": in_corpus._asdict()} if in_corpus else {})])
        return
    _show(_all_of(record, languages, in_corpus, manifest))


def _all_of(
    record: EntityRecord,
    languages: tuple[str, ...],
    in_corpus: Occurrences | None,
    manifest: Manifest | None,
) -> Iterator[ShownRow]:
    yield from described(record, languages)
    if in_corpus and manifest:
        numbers = ", ".join(f"{code} {number:,}" for code, number in in_corpus.rows.items())
        total = sum(in_corpus.rows.values())
        yield ShownRow(
            f"in {total:,} {TALLIES[manifest.row_unit]} of the corpus"
            + (f": {numbers}" if total else ""),
            (),
        )
        form, source = form_of(manifest), manifest.source.language if manifest.source else ""
        annotated = kind_of(manifest).annotated
        yield from (
            shown(form, row, source, full=False, annotated=annotated) for row in in_corpus.examples
        )


def _codes(codes: tuple[str, ...], manifest: Manifest) -> tuple[str, ...]:
    """Return the codes of --language. Raises WrongCallError if no row can be in one of them."""
    if codes and manifest.stage in ("extract", "link", "titles"):
        source = manifest.source.language if manifest.source else None
        if codes != (source,):
            raise WrongCallError(
                f"--language: all rows of this folder are in {source}; give a folder of "
                "`cstool switch` or `cstool shard` for other languages"
            )
        return ()
    return codes


# ---- the terminal ----


def _show(items: Iterable[ShownRow]) -> None:
    """Write items to a pager if standard output is a terminal, else directly."""
    terminal = sys.stdout.isatty()
    style = Style(
        width=shutil.get_terminal_size().columns if terminal else None,
        color=_color(terminal),
        isolates=terminal,
    )
    texts = (
        "\n".join(["", *lines_of(item, style), ""][0 if number else 1 :])
        for number, item in enumerate(items)
    )
    # -F: exit at once if the text fits the screen; -R: show colors; -X: keep the text on exit.
    os.environ.setdefault("LESS", "-FRX")
    echo_styled(texts, pager=terminal)


def _color(terminal: bool) -> bool:
    """Whether to use colors (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return terminal or os.environ.get("FORCE_COLOR", "0") not in ("", "0")


def _write_lines(records: Iterable[Any]) -> None:
    for row in records:
        echo_json(row)
