"""Sums of the numbers of a mixture, by stage, corpus or language."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from cstool.storage.mixture import Mixture, MixtureNumbers

# What `switched_rows` and `switched_size` count, for people.
SWITCHED = (
    "A row is code-switched if its language is not that of its source text, or if it contains "
    "pages in two or more languages."
)

Key = TypeVar("Key")


class MixtureSum(NamedTuple):
    """Rows and their size, in words or tokens: of all, and of the code-switched ones."""

    rows: int = 0
    switched_rows: int = 0
    size: int = 0
    switched_size: int = 0

    @property
    def switched(self) -> float | None:
        """The share of the size that is in code-switched rows, None without rows."""
        return self.switched_size / self.size if self.size else None


class LeftOut(NamedTuple):
    """Rows that are not in a mixture; `size`: in words or tokens, None if it was not counted."""

    rows: int
    size: int | None = None


def sums_by(mixture: Mixture, key: Callable[[MixtureNumbers], Key]) -> dict[Key, MixtureSum]:
    """Return the sum of the numbers with the same key, in the order of the numbers."""
    sums: dict[Key, MixtureSum] = {}
    for one in mixture.numbers:
        into = sums.get(key(one), MixtureSum())
        sums[key(one)] = MixtureSum(
            into.rows + one.rows,
            into.switched_rows + one.switched_rows,
            into.size + one.size,
            into.switched_size + one.switched_size,
        )
    return sums


def whole_of(mixture: Mixture) -> MixtureSum:
    """Return the sum of all numbers."""
    return sums_by(mixture, lambda _: None).get(None, MixtureSum())


def by_stage(mixture: Mixture) -> dict[int, MixtureSum]:
    """Return the sums by the number of the stage, in order; also of stages without rows."""
    sums = sums_by(mixture, lambda one: one.stage)
    numbers = range(1, len(mixture.stages) + 1)
    return {number: sums.get(number, MixtureSum()) for number in numbers}


def by_corpus(mixture: Mixture) -> dict[tuple[int, str], MixtureSum]:
    """Return the sums by stage and corpus, in the order of the recipe."""
    sums = sums_by(mixture, lambda one: (one.stage, one.corpus))
    order = dict.fromkeys([*((one.stage, one.corpus) for one in mixture.sources), *sums])
    return {key: sums.get(key, MixtureSum()) for key in order}


def available_by_corpus(mixture: Mixture) -> dict[tuple[int, str], int]:
    """Return by stage and corpus the size that the stage could have used, without duplicates."""
    sizes = dict.fromkeys(by_corpus(mixture), 0)
    for source in mixture.sources:
        sizes[source.stage, source.corpus] += source.available
    return sizes


def by_language(mixture: Mixture) -> dict[str, MixtureSum]:
    """Return the sums by language, the largest first."""
    sums = sums_by(mixture, lambda one: one.language)
    return dict(sorted(sums.items(), key=lambda item: (-item[1].size, item[0])))


def left_out(mixture: Mixture) -> dict[tuple[int, str], dict[str, LeftOut]]:
    """Return what was left out by stage and corpus, and by reason, the most frequent first."""
    found: dict[tuple[int, str], dict[str, LeftOut]] = {}
    for one in mixture.numbers:
        by_reason = found.setdefault((one.stage, one.corpus), {})
        for reason, rows in one.dropped.items():
            before = by_reason.get(reason, LeftOut(0))
            sizes = [n for n in (before.size, one.dropped_size.get(reason)) if n is not None]
            by_reason[reason] = LeftOut(before.rows + rows, sum(sizes) if sizes else None)
    return {
        key: dict(sorted(found[key].items(), key=lambda item: (-item[1].rows, item[0])))
        for key in by_corpus(mixture)
        if found.get(key)
    }
