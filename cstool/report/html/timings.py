"""Run times of the stages, from `_timings.json` in the folders of the lineage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.storage.manifest import MANIFEST, Ancestor, lineage_of
from cstool.storage.timings import Timing, read_timings


@dataclass(frozen=True)
class StageCost:
    """The timings of the runs that wrote a stage's folder, and the bytes of its input."""

    stage: str
    wiki: str
    runs: Sequence[Timing]
    bytes: int

    @property
    def wall_s(self) -> float:
        """Elapsed seconds, summed over all runs."""
        return sum(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all processes, summed over all runs."""
        return sum(run.cpu_s for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """Peak memory of the largest process."""
        return max((run.peak_bytes for run in self.runs), default=0)


def costs(folder: Path, work: Path | None, lineage: Sequence[Ancestor]) -> list[StageCost]:
    """Return the known costs of the stages in a folder's lineage, in order.

    `work`: parent folder of the earlier stages' folders; folders outside the lineage are ignored.
    """
    folders = [folder, *(_below(work) if work else [])]
    known: dict[int, Path] = {}
    for one in folders:
        stages = lineage_of([one])
        if stages and stages[-1] in lineage:
            known.setdefault(lineage.index(stages[-1]), one)
    result = []
    for index, one in sorted(known.items()):
        stage, runs = lineage[index], read_timings(one)
        if runs:
            wiki = stage.source.wiki if stage.source else ""
            read = sum(given.bytes or 0 for given in stage.inputs)
            result.append(StageCost(stage.stage, wiki, runs, read))
    return result


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob(MANIFEST)):
        yield path.parent
