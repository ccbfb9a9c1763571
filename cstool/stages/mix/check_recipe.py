"""Checks the values of a recipe, whether read from a file or made in Python."""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from cstool.errors import InputError
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe

# The column `stage` is an UInt8, from 1.
_MOST_STAGES = 255
# Characters of the names of stages, which are those of folders, and of sources.
_LONGEST_STAGE = 100
_LONGEST_SOURCE = 250
# Sizes are added up as int64.
_MOST = 2**63 - 1


class RecipeFault(NamedTuple):
    """What is wrong with a key, and what to do; `key`: None if one is missing.

    `stage`, `source`: their numbers, from 0; None for a key above them.
    """

    stage: int | None
    source: int | None
    key: str | None
    problem: str


def need_valid(recipe: MixRecipe) -> None:
    """Raise InputError for the first value that is not valid."""
    fault = next(faults_of(recipe), None)
    if fault is None:
        return
    line, table = 0, ""
    if fault.stage is not None:
        stage = recipe.stages[fault.stage]
        line, table = stage.line, "[[stage]]"
        if fault.source is not None:
            line, table = stage.sources[fault.source].line, "[[stage.source]]"
    raise InputError(message(f"{recipe.file}", line, table, fault))


def message(file: str, line: int, table: str, fault: RecipeFault) -> str:
    """Return the message about a fault; `line`: 0 if it is not known."""
    place = f"{file}, line {line}" if line else file
    key = f"{table} {fault.key}".strip() if fault.key else table
    return f"{place}: {key}: {fault.problem}" if fault.key else f"{place}: {key} {fault.problem}"


def faults_of(recipe: MixRecipe) -> Iterator[RecipeFault]:
    """Yield what is wrong with the values of a recipe."""
    if not recipe.stages:
        yield RecipeFault(None, None, "stage", "there is none; add a [[stage]] with its sources")
    folders: dict[str, SourceRecipe] = {}
    names: set[str] = set()
    for number, stage in enumerate(recipe.stages):
        yield from _of_stage(number, stage)
        if number >= _MOST_STAGES:
            yield RecipeFault(
                number, None, None, f"is one too many; a recipe has at most {_MOST_STAGES}"
            )
        if stage.name in names:
            problem = f'another stage is named "{stage.name}"; give each its own name'
            yield RecipeFault(number, None, "name", problem)
        names.add(stage.name)
        for place, source in enumerate(stage.sources):
            other = folders.setdefault(source.name, source)
            if other.folder != source.folder:
                problem = f'"{source.name}" is also the name of {other.folder}; a name stands for '
                yield RecipeFault(number, place, "name", f"{problem}one folder, give another")


def _of_stage(number: int, stage: StageRecipe) -> Iterator[RecipeFault]:
    if not re.fullmatch(rf"[a-z0-9-]{{1,{_LONGEST_STAGE}}}", stage.name):
        yield RecipeFault(
            number,
            None,
            "name",
            f'"{stage.name}" cannot be the name of a folder; use 1 to {_LONGEST_STAGE} of the '
            "characters a–z, 0–9 and -",
        )
    if not stage.sources:
        yield RecipeFault(number, None, None, "has no source; add a [[stage.source]] with a folder")
    yield from _of_budget(number, None, stage.budget)
    names: set[str] = set()
    for place, source in enumerate(stage.sources):
        for key, problem in _of_source(source):
            yield RecipeFault(number, place, key, problem)
        yield from _of_budget(number, place, source.budget)
        if source.name in names:
            yield RecipeFault(
                number,
                place,
                "name",
                f'another source of the stage is named "{source.name}"; give each its own name',
            )
        names.add(source.name)
    yield from _of_sizes(number, stage)


def _of_sizes(number: int, stage: StageRecipe) -> Iterator[RecipeFault]:
    """Yield what is wrong with the shares and budgets of a stage together."""
    for place, source in enumerate(stage.sources):
        if source.share is not None and source.budget is not None:
            yield RecipeFault(number, place, "share", "given together with budget; give one")
        limited = stage.budget or source.budget or source.share
        if source.smoothing is not None and not limited:
            problem = "no effect on a source that gives all rows; give it a share or a budget"
            yield RecipeFault(number, place, "smoothing", problem)
    with_share = [source for source in stage.sources if source.share is not None]
    if with_share and len(with_share) < len(stage.sources):
        place = next(i for i, source in enumerate(stage.sources) if source.share is None)
        yield RecipeFault(
            number, place, None, "has no share, but another source has; give each a share, or none"
        )


def _of_budget(number: int, place: int | None, budget: int | None) -> Iterator[RecipeFault]:
    if budget is not None and not 1 <= budget <= _MOST:
        problem = f"{budget} is not a size; give a number from 1 to 2⁶³ − 1, such as 200_000_000"
        yield RecipeFault(number, place, "budget", problem)


def _of_source(source: SourceRecipe) -> Iterator[tuple[str, str]]:
    """Yield keys of a source and what is wrong with their values."""
    if not 1 <= len(source.name) <= _LONGEST_SOURCE or not source.name.isprintable():
        yield (
            "name",
            (f"{source.name!r} cannot be a name; use 1 to {_LONGEST_SOURCE} printable characters"),
        )
    share = source.share
    if share is not None and not (share > 0 and math.isfinite(share)):
        yield "share", f"{share} is not above 0; give a number, in proportion to the other shares"
    if source.smoothing is not None and not 0 <= source.smoothing <= 1:
        yield (
            "smoothing",
            (
                f"{source.smoothing} is not from 0 to 1; 0 gives all languages the same size, 1 "
                "sizes in proportion to what there is"
            ),
        )
    if source.languages is not None and not source.languages:
        yield "languages", "empty list; give codes such as en, or leave the key out for all"
