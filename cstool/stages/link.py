"""`cstool link`: each mention → the QID of the page it leads to, or null."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.parts.columns import flat, list_of_structs, one_chunk
from cstool.parts.counts import Counts, total
from cstool.parts.files import Batches
from cstool.parts.folder import Task, open_run
from cstool.parts.manifest import Manifest, describe_folder, need_stage
from cstool.parts.schemas import LINKED, LINKED_MENTION
from cstool.parts.title_index import TitleIndex, hash_titles
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.titles import INDEX


@dataclass(frozen=True)
class _Folders:
    sentences: str
    titles: str


def link(sentences: Path, titles: Path, out: Path, running: RunOptions) -> Manifest:
    """Link the mentions in `sentences` by the table of `titles`; return the manifest.

    Raises InputError when the folders are not what they should be or of different wikis.
    """
    read = need_stage(sentences, "extract")
    table = need_stage(titles, "titles")
    if read.source and table.source and read.source.wiki != table.source.wiki:
        raise InputError(
            f"{titles}: has the titles of {table.source.wiki}, but the sentences are from "
            f"{read.source.wiki}; make them with `cstool titles --wiki {read.source.wiki}`"
        )
    inputs = [describe_folder(sentences, read), describe_folder(titles, table)]
    sentences, titles = sentences.absolute(), titles.absolute()
    with open_run(
        out,
        stage="link",
        parameters={},
        inputs=inputs,
        options=running,
        reads=[sentences, titles],
    ) as run:
        if run.finished:
            return run.finished
        tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
        made = run.map(
            link_part,
            _Folders(str(sentences), str(titles)),
            tasks,
            LINKED,
            label="link",
            size=sum(p.bytes for p in read.tables),
        )
        return run.finish(made, total(m.counts for m in made), source=read.source)


def link_part(file: str, folders: _Folders) -> Batches:
    """Yield a part's sentences with the QIDs of their mentions."""
    index = TitleIndex.open(Path(folders.titles), INDEX)
    counts = Counts()
    sentences = pq.ParquetFile(Path(folders.sentences) / file)
    for group in range(sentences.num_row_groups):
        table = sentences.read_row_group(group, use_threads=False)
        column = one_chunk(table.column("mentions"))
        offsets, mentions = flat(column)
        qids = _qids(mentions.field("target"), index)
        fields = [mentions.field(name) for name in ("start", "end", "target")]
        linked = list_of_structs(np.diff(offsets), [*fields, qids], LINKED_MENTION)
        place = table.schema.get_field_index("mentions")
        yield table.set_column(place, LINKED.field("mentions"), linked).cast(LINKED)
        counts.tally("sentences").keep(table.num_rows)
        counts.tally("mentions").keep(len(qids))
        missing = qids.null_count
        counts.add("mentions by link", {"linked": len(qids) - missing})
        if missing:
            counts.add("mentions by link", {"no page or no item of that title": missing})
    return counts


def _qids(targets: pa.Array, index: TitleIndex) -> pa.Array:
    """Return the QID of each target, null where there is none. Each title is hashed once."""
    encoded = targets.dictionary_encode()
    values: np.ndarray[Any, Any] = index.look_up(hash_titles(encoded.dictionary.to_pylist()))
    qids = values[encoded.indices.to_numpy()] if len(values) else np.zeros(0, np.uint32)
    return pa.array(qids, pa.uint32(), mask=qids == 0)
