"""A folder of annotated pages as `switch` writes it, of synthetic text, for the benchmarks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import list_of, list_of_structs, numbers, strings
from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.storage.checksums import layout_of
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import ATTRIBUTION, Source, beside_part
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.run import Run
from cstool.storage.schemas import ATTRIBUTION as PAGES
from cstool.storage.schemas import POSITIONS_A_PAGE, SWITCHED, for_unit
from cstool.storage.tasks import part_name
from scripts.bench.pair import joined, paragraphs, paragraphs_of_pages, titles_of

SCHEMA = for_unit(SWITCHED, "page")
PAGES_A_PART = 20_000
PAGES_A_GROUP = 2_000
TARGETS = ("de", "fr", "ja", "sw", "zh")
NAME = "Name"


class AnnotatedParagraphs:
    """Paragraphs, and the same with a name in parentheses after their first words."""

    def __init__(self, *, cyrillic: bool) -> None:
        self.plain = paragraphs(1, cyrillic=cyrillic)
        texts = [text.partition(" ") for text in self.plain.to_pylist()]
        self.heads = np.array([len(first) for first, _, _ in texts])
        self.annotated = strings([f"{first} ({NAME}) {rest}" for first, _, rest in texts])


def rows_of(
    first: int, number: int, bank: AnnotatedParagraphs, source: Source, lots: np.random.Generator
) -> pa.Table:
    """Return pages with that many first ids: each in itself, and annotated in one language."""
    counts, picks = paragraphs_of_pages(number, len(bank.plain), lots)
    plain, starts = joined(counts, picks, bank.plain)
    annotated, annotated_starts = joined(counts, picks, bank.annotated)
    heads = bank.heads[picks]
    names = annotated_starts + heads + 2
    targets = pa.array(TARGETS).take(numbers(lots.integers(0, len(TARGETS), number)))
    own = pa.repeat(source.language, number)
    ids = np.arange(first + 1, first + number + 1)
    tables = []
    for text, codes, begins, ends, places in (
        (plain, own, starts, starts + heads, starts),
        (annotated, targets, names, names + len(NAME), annotated_starts),
    ):
        spans = {
            "qid": numbers(picks.astype(np.uint32) + 1),
            "source_start": uint32(starts),
            "source_end": uint32(starts + heads),
            "start": uint32(begins),
            "end": uint32(ends),
            "name_language": codes.take(numbers(np.repeat(np.arange(number), counts))),
            "origin": pa.repeat("anchor" if codes is own else "label", len(picks)),
        }
        entities = SCHEMA.field("entities").type
        columns = {
            "id": numbers(ids * POSITIONS_A_PAGE),
            "language": codes,
            "source_language": own,
            "source_text": plain,
            "text": text,
            "entities": list_of_structs(
                counts, [spans[field.name] for field in entities.value_type], entities
            ),
            "page_id": numbers(ids.astype(np.uint32)),
            "title": titles_of(ids),
            "wiki": pa.repeat(source.wiki, number),
            "sentences": list_of(counts, uint32(places), SCHEMA.field("sentences").type),
            "gaps": numbers(np.zeros(number, np.uint16)),
        }
        tables.append(pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA))
    return pa.concat_tables(tables).combine_chunks()


def uint32(values: Array) -> pa.Array:
    """Return a column of offsets."""
    return numbers(values.astype(np.uint32))


def make_switched_pages(folder: Path, source: Source, pages: int) -> None:
    """Fill a folder as `switch --unit page` does, with two rows for each page."""
    bank = AnnotatedParagraphs(cyrillic=source.language != "en")
    into = PartFolder(folder, folder / "_work", "r")

    def texts(part: int) -> Batches:
        lots = np.random.default_rng(part)
        last = min((part + 1) * PAGES_A_PART, pages)
        for first in range(part * PAGES_A_PART, last, PAGES_A_GROUP):
            yield rows_of(first, min(PAGES_A_GROUP, last - first), bank, source, lots)
        return Counts()

    def credit(part: int) -> Batches:
        ids = np.arange(part * PAGES_A_PART, min((part + 1) * PAGES_A_PART, pages)) + 1
        columns = {
            "page_id": uint32(ids),
            "revision_id": numbers(ids + 10**9),
            "title": titles_of(ids),
        }
        yield pa.table([columns[name] for name in PAGES.names], schema=PAGES)
        return Counts()

    made = []
    for part in range(-(-pages // PAGES_A_PART)):
        for name, schema, rows in (
            (part_name(part), SCHEMA, texts(part)),
            (beside_part(ATTRIBUTION, part_name(part)), PAGES, credit(part)),
        ):
            spec = PartSpec(schema, layout=layout_of(schema, ("id", "text")))
            made.append(write_part(into, name, name, spec, rows))
    parameters = {"style": "annotate", "side": "right", "open": " (", "close": ")"}
    run_ = Run(
        folder, Claim("switch", "bench", parameters, []), RunOptions(jobs=1), InlineExecutor()
    )
    counts = Counts({"rows": Tally(2 * pages, 2 * pages), "pages": Tally(pages, pages)})
    run_.finish(made, counts, source=source, unit="page")


def text_bytes(table: pa.Table) -> int:
    """Return the size of the column `text`."""
    return int(pc.sum(pc.binary_length(table.column("text"))).as_py() or 0)
