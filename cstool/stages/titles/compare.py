"""Compares the titles table of the SQL tables with that of sitelinks and page dumps."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import booleans
from cstool.stages.titles.resolve import ResolvedTitles
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import open_part, read_part
from cstool.storage.counts import Counts
from cstool.storage.hash_index import HashIndex, building
from cstool.storage.manifest import Part, describe_part
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.schemas import QID
from cstool.storage.tasks import Task, part_name

COMPARED = "titles compared"
DIFFERENCES = "differences.tsv"
ONLY_SQL = "only in the SQL tables"
ONLY_DUMP = "only in the entities and pages"
OTHER_ITEM = "another item"
OTHER_KIND = "a redirect in one, a page in the other"
_ROWS = pa.schema(
    [("title", pa.string()), ("sql", QID), ("dump", QID), ("difference", pa.string())]
)


@dataclass(frozen=True)
class _Side:
    """A file of titles, the file of its hashes, and whether it is from the SQL tables."""

    file: str
    hashed: str
    is_sql: bool


def compare(run: Run, sql: ResolvedTitles, dump: ResolvedTitles) -> list[FinishedPart]:
    """Make parts that list the titles with different results."""
    work = run.work("answers")
    _index_answers(sql, work, "sql")
    _index_answers(dump, work, "dump")
    sides = [_Side(f, h, True) for f, h in zip(sql.files, sql.hashed, strict=True)]
    sides += [_Side(f, h, False) for f, h in zip(dump.files, dump.hashed, strict=True)]
    tasks = [Task(part_name(i), side, f"side {i}") for i, side in enumerate(sides)]
    return run.map(
        list_differences,
        str(work),
        tasks,
        PartSpec(_ROWS, label="titles: compare", phase="differences", unit="part"),
    )


def _index_answers(resolved: ResolvedTitles, folder: Path, name: str) -> None:
    """Write an index of titles with the value 2 × QID, plus 1 for a redirect."""
    with building(folder, name, np.uint64) as add:
        for file in resolved.hashed:
            add(*_answers(read_part(file)))


def _answers(table: pa.Table) -> tuple[Array, Array]:
    qids = table.column("qid").to_numpy().astype(np.uint64)
    redirects = table.column("redirect").to_numpy().astype(np.uint64)
    return table.column("hash").to_numpy(), qids * np.uint64(2) + redirects


def list_differences(side: _Side, folder: str) -> Batches:
    """Yield the differences of a file; of a dumps' file, titles missing from the SQL tables."""
    hashes, ours = _answers(read_part(side.hashed))
    theirs = HashIndex.open(Path(folder), "dump" if side.is_sql else "sql").look_up(hashes)
    counts = Counts()
    if side.is_sql:
        absent = theirs == 0
        other = ~absent & (theirs >> np.uint64(1) != ours >> np.uint64(1))
        kind = ~absent & ~other & (theirs != ours)
        kinds = [(ONLY_SQL, absent), (OTHER_ITEM, other), (OTHER_KIND, kind)]
        counts.add(COMPARED, {"the same": int((theirs == ours).sum())})
    else:
        kinds = [(ONLY_DUMP, theirs == 0)]
    titles = read_part(side.file, ["title"]).column("title")
    for name, rows in kinds:
        counts.add(COMPARED, {name: int(rows.sum())})
        if not rows.any():
            continue
        pair = [ours >> np.uint64(1), theirs >> np.uint64(1)]
        sql, dump = pair if side.is_sql else reversed(pair)
        columns = [
            titles.filter(booleans(rows)),
            *(pa.array(q[rows], QID, mask=q[rows] == 0) for q in (sql, dump)),
            pa.repeat(name, int(rows.sum())),
        ]
        yield pa.table(columns, schema=_ROWS)
    return counts


def write_differences(run: Run, made: list[FinishedPart]) -> Part:
    """Write all differences into one file, one per line."""
    path = run.out / DIFFERENCES
    lines = 0
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write("title\tby the SQL tables\tby entities and pages\tdifference\n")
        for line in _lines(run.work("differences") / m.part.file for m in made):
            file.write(line)
            lines += 1
    return describe_part(run.out, DIFFERENCES, lines)


def _lines(files: Iterator[Path]) -> Iterator[str]:
    for file in files:
        for group in open_part(Path(file)).iter_batches():
            for row in group.to_pylist():
                one, other = (f"Q{row[side]}" if row[side] else "" for side in ("sql", "dump"))
                yield f"{row['title']}\t{one}\t{other}\t{row['difference']}\n"


def examples(folder: Path, each: int = 2) -> dict[str, list[str]]:
    """Return the first `each` titles of each kind of difference, read from the file."""
    by_kind: dict[str, list[str]] = {}
    with (folder / DIFFERENCES).open(encoding="utf-8") as file:
        next(file)
        for line in file:
            title, one, other, kind = line.rstrip("\n").split("\t")
            titles = by_kind.setdefault(kind, [])
            if len(titles) < each:
                titles.append(f"{title} ({one or 'none'}, {other or 'none'})")
            if len(by_kind) == 4 and all(len(some) == each for some in by_kind.values()):
                break
    return by_kind


def differences(counts: Counts) -> dict[str, int] | None:
    """Return the number of titles by kind of difference; None if nothing was compared."""
    numbers = counts.details.get(COMPARED)
    if numbers is None:
        return None
    return {kind: numbers.get(kind, 0) for kind in (ONLY_SQL, ONLY_DUMP, OTHER_ITEM, OTHER_KIND)}
