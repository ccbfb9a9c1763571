"""Output folders of `switch` for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import ATTRIBUTION, PARAGRAPHS, Source, beside_part
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.run import Run
from cstool.storage.schemas import ATTRIBUTION as PAGES
from cstool.storage.schemas import PARAGRAPHS as PARAGRAPH_ROWS
from cstool.storage.schemas import POSITIONS_A_PAGE, SWITCHED
from cstool.storage.tasks import part_name


@dataclass(frozen=True)
class Sentence:
    """A sentence that begins with an entity named X, and the languages that it is switched into.

    `word`: X is a word of a dictionary, without a QID.
    """

    page: int
    text: str
    languages: Sequence[str] = ("de",)
    paragraph: int = 0
    word: bool = False


def rows_of(
    sentences: Sequence[Sentence], first: int = 0, wiki: str = "enwiki"
) -> list[dict[str, Any]]:
    """Return the rows of the sentences: the source, then its languages."""
    rows = []
    for position, sentence in enumerate(sentences, first):
        source = f"X {sentence.text}"
        for code in ["en", *sentence.languages]:
            name = "X" if code == "en" else f"Y{code}"
            span = {
                "qid": None if sentence.word else 1,
                "source_start": 0,
                "source_end": 1,
                "start": 0,
                "end": len(name),
                "name_language": code,
                "origin": "anchor" if code == "en" else "label",
            }
            rows.append(
                {
                    "id": sentence.page * POSITIONS_A_PAGE + position,
                    "language": code,
                    "source_language": "en",
                    "source_text": source,
                    "text": f"{name} {sentence.text}",
                    "entities": [span],
                    "page_id": sentence.page,
                    "title": f"Page {sentence.page}",
                    "wiki": wiki,
                }
            )
    return rows


def write_switched(
    folder: Path, sentences: Sequence[Sentence], *, a_part: int = 1000, wiki: str = "enwiki"
) -> Path:
    """Write the rows of sentences to a folder, `a_part` sentences per part; return it."""

    def batches(table: pa.Table) -> Batches:
        yield table
        return Counts()

    made = []
    for number, first in enumerate(range(0, len(sentences), a_part)):
        some = sentences[first : first + a_part]
        table = pa.Table.from_pylist(rows_of(some, first, wiki), SWITCHED)
        pages = [
            {"page_id": page, "revision_id": page + 9000, "title": f"Page {page}"}
            for page in sorted({s.page for s in some})
        ]
        ids = [s.page * POSITIONS_A_PAGE + position for position, s in enumerate(some, first)]
        paragraphs = pa.table([ids, [s.paragraph for s in some]], schema=PARAGRAPH_ROWS)
        into = PartFolder(folder, folder / "_work", "r")
        for name, content in (
            (part_name(number), table),
            (beside_part(ATTRIBUTION, part_name(number)), pa.Table.from_pylist(pages, PAGES)),
            (beside_part(PARAGRAPHS, part_name(number)), paragraphs),
        ):
            made.append(
                write_part(
                    into,
                    name,
                    name,
                    PartSpec(content.schema),
                    batches(content),
                )
            )
    number = sum(m.part.rows for m in made if m.part.file.startswith("part-"))
    run = Run(folder, Claim("switch", "0", {}, []), RunOptions(jobs=1), InlineExecutor())
    read = len(sentences)
    counts = Counts({"rows": Tally(number, number), "sentences": Tally(read, read)})
    run.finish(made, counts, source=Source(wiki, "en"))
    return folder


def make_corpus(
    switched: Path | Sequence[Path], out: Path, *, jobs: int = 1, **options: Any
) -> pl.DataFrame:
    """Run `shard`; return the corpus's rows, file by file."""
    folders = [switched] if isinstance(switched, Path) else switched
    shard(folders, out, ShardOptions(**options), RunOptions(jobs=jobs, quiet=True))
    return corpus_rows(out)


def corpus_rows(out: Path) -> pl.DataFrame:
    """Return a corpus's rows, file by file, in any format."""
    files = sorted(path for name in ("data", "documents") for path in (out / name).rglob("*-of-*"))
    if ".jsonl" in files[0].suffixes:
        return pl.concat([line_rows(path) for path in files], how="vertical_relaxed")
    return pl.concat([pl.read_parquet(path) for path in files])


def line_rows(path: Path) -> pl.DataFrame:
    """Return the rows of a file of JSON lines in their columns."""
    lines = pl.read_ndjson(path.read_bytes())
    others = "meta" if "meta" in lines.columns else "metadata"
    rows = pl.DataFrame(lines[others].struct.unnest()).with_columns(lines["text"])
    names = [*SWITCHED.names, *(name for name in rows.columns if name not in SWITCHED.names)]
    return rows.select(names)
