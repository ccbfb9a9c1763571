"""Selects entities by their types (P31)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk
from cstool.errors import WrongCallError
from cstool.languages.data_tables import rows
from cstool.storage.qid_lists import qids_of

# Reasons by mark; the first that applies is counted.
REASONS = ("", "not of the types asked for", "of an excluded type", "a date")
_NOT_ASKED, _EXCLUDED, _DATE = 1, 2, 3


@dataclass(frozen=True)
class EntityTypes:
    """Classes (QIDs): select only instances of `asked`, and none of `excluded` and `dates`."""

    asked: tuple[int, ...] | None = None
    excluded: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is any restriction."""
        return self.asked is not None or bool(self.excluded or self.dates)

    def marks(self, table: pa.Table) -> Array:
        """Return the index of each entity's reason in `REASONS`, `uint8[n]`; 0: selected."""
        marks = np.zeros(table.num_rows, np.uint8)
        for classes, mark in ((self.dates, _DATE), (self.excluded, _EXCLUDED)):
            marks[instances(table, classes)] = mark
        if self.asked is not None:
            marks[~instances(table, self.asked)] = _NOT_ASKED
        return marks


def instances(table: pa.Table, classes: Sequence[int]) -> Array:
    """Return bool[n]: which entities, with their column `types`, are instances of a class."""
    offsets, types = flat(one_chunk(table.column("types")))
    result = np.zeros(table.num_rows, bool)
    if len(classes):
        owner = np.repeat(np.arange(table.num_rows), np.diff(offsets))
        result[owner[np.isin(types.to_numpy(), classes)]] = True
    return result


def find_types(asked: str | None, excluded: str | None, *, dates: bool) -> EntityTypes:
    """Return the types that the options name. Raises WrongCallError for an invalid value."""
    return EntityTypes(
        None if asked is None else _classes(asked, "--types"),
        () if excluded is None else _classes(excluded, "--exclude-types"),
        date_classes() if dates else (),
    )


def date_classes() -> tuple[int, ...]:
    """Return the classes of items for years, days and other dates."""
    return tuple(sorted(int(qid) for qid, _ in rows("cstool.languages", "date_classes.tsv")))


def person_classes() -> tuple[int, ...]:
    """Return the classes of items for people, real or not."""
    return tuple(sorted(int(qid) for qid, _ in rows("cstool.languages", "person_classes.tsv")))


def for_manifest(classes: Sequence[int] | None) -> list[str] | str | None:
    """Return classes for the manifest: as QIDs, or as a count and an xxh3 if more than 100."""
    if classes is None or len(classes) <= 100:
        return None if classes is None else [f"Q{qid}" for qid in classes]
    digest = xxhash.xxh3_64_hexdigest(np.array(classes, "<u4").tobytes())
    return f"{len(classes)} classes, xxh3:{digest}"


def _classes(spec: str, option: str) -> tuple[int, ...]:
    """Return comma-separated QIDs, sorted; a value that is not a QID is the path of a file."""
    qids: set[int] = set()
    for word in filter(None, (w.strip() for w in spec.split(","))):
        if word[0] in "Qq" and word[1:].isascii() and word[1:].isdigit():
            if not 0 < int(word[1:]) < 1 << 32:
                raise WrongCallError(f"{option}: {word!r} is not a QID; give QIDs such as Q5")
            qids.add(int(word[1:]))
        elif Path(word).is_file():
            qids.update(qids_of(Path(word)).tolist())
        else:
            raise WrongCallError(
                f"{option}: {word!r} is neither a QID nor a file; give QIDs such as Q5,Q515, or a "
                "file with one per line"
            )
    if not qids:
        raise WrongCallError(f"{option}: no class given; give QIDs such as Q5,Q515")
    return tuple(sorted(qids))
