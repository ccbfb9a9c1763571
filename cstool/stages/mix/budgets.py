"""How much a mixture takes of each source and language: shares, budgets and smoothing.

Sizes are words or tokens. Numbers are exact: fractions, not floating point, divide them.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from cstool.errors import InputError
from cstool.stages.mix.recipe import SizeUnit, SourceRecipe, StageRecipe


def source_sizes(
    stage: StageRecipe, available: Sequence[int], unit: SizeUnit, file: Path
) -> list[int]:
    """Return the size to take of each source of a stage.

    `available`: the size of each source; `unit`, `file`: of the recipe, for messages. Raises
    InputError with file and line if there is less than the recipe asks for.
    """
    total = _stage_size(stage, available, file)
    sizes = _wanted(stage, available, total)
    rest = [i for i, source in enumerate(stage.sources) if not _is_sized(source)]
    if stage.budget is not None:
        left = stage.budget - sum(sizes)
        of_rest = sum(available[i] for i in rest)
        if left < 0:
            raise InputError(
                f"{file}: line {stage.line}: stage {stage.name!r} has a budget of "
                f"{stage.budget:,} {unit}, but its sources have budgets and shares of "
                f"{sum(sizes):,}; give the stage a larger budget, or the sources smaller ones"
            )
        if (rest and left > of_rest) or (not rest and left > 0):
            raise InputError(
                f"{file}: line {stage.line}: stage {stage.name!r} has a budget of "
                f"{stage.budget:,} {unit}, but its sources have only "
                f"{of_rest + sum(sizes):,}; give a smaller budget, or more sources"
            )
        for i, size in zip(rest, divided(left, [available[i] for i in rest]), strict=True):
            sizes[i] = size
    else:
        for i in rest:
            sizes[i] = available[i]
    for source, size, there in zip(stage.sources, sizes, available, strict=True):
        if size > there:
            of = "budget" if source.budget is not None else "share"
            raise InputError(
                f"{file}: line {source.line}: the {of} of {source.name!r} in stage {stage.name!r} "
                f"is {size:,} {unit}, but {source.folder} has only {there:,} that the stage can "
                f"use; give a smaller {of}, or leave it out to use all of them"
            )
    return sizes


def _is_sized(source: SourceRecipe) -> bool:
    return source.share is not None or source.budget is not None


def _stage_size(stage: StageRecipe, available: Sequence[int], file: Path) -> int:
    """Return the size of a stage that its shares refer to; 0 if it has none."""
    if stage.budget is not None:
        return stage.budget
    shares = [Fraction(source.share or 0) for source in stage.sources]
    if not any(shares):
        return 0
    others = sum(
        there if source.budget is None else source.budget
        for source, there in zip(stage.sources, available, strict=True)
        if source.share is None
    )
    if all(source.share is not None for source in stage.sources):
        parts = [share / sum(shares) for share in shares]
        return min(int(there / part) for part, there in zip(parts, available, strict=True) if part)
    if sum(shares) >= 1:
        raise InputError(
            f"{file}: line {stage.line}: the shares in stage {stage.name!r} add up to "
            f"{float(sum(shares)):g}, which leaves nothing for its other sources; give smaller "
            "shares, or a share to each source"
        )
    return int(others / (1 - sum(shares)))


def _wanted(stage: StageRecipe, available: Sequence[int], total: int) -> list[int]:
    """Return the sizes of the sources with a share or a budget; 0 for the others."""
    shares = [Fraction(source.share or 0) for source in stage.sources]
    of_stage = sum(shares)
    # If all sources have shares, these are proportions: sums of decimal fractions are not exact.
    if all(source.share is not None for source in stage.sources):
        by_share = divided(total, shares)
    else:
        by_share = divided(int(total * of_stage), shares)
    return [
        source.budget if source.budget is not None else size
        for source, size in zip(stage.sources, by_share, strict=True)
    ]


def language_sizes(
    wanted: int, available: Sequence[int], smoothing: float | None = None
) -> list[int]:
    """Return the size to take of each language of a source.

    They add up to `wanted`, or to all there is. `smoothing`: the sizes are in proportion to the
    available ones to this power (Conneau et al. 2020, section 3.1); a language that has less gives
    all it has, and the others give the rest in the same proportion.
    """
    exponent = 1.0 if smoothing is None else smoothing
    weights = [Fraction(float(size) ** exponent) if size else Fraction(0) for size in available]
    sizes = [0] * len(available)
    left = min(wanted, sum(available))
    free = [i for i, weight in enumerate(weights) if weight]
    while free:
        total = sum(weights[i] for i in free)
        full = [i for i in free if left * weights[i] >= available[i] * total]
        if not full:
            break
        for i in full:
            sizes[i] = available[i]
        left -= sum(available[i] for i in full)
        free = [i for i in free if i not in full]
    for i, size in zip(free, divided(left, [weights[i] for i in free]), strict=True):
        sizes[i] = size
    return sizes


def divided(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Return whole numbers in proportion to the weights that add up to `total`.

    The largest remainders are rounded up, equal ones in order. All are 0 if the weights are.
    """
    of_all = sum(weights)
    if not of_all:
        return [0] * len(weights)
    exact = [Fraction(total) * weight / of_all for weight in weights]
    sizes = [int(size) for size in exact]
    ranked = sorted(range(len(exact)), key=lambda i: (sizes[i] - exact[i], i))
    for i in ranked[: total - sum(sizes)]:
        sizes[i] += 1
    return sizes
