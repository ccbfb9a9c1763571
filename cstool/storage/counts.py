"""Counts that add up: what was read equals what was written plus what was dropped, and why."""

from collections import Counter
from collections.abc import Iterable

import msgspec

OTHERS = "(others)"


class Tally(msgspec.Struct):
    """One kind of thing (pages, sentences, mentions…): read = written + all dropped."""

    read: int = 0
    written: int = 0
    dropped: dict[str, int] = msgspec.field(default_factory=dict)

    def keep(self, n: int = 1) -> None:
        """Count `n` things as read and written."""
        self.read += n
        self.written += n

    def drop(self, reason: str, n: int = 1) -> None:
        """Count `n` things as read and dropped for that reason."""
        if n:
            self.read += n
            self.dropped[reason] = self.dropped.get(reason, 0) + n


class Counts(msgspec.Struct):
    """The tallies of a part or of a stage, and further numbers by name.

    `details` holds what no sum is owed for: {"languages": {"de": 12}, "holes": {"convert": 3}}.
    """

    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    details: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    def tally(self, unit: str) -> Tally:
        """Return the tally of that unit, made at first use."""
        return self.tallies.setdefault(unit, Tally())

    def add(self, kind: str, numbers: dict[str, int] | Counter[str]) -> None:
        """Add numbers to a detail."""
        detail = self.details.setdefault(kind, {})
        for name, number in numbers.items():
            detail[name] = detail.get(name, 0) + number


def total(many: Iterable[Counts]) -> Counts:
    """Return the sum; keys in sorted order, so that equal sums are equal bytes."""
    result = Counts()
    for counts in many:
        for unit, tally in counts.tallies.items():
            into = result.tally(unit)
            into.read += tally.read
            into.written += tally.written
            for reason, number in tally.dropped.items():
                into.dropped[reason] = into.dropped.get(reason, 0) + number
        for kind, numbers in counts.details.items():
            result.add(kind, numbers)
    return Counts(
        {
            unit: Tally(t.read, t.written, {k: n for k, n in sorted(t.dropped.items()) if n})
            for unit, t in sorted(result.tallies.items())
        },
        {kind: dict(sorted(d.items())) for kind, d in sorted(result.details.items())},
    )


def largest(numbers: dict[str, int], most: int) -> dict[str, int]:
    """Return the `most` largest numbers, largest first; the rest summed up as OTHERS."""
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    kept = dict(ranked[:most])
    rest = sum(number for _, number in ranked[most:])
    return kept | {OTHERS: kept.get(OTHERS, 0) + rest} if rest else kept


def imbalances(counts: Counts) -> list[str]:
    """Return a line for each unit whose numbers do not add up; none is as it must be."""
    return [
        f"{unit}: read {t.read:,} ≠ written {t.written:,} + dropped {sum(t.dropped.values()):,}"
        for unit, t in counts.tallies.items()
        if t.read != t.written + sum(t.dropped.values())
    ]
