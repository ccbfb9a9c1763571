"""Plans the stages of a mixture: which source chooses which rows, and where budgets end."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.hashing import hash_word
from cstool.errors import InputError
from cstool.stages.mix.budgets import language_sizes, source_sizes
from cstool.stages.mix.choose import Limits, Selection, StageChoice, range_bits
from cstool.stages.mix.count import ClassFilter, class_of
from cstool.stages.mix.inputs import MixInputs
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe

_KINDS = {"all": (False, True), "switched": (True,), "source": (False,)}


def filter_of(source: SourceRecipe) -> ClassFilter:
    """Return the filter of a source's rows."""
    languages = None if source.languages is None else frozenset(source.languages)
    return ClassFilter(languages, _KINDS[source.rows])


def choices_of(
    recipe: MixRecipe, inputs: MixInputs, languages: tuple[str, ...], found: Sequence[set[str]]
) -> list[StageChoice]:
    """Return the rows that each stage may use, without limits.

    `found`: the classes of rows in each folder. Raises InputError if a source chooses no row.
    """
    return [
        _choice(recipe, number, inputs.of_source[number], languages, found)
        for number in range(len(recipe.stages))
    ]


def _choice(
    recipe: MixRecipe,
    number: int,
    folders: Sequence[int],
    languages: tuple[str, ...],
    found: Sequence[set[str]],
) -> StageChoice:
    stage = recipe.stages[number]
    sources = np.full((len(found), 2 * len(languages)), -1, np.int16)
    for index, (source, folder) in enumerate(zip(stage.sources, folders, strict=True)):
        its = filter_of(source)
        classes = [
            (languages.index(code), switched)
            for code, switched in map(class_of, found[folder])
            if its.has(code, switched=switched)
        ]
        if not classes:
            raise _nothing_chosen(recipe, source, found[folder])
        for language, switched in classes:
            sources[folder, 2 * language + switched] = index
    names = [source.name for source in stage.sources]
    words = [hash_word(f"choice {name}", recipe.seed) for name in names]
    orders = [hash_word(f"order {number} {name}", recipe.seed) for name in names]
    return StageChoice(sources, np.array(words, np.uint64), np.array(orders, np.uint64))


def _nothing_chosen(recipe: MixRecipe, source: SourceRecipe, found: set[str]) -> InputError:
    there = ", ".join(sorted({class_of(name)[0] for name in found})) or "none"
    return InputError(
        f"{recipe.file}, line {source.line}: no row of {source.folder} is chosen (its languages: "
        f"{there}); give other `languages` or `rows`"
    )


def is_limited(stage: StageRecipe) -> bool:
    """Whether a stage may leave out rows for their number."""
    limited = (source.share is not None or source.budget is not None for source in stage.sources)
    return stage.budget is not None or any(limited)


def plan_stages(
    recipe: MixRecipe,
    selection: Selection,
    measured: Callable[[int, Selection], Iterable[pa.Table]],
    edges_of: Callable[[int, Selection, Array], Iterable[pa.Table]],
) -> Selection:
    """Return the selection with the limits of all stages.

    `selection`: with stages without limits. `measured(stage, selection)` returns the sizes of the
    rows that the last stage of a selection may use (`choose.MEASURED`), `edges_of(stage, selection,
    ranges)` the rows of some ranges (`choose.EDGES`). Raises InputError for a budget beyond what
    there is.
    """
    planned: list[StageChoice] = []
    for number, (stage, choice) in enumerate(zip(recipe.stages, selection.stages, strict=True)):
        cells = len(stage.sources) * len(selection.languages)
        keys, places = np.zeros((2, cells), np.uint64)
        limits = Limits(keys, places, np.ones(cells, bool))
        if is_limited(stage):
            here = replace(selection, stages=(*planned, choice))
            sizes = sizes_by_range(measured(number, here), cells)
            wanted = wanted_sizes(recipe, stage, sizes.sum(1))
            ranges, before = edges(sizes, wanted)
            if (ranges >= 0).any():
                rows = pa.concat_tables(edges_of(number, here, ranges))
                limits = limits_of(rows, ranges >= 0, wanted - before)
        planned.append(replace(choice, limits=limits))
    return replace(selection, stages=tuple(planned))


def sizes_by_range(tables: Iterable[pa.Table], cells: int) -> Array:
    """Return int64[cells, ranges]: the sums of the sizes in tables with the schema MEASURED."""
    sizes = np.zeros(cells << range_bits(cells), np.int64)
    for table in tables:
        sizes[table.column("range").to_numpy()] += table.column("size").to_numpy()
    return sizes.reshape(cells, -1)


def wanted_sizes(recipe: MixRecipe, stage: StageRecipe, available: Array) -> Array:
    """Return int64[cells]: the size to take of each cell; `available`: what there is."""
    there = available.reshape(len(stage.sources), -1)
    sizes = source_sizes(stage, there.sum(1).tolist(), recipe.count, recipe.file)
    return np.concatenate(
        [
            np.array(language_sizes(size, of_source.tolist(), source.smoothing), np.int64)
            for source, size, of_source in zip(stage.sources, sizes, there, strict=True)
        ]
    )


def edges(sizes: Array, wanted: Array) -> tuple[Array, Array]:
    """Return the range of each cell in which the wanted size ends, and the size before it.

    `sizes`: int64[cells, ranges]; the range is -1 for a cell of which all is wanted.
    """
    ends = np.cumsum(sizes, axis=1)
    within = ends > wanted[:, None]
    ranges = np.where(wanted < ends[:, -1], within.argmax(1), -1)
    before = np.take_along_axis(ends - sizes, np.maximum(ranges, 0)[:, None], 1)[:, 0]
    return ranges.astype(np.int64), before


def limits_of(rows: pa.Table, limited: Array, wanted: Array) -> Limits:
    """Return the limits of the cells.

    `rows`: those of the range in which a cell's size ends (schema EDGES). `limited`: bool[cells],
    whether it does; `wanted`: int64[cells], the size to take in that range. The rows before the
    limit are the longest prefix, in the order of key and place, that is not larger.
    """
    cell, key, place, size = (rows.column(name).to_numpy() for name in rows.column_names)
    order = np.lexsort((place, key, cell))
    cell, key, place, size = (one[order] for one in (cell, key, place, size.astype(np.int64)))
    begins = np.searchsorted(cell, np.arange(len(wanted)))
    ends = np.cumsum(size)
    before = np.append(0, ends)[begins[cell]]
    over = ends - before > wanted[cell]
    cells, firsts = np.unique(cell[over], return_index=True)
    keys, places = np.zeros((2, len(wanted)), np.uint64)
    first = np.flatnonzero(over)[firsts]
    keys[cells], places[cells] = key[first], place[first]
    return Limits(keys, places, ~limited)


def refuse_empty_stages(recipe: MixRecipe, rows: Sequence[int]) -> None:
    """Raise InputError if a stage has no rows; `rows`: the number of each stage."""
    for stage, number in zip(recipe.stages, rows, strict=True):
        if not number:
            raise InputError(
                f"{recipe.file}, line {stage.line}: stage {stage.name!r} would be empty, "
                "because its rows are duplicates or larger than its budget; change its sources or "
                "its budget"
            )
