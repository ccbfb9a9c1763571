"""How much a mixture takes of each source and language: shares, budgets and smoothing.

Sizes are words or tokens. Numbers are exact: fractions, not floating point, divide them.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path

from cstool.errors import InputError
from cstool.stages.mix.recipe import SizeUnit, StageRecipe

# Powers have the same digits on all machines, unlike those of floating point.
_DIGITS = Context(prec=28)


def source_sizes(
    stage: StageRecipe, available: Sequence[int], unit: SizeUnit, file: Path
) -> list[int]:
    """Return the size to take of each source of a stage.

    `available`: the size of each source; `unit`, `file`: of the recipe, for messages. Either all
    sources have a share, or none. Raises InputError with file and line if there is less than the
    recipe asks for.
    """
    if stage.sources[0].share is not None:
        # As written: 0.7 is 7/10, not the nearest binary fraction.
        shares = [Fraction(str(source.share)) for source in stage.sources]
        sizes = divided(_total_of_shares(stage, shares, available), shares)
    else:
        sizes = _with_rest(stage, available, unit, file)
    for source, size, there in zip(stage.sources, sizes, available, strict=True):
        if size > there:
            of, whose = ("share", "the stage") if source.budget is None else ("budget", "it")
            raise InputError(
                f"{file}, line {source.line}: the {of} of {source.name!r} in stage {stage.name!r} "
                f"is {size:,} {unit}, but {source.folder} has only {there:,} that the stage can "
                f"use; give {whose} a smaller budget"
            )
    return sizes


def _total_of_shares(
    stage: StageRecipe, shares: Sequence[Fraction], available: Sequence[int]
) -> int:
    """Return the size of a stage: its budget, or the largest for which each source has enough."""
    if stage.budget is not None:
        return stage.budget
    whole = sum(shares)
    pairs = zip(shares, available, strict=True)
    return min(int(there * whole / share) for share, there in pairs)


def _with_rest(
    stage: StageRecipe, available: Sequence[int], unit: SizeUnit, file: Path
) -> list[int]:
    """Return the sizes of sources without shares: their budgets, and what the stage's leaves."""
    sizes = [source.budget or 0 for source in stage.sources]
    rest = [
        there * (one.budget is None) for there, one in zip(available, stage.sources, strict=True)
    ]
    of_rest = sum(rest)
    if stage.budget is not None:
        left = stage.budget - sum(sizes)
        if not 0 <= left <= of_rest:
            most = "budgets of" if left < 0 else "only"
            size = sum(sizes) + (of_rest if left > 0 else 0)
            raise InputError(
                f"{file}, line {stage.line}: stage {stage.name!r} has a budget of "
                f"{stage.budget:,} {unit}, but its sources have {most} {size:,}; change the budget "
                "of the stage or of its sources"
            )
        rest = divided(left, rest)
    return [size + more for size, more in zip(sizes, rest, strict=True)]


def language_sizes(
    wanted: int, available: Sequence[int], smoothing: float | None = None
) -> list[int]:
    """Return the size to take of each language of a source.

    They add up to `wanted`, or to all there is. `smoothing`: the sizes are in proportion to the
    available ones to this power (Conneau et al. 2020, section 3.1); a language that has less gives
    all it has, and the others give the rest in the same proportion.
    """
    weights = [_weight(size, smoothing) for size in available]
    sizes = [0] * len(available)
    left = min(wanted, sum(available))
    free = [i for i, weight in enumerate(weights) if weight]
    while free:
        total = sum(weights[i] for i in free)
        full = {i for i in free if left * weights[i] >= available[i] * total}
        if not full:
            break
        for i in full:
            sizes[i] = available[i]
        left -= sum(available[i] for i in full)
        free = [i for i in free if i not in full]
    for i, size in zip(free, divided(left, [weights[i] for i in free]), strict=True):
        sizes[i] = size
    return sizes


def _weight(size: int, smoothing: float | None) -> Fraction:
    if not size or smoothing is None:
        return Fraction(size)
    return Fraction(_DIGITS.power(Decimal(size), Decimal(str(smoothing))))


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
