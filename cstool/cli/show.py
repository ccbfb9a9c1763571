"""`cstool show DIR` and `cstool show entity QID`."""

import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cstool.errors import WrongCallError
from cstool.execution.terminal import echo_json, echo_line, echo_styled
from cstool.languages.codes import need_language
from cstool.report.show.entity import EntityRecord, described, from_folder, live
from cstool.report.show.items import STAGES, ShownRow, shown
from cstool.report.show.rows import Occurrences, RowQuery, form_of, occurrences, rows
from cstool.report.show.terminal import Style, lines_of
from cstool.storage.manifest import Manifest, need_stage

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

# The largest number that the tables can hold.
_MOST = 2**32 - 1
_EXAMPLES = 5


class Qid(click.ParamType[int]):
    """A Wikidata item's number: Q64."""

    name = "qid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"[Qq]([1-9][0-9]{0,9})", value)
        if not match or int(match[1]) > _MOST:
            self.fail(f"{value!r} is no QID; give one such as Q64", param, ctx)
        return int(match[1])


class Show(click.Command):
    """`show DIR`, but `show entity …` is a command of its own."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of the one command or the other."""
        if args[:1] == ["entity"]:
            return entity.make_context(f"{info_name} entity", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the context is of."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command("show", cls=Show, epilog=EXAMPLE)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--language",
    "languages",
    metavar="CODES",
    help="Rows in these languages, with commas between; of entities, names in them.",
)
@click.option("--grep", metavar="REGEX", help="Rows whose text matches; (?i) for any case.")
@click.option("--entity", type=Qid(), metavar="QID", help="Rows with this entity: Q64.")
@click.option("--title", metavar="TITLE", help="Rows of the page with this title, whole.")
@click.option(
    "--random", "draw", type=click.IntRange(1), metavar="N", help="N of these rows by lot."
)
@click.option("--seed", default=0, show_default=True, help="Another seed, other rows by lot.")
@click.option("-n", "number", type=click.IntRange(1), metavar="N", help="The first N rows.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a row, with its spans.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    folder: Path,
    languages: str | None,
    grep: str | None,
    entity: int | None,
    title: str | None,
    draw: int | None,
    seed: int,
    number: int | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Show what is in a stage's folder: sentences, their entities in colour.

    DIR: what any stage wrote. Source and switched sentence stand side by side where the terminal
    is wide enough. In a terminal a pager opens ($PAGER); in a pipe there are no colours, and
    entities stand in brackets. NO_COLOR and FORCE_COLOR are heeded.

    `cstool show entity QID` shows one entity with all its names; `cstool show entity --help`
    tells more. (A folder named entity: ./entity.)
    """
    del debug
    manifest = need_stage(folder, *STAGES)
    codes = _codes(languages, manifest)
    found = rows(folder, manifest, RowQuery(codes, grep, entity, title, draw, seed))
    found = itertools.islice(found, number)
    if (first := next(found, None)) is None:
        echo_line("show: no such row there", err=True)
        return
    found = itertools.chain([first], found)
    if as_json:
        _write_lines(found)
        return
    form, source = form_of(manifest), manifest.source.language if manifest.source else ""
    _show(shown(form, row, source, codes) for row in found)


@click.command("entity", epilog=ENTITY_EXAMPLE)
@click.argument("qid", type=Qid(), metavar="QID")
@click.option(
    "--entities",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="What `cstool entities` wrote.",
)
@click.option("--live", "ask", is_flag=True, help="Ask Wikidata, as it is now.")
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Tell also how many rows of this folder have the entity, and show some.",
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON, in Wikidata's own form.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def entity(
    qid: int,
    entities: Path | None,
    ask: bool,
    corpus: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Show an entity: types, labels and aliases in all languages, sitelinks, where it occurs.

    QID: its number on Wikidata, such as Q64.
    """
    del debug
    if ask == bool(entities):
        raise click.UsageError("give either --entities DIR or --live")
    manifest = need_stage(corpus, "link", "switch", "shard") if corpus else None
    found = from_folder(entities, qid) if entities else live(qid)
    if found.json["id"] != f"Q{qid}":
        echo_line(f"show: Q{qid} is now {found.json['id']}", err=True)
    there = None
    if corpus and manifest:
        there = occurrences(corpus, manifest, RowQuery(entity=qid), _EXAMPLES)
    if as_json:
        _write_lines([found.json | ({"corpus": there._asdict()} if there else {})])
        return
    _show(_all_of(found, there, manifest))


def _all_of(
    found: EntityRecord, there: Occurrences | None, manifest: Manifest | None
) -> Iterator[ShownRow]:
    yield from described(found)
    if there and manifest:
        numbers = ", ".join(f"{code} {number:,}" for code, number in there.rows.items())
        total = sum(there.rows.values())
        yield ShownRow(
            f"in {total:,} sentences of the corpus" + (f": {numbers}" if total else ""), ()
        )
        form, source = form_of(manifest), manifest.source.language if manifest.source else ""
        yield from (shown(form, row, source) for row in there.examples)


def _codes(languages: str | None, manifest: Manifest) -> tuple[str, ...]:
    """Return the codes that --language names. Raises WrongCallError where there is none such."""
    codes = tuple(filter(None, (languages or "").split(",")))
    for code in codes:
        need_language(code, "--language")
    if codes and manifest.stage in ("extract", "link", "titles"):
        source = manifest.source.language if manifest.source else None
        if codes != (source,):
            raise WrongCallError(
                f"--language: all that is there is in one language ({source}); "
                "`cstool switch` and `cstool shard` write more"
            )
        return ()
    return codes


# ---- the terminal ----


def _show(items: Iterable[ShownRow]) -> None:
    """Show items: in a pager where standard output is a terminal, plainly elsewhere."""
    terminal = sys.stdout.isatty()
    style = Style(
        width=shutil.get_terminal_size().columns if terminal else None,
        colour=_colour(terminal),
        isolates=terminal,
    )
    texts = (
        "\n".join(["", *lines_of(item, style), ""][0 if number else 1 :])
        for number, item in enumerate(items)
    )
    # -F: what fits the screen needs no key to leave; -R: colours are kept; -X: the text stays.
    os.environ.setdefault("LESS", "-FRX")
    echo_styled(texts, pager=terminal)


def _colour(terminal: bool) -> bool:
    """Whether to use colours (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return terminal or os.environ.get("FORCE_COLOR", "0") not in ("", "0")


def _write_lines(found: Iterable[Any]) -> None:
    for row in found:
        echo_json(row)
