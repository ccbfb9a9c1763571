"""The rows that stages choose are those of a simple definition."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.arrays import Array
from cstool.arrays.hashing import mix
from cstool.stages.mix.choose import (
    DUPLICATES,
    EDGES,
    MEASURED,
    RECORDS,
    USED_ROWS,
    Bucket,
    Selection,
    StageChoice,
    choose,
    kinds_of,
    measure,
    read_edges,
)
from cstool.stages.mix.plan import edges, limits_of, plan_stages, wanted_sizes
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe
from cstool.storage.parts import Batches, SideTable
from cstool.storage.segments import Segment, SegmentWriter, read_segments

FOLDERS, CLASSES = 3, 4  # of two languages


class Record(NamedTuple):
    """A row: its text, its identity, its size, its class and its folder."""

    text: int
    row: int
    size: int
    kind: int
    folder: int


records = st.lists(
    st.builds(
        Record,
        st.integers(0, 12),
        st.integers(0, 30),
        st.integers(0, 9),
        st.integers(0, CLASSES - 1),
        st.integers(0, FOLDERS - 1),
    ),
    max_size=40,
)
budgets = st.lists(st.none() | st.integers(1, 40), min_size=1, max_size=3)


def segment_of(path: Path, table: pa.Table) -> tuple[Segment, ...]:
    with SegmentWriter(path, table.schema) as writer:
        writer.write(table, np.zeros(table.num_rows, np.uint32))
    rows = writer.index().to_pylist()
    return tuple(Segment(str(path), r["offset"], r["bytes"], r["checksum"]) for r in rows)


def buckets_of(folder: Path, rows: Sequence[Record], number: int, dedup: bool) -> list[Bucket]:
    """Return the records in buckets; each folder is a part."""
    made = []
    for bucket in range(number):
        its = [(at, r) for at, r in enumerate(rows) if (r.text if dedup else at) % number == bucket]
        marks = [r.text // 2 if dedup else at for at, r in its]  # of two texts, with checks
        columns = [
            marks,
            [r.text % 2 if dedup else 0 for _, r in its],
            [r.row for _, r in its],
            [r.size for _, r in its],
            [10 * r.size for _, r in its],
            [r.kind for _, r in its],
            [r.folder for _, r in its],
            [at for at, _ in its],
        ]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, RECORDS, strict=True)]
        table = pa.table(arrays, schema=RECORDS)
        made.append(Bucket(f"{bucket}", segment_of(folder / f"{bucket}.arrow", table)))
    return made


def tables_of(batches: Batches, schema: pa.Schema) -> pa.Table:
    return pa.concat_tables(
        [schema.empty_table(), *(b for b in batches if isinstance(b, pa.Table))]
    )


def choices(number: int) -> tuple[StageChoice, ...]:
    """Return stages with the folders as sources; in each, one folder is not a source."""
    made = []
    for stage in range(number):
        sources = np.full((FOLDERS, CLASSES), -1, np.int16)
        for index, folder in enumerate(f for f in range(FOLDERS) if f != stage % FOLDERS):
            sources[folder] = index
        words = mix(np.arange(2, dtype=np.uint64) + np.uint64(stage))
        made.append(StageChoice(sources, words, words))
    return tuple(made)


def recipe_of(of: Sequence[int | None]) -> MixRecipe:
    sources = tuple(SourceRecipe(Path(n), n, smoothing=0.5) for n in "ab")
    stages = [StageRecipe(f"s{i}", sources, budget) for i, budget in enumerate(of)]
    return MixRecipe(Path("r.toml"), tuple(stages))


def by_definition(
    rows: Sequence[Record], recipe: MixRecipe, selection: Selection
) -> list[tuple[set[int], set[int]]]:
    """Return the rows that each stage uses, and its duplicates.

    A budget is made as small as what there is.
    """
    known: set[int] = set()
    result = []
    for stage, choice in zip(recipe.stages, selection.stages, strict=True):
        keys = [int(mix(np.array([r.row], np.uint64) ^ choice.words[s])[0]) if s >= 0 else 0
                for r in rows for s in [int(choice.sources[r.folder, r.kind])]]  # fmt: skip
        order = sorted(
            (int(choice.sources[r.folder, r.kind]), keys[at], r.folder, at)
            for at, r in enumerate(rows)
            if choice.sources[r.folder, r.kind] >= 0
        )
        here: set[int] = set()
        kept, twice = [], set()
        for source, _, _, at in order:
            text = rows[at].text
            if selection.dedup and (text in known or text in here):
                twice.add(at)
            else:
                here.add(text)
                kept.append((source, at))
        cells = np.zeros(4, np.int64)
        for source, at in kept:
            cells[2 * source + rows[at].kind // 2] += rows[at].size
        wanted = cells.copy()
        if stage.budget is not None:
            wanted = wanted_sizes(recipe, stage, cells)
        used: set[int] = set()
        taken, full = np.zeros(4, np.int64), np.zeros(4, bool)
        for source, at in kept:
            cell = 2 * source + rows[at].kind // 2
            if not full[cell] and taken[cell] + rows[at].size > wanted[cell]:
                full[cell] = True
            if not full[cell]:
                used.add(at)
                taken[cell] += rows[at].size
        known |= {rows[at].text for at in used}
        result.append((used, twice))
    return result


@settings(max_examples=60)
@given(records, budgets, st.integers(1, 3), st.booleans())
def test_stages_use_the_longest_prefixes_of_the_first_uses_of_texts(
    rows: list[Record], wanted: list[int | None], number: int, dedup: bool
) -> None:
    selection = Selection(choices(len(wanted)), ("a", "b"), np.arange(FOLDERS), dedup)
    with TemporaryDirectory() as name:
        buckets = buckets_of(Path(name), rows, number, dedup)

        def measured(_: int, here: Selection) -> Iterator[pa.Table]:
            for bucket in buckets:
                table = tables_of(measure(bucket, (here, 4)), MEASURED)
                sums.append(int(np.sum(table.column("size").to_numpy())))
                yield table

        def edge_rows(_: int, here: Selection, ranges: Array) -> Iterator[pa.Table]:
            return (tables_of(read_edges(bucket, (here, ranges)), EDGES) for bucket in buckets)

        # A budget beyond what there is would be an error: make it as small.
        feasible: list[int | None] = []
        for index, budget in enumerate(wanted):
            sums: list[int] = []
            so_far = recipe_of(feasible)
            part = Selection(selection.stages[:index], ("a", "b"), selection.folders, dedup)
            planned = plan_stages(so_far, part, measured, edge_rows)
            here = Selection((*planned.stages, selection.stages[index]), ("a", "b"),
                             selection.folders, dedup)  # fmt: skip
            sums.clear()
            list(measured(index, here))
            feasible.append(None if budget is None or not sum(sums) else min(budget, sum(sums)))
        recipe = recipe_of(feasible)
        planned = plan_stages(recipe, selection, measured, edge_rows)
        expected = by_definition(rows, recipe, selection)
        used_sums, found = [USED_ROWS.empty_table()], set()
        for bucket in buckets:
            made = list(choose(bucket, (planned, name)))
            used_sums += [one.rows for one in made if isinstance(one, SideTable)]
            (index_,) = (one for one in made if isinstance(one, pa.Table))
            segments = [
                Segment(f"{name}/{bucket.name}.arrow", r["offset"], r["bytes"], r["checksum"])
                for r in index_.to_pylist()
            ]
            twice = read_segments(segments, DUPLICATES)
            found |= {(row["stage"], row["at"]) for row in twice.to_pylist()}
    assert found == {(i, at) for i, (_, twice_) in enumerate(expected) for at in twice_}
    sums_ = pa.concat_tables(used_sums).to_pylist()
    for stage, (used, _) in enumerate(expected):
        its = [row for row in sums_ if row["stage"] == stage]
        assert sum(row["rows"] for row in its) == len(used)
        assert sum(row["size"] for row in its) == sum(rows[at].size for at in used)
        choice = planned.stages[stage]
        assert choice.limits is not None
        columns = [
            np.array([getattr(r, n) for r in rows], np.uint64) for n in ("row", "kind", "folder")
        ]
        its_rows = planned.rows_of(
            choice,
            columns[0],
            columns[1].astype(np.uint16),
            columns[2].astype(np.uint32),
            np.arange(len(rows)),
        )
        within = (its_rows.source >= 0) & choice.limits.has(
            its_rows.cell, its_rows.key, its_rows.place
        )
        chosen = {int(at) for at in np.flatnonzero(within)} - {at for s, at in found if s == stage}
        assert chosen == used


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=16, max_size=16), min_size=1, max_size=4),
    st.data(),
)
def test_a_size_ends_in_the_first_range_that_exceeds_it(
    sizes: list[list[int]], data: st.DataObject
) -> None:
    wanted = [data.draw(st.integers(0, sum(of))) for of in sizes]
    ranges, before = edges(np.array(sizes), np.array(wanted))
    for at, start, of, size in zip(ranges, before, sizes, wanted, strict=True):
        if at < 0:
            assert size >= sum(of)
        else:
            assert start == sum(of[:at]) <= size < sum(of[: at + 1])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)), max_size=30),
    st.lists(st.integers(0, 20), min_size=3, max_size=3),
)
def test_a_limit_is_the_end_of_the_longest_prefix(
    rows: list[tuple[int, int, int]], wanted: list[int]
) -> None:
    """`rows`: cell, key, size; places are their indices."""
    cell, key, size = (np.array([r[i] for r in rows], np.int64) for i in range(3))
    place = np.arange(len(rows)).astype(np.uint64)
    columns = (cell.astype(np.uint32), key.astype(np.uint64), place, size.astype(np.uint32))
    table = pa.table([pa.array(one) for one in columns], schema=EDGES)
    sums = np.bincount(cell, size, 3)
    limited = sums > np.array(wanted)
    limits = limits_of(table, limited, np.array(wanted))
    within = limits.has(cell, key.astype(np.uint64), place)
    for one in range(3):
        order = sorted((key[i], i) for i in np.flatnonzero(cell == one))
        taken, expected = 0, []
        for _, i in order:
            if taken + size[i] > wanted[one]:
                break
            taken += size[i]
            expected.append(i)
        assert sorted(expected) == np.flatnonzero(within & (cell == one)).tolist()


def test_each_of_many_languages_has_its_own_classes() -> None:
    languages = tuple(f"{number:06}+en" for number in range(70_000))  # of windows of many wikis
    columns = {"language": languages, "switched": [bool(n % 2) for n in range(70_000)]}
    assert (kinds_of(pa.table(columns), languages) // 2 == np.arange(70_000)).all()
