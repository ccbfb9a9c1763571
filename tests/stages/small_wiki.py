"""A small wiki, written as SQL tables and as an entities folder with a page dump."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.titles.from_sql import SqlTables
from tests.support import NAMESPACES, Source, dump_xml, item, wikidata_json

RUNNING = RunOptions(jobs=1, part_size=400, quiet=True)
DISAMBIGUATION = 4167410

_CREATED = {
    "page": ("page_id", "page_namespace", "page_title", "page_is_redirect", "page_len"),
    "page_props": ("pp_page", "pp_propname", "pp_value", "pp_sortkey"),
    "redirect": ("rd_from", "rd_namespace", "rd_title", "rd_interwiki", "rd_fragment"),
}


@dataclass(frozen=True)
class Page:
    """A page: its title without namespace, its item, its redirect target (without fragment).

    `to`: the namespace there; `wiki`: the interwiki prefix there.
    """

    title: str
    qid: int | None = None
    target: str | None = None
    namespace: int = 0
    to: int = 0
    wiki: str = ""
    disambiguation: bool = False

    @property
    def full(self) -> str:
        """The title with its namespace."""
        return _full(self.namespace, self.title)

    @property
    def goal(self) -> str | None:
        """Where it leads, as a page dump has it."""
        if self.target is None:
            return None
        return f"{self.wiki}:{self.target}" if self.wiki else _full(self.to, self.target)


def _full(namespace: int, title: str) -> str:
    return f"{NAMESPACES[namespace]}:{title}" if namespace else title


PAGES = [
    Page("Berlin", 64),
    Page("Paris", 90),
    Page("O'Neill's \"Bar\" \\ 100% (pub)", 1001),
    Page("漢字 😀", 1002),
    Page("Itemless"),
    Page("Paris (disambiguation)", 205, disambiguation=True),
    Page("Cities", 8, namespace=14),
    Page("City of Light", target="Paris"),
    Page("Lutetia", target="City of Light"),
    Page("Far", target="Lutetia"),
    Page("Algerian Arabic", 33, target="Paris"),
    Page("Darja", target="Algerian Arabic"),
    Page("O'Neill's", target="O'Neill's \"Bar\" \\ 100% (pub)"),
    Page("Loop one", target="Loop two"),
    Page("Loop two", target="Loop one"),
    Page("Itself", target="Itself"),
    Page("To nothing", target="Missing"),
    Page("To a category", target="Cities", to=14),
    Page("To another wiki", target="Paris", wiki="wikt"),
    Page("To the itemless", target="Itemless"),
    Page("Category talk", target="Paris", namespace=14),
    *(Page(f"Village {n}", 2000 + n) for n in range(40)),
    *(Page(f"Hamlet {n}", target=f"Village {n}") for n in range(0, 40, 3)),
]
# What both ways must make of them.
EXPECTED = {
    "Berlin": (64, False),
    "Paris": (90, False),
    "O'Neill's \"Bar\" \\ 100% (pub)": (1001, False),
    "漢字 😀": (1002, False),
    "Paris (disambiguation)": (205, False),
    "City of Light": (90, True),
    "Lutetia": (90, True),
    "Far": (90, True),
    "Algerian Arabic": (33, True),  # a redirect with an item of its own
    "Darja": (33, True),
    "O'Neill's": (1001, True),
    **{f"Village {n}": (2000 + n, False) for n in range(40)},
    **{f"Hamlet {n}": (2000 + n, True) for n in range(0, 40, 3)},
}


def write_table(
    folder: Path,
    table: str,
    rows: Iterable[Sequence[str | bytes | int | None]],
    *,
    long_lines: bool = False,
) -> str:
    """Write rows as mariadb-dump does, twenty per statement; return the path of the file.

    `long_lines`: a line for each statement, as older dumps have it.
    """
    columns = ",\n".join(f"  `{name}` varbinary(255)" for name in _CREATED[table])
    text = b"-- MariaDB dump 10.19\n-- Host: localhost    Database: enwiki\n"
    text += f"CREATE TABLE `{table}` (\n{columns}\n);\n".encode()
    written = [b"(" + b",".join(map(_written, row)) + b")" for row in rows]
    for i in range(0, len(written), 20):
        after, between = (b" ", b",") if long_lines else (b"\n", b",\n")
        text += f"INSERT INTO `{table}` VALUES".encode() + after
        text += between.join(written[i : i + 20]) + b";\n"
    path = folder / f"{table}.sql"
    path.write_bytes(text + b"-- Dump completed on 2026-10-01\n")
    return str(path)


def _written(value: str | bytes | int | None) -> bytes:
    if value is None:
        return b"NULL"
    if isinstance(value, int):
        return b"%d" % value
    text = value.encode() if isinstance(value, str) else value
    for plain, escaped in ((b"\\", b"\\\\"), (b"'", b"\\'"), (b'"', b'\\"'), (b"\n", b"\\n")):
        text = text.replace(plain, escaped)
    return b"'" + text + b"'"


def write_tables(folder: Path, pages: Sequence[Page], *, long_lines: bool = False) -> SqlTables:
    """Write a wiki's three tables; pages are numbered from 1."""
    folder.mkdir(parents=True, exist_ok=True)
    numbered = list(enumerate(pages, 1))
    props: list[tuple[str | int | None, ...]] = []
    for i, page in numbered:
        props.append((i, "defaultsort", page.title, None))
        if page.qid:
            props.append((i, "wikibase_item", f"Q{page.qid}", None))
        if page.disambiguation:
            props.append((i, "disambiguation", "", None))
    return SqlTables(
        write_table(
            folder,
            "page",
            ((i, p.namespace, _key(p.title), int(p.target is not None), 9) for i, p in numbered),
            long_lines=long_lines,
        ),
        write_table(folder, "page_props", props, long_lines=long_lines),
        write_table(
            folder,
            "redirect",
            (
                (i, p.to, _key(p.target), p.wiki, "There")
                for i, p in numbered
                if p.target is not None
            ),
            long_lines=long_lines,
        ),
    )


def _key(title: str) -> str:
    return title.replace(" ", "_")


def write_dumps(folder: Path, pages: Sequence[Page], **site: str) -> tuple[Path, str]:
    """Make an entities folder and a page dump of the same wiki; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [
        item(p.qid, {}, {"enwiki": p.full}, [DISAMBIGUATION] if p.disambiguation else [])
        for p in pages
        if p.qid
    ]
    items.append(item(10**6, {"en": "elsewhere"}))  # a dump is never empty
    (folder / "wikidata.json").write_text(wikidata_json(items))
    running = replace(RUNNING, part_size=4000)
    entities(str(folder / "wikidata.json"), folder / "entities", EntitiesOptions(), running)
    sources = [Source(p.full, "text", p.goal, p.namespace) for p in pages]
    (folder / "pages.xml").write_text(dump_xml(sources, **site))
    return folder / "entities", str(folder / "pages.xml")
