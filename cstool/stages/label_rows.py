"""The labels that `switch` can need: of the entities of its sentences, in its languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.languages.labels import Names, Rules, choose
from cstool.parts.columns import flat, one_chunk
from cstool.parts.counts import Counts, total
from cstool.parts.files import Batches, Made, whole_file
from cstool.parts.folder import Run, Task, part_name
from cstool.parts.label_store import LABELS, is_store, pack, write_store
from cstool.parts.manifest import Manifest

Array = np.ndarray[Any, Any]

# Cells of a table of entities and languages: 8 bytes each, and a few such tables.
_CELLS_AT_ONCE = 1 << 20
# QIDs found before they are merged into those found earlier: 32 MB.
_QIDS_PENDING = 8_000_000


def make_store(
    run: Run, linked: tuple[Path, Manifest], entities: tuple[Path, Manifest], rules: Rules
) -> tuple[Path, Counts]:
    """Gather the names that these sentences can need; return the store's folder, and counts."""
    folder = run.work("store")
    wanted = run.work("wanted.npy")
    if not wanted.exists():
        with whole_file(wanted) as temporary, temporary.open("wb") as handle:
            np.save(handle, _linked_qids(*linked))
    tasks = [
        Task(part_name(i), str(entities[0] / part.file), part.checksum)
        for i, part in enumerate(entities[1].tables)
    ]
    made = run.map(
        label_rows,
        (str(wanted), rules),
        tasks,
        LABELS,
        label="switch: labels",
        size=len(tasks),
        unit="part",
        phase="labels",
    )
    if not is_store(folder):  # other shares may have written it, and be reading it
        write_store(folder, _tables(run.work("labels"), made), rules.targets)
    return folder, total(m.counts for m in made)


def _tables(folder: Path, made: list[Made]) -> Iterator[pa.Table]:
    for part in made:
        file = pq.ParquetFile(folder / part.part.file)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, use_threads=False)


def _linked_qids(linked: Path, read: Manifest) -> Array:
    """Return the QIDs that mentions are linked to, sorted."""
    found = [np.zeros(0, np.uint32)]
    for part in read.tables:
        column = pq.ParquetFile(linked / part.file).read(columns=["mentions.list.element.qid"])
        _, mentions = flat(one_chunk(column.column("mentions")))
        found.append(np.unique(mentions.field("qid").drop_null().to_numpy()))
        if sum(map(len, found[1:])) > max(_QIDS_PENDING, len(found[0])):
            found = [np.unique(np.concatenate(found))]
    return np.unique(np.concatenate(found)).astype(np.uint32)


def label_rows(file: str, needs: tuple[str, Rules]) -> Batches:
    """Yield pieces of a store: the names of a part's wanted entities by the rules."""
    counts = Counts()
    rules = needs[1]
    wanted = np.load(needs[0], mmap_mode="r")
    columns = ["qid", "labels", *(["sitelinks"] if rules.need_titles else [])]
    at_once = max(1, _CELLS_AT_ONCE // max(len(rules.codes), len(rules.targets)))
    entities = pq.ParquetFile(file)
    for group in range(entities.num_row_groups):
        table = entities.read_row_group(group, columns=columns, use_threads=False)
        qids = table.column("qid").to_numpy()
        # QIDs are sorted: only those within the group's are compared.
        first, last = np.searchsorted(wanted, qids[[0, -1]]) if len(qids) else (0, 0)
        table = table.filter(pa.array(np.isin(qids, wanted[first : last + 1])))
        for start in range(0, table.num_rows, at_once):
            yield _piece(table.slice(start, at_once), rules, counts)
    return counts


def _piece(table: pa.Table, rules: Rules, counts: Counts) -> pa.Table:
    qids = table.column("qid").to_numpy()
    labels = _names(table.column("labels"), rules.codes)
    titles = Names.none()
    if rules.need_titles:
        titles = _names(table.column("sitelinks"), rules.wikis())
    chosen = choose(rules, len(qids), labels, titles, counts)
    return pack(qids, chosen.places, chosen.texts)


def _names(column: pa.ChunkedArray, tags: tuple[str, ...] | list[str]) -> Names:
    """Return the names in a column of labels or sitelinks that have one of these tags."""
    offsets, terms = flat(one_chunk(column))
    tag, text = terms.flatten()
    return Names.of(offsets, tag, text, pa.array(tags, pa.string()))
