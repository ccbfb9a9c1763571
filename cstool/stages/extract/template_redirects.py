"""The second phase of `extract`: renders templates that are called through a redirect.

Redirects between templates (`{{cvt}}` → `{{convert}}`) are scattered over the dump, and reading the
dump twice would take half as long again. So the first phase writes the redirects, and the sentences
with unknown templates, to side tables. After all pages have been read, the sentences whose
templates redirect to a known template are processed again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.arrays.arrow import column
from cstool.dumps.xml import Page, Site
from cstool.storage.checksums import read_part
from cstool.storage.parts import FinishedPart, SideTable
from cstool.wikitext.rule_tables import Aliases, aliases_of, rules_of
from cstool.wikitext.titles import TEMPLATE

WAITING_FOLDER = "waiting"
_REDIRECTS_FOLDER = "redirects"
# `page`: the index of the page in its slice.
_PAGE = [
    ("page", pa.uint32()),
    ("page_id", pa.uint32()),
    ("revision_id", pa.int64()),
    ("title", pa.string()),
]
_SENTENCE = [
    ("position", pa.uint32()),
    ("paragraph", pa.uint32()),
    ("first", pa.uint32()),
    ("number", pa.uint32()),
    ("source", pa.string()),
    ("names", pa.list_(pa.string())),
    ("mentions", pa.uint32()),
]
_WAITING = pa.schema(_PAGE + _SENTENCE)
_REDIRECTS = pa.schema([("title", pa.string()), ("target", pa.string())])
# Number of side tables per part: each contains only few sentences.
_FILES_A_PART = 64


@dataclass(frozen=True)
class TemplateNames:
    """How templates are processed: whether to render them, their aliases, the user's rules.

    `every`: keep every sentence, not only those with a mention.
    """

    site: Site
    render: bool
    every: bool
    aliases: Aliases = ()
    extra: str = ""


@dataclass
class LeftForLater:
    """The sentences and redirects of a slice that the second phase needs."""

    waiting: list[tuple[Any, ...]] = field(default_factory=list)  # rows of _WAITING
    redirects: list[tuple[str, str]] = field(default_factory=list)

    def note(self, page: Page) -> None:
        """Add the page if it is a redirect from one template to another."""
        if page.namespace == TEMPLATE and page.redirect:
            self.redirects.append((page.title, page.redirect))

    def beside(self) -> Iterator[SideTable]:
        """Yield the side tables that are not empty."""
        if self.waiting:
            yield SideTable(WAITING_FOLDER, _table(self.waiting, _WAITING))
        if self.redirects:
            yield SideTable(_REDIRECTS_FOLDER, _table(self.redirects, _REDIRECTS))


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(zip(*rows, strict=True), schema, strict=True)
    return pa.table([column(values, field.type) for values, field in columns], schema=schema)


def _aliases(folder: Path, made: Sequence[FinishedPart], names: TemplateNames) -> Aliases:
    """Return the redirects in the dump whose target is a template with a rule."""
    files = [folder / m.part.file for m in made]
    pairs = [
        pair
        for file in files
        if file.is_file()
        for pair in zip(*read_part(file).to_pydict().values(), strict=True)
    ]
    rules = rules_of(names.site.language, render=names.render, extra=names.extra)
    return aliases_of(pairs, rules) if pairs else ()
