"""Looks up names and types of the entities in a report, in a folder of `entities`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import numbers
from cstool.errors import InputError
from cstool.report.class_names import LAST_LANGUAGES, class_name, name_in
from cstool.storage.checksums import open_part
from cstool.storage.manifest import need_stage
from cstool.storage.sorted_runs import read_groups
from cstool.storage.statistics import SampleSentence

_COLUMNS = ["qid", "labels", "aliases", "types"]
_ALIASES_SHOWN = 5


@dataclass(frozen=True)
class ReportEntity:
    """An entity's labels by language, some aliases in one language, and its types (P31)."""

    labels: dict[str, str]
    aliases: tuple[str, ...]
    types: tuple[int, ...]


Anchors = dict[int, dict[str, str]]


def name_of(
    qid: int, languages: Sequence[str], entities: Mapping[int, ReportEntity], anchors: Anchors
) -> str:
    """Return the name of an entity or a type: in the first of these languages that has one.

    Otherwise in English or `mul`, then in any language; "" if there is none. Labels are preferred
    to `anchors`: texts of the entity in sentences, by QID and language.
    """
    labels = entities[qid].labels if qid in entities else {}
    return (
        name_in(labels, languages)
        or class_name(qid)
        or name_in(anchors.get(qid, {}), languages)
        or next(iter(labels.values()), "")
    )


def anchors_of(sentences: Iterable[SampleSentence], languages: Iterable[str]) -> Anchors:
    """Return a text of each entity in these languages, from the sample sentences."""
    anchors: Anchors = {}
    for sentence in sentences:
        for code in languages:
            form = sentence.forms.get(code)
            for qid, _, _, start, end in form.entities if form else ():
                if form and qid is not None:
                    anchors.setdefault(qid, {}).setdefault(code, form.text[start:end])
    return anchors


def look_up(
    folder: Path, qids: Iterable[int], languages: Sequence[str], language: str
) -> dict[int, ReportEntity]:
    """Return the entities with these QIDs and their types.

    `languages`: of the labels to keep; `language`: of the aliases. Reads only the row groups that
    may contain one of the entities. Raises InputError for a folder of another stage.
    """
    manifest = need_stage(folder, "entities")
    files = [folder / part.file for part in manifest.tables]
    keep = {*languages, language, *LAST_LANGUAGES}
    entities = _read(files, qids, keep, language)
    types = {type_ for entity in entities.values() for type_ in entity.types}
    return entities | _read(files, types - entities.keys(), keep, language)


def _read(
    files: Sequence[Path], qids: Iterable[int], keep: set[str], language: str
) -> dict[int, ReportEntity]:
    wanted = np.array(sorted(set(qids)), np.int64)
    entities: dict[int, ReportEntity] = {}
    if not len(wanted):
        return entities
    path: Path | str = files[0].parent
    try:
        for group in read_groups(files, "qid"):
            first, last = np.searchsorted(wanted, [group.low, group.high + 1])
            path = group.file
            if first < last:
                table = open_part(Path(group.file), [group.index]).read_row_group(
                    group.index, columns=_COLUMNS
                )
                rows = np.flatnonzero(np.isin(table.column("qid").to_numpy(), wanted[first:last]))
                for row in table.take(numbers(rows)).to_pylist():
                    entities[row["qid"]] = _entity(row, keep, language)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error
    return entities


def _entity(row: dict[str, Any], keep: set[str], language: str) -> ReportEntity:
    aliases = [term["value"] for term in row["aliases"] if term["language"] == language]
    return ReportEntity(
        {t["language"]: t["value"] for t in row["labels"] if t["language"] in keep},
        tuple(aliases[:_ALIASES_SHOWN]),
        tuple(row["types"]),
    )
