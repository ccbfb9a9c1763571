"""The numbers of a mixture: rows, words or tokens by stage, corpus and language, and reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from cstool.stages.mix.count import HELD_BY_CLASS, ROWS_BY_CLASS, class_of
from cstool.stages.mix.inputs import MixFolder, MixInputs, uses_of
from cstool.stages.mix.plan import filter_of
from cstool.stages.mix.recipe import MixRecipe
from cstool.storage.counts import Counts, Tally, total
from cstool.storage.mixture import (
    DUPLICATE,
    HELD_OUT,
    NOT_CHOSEN,
    OVER_BUDGET,
    Mixture,
    MixtureNumbers,
    MixtureSource,
    MixtureStage,
)
from cstool.storage.parts import FinishedPart


@dataclass(frozen=True)
class FolderRows:
    """The rows of a folder by class, and those on pages held out for validation."""

    rows: dict[str, int]
    held_out: dict[str, int]


def rows_of_folders(
    inputs: MixInputs, folders: Iterable[int], counted: Sequence[FinishedPart]
) -> list[FolderRows]:
    """Return the rows of each folder; `folders`: that of each counted part."""
    by_folder: list[list[Counts]] = [[] for _ in inputs.folders]
    for folder, made in zip(folders, counted, strict=True):
        by_folder[folder].append(made.counts)
    details = [total(of_folder).details for of_folder in by_folder]
    return [FolderRows(d.get(ROWS_BY_CLASS, {}), d.get(HELD_BY_CLASS, {})) for d in details]


def stage_folder(number: int, name: str) -> str:
    """Return the folder of a stage's files; `number`: from 1."""
    return f"{number}-{name}"


def mixture_of(
    recipe: MixRecipe,
    inputs: MixInputs,
    folders: Sequence[FolderRows],
    languages: Sequence[str],
    used: Iterable[pa.Table],
) -> Mixture:
    """Return the numbers of a mixture, without format, tokenizer and number of files.

    `used`: what the stages use (schema `choose.USED_ROWS`).
    """
    numbers = _not_open(recipe, inputs, folders)
    sources = [
        MixtureSource(
            stage=number,
            corpus=source.name,
            kind="pair" if inputs.folders[folder].paired else "shard",
            share=source.share,
            budget=source.budget,
            smoothing=source.smoothing,
            rows=source.rows,
            languages=None if source.languages is None else [*source.languages],
        )
        for number, source, folder in uses_of(recipe, inputs)
    ]
    by_stage = [[one for one in sources if one.stage - 1 == i] for i in range(len(recipe.stages))]
    for row in (row for table in used for row in table.to_pylist()):
        source = by_stage[row["stage"]][row["source"]]
        _add(numbers[source.stage, source.corpus, languages[row["kind"] // 2]], row)
        source.size += row["size"]
        source.available += row["size"] + row["over_size"]
    return Mixture(
        unit=recipe.count,
        seed=recipe.seed,
        dedup=recipe.dedup,
        format="",
        stages=[
            MixtureStage(
                name=stage.name,
                folder=stage_folder(number, stage.name),
                budget=stage.budget,
                rows=sum(n.rows for n in numbers.values() if n.stage == number),
                size=sum(n.size for n in numbers.values() if n.stage == number),
            )
            for number, stage in enumerate(recipe.stages, 1)
        ],
        sources=sources,
        numbers=[numbers[key] for key in sorted(numbers)],
    )


def _not_open(
    recipe: MixRecipe, inputs: MixInputs, folders: Sequence[FolderRows]
) -> dict[tuple[int, str, str], MixtureNumbers]:
    """Return the numbers with only the rows that are left out whatever their texts are."""
    numbers: dict[tuple[int, str, str], MixtureNumbers] = {}
    for number, source, folder in uses_of(recipe, inputs):
        its = filter_of(source)
        for name, rows in folders[folder].rows.items():
            language, switched = class_of(name)
            fresh = MixtureNumbers(stage=number, corpus=source.name, language=language)
            into = numbers.setdefault((number, source.name, language), fresh)
            if its.has(language, switched=switched):
                _drop(into.dropped, HELD_OUT, folders[folder].held_out.get(name, 0))
            else:
                _drop(into.dropped, NOT_CHOSEN, rows)
    return numbers


def _drop(dropped: dict[str, int], reason: str, number: int) -> None:
    if number:
        dropped[reason] = dropped.get(reason, 0) + number


def _add(into: MixtureNumbers, row: dict[str, int]) -> None:
    """Add what a stage uses of a class of rows; windows of several languages are switched."""
    switched = max(row["kind"] % 2, "+" in into.language)
    into.rows += row["rows"]
    into.size += row["size"]
    into.bytes += row["bytes"]
    into.switched_rows += row["rows"] * switched
    into.switched_size += row["size"] * switched
    for reason, name in ((DUPLICATE, "twice"), (OVER_BUDGET, "over")):
        _drop(into.dropped, reason, row[name])
        _drop(into.dropped_size, reason, row[f"{name}_size"])


def tally_of(
    inputs: MixInputs, folders: Sequence[FolderRows], mixture: Mixture, written: int
) -> Tally:
    """Return the tally of rows; what was read is known from the inputs, for each use of a folder.

    `written`: the number of rows in the files, which was counted when they were written.
    """
    uses = [folder for of_stage in inputs.of_source for folder in of_stage]
    read = sum(_rows_read(inputs.folders[folder], folders[folder]) for folder in uses)
    dropped: dict[str, int] = {}
    for one in mixture.numbers:
        for reason, number in one.dropped.items():
            _drop(dropped, reason, number)
    return Tally(read, written, dict(sorted(dropped.items())))


def _rows_read(folder: MixFolder, found: FolderRows) -> int:
    if folder.paired:  # its rows are cut into windows
        return sum(found.rows.values())
    return sum(part.rows for part in folder.training)


def details_of(mixture: Mixture) -> Counts:
    """Return the details of a mixture: rows, words or tokens by corpus, language and stage."""
    counts = Counts()
    folders = [stage.folder for stage in mixture.stages]
    for one in mixture.numbers:
        by = {"corpus": one.corpus, "language": one.language, "stage": folders[one.stage - 1]}
        for name, value in by.items():
            if one.rows:
                counts.add(f"{mixture.unit} by {name}", {value: one.size})
                counts.add(f"rows by {name}", {value: one.rows})
        if one.dropped:
            counts.add("rows dropped by corpus", {one.corpus: sum(one.dropped.values())})
    switched = sum(one.switched_rows for one in mixture.numbers)
    counts.add("switched rows", {"all": switched})
    return counts
