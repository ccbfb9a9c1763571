"""What the stages took: `_timings.json` beside the manifests of the folders that led here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.storage.manifest import MANIFEST, Ancestor, lineage_of
from cstool.storage.timings import Timing, read_timings


@dataclass(frozen=True)
class StageCost:
    """What the runs that filled a stage's folder took, and the bytes that the stage read."""

    stage: str
    wiki: str
    runs: Sequence[Timing]
    bytes: int

    @property
    def wall_s(self) -> float:
        """Seconds by the clock, of all runs."""
        return sum(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        """Seconds of all processes, of all runs."""
        return sum(run.cpu_s for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """The most memory that one process had."""
        return max((run.peak_bytes for run in self.runs), default=0)


def costs(folder: Path, work: Path | None, lineage: Sequence[Ancestor]) -> list[StageCost]:
    """Return the costs of the stages that led to a folder, its own last, where they are known.

    `work`: a folder below which those of the stages before are; one that has no part in the
    lineage is passed over.
    """
    folders = [folder, *(_below(work) if work else [])]
    known: dict[int, Path] = {}
    for one in folders:
        stages = lineage_of([one])
        if stages and stages[-1] in lineage:
            known.setdefault(lineage.index(stages[-1]), one)
    found = []
    for place, one in sorted(known.items()):
        stage, runs = lineage[place], read_timings(one)
        if runs:
            wiki = stage.source.wiki if stage.source else ""
            read = sum(given.bytes or 0 for given in stage.inputs)
            found.append(StageCost(stage.stage, wiki, runs, read))
    return found


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob(MANIFEST)):
        yield path.parent
