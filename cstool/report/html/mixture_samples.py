"""Sample rows of a mixture, from the first file of each stage."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from cstool.formats.corpus_formats import FORMATS
from cstool.report.show.query import form_of
from cstool.report.show.rows import rows_of_part
from cstool.storage.beginnings import first_paragraphs
from cstool.storage.manifest import Manifest
from cstool.storage.mixture import Mixture
from cstool.storage.schemas import POSITIONS_A_PAGE
from cstool.storage.statistics import SampleSentence, SwitchedForm

# Rows of a file in which samples are looked for, and samples of a corpus in a stage.
_LOOKED_AT, _OF_A_CORPUS = 2000, 5
# Characters to show of a paragraph or page.
_LONGEST = 600
_SPAN = ("qid", "source_start", "source_end", "start", "end")


def mixture_samples(folder: Path, manifest: Manifest, mixture: Mixture) -> list[SampleSentence]:
    """Return some rows of each corpus in each stage: first one of each, then a second, and so on.

    The rows of a file are in random order, so the first ones are a sample. Files of tokens have
    none. Raises InputError if a file cannot be read.
    """
    if form_of(manifest) != "switch":
        return []
    form = FORMATS[mixture.format]
    samples: list[tuple[int, SampleSentence]] = []
    for stage in mixture.stages:
        files = [p for p in manifest.parts if form.is_data(p.file)]
        files = [p for p in files if p.file.split("/")[1] == stage.folder]
        for part in files[:1]:
            rows = islice(rows_of_part(folder / part.file), _LOOKED_AT)
            samples += [(n, _sample(row, stage.folder)) for n, row in _of_each_corpus(rows)]
    return [sample for _, sample in sorted(samples, key=lambda one: one[0])]


def _of_each_corpus(rows: Iterator[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the first rows of each corpus with their numbers; of an entity only one window."""
    number = Counter[str]()
    seen = set()
    for row in rows:
        page = row["corpus"], row["wiki"], row["id"] // POSITIONS_A_PAGE
        if number[row["corpus"]] < _OF_A_CORPUS and page not in seen:
            number[row["corpus"]] += 1
            seen.add(page)
            yield number[row["corpus"]], row


def _sample(row: dict[str, Any], stage: str) -> SampleSentence:
    """Return a row as a sample, which has a source text and one form of it."""
    row = first_paragraphs(row, _LONGEST)
    several = "+" in row["language"]
    spans = [tuple(span[name] for name in _SPAN) for span in row["entities"]]
    return SampleSentence(
        row["id"],
        row["page_id"],
        f"{row['title']} · {stage} · {row['corpus']}",
        row["language"] if several else row["source_language"],
        row["source_text"],
        {row["language"]: SwitchedForm(row["text"], spans)},
        row["wiki"],
        row.get("whole") or msgspec.UNSET,
    )
