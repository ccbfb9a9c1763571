"""The funnel: what each step read, what it kept, and why the rest went."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cstool.storage.counts import Counts, Tally, largest
from cstool.storage.manifest import Ancestor

# The main way, in order: a stage's tally, and what the step is called.
_MAIN = (
    ("extract", "pages", "Pages: articles"),
    ("extract", "sentences", "Sentences: whole, with a link"),
    ("extract", "mentions", "Links: in such a sentence"),
    ("link", "mentions by link", "Links: with an item of Wikidata"),
    ("switch", "sentences", "Sentences: fit for switching"),
    ("switch", "source sentences", "Sentences: switched into a language"),
    ("shard", "rows", "Rows: in the corpus"),
)
# Details that are a step's numbers: which of their names is what was kept.
_KEPT = {"mentions by link": "linked", "source sentences": "code-switched"}
_REASONS_SHOWN = 30
_REASONS_TOLD = 3


@dataclass(frozen=True)
class FunnelStep:
    """A step: of `read` things `kept` went on, the others did not, for a reason each."""

    stage: str
    title: str
    read: int
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share that was kept, 0 to 1; of nothing: 1."""
        return self.kept / self.read if self.read else 1.0

    def most_dropped(self) -> list[tuple[str, int]]:
        """Return the reasons that took most, with their numbers."""
        return [*self.dropped.items()][:_REASONS_TOLD]


def main_way(stages: Sequence[Ancestor]) -> list[FunnelStep]:
    """Return the steps from pages to the corpus that these stages have taken, wikis together."""
    steps = []
    for stage, kind, title in _MAIN:
        counts = [one.counts for one in stages if one.stage == stage]
        tallies = [tally for one in counts if (tally := _tally(one, kind)) is not None]
        if tallies:
            steps.append(_step(stage, title, tallies))
    return steps


def all_steps(stages: Sequence[Ancestor]) -> list[FunnelStep]:
    """Return every tally of every stage, those of several wikis together."""
    found: dict[tuple[str, str], list[Tally]] = {}
    for one in stages:
        for unit, tally in one.counts.tallies.items():
            found.setdefault((one.stage, unit), []).append(tally)
        for kind in _KEPT.keys() & one.counts.details.keys():
            tally_of_detail = _tally(one.counts, kind)
            assert tally_of_detail is not None
            found.setdefault((one.stage, kind), []).append(tally_of_detail)
    return [_step(stage, unit, tallies) for (stage, unit), tallies in found.items()]


def _tally(counts: Counts, kind: str) -> Tally | None:
    if kind in counts.tallies:
        return counts.tallies[kind]
    numbers = counts.details.get(kind)
    if numbers is None or kind not in _KEPT:
        return None
    dropped = {name: number for name, number in numbers.items() if name != _KEPT[kind] and number}
    return Tally(sum(numbers.values()), numbers.get(_KEPT[kind], 0), dropped)


def _step(stage: str, title: str, tallies: Sequence[Tally]) -> FunnelStep:
    dropped: dict[str, int] = {}
    for tally in tallies:
        for reason, number in tally.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + number
    return FunnelStep(
        stage,
        title,
        sum(tally.read for tally in tallies),
        sum(tally.written for tally in tallies),
        largest(dropped, _REASONS_SHOWN),
    )
