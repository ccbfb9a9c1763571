"""Output folders of `switch` with paragraphs or pages, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.storage.counts import Counts, Tally
from cstool.storage.manifest import ATTRIBUTION, Source, beside_part
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.row_kinds import RowKind
from cstool.storage.run import Run
from cstool.storage.schemas import ATTRIBUTION as PAGES
from cstool.storage.schemas import POSITIONS_A_PAGE, TALLIES
from cstool.storage.tasks import part_name

PAGE = RowKind("page")
MARKS = ("<translate>", "</translate>")
ANNOTATED = RowKind("page", "annotate", marks=MARKS)


@dataclass(frozen=True)
class Document:
    """A page: paragraphs of sentences, each of which begins with an entity named X.

    `languages`: those that it is switched into. `gaps`: missing sentences. `words`: every second X
    is a word of a dictionary, without a QID.
    """

    page: int
    paragraphs: Sequence[Sequence[str]]
    languages: Sequence[str] = ("de",)
    gaps: int = 0
    words: bool = False


def rows_of(document: Document, kind: RowKind, wiki: str = "enwiki") -> list[dict[str, Any]]:
    """Return the rows of a page: the source, then the passes of each language."""
    source, anchors, _ = _built(document, lambda _: "X", None)
    rows = []
    for number in range(kind.passes):
        for code in [*(["en"] if not number else []), *document.languages]:
            name = "X" if code == "en" else f"Y{code}"
            # In pass k, the names of every (k + 1)th sentence only.
            said = [name if code == "en" or i % (number + 1) == 0 else "" for i in
                    range(len(anchors))]  # fmt: skip
            marks = kind if kind.annotated and code != "en" else None
            text, spans, sentences = _built(document, said.__getitem__, marks)
            entities = [
                {
                    "qid": None if document.words and i % 2 else 1 + i,
                    "source_start": anchors[i][0],
                    "source_end": anchors[i][1],
                    "start": start,
                    "end": end,
                    "name_language": code,
                    "origin": "anchor" if code == "en" else "label",
                }
                for i, (start, end) in enumerate(spans)
                if said[i]
            ]
            rows.append(
                {
                    "id": document.page * POSITIONS_A_PAGE,
                    "language": code,
                    "source_language": "en",
                    "source_text": source,
                    "text": text,
                    "entities": entities,
                    "page_id": document.page,
                    "title": f"Page {document.page}",
                    "wiki": wiki,
                    "pass": number,
                    "sentences": sentences,
                    "gaps": document.gaps,
                }
            )
    return [{name: row[name] for name in kind.schema.names} for row in rows]


def _built(
    document: Document, said: Any, annotated: RowKind | None
) -> tuple[str, list[tuple[int, int]], list[int]]:
    """Return the text, the span of each name, and the starts of sentences."""
    text = ""
    spans: list[tuple[int, int]] = []
    starts: list[int] = []
    for number, paragraph in enumerate(document.paragraphs):
        text += "\n\n" if number else ""
        for i, sentence in enumerate(paragraph):
            text += " " if i else ""
            starts.append(len(text))
            name = said(len(spans))
            before = f"X {annotated.marks[0]}" if annotated and name else ""
            after = annotated.marks[1] if annotated and name else ""
            spans.append((len(text) + len(before), len(text) + len(before) + len(name or "X")))
            text += f"{before}{name or 'X'}{after} {sentence}"
    return text, spans, starts


def write_documents(
    folder: Path,
    documents: Sequence[Document],
    kind: RowKind = PAGE,
    *,
    a_part: int = 1000,
    wiki: str = "enwiki",
) -> Path:
    """Write the rows of pages to a folder, `a_part` pages per part; return it."""

    def batches(table: pa.Table) -> Batches:
        yield table
        return Counts()

    made = []
    for number, first in enumerate(range(0, len(documents), a_part)):
        some = documents[first : first + a_part]
        rows = [row for document in some for row in rows_of(document, kind, wiki)]
        pages = [
            {"page_id": page, "revision_id": page + 9000, "title": f"Page {page}"}
            for page in sorted({one.page for one in some})
        ]
        for name, content in (
            (part_name(number), pa.Table.from_pylist(rows, kind.schema)),
            (beside_part(ATTRIBUTION, part_name(number)), pa.Table.from_pylist(pages, PAGES)),
        ):
            into = PartFolder(folder, folder / "_work", "r")
            made.append(write_part(into, name, name, PartSpec(content.schema), batches(content)))
    number = sum(m.part.rows for m in made if m.part.file.startswith("part-"))
    read = len(documents)
    counts = Counts({"rows": Tally(number, number), TALLIES[kind.unit]: Tally(read, read)})
    parameters = {
        "style": kind.style,
        "side": kind.side,
        "open": kind.marks[0],
        "close": kind.marks[1],
        "passes": kind.passes,
    }
    claim = Claim("switch", "0", parameters if kind != RowKind(kind.unit) else {}, [])
    run = Run(folder, claim, RunOptions(jobs=1), InlineExecutor())
    run.finish(made, counts, source=Source(wiki, "en"), unit=kind.unit)
    return folder
