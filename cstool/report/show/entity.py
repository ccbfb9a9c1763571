"""Looks up an entity: in a folder of `entities`, or on wikidata.org.

Both return an item in Wikidata's JSON format, which qwikidata's typed view reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from qwikidata.entity import WikidataItem

from cstool.distribution import user_agent
from cstool.errors import InputError
from cstool.languages.codes import names, wiki_language
from cstool.report.class_names import class_name, name_in
from cstool.report.show.items import AnnotatedText, ShownRow
from cstool.storage.checksums import open_part, read_footer
from cstool.storage.manifest import need_stage

Json = dict[str, Any]

_INSTANCE_OF = "P31"
_TIMEOUT = 20


@dataclass(frozen=True)
class EntityRecord:
    """An item in Wikidata's JSON format, and the names of its types by QID (None: unknown)."""

    json: Json
    types: dict[int, str | None]

    @property
    def item(self) -> WikidataItem:
        """The typed view of the item."""
        return WikidataItem(self.json)


# ---- from a folder ----


class EntityTable:
    """A folder of `entities`, for lookups of single items by binary search over footers."""

    def __init__(self, folder: Path) -> None:
        """Open a folder. Raises InputError if it is not an output folder of `cstool entities`."""
        self.folder = folder
        self.manifest = need_stage(folder, "entities")
        self._files = [folder / part.file for part in self.manifest.tables if part.rows]
        self._footers: dict[Path, pq.FileMetaData] = {}

    def row(self, qid: int, columns: list[str] | None = None) -> Json | None:
        """Return the row of an item, None if it is missing."""
        low, high = 0, len(self._files)
        while low < high:
            middle = (low + high) // 2
            footer = self._footer(self._files[middle])
            if _range(footer.row_group(footer.num_row_groups - 1))[1] < qid:
                low = middle + 1
            else:
                high = middle
        if low == len(self._files):
            return None
        path, footer = self._files[low], self._footer(self._files[low])
        for group in range(footer.num_row_groups):
            first, last = _range(footer.row_group(group))
            if first <= qid <= last:
                return self._row_in(path, group, qid, columns)
        return None

    def _row_in(self, path: Path, group: int, qid: int, columns: list[str] | None) -> Json | None:
        try:
            file = open_part(path, [group])
            qids = file.read_row_group(group, ["qid"]).column("qid").to_numpy()
            index = int(qids.searchsorted(qid))
            if index == len(qids) or qids[index] != qid:
                return None
            row: Json = file.read_row_group(group, columns).slice(index, 1).to_pylist()[0]
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                f"{path}: cannot be read ({error}); make the folder again with --overwrite"
            ) from error
        return row

    def _footer(self, path: Path) -> pq.FileMetaData:
        if path not in self._footers:
            try:
                self._footers[path] = read_footer(path)
            except (OSError, pa.ArrowInvalid) as error:
                raise InputError(
                    f"{path}: cannot be read ({error}); make the folder again with --overwrite"
                ) from error
        return self._footers[path]

    def name(self, qid: int, languages: Sequence[str] = ()) -> str | None:
        """Return a type's label in one of these languages, else an English name, else None."""
        row = self.row(qid, ["labels"])
        labels = {term["language"]: term["value"] for term in row["labels"]} if row else {}
        return name_in(labels, languages) or class_name(qid)


def _range(group: pq.RowGroupMetaData) -> tuple[int, int]:
    known = group.column(0).statistics  # qid is the first column
    return known.min, known.max


def from_folder(folder: Path, qid: int, languages: Sequence[str] = ()) -> EntityRecord:
    """Return an item of a folder of `entities`. Raises InputError if it is missing.

    `languages`: of the names of its types, in order of preference.
    """
    table = EntityTable(folder)
    row = table.row(qid)
    if row is None:
        kept = " (the folder was made with --only)" if "only" in table.manifest.parameters else ""
        raise InputError(f"{folder}: has no Q{qid}{kept}; to query wikidata.org, give --live")
    return EntityRecord(as_json(row), {q: table.name(q, languages) for q in row["types"]})


def as_json(row: Json) -> Json:
    """Return a row of `entities` in Wikidata's JSON format."""
    qid = f"Q{row['qid']}"
    aliases: dict[str, list[Json]] = {}
    for term in row["aliases"]:
        aliases.setdefault(term["language"], []).append(term)
    claims = [_claim(qid, number, type_) for number, type_ in enumerate(row["types"])]
    return {
        "type": "item",
        "id": qid,
        "labels": {term["language"]: term for term in row["labels"]},
        "descriptions": {},
        "aliases": aliases,
        "claims": {_INSTANCE_OF: claims} if claims else {},
        "sitelinks": {link["site"]: {**link, "badges": []} for link in row["sitelinks"]},
    }


def _claim(qid: str, number: int, type_: int) -> Json:
    value = {"entity-type": "item", "numeric-id": type_, "id": f"Q{type_}"}
    return {
        "id": f"{qid}$P31-{number}",
        "type": "statement",
        "rank": "normal",
        "mainsnak": {
            "snaktype": "value",
            "property": _INSTANCE_OF,
            "datatype": "wikibase-item",
            "datavalue": {"type": "wikibase-entityid", "value": value},
        },
    }


def types_of(item: WikidataItem) -> list[int]:
    """Return the item's best-ranked types (P31)."""
    snaks = (claim.mainsnak for claim in item.get_truthy_claim_group(_INSTANCE_OF))
    return [int(s.datavalue.value["id"][1:]) for s in snaks if s.snaktype == "value"]


# ---- live ----


def live(qid: int, languages: Sequence[str] = ()) -> EntityRecord:
    """Return an item from wikidata.org; if `qid` is a redirect, its target.

    `languages`: of the names of its types, in order of preference. Raises InputError if the item
    does not exist or Wikidata does not respond.
    """
    item = _fetch(qid)
    types = types_of(WikidataItem(item))
    named = {type_: name_in(_values(_fetch(type_)["labels"]), languages) for type_ in types}
    return EntityRecord(item, named)


def _fetch(qid: int) -> Json:
    """Return an item in Wikidata's JSON format, from its linked data interface."""
    import requests
    from qwikidata.linked_data_interface import WIKIDATA_LDI_URL

    url = f"{WIKIDATA_LDI_URL}/Q{qid}.json"
    try:
        answer = requests.get(url, headers={"User-Agent": user_agent()}, timeout=_TIMEOUT)
        if answer.status_code in (400, 404):
            raise InputError(f"--live: Wikidata has no Q{qid}; give another QID")
        answer.raise_for_status()
        item: Json = next(iter(answer.json()["entities"].values()))
    except (requests.RequestException, KeyError, StopIteration, ValueError) as error:
        raise InputError(
            f"--live: {url} cannot be fetched ({_why(error)}); try again later, or give "
            "--entities DIR"
        ) from error
    # Wikidata's PHP code writes an empty map as a list.
    maps = ("labels", "descriptions", "aliases", "claims", "sitelinks")
    return item | {name: item.get(name) or {} for name in maps}


def _why(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no response within {_TIMEOUT} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"{type(error).__name__}: {error}"


def _values(terms: Json) -> dict[str, str]:
    return {code: term["value"] for code, term in terms.items()}


# ---- as text ----


def described(entity: EntityRecord, languages: Sequence[str] = ()) -> Iterator[ShownRow]:
    """Yield the rows to show for an entity: name and types, labels and aliases, sitelinks.

    `languages`: if given, only labels, aliases and sitelinks in these; the name and the description
    are in the first of them that has one.
    """
    item, json = entity.item, entity.json
    labels = _values(json["labels"])
    name = name_in(labels, languages) or next(iter(labels.values()), "(no label)")
    facts = [name_in(_values(json["descriptions"]), languages)]
    types = [f"Q{q} {entity.types.get(q) or ''}".rstrip() for q in types_of(item)]
    facts.append(f"type: {', '.join(types)}" if types else None)
    yield ShownRow(
        f"{item.entity_id}  {name}", tuple(AnnotatedText("", fact) for fact in facts if fact)
    )
    codes = sorted({*labels, *json["aliases"]})
    codes = [code for code in languages if code in codes] if languages else codes
    yield ShownRow(f"labels in {len(labels)} languages", tuple(_names(item, codes)))
    links = item.get_sitelinks(prefix="")
    shown = (site for site in sorted(links) if not languages or wiki_language(site) in languages)
    pieces = (AnnotatedText(site, links[site]["title"]) for site in shown)
    yield ShownRow(f"{len(links)} sitelinks", tuple(pieces))


def _names(item: WikidataItem, codes: list[str]) -> Iterator[AnnotatedText]:
    known = names()
    width = max((len(known.get(code, "")) for code in codes), default=0)
    for code in codes:
        aliases = item.get_aliases(code)
        also = f"  (also: {', '.join(aliases)})" if aliases else ""
        yield AnnotatedText(
            code, f"{known.get(code, ''):{width}}  {item.get_label(code) or '–'}{also}"
        )
