"""Looks up names and types of the entities in a report, in a folder of `entities`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cstool.arrays.arrow import numbers
from cstool.errors import InputError
from cstool.storage.checksums import open_part
from cstool.storage.manifest import need_stage
from cstool.storage.sorted_runs import read_groups

_COLUMNS = ["qid", "labels", "aliases", "types"]
_ALIASES_SHOWN = 5


@dataclass(frozen=True)
class ReportEntity:
    """An entity's labels by language, some aliases in one language, and its types (P31)."""

    labels: dict[str, str]
    aliases: tuple[str, ...]
    types: tuple[int, ...]

    def label(self, language: str) -> str:
        """Return the label in a language, else in `mul`, English or any other language."""
        for code in (language, "mul", "en"):
            if code in self.labels:
                return self.labels[code]
        return next(iter(self.labels.values()), "")


def look_up(
    folder: Path, qids: Iterable[int], languages: Sequence[str], language: str
) -> dict[int, ReportEntity]:
    """Return the entities with these QIDs and their types.

    `languages`: of the labels to keep; `language`: of the aliases. Reads only the row groups that
    may contain one of the entities. Raises InputError for a folder of another stage.
    """
    manifest = need_stage(folder, "entities")
    files = [folder / part.file for part in manifest.tables]
    keep = {*languages, language, "mul", "en"}
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
    try:
        for group in read_groups(files, "qid"):
            first, last = np.searchsorted(wanted, [group.low, group.high + 1])
            if first < last:
                table = open_part(Path(group.file), [group.index]).read_row_group(
                    group.index, columns=_COLUMNS
                )
                rows = np.flatnonzero(np.isin(table.column("qid").to_numpy(), wanted[first:last]))
                for row in table.take(numbers(rows)).to_pylist():
                    entities[row["qid"]] = _entity(row, keep, language)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"--entities: the folder cannot be read ({error}); make it again with --overwrite"
        ) from error
    return entities


def _entity(row: dict[str, Any], keep: set[str], language: str) -> ReportEntity:
    aliases = [term["value"] for term in row["aliases"] if term["language"] == language]
    return ReportEntity(
        {t["language"]: t["value"] for t in row["labels"] if t["language"] in keep},
        tuple(aliases[:_ALIASES_SHOWN]),
        tuple(row["types"]),
    )
