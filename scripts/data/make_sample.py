#!/usr/bin/env python3
"""Build the bundled sample's dumps from the readable sources in `data/sample`.

The dumps have the form of Wikimedia's, with texts and items that can be read and edited: page XML
in many bz2 streams with its index, and Wikidata JSON in two gzip members. The same sources give the
same bytes: nothing depends on the time, random numbers or the order of a directory.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import hashlib
import json
import sys
import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATE = "20261001"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
# Real dumps: 100; fewer give the sample more slices.
PAGES_PER_STREAM = {"enwiki": 10, "jawiki": 5, "swwiki": 5}
SCHEMA = "http://www.mediawiki.org/xml/export-0.11/"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of a wiki, as its `.wiki` file gives it."""

    title: str
    number: int
    revision: int
    namespace: int
    redirect: str | None
    state: str  # what becomes of the text: "" (nothing special), "empty" or "deleted"
    text: str


def escape(text: str) -> str:
    """Escape text for XML as MediaWiki does: the quotation mark too, the apostrophe not."""
    for character, entity in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        text = text.replace(character, f"&{entity};")
    return text


def digest(text: str) -> str:
    """Give a revision's SHA-1 in base 36, 31 digits wide, as MediaWiki stores it."""
    number, digits = int(hashlib.sha1(text.encode()).hexdigest(), 16), ""
    while number:
        number, digit = divmod(number, 36)
        digits = BASE36[digit] + digits
    return digits.rjust(31, "0")


def read_page(path: Path) -> Page:
    """Read a `.wiki` file: header lines, one empty line, wikitext."""
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Page(
        title=fields["title"],
        number=int(fields["id"]),
        revision=int(fields["revision"]),
        namespace=int(fields.get("ns", "0")),
        redirect=fields.get("redirect"),
        state=fields.get("text", ""),
        text=text.rstrip("\n"),
    )


def read_pages(folder: Path) -> list[Page]:
    """Read all of a wiki's pages, by page id; two pages with one id or title are an error."""
    pages = sorted((read_page(p) for p in folder.glob("*.wiki")), key=lambda page: page.number)
    for name in ("number", "title", "revision"):
        values = [getattr(page, name) for page in pages]
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise SystemExit(f"{folder}: used by more than one page: {name} {sorted(twice)}")
    return pages


def xml_header(site: Json) -> str:
    """Write what stands before the first page."""
    spaces = "".join(
        f'      <namespace key="{key}" case="{site["case"]}"'
        + (f">{escape(name)}</namespace>\n" if name else " />\n")
        for key, name in site["namespaces"].items()
    )
    rows = "".join(
        f"    <{key}>{escape(site[key])}</{key}>\n"
        for key in ("sitename", "dbname", "base", "generator", "case")
    )
    return (
        f'<mediawiki xmlns="{SCHEMA}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{SCHEMA} http://www.mediawiki.org/xml/export-0.11.xsd"'
        f' version="0.11" xml:lang="{site["language"]}">\n'
        f"  <siteinfo>\n{rows}    <namespaces>\n{spaces}    </namespaces>\n  </siteinfo>\n"
    )


def xml_contributor(page: Page) -> str:
    """Write who made the revision: an address or a user; readers must step over both.

    The ids here have nothing to do with the page's, and a reader that takes the first `<id>` that
    it meets goes wrong.
    """
    if page.number % 7 == 0:
        who = f"        <ip>192.0.2.{page.number % 254 + 1}</ip>\n"
    else:
        who = f"        <username>Sample writer</username>\n        <id>{page.number % 97}</id>\n"
    return f"      <contributor>\n{who}      </contributor>\n"


def xml_text(page: Page) -> str:
    """Write a revision's text element: full, empty or deleted."""
    size = len(page.text.encode())
    if page.state == "deleted":
        return '      <text bytes="64" deleted="deleted" />\n      <sha1 />\n'
    sha1 = digest(page.text)
    element = f'      <text bytes="{size}" sha1="{sha1}" xml:space="preserve"'
    body = " />" if page.state == "empty" else f">{escape(page.text)}</text>"
    return f"{element}{body}\n      <sha1>{sha1}</sha1>\n"


def xml_page(page: Page) -> str:
    """Write a page with its one revision."""
    target = page.redirect.partition("#")[0] if page.redirect else None
    redirect = f'    <redirect title="{escape(target)}" />\n' if target else ""
    day, minute = page.number % 28 + 1, page.number % 60
    note = escape('/* History */ a word & a "link"') if page.number % 2 else "ce"
    return (
        f"  <page>\n    <title>{escape(page.title)}</title>\n    <ns>{page.namespace}</ns>\n"
        f"    <id>{page.number}</id>\n{redirect}"
        f"    <revision>\n      <id>{page.revision}</id>\n"
        f"      <parentid>{page.revision - 77}</parentid>\n"
        f"      <timestamp>2026-08-{day:02}T12:{minute:02}:00Z</timestamp>\n"
        f"{xml_contributor(page)}"
        f"{'      <minor />' + chr(10) if page.number % 3 == 0 else ''}"
        f"      <comment>{note}</comment>\n      <origin>{page.revision}</origin>\n"
        f"      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f"{xml_text(page)}    </revision>\n  </page>\n"
    )


def build_wiki(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give a wiki's multistream dump and the index to its streams."""
    site: Json = json.loads((folder / "siteinfo.json").read_text(encoding="utf-8"))
    pages, size = read_pages(folder), PAGES_PER_STREAM[folder.name]
    dump, index = bz2.compress(xml_header(site).encode()), ""
    for start in range(0, len(pages), size):
        group = pages[start : start + size]
        index += "".join(f"{len(dump)}:{page.number}:{escape(page.title)}\n" for page in group)
        dump += bz2.compress("".join(map(xml_page, group)).encode())
    dump += bz2.compress(b"</mediawiki>\n")
    name = f"{folder.name}-{DATE}-pages-articles-multistream"
    yield f"{name}.xml.bz2", dump
    yield f"{name}-index.txt.bz2", bz2.compress(index.encode())


def snak(name: str, value: Any) -> Json:
    """Write a main snak; its type follows from the property and the form of the value."""
    if name == "P18":
        kind, datatype, data = "string", "commonsMedia", value
    elif isinstance(value, list):
        kind, datatype = "globecoordinate", "globe-coordinate"
        data = {"latitude": value[0], "longitude": value[1], "altitude": None, "precision": 0.01}
        data |= {"globe": "http://www.wikidata.org/entity/Q2"}
    else:
        kind, datatype = "wikibase-entityid", "wikibase-item"
        data = {"entity-type": "item", "numeric-id": int(value[1:]), "id": value}
    datavalue = {"value": data, "type": kind}
    return {"snaktype": "value", "property": name, "datavalue": datavalue, "datatype": datatype}


def statements(item: str, name: str, values: Iterable[Any]) -> list[Json]:
    """Write an item's statements for one property; a value may carry a rank."""
    result = []
    for position, value in enumerate(values):
        ranked = isinstance(value, dict)
        content, rank = (value["id"], value["rank"]) if ranked else (value, "normal")
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"{item}/{name}/{position}")
        statement: Json = {"mainsnak": snak(name, content), "type": "statement"}
        result.append(statement | {"id": f"{item}${str(key).upper()}", "rank": rank})
    return result


def terms(values: dict[str, str]) -> Json:
    """Write labels or descriptions."""
    return {key: {"language": key, "value": value} for key, value in values.items()}


def entity(item: Json) -> Json:
    """Write an item whole. An empty map is `[]`, `{}` or left out, as one finds it in dumps."""
    name, number = item["id"], int(item["id"][1:])
    claims = {"P31": item["types"], **item.get("claims", {})}
    aliases = item.get("aliases", {}).items()
    maps: Json = {
        "labels": terms(item["labels"]),
        "descriptions": terms(item.get("descriptions", {})),
        "aliases": {k: [{"language": k, "value": v} for v in vs] for k, vs in aliases},
        "claims": {p: statements(name, p, values) for p, values in claims.items() if values},
        "sitelinks": {
            site: {"site": site, "title": title, "badges": ["Q17437796"] if number == 64 else []}
            for site, title in item["sitelinks"].items()
        },
    }
    for key, value in list(maps.items()):
        if not value and key in {"labels", "aliases"} and number % 2:
            maps[key] = []
        elif not value and key == "descriptions" and number % 5 == 0:
            del maps[key]
    head: Json = {"type": "item", "id": name}
    tail: Json = {"pageid": 100000 + number % 99991, "ns": 0, "title": name}
    return head | maps | tail | {"lastrevid": 2400000000 + number % 99989}


def others() -> list[Json]:
    """Give what is no item but stands among them: a property and a lexeme (both real)."""
    labels = terms({"en": "instance of", "de": "ist ein(e)", "fr": "nature de l'élément"})
    prop: Json = {"type": "property", "datatype": "wikibase-item", "id": "P31", "labels": labels}
    prop |= {"descriptions": [], "aliases": [], "claims": [], "lastrevid": 2400000001}
    lexeme: Json = {"type": "lexeme", "id": "L1", "lemmas": terms({"mis": "ama"})}
    lexeme |= {"lexicalCategory": "Q1084", "language": "Q36790", "claims": [], "forms": []}
    return [prop, lexeme | {"senses": [], "lastrevid": 2400000002}]


def build_wikidata(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the entities' dump: in no order that means anything, and torn in two within a line."""
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    entities = [entity(json.loads(line)) for line in lines] + others()
    entities.sort(key=lambda one: hashlib.sha256(str(one["id"]).encode()).digest())
    rows = (json.dumps(one, separators=(",", ":")) for one in entities)
    data = ("[\n" + ",\n".join(rows) + "\n]\n").encode()
    half = data.index(b"\n", len(data) // 2) + 100  # inside a line
    members = (gzip.compress(piece, 9, mtime=0) for piece in (data[:half], data[half:]))
    yield f"wikidata-{DATE}-all.json.gz", b"".join(members)


def unpacked(data: bytes) -> list[bytes]:
    """Undo a file's gzip members; zlib's versions compress differently, what is inside counts."""
    result = []
    while data.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(wbits=31)
        result.append(member.decompress(data) + member.flush())
        data = member.unused_data
    return [*result, data]


def build() -> Iterator[tuple[str, bytes]]:
    """Give every built file: its name and its bytes."""
    for wiki in PAGES_PER_STREAM:
        yield from build_wiki(SAMPLE / wiki)
    yield from build_wikidata(SAMPLE / "wikidata")


def check() -> int:
    """Compare what would be built with what is there; the answer is an exit code."""
    stale = [
        name
        for name, data in build()
        if not (SAMPLE / name).is_file() or unpacked((SAMPLE / name).read_bytes()) != unpacked(data)
    ]
    for name in stale:
        print(f"data/sample/{name} is missing or stale: run scripts/data/make_sample.py")
    return 1 if stale else 0


def main() -> int:
    """Build the dumps, or check them."""
    parser = argparse.ArgumentParser(description="Build data/sample's dumps from its sources.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    if parser.parse_args().check:
        return check()
    for name, data in build():
        (SAMPLE / name).write_bytes(data)
        print(f"{len(data):>9,} bytes  data/sample/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
