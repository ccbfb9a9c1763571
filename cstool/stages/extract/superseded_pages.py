"""Removes the rows of superseded pages: a sentence id has one row, whatever the dumps repeat."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import flat, one_chunk
from cstool.dumps.page_versions import SupersededPages, without_superseded
from cstool.stages.extract.rows import ROWS_A_GROUP
from cstool.stages.extract.waiting import WAITING_FOLDER
from cstool.storage.checksums import read_part
from cstool.storage.ownership import WORK
from cstool.storage.parts import Batches, FinishedPart, PartSpec, SideTable
from cstool.storage.run import Run
from cstool.wikitext.sentence_columns import GAP


def drop_superseded(run: Run, made: Sequence[FinishedPart], spec: PartSpec) -> list[FinishedPart]:
    """Write the parts that contain superseded pages again, without these; return all parts.

    `spec`: of the parts. Raises Unfinished for an array task.
    """
    spec = replace(spec, label="extract: repeated pages")
    return without_superseded(run, made, rows_to_keep, run.out / WORK, spec)


def rows_to_keep(pages: SupersededPages, work: Path) -> Batches:
    """Yield the rows and side tables of a part without those of superseded pages.

    `work`: the run's work folder.
    """
    file = pages.part.name
    table = read_part(pages.part)
    keep = pages.rows_to_keep()
    mentions = np.diff(flat(one_chunk(table.column("mentions")))[0])
    kinds = np.from_dlpack(one_chunk(table.column("kind")))
    dropped = ~keep & (kinds < GAP)  # not gaps and headings
    counts = pages.new_counts(
        {"sentences": int(dropped.sum()), "mentions": int(mentions[~keep].sum())}
    )
    kept = table.filter(pa.array(keep))
    for start in range(0, kept.num_rows, ROWS_A_GROUP):
        yield kept.slice(start, ROWS_A_GROUP)
    waiting = work / WAITING_FOLDER / file
    if waiting.is_file():
        rows = read_part(waiting)
        superseded = np.isin(one_chunk(rows.column("page")).to_numpy(), pages.pages)
        yield SideTable(WAITING_FOLDER, rows.filter(pa.array(~superseded)))
    return counts
