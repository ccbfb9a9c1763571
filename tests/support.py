"""Small dumps made on the spot, and folders compared."""

import bz2
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from cstool.storage.timings import TIMINGS

NAMESPACES = {
    -2: "Media",
    -1: "Special",
    0: "",
    1: "Talk",
    6: "File",
    10: "Template",
    14: "Category",
}


def gzipped(data: bytes, level: int = 9) -> bytes:
    """Compress data, always to the same bytes: gzip's header has no time."""
    return gzip.compress(data, level, mtime=0)


@dataclass(frozen=True)
class Source:
    """A page to put into a dump."""

    title: str
    text: str = ""
    redirect: str | None = None
    namespace: int = 0
    model: str = "wikitext"


def page_xml(number: int, page: Source) -> str:
    """Return a page as MediaWiki exports it."""
    redirect = f"<redirect title={quoteattr(page.redirect)} />" if page.redirect else ""
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{number}</id>\n{redirect}    <revision>\n      <id>{number + 9000}</id>\n"
        f"      <model>{page.model}</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(page.text.encode())}" xml:space="preserve">'
        f"{escape(page.text)}</text>\n    </revision>\n  </page>\n"
    )


def header_xml(wiki: str = "enwiki", language: str = "en", case: str = "first-letter") -> str:
    """Return the head of an export."""
    names = "".join(
        f'<namespace key="{n}" case="{case}">{s}</namespace>' for n, s in NAMESPACES.items()
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" '
        f'xml:lang="{language}">\n  <siteinfo>\n    <sitename>Test</sitename>\n'
        f"    <dbname>{wiki}</dbname>\n    <case>{case}</case>\n"
        f"    <namespaces>{names}</namespaces>\n  </siteinfo>\n"
    )


def dump_xml(pages: Sequence[Source], **site: str) -> str:
    """Return a whole export; pages are numbered from 1."""
    body = "".join(page_xml(i, page) for i, page in enumerate(pages, 1))
    return f"{header_xml(**site)}{body}</mediawiki>\n"


def write_multistream(path: Path, pages: Sequence[Source], *, each: int = 1, **site: str) -> Path:
    """Write a multistream dump with `each` pages a stream."""
    texts = [page_xml(i, page) for i, page in enumerate(pages, 1)]
    streams = ["".join(texts[i : i + each]) for i in range(0, len(texts), each)]
    whole = [header_xml(**site), *streams, "</mediawiki>\n"]
    path.write_bytes(b"".join(bz2.compress(s.encode()) for s in whole))
    return path


def item(
    qid: int,
    labels: dict[str, str],
    sitelinks: dict[str, str] | None = None,
    types: Iterable[int] = (),
) -> dict[str, Any]:
    """Return an item as Wikidata's dump has it."""
    return {
        "type": "item",
        "id": f"Q{qid}",
        "labels": {c: {"language": c, "value": v} for c, v in labels.items()},
        "aliases": [],
        "claims": {
            "P31": [
                {
                    "mainsnak": {
                        "snaktype": "value",
                        "property": "P31",
                        "datavalue": {"value": {"id": f"Q{t}"}, "type": "wikibase-entityid"},
                    },
                    "rank": "normal",
                }
                for t in types
            ]
        },
        "sitelinks": {s: {"site": s, "title": t} for s, t in (sitelinks or {}).items()},
    }


def wikidata_json(entities: Iterable[dict[str, Any]]) -> str:
    """Return entities as lines of Wikidata's dump."""
    return "[\n" + ",\n".join(json.dumps(e, ensure_ascii=False) for e in entities) + "\n]\n"


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path; but not the times that runs took."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != TIMINGS)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def rows_of(folder: Path) -> pl.DataFrame:
    """Return the rows of a stage's parts, in the order of the parts."""
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("part-*.parquet"))])
