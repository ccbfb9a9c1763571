"""`cstool link`: assigns to each mention the QID of its target page, or null."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.arrays import Array
from cstool.arrays.arrow import computed, flat, list_of_structs, nullable, one_chunk
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.storage.checksums import open_part
from cstool.storage.counts import Counts, total
from cstool.storage.manifest import Manifest, Source, describe_folder, need_stage
from cstool.storage.paragraphs import hand_on
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import open_run
from cstool.storage.schemas import LINKED, LINKED_MENTION, TALLIES, Unit, for_unit
from cstool.storage.tasks import Task
from cstool.storage.title_items import ENTITY_FILES, TitleItems, need_title_files

BY_LINK = "mentions by link"
ADDED = "propagated"
IS_LINKED = "linked"


@dataclass(frozen=True)
class LinkOptions:
    """The options of `cstool link`.

    `keep_disambiguation` also links to the items of disambiguation pages and list articles, as the
    published pipeline does. `propagate` adds mentions where a page repeats the name of an entity
    that it has linked.
    """

    keep_disambiguation: bool = False
    propagate: bool = False


@dataclass(frozen=True)
class _Linking:
    """The parameters of the workers.

    `fingerprint`: of the titles' manifest; it makes cached tables of another run unequal.
    """

    sentences: str
    titles: str
    fingerprint: str | None
    source: Source | None
    unit: Unit
    options: LinkOptions


def link(
    sentences: Path,
    titles: Path,
    out: Path,
    running: RunOptions,
    options: LinkOptions | None = None,
) -> Manifest:
    """Link the mentions in `sentences` with the table of `titles`; return the manifest.

    Raises InputError if a folder is not the output of the right stage, or if the wikis differ.
    """
    options = options or LinkOptions()
    read = need_stage(sentences, "extract")
    table = need_stage(titles, "titles")
    if read.source and table.source and read.source.wiki != table.source.wiki:
        raise InputError(
            f"{titles}: contains titles of {table.source.wiki}, but the sentences are from "
            f"{read.source.wiki}; give titles made with `cstool titles --wiki {read.source.wiki}`"
        )
    need_title_files(titles, table, () if options.keep_disambiguation else ENTITY_FILES)
    inputs = [describe_folder(sentences, read), describe_folder(titles, table)]
    sentences, titles = sentences.absolute(), titles.absolute()
    with open_run(
        out,
        stage="link",
        parameters={
            "keep_disambiguation": options.keep_disambiguation,
            "propagate": options.propagate,
        },
        inputs=inputs,
        options=running,
        reads=[sentences, titles],
    ) as run:
        if run.finished:
            return run.finished
        unit = read.row_unit
        tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
        made = run.map(
            link_part,
            _Linking(
                str(sentences), str(titles), inputs[1].fingerprint, read.source, unit, options
            ),
            tasks,
            PartSpec(for_unit(LINKED, unit), label="link"),
        )
        paragraphs = hand_on(run, sentences, read)
        counts = total(m.counts for m in made)
        return run.finish([*made, *paragraphs], counts, source=read.source, unit=unit)


def link_part(file: str, linking: _Linking) -> Batches:
    """Yield the sentences of a part with the QIDs of their mentions."""
    linker = _linker(linking)
    counts = Counts()
    sentences = open_part(Path(linking.sentences) / file)
    for table in _tables(sentences, whole_pages=linking.options.propagate):
        offsets, mentions = flat(one_chunk(table.column("mentions")))
        qids = linker.link(mentions.field("target"), counts)
        starts, ends, targets = (mentions.field(name) for name in ("start", "end", "target"))
        columns = [starts, ends, targets, nullable(qids, qids != 0)]
        linked = list_of_structs(np.diff(offsets), columns, LINKED_MENTION)
        counts.tally(TALLIES[linking.unit]).keep(table.num_rows)
        counts.tally("mentions").keep(len(qids))
        column = table.schema.get_field_index("mentions")
        rows = table.set_column(column, LINKED.field("mentions"), linked)
        schema = for_unit(LINKED, linking.unit)
        if not rows.schema.equals(schema):  # `cast` imports pyarrow.compute
            rows = rows.cast(schema)
        if linking.options.propagate:
            from cstool.stages.link.propagate_rows import propagate

            rows = propagate(rows, linker.titled, linking.source, counts)
        yield rows
    return counts


def _tables(sentences: pq.ParquetFile, *, whole_pages: bool) -> Iterator[pa.Table]:
    """Yield the row groups of a part; with `whole_pages`, tables that do not split a page."""
    held: pa.Table | None = None
    for group in range(sentences.num_row_groups):
        table = sentences.read_row_group(group, use_threads=False)
        if not whole_pages:
            yield table
            continue
        table = pa.concat_tables([held, table]) if held is not None else table
        pages = table.column("page_id").to_numpy()
        cut = int(np.flatnonzero(pages != pages[-1])[-1] + 1) if pages[0] != pages[-1] else 0
        if cut:
            yield table.slice(0, cut)
        held = table.slice(cut)
    if held is not None:
        yield held


@lru_cache(maxsize=1)
def _linker(linking: _Linking) -> "_Linker":
    """Return the linker of a run, opened once per process."""
    return _Linker(linking)


class _Linker:
    """Maps titles to QIDs, except items that are not entities."""

    def __init__(self, linking: _Linking) -> None:
        keep = linking.options.keep_disambiguation
        self._titles = TitleItems(Path(linking.titles), keep_disambiguation=keep)

    def link(self, targets: pa.Array, counts: Counts) -> Array:
        """Return the QID of each target, 0 for none; count by reason.

        Each distinct title is looked up once.
        """
        encoded = computed("dictionary_encode", targets)
        qids, reasons = self._titles.look_up(encoded.dictionary)
        names = [IS_LINKED, *self._titles.reasons]
        indices = encoded.indices.to_numpy()
        numbers = np.bincount(reasons[indices], minlength=len(names)).tolist()
        by_reason = zip(names, numbers, strict=True)
        counts.add(BY_LINK, {name: n for name, n in by_reason if n or name == IS_LINKED})
        linked: Array = qids[indices]
        return linked

    def titled(self, titles: pa.Array) -> Array:
        """Return the value of each title in the index, entity or not; 0: no page."""
        return self._titles.items(titles)
