"""Measure the label store: seconds, memory and bytes, for any number of entities.

Usage: python -m scripts.bench.labels [--items N] [--languages CODES] [--fallback F] [--keep DIR]

Writes a folder of entities like those that Wikipedia links to (labels per item, fraction of
languages with the same word, titles), gathers their labels as `switch` does, writes the store, and
queries it. All entities are needed, which is the worst case.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays.arrow import list_of_structs
from cstool.languages.codes import entitycs, language_wiki
from cstool.languages.data_tables import rows
from cstool.storage.schemas import ENTITIES, SITELINKS, TERMS
from scripts.bench.measure import run, working_folder

ITEMS_A_PART = 1 << 16
GATHER = """
import sys
from pathlib import Path
from cstool.languages.labels import LabelRules
from cstool.storage.label_store import LABELS
from cstool.storage.parts import PartFolder, PartSpec, write_part
from cstool.stages.switch.gather_labels import LabelNeeds, label_rows
folder, fallback, languages = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
for part in sorted((folder / "entities").glob("part-*.parquet")):
    needs = LabelNeeds(LabelRules.of(languages, fallback), False, None)
    batches = label_rows(str(part), (str(folder / "wanted.npy"), needs))
    write_part(PartFolder(folder / "labels", folder, ""), part.name, "", PartSpec(LABELS), batches)
"""
WRITE = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from cstool.storage.label_store import write_store
folder, languages = Path(sys.argv[1]), sys.argv[2].split(",")
files = [pq.ParquetFile(f) for f in sorted((folder / "labels").glob("part-*.parquet"))]
tables = (f.read_row_group(g) for f in files for g in range(f.num_row_groups))
write_store(folder / "store", tables, languages)
"""


def write_entities(folder: Path, items: int, labels: float) -> int:
    """Write entities with so many labels on average, and QIDs that are wanted; return labels."""
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    codes = sorted({*entitycs(), "mul"})
    # Languages by their size: few have most of the labels, as on Wikidata.
    share = 1 / np.arange(1, len(codes) + 1) ** 0.7
    order = draw.permutation(len(codes))
    chance = np.minimum(1, share[order] / share.sum() * labels)
    written = 0
    for number, start in enumerate(range(0, items, ITEMS_A_PART)):
        size = min(ITEMS_A_PART, items - start)
        known = draw.random((size, len(codes))) < chance * draw.gamma(1, 1, (size, 1))
        item, code = np.nonzero(known)
        texts = _texts(draw, item + start + 1, [codes[i] for i in code.tolist()])
        written += len(item)
        tags = pa.array(codes).take(pa.array(code))
        sites = pa.array([language_wiki(c) or "" for c in codes]).take(pa.array(code))
        paged = draw.random(len(item)) < 0.4
        columns = [
            pa.array(np.arange(start + 1, start + size + 1), pa.uint32()),
            list_of_structs(known.sum(axis=1), [tags, texts], TERMS),
            list_of_structs(np.zeros(size, int), [tags[:0], texts[:0]], TERMS),
            list_of_structs(
                np.bincount(item[paged], minlength=size),
                [sites.filter(pa.array(paged)), texts.filter(pa.array(paged))],
                SITELINKS,
            ),
            pa.array([[]] * size, ENTITIES.field("types").type),
        ]
        table = pa.table(columns, schema=ENTITIES)
        path = folder / f"entities/part-{number:06d}.parquet"
        pq.write_table(table, path, row_group_size=1 << 15, compression="zstd")
    np.save(folder / "wanted.npy", np.arange(1, items + 1, dtype=np.uint32))
    return written


def _alphabets() -> dict[str, str]:
    """Return a dozen letters of the main script of each language that is not written in Latin."""
    letters: dict[str, str] = {}
    for first, last, script in rows("cstool.languages", "characters.tsv"):
        points = map(chr, range(int(first, 16), int(last, 16) + 1))
        letters[script] = letters.get(script, "") + "".join(filter(str.isalpha, points))[:12]
    for script, characters in rows("cstool.languages", "han.tsv"):
        letters.setdefault(script, characters[:12])
    of = {code: main.split() for code, main, _ in rows("cstool.languages", "scripts.tsv")}
    return {code: letters[main[0]] for code, main in of.items() if main and main[0] != "Latn"}


def _texts(draw: np.random.Generator, item: Any, codes: list[str]) -> pa.Array:
    """Return names: languages in Latin script share most of an item's."""
    alphabets = _alphabets()
    own = draw.random(len(codes)) < 0.25
    made = []
    for number, code, mine in zip(item.tolist(), codes, own.tolist(), strict=True):
        letters = alphabets.get(code, "abcdefghijklm")
        word = "".join(letters[int(d) % len(letters)] for d in str(number * 7919 + 10**9))
        # English names are the anchors of the sentences in `switch.py`, as is mul.
        other = mine and code not in ("en", "mul") and code not in alphabets
        made.append(f"{word} {code}" if other else word)
    return pa.array(made, pa.string())


def lookups(folder: Path, languages: list[str], items: int) -> float:
    """Return how many labels the store gives a second, of entities in no order."""
    from cstool.storage.label_store import LabelStore

    store = LabelStore(folder / "store", languages)
    draw = np.random.default_rng(2)
    begun = time.process_time()
    got = 0
    for _ in range(50):
        places = store.find(draw.integers(1, items + 1, 20_000))
        bits = np.unpackbits(store.masks(places).view(np.uint8), axis=1, bitorder="little")
        row, language = np.nonzero(bits[:, : len(languages)])
        taken = draw.integers(0, len(row), min(len(row), 40_000))
        got += len(store.labels(places[row[taken]], language[taken])[0])
    return got / (time.process_time() - begun)


def main() -> None:
    """Make the entities, gather, write, ask; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--labels", type=float, default=20, help="mean number of labels of an item")
    parser.add_argument("--languages", default=",".join(c for c in entitycs() if c != "en"))
    parser.add_argument("--fallback", default="all", choices=["all", "variants", "none"])
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with working_folder(arguments.keep) as folder:
        labels = write_entities(folder, arguments.items, arguments.labels)
        print(f"{arguments.items:,} items, {labels:,} labels; --fallback {arguments.fallback}")
        bench(folder, arguments, lambda what, told: print(f"{what:10} {told}"))


def bench(folder: Path, arguments: argparse.Namespace, tell: Callable[[str, str], None]) -> None:
    """Run the steps in processes of their own."""
    python, where = sys.executable, str(folder)
    items = arguments.items
    taken = run([python, "-c", GATHER, where, arguments.fallback, arguments.languages])
    tell("gather", f"{items / taken.cpu:,.0f} items a CPU second, {taken.memory:.0f} MB")
    taken = run([python, "-c", WRITE, where, arguments.languages])
    tell("write", f"{items / taken.cpu:,.0f} items a CPU second, {taken.memory:.0f} MB")
    for file in sorted((folder / "store").iterdir()):
        tell("", f"{file.name}: {file.stat().st_size / items:.1f} bytes an item")
    size = sum(f.stat().st_size for f in (folder / "store").iterdir())
    tell("store", f"{size / 1e6:.1f} MB, {size / items:.0f} bytes an item")
    rate = lookups(folder, arguments.languages.split(","), items)
    tell("ask", f"{rate:,.0f} labels a CPU second")


if __name__ == "__main__":
    main()
