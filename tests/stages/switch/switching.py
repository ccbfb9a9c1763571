"""Input folders of `switch` for tests, and its output for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.execution.options import RunOptions
from cstool.stages.switch.options import Recipe, SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import MANIFEST, Manifest, Part, Source
from cstool.storage.schemas import ENTITIES, LINKED, Unit, for_unit
from tests.support import rows_of

Row = dict[str, Any]
Link = tuple[str, int | None]
# The translations of words, by language.
Words = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Entity:
    """An item: labels and aliases by language, classes, titles of its pages.

    `title`: of the page in the source wiki; `titles`: of others, by database name.
    """

    labels: dict[str, str]
    aliases: dict[str, list[str]] = field(default_factory=dict)
    types: Sequence[int] = ()
    title: str = ""
    titles: dict[str, str] = field(default_factory=dict)


def sentence(number: int, *pieces: str | Link) -> Row:
    """A linked sentence of pieces; a link is an anchor and a QID, or None."""
    text, mentions = "", []
    for piece in pieces:
        word, qid = piece if isinstance(piece, tuple) else (piece, 0)
        if isinstance(piece, tuple):
            span = {"start": len(text), "end": len(text) + len(word)}
            mentions.append({**span, "target": "Title", "qid": qid})
        text += word
    return {
        "id": 2**20 + number,
        "page_id": 1,
        "revision_id": 2,
        "title": "Page",
        "position": number,
        "text": text,
        "mentions": mentions,
    }


def text_of(number: int, *sentences: Sequence[Any], gaps: int = 0) -> Row:
    """A linked paragraph or page of sentences, which are pieces; they are not parted."""
    row = sentence(number, *(piece for pieces in sentences for piece in pieces))
    starts = [0]
    for pieces in sentences:
        words = (piece[0] if isinstance(piece, tuple) else piece for piece in pieces)
        starts.append(starts[-1] + sum(map(len, words)))
    return row | {"sentences": starts[:-1], "gaps": gaps}


def write(
    folder: Path,
    parts: Iterable[Sequence[Row]],
    entities: dict[int, Entity],
    *,
    source: str = "en",
    unit: Unit = "sentence",
) -> Path:
    """Write the folders `linked`, part by part, and `entities`; return their folder."""
    (folder / "linked").mkdir(parents=True)
    for number, rows in enumerate(parts):
        table = pa.Table.from_pylist(list(rows), for_unit(LINKED, unit))
        pq.write_table(table, folder / f"linked/part-{number:06d}.parquet")
    items = [
        {
            "qid": qid,
            "labels": [{"language": c, "value": v} for c, v in sorted(e.labels.items())],
            "aliases": [
                {"language": c, "value": v} for c, many in sorted(e.aliases.items()) for v in many
            ],
            "sitelinks": [
                {"site": site, "title": title}
                for site, title in sorted((e.titles | {f"{source}wiki": e.title}).items())
                if title
            ],
            "types": list(e.types),
        }
        for qid, e in sorted(entities.items())
    ]
    (folder / "entities").mkdir()
    table = pa.Table.from_pylist(items, ENTITIES)
    pq.write_table(table, folder / "entities/part-000000.parquet")
    codes = {code: 1 for e in entities.values() for code in e.labels}
    _close(folder / "linked", "link", {}, Source(f"{source}wiki", source), unit)
    _close(folder / "entities", "entities", {"languages": codes}, None, None)
    return folder


def _close(
    folder: Path,
    stage: str,
    details: dict[str, dict[str, int]],
    source: Source | None,
    unit: Unit | None,
) -> None:
    parts = [
        Part(p.name, pq.read_metadata(p).num_rows, p.stat().st_size, sha256(p))
        for p in sorted(folder.iterdir())
    ]
    manifest = Manifest(
        stage, "test", {}, [], parts, Counts(details=details), source, unit=unit or msgspec.UNSET
    )
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def switched(
    folder: Path, out: Path, recipe: Recipe = "default", *, jobs: int = 1, **options: Any
) -> tuple[list[Row], Manifest]:
    """Run `switch`; return the rows, and the manifest."""
    given = SwitchOptions.of(recipe, **options)
    running = RunOptions(jobs=jobs, quiet=True)
    entities = folder / "entities" if given.switches_entities else None
    manifest = switch(folder / "linked", entities, out, given, running)
    return rows_of(out).to_dicts(), manifest


def write_words(folder: Path, words: Words) -> tuple[str, ...]:
    """Write a dictionary; return the values of `--words`."""
    path = folder / "words.tsv"
    lines = [
        f"{word}\t{code}\t{name}\n"
        for code, translations in words.items()
        for word, many in translations.items()
        for name in many
    ]
    path.write_text("".join(["source\ttarget_language\ttarget\n", *lines]), encoding="utf-8")
    return (str(path),)


def names(row: Row) -> list[str]:
    """The texts of a row's spans."""
    return [row["text"][e["start"] : e["end"]] for e in row["entities"]]


def anchors(row: Row) -> list[str]:
    """The anchors of a row."""
    return [row["source_text"][e["source_start"] : e["source_end"]] for e in row["entities"]]


def outside(text: str, spans: Iterable[tuple[int, int]]) -> list[str]:
    """The text outside of spans."""
    at, pieces = 0, []
    for start, end in spans:
        pieces.append(text[at:start])
        at = end
    return [*pieces, text[at:]]
