"""Counts by unit and by reason: read = written + dropped."""

from collections import Counter
from collections.abc import Iterable

import msgspec

OTHERS = "(others)"


class Tally(msgspec.Struct):
    """The counts of one unit (pages, sentences, mentions, …); `dropped`: by reason."""

    read: int = 0
    written: int = 0
    dropped: dict[str, int] = msgspec.field(default_factory=dict)

    def keep(self, n: int = 1) -> None:
        """Count `n` as read and written."""
        self.read += n
        self.written += n

    def drop(self, reason: str, n: int = 1) -> None:
        """Count `n` as read and dropped for that reason."""
        if n:
            self.read += n
            self.dropped[reason] = self.dropped.get(reason, 0) + n

    def add(self, other: "Tally") -> None:
        """Add the counts of another tally."""
        self.read += other.read
        self.written += other.written
        for reason, number in other.dropped.items():
            self.dropped[reason] = self.dropped.get(reason, 0) + number


class Counts(msgspec.Struct):
    """The counts of a part or a stage: `tallies` by unit, and `details`.

    Details are numbers that do not have to add up: {"languages": {"de": 12}, "holes": {"x": 3}}.
    """

    tallies: dict[str, Tally] = msgspec.field(default_factory=dict)
    details: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    def tally(self, unit: str) -> Tally:
        """Return the tally of a unit; create it if it does not exist."""
        return self.tallies.setdefault(unit, Tally())

    def add(self, kind: str, numbers: dict[str, int] | Counter[str]) -> None:
        """Add numbers by name to the detail `kind`."""
        detail = self.details.setdefault(kind, {})
        for name, number in numbers.items():
            detail[name] = detail.get(name, 0) + number


def total(many: Iterable[Counts]) -> Counts:
    """Return the sum, with sorted keys so that equal sums are written as equal bytes."""
    result = Counts()
    for counts in many:
        for unit, tally in counts.tallies.items():
            result.tally(unit).add(tally)
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
    """Return the `most` largest numbers, in descending order, and the sum of the rest as OTHERS."""
    ranked = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    kept = dict(ranked[:most])
    rest = sum(number for _, number in ranked[most:])
    return kept | {OTHERS: kept.get(OTHERS, 0) + rest} if rest else kept


def imbalances(counts: Counts) -> list[str]:
    """Return a message for each unit whose counts do not add up."""
    return [
        f"{unit}: read {t.read:,} ≠ written {t.written:,} + dropped {sum(t.dropped.values()):,}"
        for unit, t in counts.tallies.items()
        if t.read != t.written + sum(t.dropped.values())
    ]
