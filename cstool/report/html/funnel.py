"""The funnel: how much of its input each step read, kept and dropped, with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cstool.storage.counts import Counts, Tally, largest
from cstool.storage.manifest import Ancestor

# The main steps, in order: stage, unit of its counts, title.
_MAIN = (
    ("extract", "pages", "Pages that are articles"),
    ("extract", "paragraphs", "Paragraphs with a link and few gaps"),
    ("extract", "sentences", "Sentences without holes and with a link"),
    ("extract", "mentions", "Mentions in these sentences"),
    ("link", "mentions by link", "Mentions linked to a Wikidata item"),
    ("switch", "sentences", "Sentences selected for switching"),
    ("switch", "source sentences", "Sentences switched into a language"),
    ("switch", "paragraphs", "Paragraphs selected for switching"),
    ("switch", "source paragraphs", "Paragraphs switched into a language"),
    ("switch", "pages", "Pages selected for switching"),
    ("switch", "source pages", "Pages switched into a language"),
    ("pair", "entities", "Entities with pages in several wikis"),
    ("shard", "rows", "Rows in the corpus"),
    ("mix", "rows", "Rows in the mixture"),
)
# Details that are the counts of a step, and the name of what was kept.
_KEPT = {"mentions by link": "linked", "source sentences": "code-switched"}
_REASONS_SHOWN = 30
_REASONS_IN_CHART = 3


@dataclass(frozen=True)
class FunnelStep:
    """A step: the number of units read, kept, and dropped by reason."""

    stage: str
    title: str
    read: int
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The fraction that was kept, 0 to 1; 1 if nothing was read."""
        return self.kept / self.read if self.read else 1.0

    def most_dropped(self) -> list[tuple[str, int]]:
        """Return the most frequent reasons, with their counts."""
        return [*self.dropped.items()][:_REASONS_IN_CHART]


def main_way(stages: Sequence[Ancestor]) -> list[FunnelStep]:
    """Return the main steps of these stages, from pages to the corpus, summed over wikis."""
    steps = []
    for stage, kind, title in _MAIN:
        counts = [one.counts for one in stages if one.stage == stage]
        tallies = [tally for one in counts if (tally := _tally(one, kind)) is not None]
        if tallies:
            whole = (stage, kind) == ("extract", "sentences") and _are_documents(stages)
            steps.append(_step(stage, "Sentences without holes" if whole else title, tallies))
    return steps


def _are_documents(stages: Sequence[Ancestor]) -> bool:
    """Whether the rows of `extract` are paragraphs or pages."""
    units = (one.parameters.get("unit") for one in stages if one.stage == "extract")
    return any(unit not in (None, "sentence") for unit in units)


def all_steps(stages: Sequence[Ancestor]) -> list[FunnelStep]:
    """Return a step for each unit of each stage, summed over wikis."""
    by_unit: dict[tuple[str, str], list[Tally]] = {}
    for one in stages:
        for unit, tally in one.counts.tallies.items():
            by_unit.setdefault((one.stage, unit), []).append(tally)
        for kind in _KEPT.keys() & one.counts.details.keys():
            tally_of_detail = _tally(one.counts, kind)
            assert tally_of_detail is not None
            by_unit.setdefault((one.stage, kind), []).append(tally_of_detail)
    return [_step(stage, unit, tallies) for (stage, unit), tallies in by_unit.items()]


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
