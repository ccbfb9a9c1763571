"""Write linked sentences and pages of synthetic items, as `link` does, for `switch.py`."""

import random
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays.arrow import list_of_structs, strings
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import MANIFEST, Manifest, Part, Source
from cstool.storage.schemas import LINKED, LINKED_MENTION, for_unit

SENTENCES_A_PART = 100_000
TEXT = """
it was said that many people from there went away in the second year of war and came back when all
had been told about what others thought of such a thing at least once before
"""
WORDS = TEXT.split()
SENTENCES_A_PAGE = 30


def write_linked(folder: Path, sentences: int, items: int) -> None:
    """Write linked sentences of those items, as `link` does."""
    rng = random.Random(1)
    (folder / "linked").mkdir(parents=True, exist_ok=True)
    parts = []
    for number, first in enumerate(range(0, sentences, SENTENCES_A_PART)):
        size = min(SENTENCES_A_PART, sentences - first)
        table = _linked(range(first, first + size), items, rng)
        path = folder / f"linked/part-{number:06d}.parquet"
        pq.write_table(table, path, row_group_size=1 << 14, compression="zstd")
        parts.append(Part(path.name, size, path.stat().st_size, sha256(path)))
    write_manifest(folder / "linked", "link", parts)


def write_pages(folder: Path, pages: Path) -> None:
    """Write the sentences of `folder` as pages, beside the same entities, into `pages`."""
    (pages / "linked").mkdir(parents=True, exist_ok=True)
    for name in ("entities", "wanted.npy"):
        (pages / name).unlink(missing_ok=True)
        (pages / name).symlink_to(folder / name)
    for path in sorted((folder / "linked").glob("part-*.parquet")):
        table = _pages_of(pq.read_table(path))
        pq.write_table(table, pages / "linked" / path.name, row_group_size=500, compression="zstd")
    (pages / "linked/pages").touch()


def _pages_of(table: pa.Table) -> pa.Table:
    """Return pages of `SENTENCES_A_PAGE` sentences, with five in a paragraph."""
    rows = table.to_pylist()
    pages: list[dict[str, Any]] = []
    for first in range(0, len(rows), SENTENCES_A_PAGE):
        some = rows[first : first + SENTENCES_A_PAGE]
        page = some[0] | {"text": "", "mentions": [], "sentences": [], "gaps": 0}
        for number, row in enumerate(some):
            page["text"] += ("\n\n" if number % 5 == 0 else " ") if number else ""
            at = len(page["text"])
            page["sentences"].append(at)
            page["mentions"] += [
                mention | {"start": mention["start"] + at, "end": mention["end"] + at}
                for mention in row["mentions"]
            ]
            page["text"] += row["text"]
        pages.append(page)
    return pa.Table.from_pylist(pages, for_unit(LINKED, "page"))


def write_manifest(folder: Path, stage: str, parts: list[Part], **details: dict[str, int]) -> None:
    """Write the manifest of a folder with these parts."""
    counts = Counts(details=details)
    manifest = Manifest(stage, "bench", {}, [], parts, counts, Source("enwiki", "en"))
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def _linked(ids: range, items: int, rng: random.Random) -> pa.Table:
    texts, starts, ends, qids, lengths, targets = [], [], [], [], [], []
    for _ in ids:
        number = rng.choice((1, 1, 2, 2, 2, 3, 4))
        pieces: list[str] = rng.choices(WORDS, k=22)
        places = sorted(rng.sample(range(0 if rng.random() < 0.3 else 1, 22), number))
        # Not the anchor: its capital would be adapted to most rows, because all labels are small.
        lead = "In " if places[0] == 0 else ""
        pieces[0] = pieces[0] if lead else pieces[0].capitalize()
        at, last = len(lead), 0
        for place in places:
            qid = int(items ** rng.random()) or 1
            name = word_of(qid)
            anchor = name + "s" if rng.random() < 1 / 12 else name
            if place and rng.random() < 1 / 6:
                pieces[place - 1] = "the" if place - 1 not in places else pieces[place - 1]
            pieces[place] = anchor
        for place, piece in enumerate(pieces):
            if place in places:
                starts.append(at)
                ends.append(at + len(piece))
                last = qid_of(piece)
                qids.append(last)
                targets.append(f"Title {last}")
            at += len(piece) + 1
        lengths.append(number)
        texts.append(lead + " ".join(pieces) + ".")
    mentions = list_of_structs(
        lengths, [starts, ends, targets, np.array(qids, np.uint32)], LINKED_MENTION
    )
    size, every = len(ids), np.arange(ids.start, ids.stop)
    page = every // 30 + 1
    columns = [
        pa.array(page * 2**20 + every % 30),
        pa.array(page, pa.uint32()),
        pa.array(page + 9_000_000, pa.int64()),
        strings([f"Page {p}" for p in page.tolist()]),
        pa.array(every % 30, pa.uint32()),
        strings(texts),
        mentions,
    ]
    assert len(columns[0]) == size
    return pa.table(columns, schema=LINKED)


def word_of(qid: int) -> str:
    """Return what `labels.py` calls an item in Latin script."""
    return "".join("abcdefghijklm"[int(d)] for d in str(qid * 7919 + 10**9))


def qid_of(anchor: str) -> int:
    """Return the item that an anchor names."""
    digits = "".join(str("abcdefghijklm".index(c)) for c in anchor.removesuffix("s"))
    return (int(digits) - 10**9) // 7919


def parts_of(folder: Path) -> list[Part]:
    """Return the parts in a folder."""
    return [
        Part(p.name, pq.read_metadata(p).num_rows, p.stat().st_size, sha256(p))
        for p in sorted(folder.glob("part-*.parquet"))
    ]
