"""Small folders of titles and sentences for the tests of `link`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.hash_index import HashIndex, hash_titles
from cstool.storage.manifest import MANIFEST, NOT_ENTITIES, TITLE_INDEX, Manifest, Part, Source
from cstool.storage.schemas import SENTENCES, TITLES

Row = dict[str, Any]


def row(
    text: str, *links: tuple[str, str], page: int = 1, title: str = "Own", position: int = 0
) -> Row:
    """Return a sentence; a link is a piece of its text and a target, in the order of the text."""
    mentions = []
    at = 0
    for anchor, target in links:
        start = text.index(anchor, at)
        at = start + len(anchor)
        mentions.append({"start": start, "end": at, "target": target})
    return {
        "id": page * 2**20 + position,
        "page_id": page,
        "revision_id": 1,
        "title": title,
        "position": position,
        "text": text,
        "mentions": mentions,
    }


def write_sentences(
    folder: Path, *parts: Sequence[Row], language: str = "en", rows_a_group: int = 1000
) -> Path:
    """Write a folder of sentences, as `extract` does."""
    folder.mkdir(parents=True)
    for number, rows in enumerate(parts):
        table = pa.Table.from_pylist(list(rows), schema=SENTENCES)
        pq.write_table(table, folder / f"part-{number:06d}.parquet", row_group_size=rows_a_group)
    return _closed(folder, "extract", language)


def write_titles(
    folder: Path,
    titles: dict[str, int],
    non_entities: dict[int, str] | None = None,
    *,
    language: str = "en",
) -> Path:
    """Write a folder of titles, as `titles` does; without a list of non-entities if None."""
    folder.mkdir(parents=True)
    qids = np.array(list(titles.values()), np.uint32)
    HashIndex.build(hash_titles(list(titles)), qids).save(folder, TITLE_INDEX)
    pq.write_table(TITLES.empty_table(), folder / "part-000000.parquet")
    if non_entities is not None:
        listed = sorted(non_entities.items())
        columns = {
            "qid": pa.array([qid for qid, _ in listed], pa.uint32()),
            "reason": pa.array([reason for _, reason in listed], pa.string()),
        }
        pq.write_table(pa.table(columns), folder / NOT_ENTITIES)
    return _closed(folder, "titles", language)


def _closed(folder: Path, stage: str, language: str) -> Path:
    parts = [Part(f.name, 0, f.stat().st_size, sha256(f)) for f in sorted(folder.iterdir())]
    source = Source(f"{language}wiki", language)
    manifest = Manifest(stage, "test", {"wiki": source.wiki}, [], parts, Counts(), source)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return folder
