"""Output folders of `switch` whose rows have words that a dictionary switched, for tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import ATTRIBUTION, Ancestor, Input, Source, beside_part
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.run import Run
from cstool.storage.schemas import ATTRIBUTION as PAGES
from cstool.storage.schemas import LEXICON, POSITIONS_A_PAGE, ROMANIZED_FIELDS, SWITCHED
from cstool.storage.tasks import part_name

Row = dict[str, Any]

WORD = "dictionary"


def span(qid: int | None, source: tuple[int, int], here: tuple[int, int], code: str) -> Row:
    """Return a span; `source`, `here`: where it begins and ends in the two texts."""
    plain = source == here and code == "en"
    return {
        "qid": qid,
        "source_start": source[0],
        "source_end": source[1],
        "start": here[0],
        "end": here[1],
        "name_language": code,
        "origin": WORD if qid is None else "anchor" if plain else "label",
    }


def switched_row(page: int, language: str, text: str, entities: list[Row]) -> Row:
    """Return a row of `Paris has a house.`."""
    return {
        "id": page * POSITIONS_A_PAGE,
        "language": language,
        "source_language": "en",
        "source_text": "Paris has a house.",
        "text": text,
        "entities": entities,
        "page_id": page,
        "title": f"Page {page}",
        "wiki": "enwiki",
    }


def rows_with_words(page: int) -> list[Row]:
    """Return a source row, one with an entity and a word, and one with a word only."""
    return [
        switched_row(page, "en", "Paris has a house.", [span(90, (0, 5), (0, 5), "en")]),
        switched_row(
            page,
            "sv",
            "Lutetia has a hus.",
            [span(90, (0, 5), (0, 7), "sv"), span(None, (12, 17), (14, 17), "sv")],
        ),
        switched_row(page, "de", "Paris has a Haus.", [span(None, (12, 17), (12, 16), "de")]),
    ]


def write_words(
    folder: Path, pages: int = 1, words: Sequence[str] | None = ("xxh3:1",), **parameters: Any
) -> Path:
    """Write a folder of `switch` with the rows of some pages; return it."""
    rows = [row for page in range(1, pages + 1) for row in rows_with_words(page)]
    attributed = [
        {"page_id": page, "revision_id": page + 9000, "title": f"Page {page}"}
        for page in range(1, pages + 1)
    ]
    tables = {
        part_name(0): pa.Table.from_pylist(rows, SWITCHED),
        beside_part(ATTRIBUTION, part_name(0)): pa.Table.from_pylist(attributed, PAGES),
    }
    claim = Claim("switch", "0", {"words": words and [*words], **parameters}, [])
    counts = Counts({"rows": Tally(len(rows), len(rows)), "sentences": Tally(pages, pages)})
    return write_folder(folder, tables, claim, counts)


def write_folder(
    folder: Path,
    tables: dict[str, pa.Table],
    claim: Claim,
    counts: Counts,
    lineage: Sequence[Ancestor] = (),
) -> Path:
    """Write tables, by their names, as a complete folder of a stage; return it."""
    into = PartFolder(folder, folder / "_work", "r")

    def batches(table: pa.Table) -> Batches:
        yield table
        return Counts()

    made = [
        write_part(into, name, name, PartSpec(table.schema), batches(table))
        for name, table in tables.items()
    ]
    run = Run(folder, claim, RunOptions(jobs=1), InlineExecutor(), lineage=tuple(lineage))
    run.finish(made, counts, source=Source("enwiki", "en"))
    return folder


def input_of(stage: str) -> Input:
    """Return an input folder of a stage, for the claim of another."""
    return Input(stage, 9, "sha256:1")


def write_lexicon(folder: Path, links: Sequence[int | None] = (3, 0)) -> Path:
    """Write a folder of `lexicon` with pairs of names of two entities; return it."""
    names = [
        (64, "en", "Berlin", "ar", "برلين", "label"),
        (64, "en", "Berlin", "de", "Berlin", "label"),
        (64, "en", "German capital", "de", "Berlin", "alias"),
        (90, "en", "Paris", "ru", "Париж", "sitelink"),
    ]
    linked = dict(zip((64, 90), links, strict=True))
    rows = [dict(zip(LEXICON.names, (*pair, linked[pair[0]]), strict=True)) for pair in names]
    table = pa.Table.from_pylist(rows, LEXICON)
    claim = Claim("lexicon", "0", {}, [input_of("entities")])
    counts = Counts({"pairs": Tally(len(rows), len(rows))})
    return write_folder(folder, {part_name(0): table}, claim, counts)


def write_romanized(folder: Path) -> Path:
    """Write a folder of `romanize` with rows of `write_words`, one of them in Greek."""
    rows = rows_with_words(1)
    greek = switched_row(
        1,
        "el",
        "Παρίσι has a σπίτι.",
        [span(90, (0, 5), (0, 6), "el"), span(None, (12, 17), (13, 18), "el")],
    )
    for row in rows:
        row["romanized"] = row["text"]
        row["romanized_entities"] = [
            {name: one[name] for name in ("start", "end")} for one in row["entities"]
        ]
    greek["romanized"] = "Parísi has a spíti."
    greek["romanized_entities"] = [{"start": 0, "end": 6}, {"start": 13, "end": 18}]
    table = pa.Table.from_pylist([*rows, greek], pa.schema([*SWITCHED, *ROMANIZED_FIELDS]))
    switched = Ancestor("switch", "0", {"words": ["en-de.txt"]}, [], Counts())
    claim = Claim("romanize", "0", {"romanizer": "uroman"}, [input_of("switch")])
    counts = Counts({"rows": Tally(4, 4)})
    return write_folder(folder, {part_name(0): table}, claim, counts, [switched])
