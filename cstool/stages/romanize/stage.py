"""`cstool romanize`: writes the text of each row in Latin letters beside it, spans carried over.

The rows are those of the input, in the same parts and row groups, with two more columns. Side
tables and the attribution are copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.arrays.arrow import list_of_structs, numbers, one_chunk, slices_of
from cstool.arrays.codepoints import begins_of
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.formats.attribution import PAGES_FILE
from cstool.romanization.romanized_texts import RomanizedTexts, romanize_texts
from cstool.romanization.romanizers import RomanizerName, need_romanizer, romanizer
from cstool.romanization.words_in_context import WordRomanizer
from cstool.stages.romanize.inputs import (
    RowColumns,
    languages_of,
    need_rows,
    romanized_schema,
    spans_of,
)
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import layout_of, open_part, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.manifest import (
    ATTRIBUTION,
    PARAGRAPHS,
    Manifest,
    Part,
    describe_folder,
    describe_part,
)
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ROMANIZED_FIELDS
from cstool.storage.tasks import Task

# Columns of unique values, which are written without a dictionary.
_UNIQUE = (
    *("id", "text", "romanized", "sentences.list.element"),
    *(f"romanized_entities.list.element.{name}" for name in ("start", "end")),
)
_SPANS = ROMANIZED_FIELDS[1].type
# Bytes of text that are romanized together.
_BYTES_AT_ONCE = 4 << 20


@dataclass(frozen=True)
class RomanizeOptions:
    """The options of `cstool romanize`."""

    romanizer: RomanizerName = "uroman"


@dataclass(frozen=True)
class _Work:
    """The parameters of the workers; `fingerprint`: of the input."""

    folder: str
    fingerprint: str | None
    columns: RowColumns
    options: RomanizeOptions


def romanize(folder: Path, out: Path, options: RomanizeOptions, running: RunOptions) -> Manifest:
    """Romanize the rows of a folder; return the manifest.

    Raises InputError for a folder that cannot be romanized, CstoolError if the romanizer is not
    installed.
    """
    read, columns = need_rows(folder)
    versions = need_romanizer(options.romanizer)
    inputs = [describe_folder(folder, read)]
    parameters: dict[str, Any] = {"romanizer": options.romanizer, "libraries": versions}
    schema = romanized_schema(folder, read)
    folder = folder.absolute()
    with open_run(
        out,
        stage="romanize",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=[folder],
    ) as run:
        if run.finished:
            return run.finished
        work = _Work(str(folder), inputs[0].fingerprint, columns, options)
        tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
        spec = PartSpec(schema, label="romanize", layout=layout_of(schema, _UNIQUE))
        made = run.map(romanize_part, work, tasks, spec)
        beside = [*_copies(run, folder, read, ATTRIBUTION), *_copies(run, folder, read, PARAGRAPHS)]
        counts = total(m.counts for m in made)
        files = [_copy_attribution(run, folder, part) for part in read.parts if _is_pages(part)]
        return run.finish([*made, *beside], counts, source=read.source, files=files, unit=read.unit)


def romanize_part(file: str, work: _Work) -> Batches:
    """Yield the rows of a part with their text in Latin letters."""
    counts = Counts()
    words = _words(work)
    path = Path(work.folder) / file
    source = open_part(path)
    for rows in _row_groups(source):
        made = [_of_rows(some, words, work, path, counts) for some in _slices(rows)]
        further = [pa.chunked_array(columns) for columns in zip(*made, strict=True)]
        schema = pa.schema([*rows.schema, *ROMANIZED_FIELDS])
        counts.tally("rows").keep(rows.num_rows)
        yield pa.table([*rows.columns, *further], schema=schema)
    return counts


def _row_groups(source: pq.ParquetFile) -> Iterator[pa.Table]:
    for group in range(source.num_row_groups):
        yield source.read_row_group(group, use_threads=False).replace_schema_metadata(None)


def _slices(rows: pa.Table) -> Iterator[pa.Table]:
    ends = np.cumsum(pc.binary_length(one_chunk(rows.column("text"))).to_numpy(), dtype=np.int64)
    for start, end in slices_of(ends, _BYTES_AT_ONCE):
        yield rows.slice(start, end - start)


@lru_cache(maxsize=1)
def _words(work: _Work) -> WordRomanizer:
    """Return the romanizer of a run, loaded once per process."""
    return WordRomanizer(romanizer(work.options.romanizer))


def _of_rows(
    rows: pa.Table, words: WordRomanizer, work: _Work, path: Path, counts: Counts
) -> tuple[pa.Array, pa.Array]:
    """Return the further columns of some rows; count rows that change, and inexact spans."""
    texts = one_chunk(rows.column("text"))
    spans = spans_of(rows, work.columns)
    if not spans.are_ascending(np.diff(begins_of(texts))):
        raise InputError(
            f"{path}: spans in {work.columns.spans} overlap or end beyond the text; make the "
            "folder again with --overwrite"
        )
    languages = languages_of(rows, work.columns, words.romanizer)
    made = romanize_texts(texts, spans, languages, words)
    _count(texts, made, counts)
    bounds = [numbers(side.astype(np.uint32)) for side in (made.starts, made.ends)]
    return made.text, list_of_structs(np.diff(spans.firsts), bounds, _SPANS)


def _count(texts: pa.StringArray, made: RomanizedTexts, counts: Counts) -> None:
    changed = pc.sum(pc.not_equal(texts, made.text)).as_py() or 0
    counts.add("rows by text", {"changed": changed, "as before": len(texts) - changed})
    counts.add("span ends within words", dict(made.found))


def _copies(run: Run, folder: Path, read: Manifest, beside: str) -> list[FinishedPart]:
    """Copy side tables."""
    parts = read.beside(beside)
    if not parts:
        return []
    schema = open_part(folder / parts[0].file).schema_arrow.remove_metadata()
    tasks = [Task(part.file, str(folder / part.file), part.checksum) for part in parts]
    label = f"romanize: {beside.strip('_/')}"
    return run.map(copied_table, None, tasks, PartSpec(schema, label=label, unit="part"))


def copied_table(file: str, _: None) -> Batches:
    """Yield the rows of a side table."""
    yield read_part(file).combine_chunks()
    return Counts()


def _is_pages(part: Part) -> bool:
    return part.file == PAGES_FILE


def _copy_attribution(run: Run, folder: Path, part: Part) -> Part:
    """Copy the attribution of a corpus."""
    with whole_file(run.out / part.file) as temporary:
        copyfile(folder / part.file, temporary)
    return describe_part(run.out, part.file, part.rows)
