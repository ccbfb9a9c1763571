"""What a report is made from: a folder's manifest and, of a corpus, its statistics."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.report.html.names import ReportEntity, look_up
from cstool.report.html.timings import StageCost, costs
from cstool.storage.manifest import Ancestor, lineage_of, need_stage
from cstool.storage.schemas import BY_STAGE
from cstool.storage.statistics import Statistics, read_statistics


@dataclass(frozen=True)
class ReportData:
    """A folder's facts. `stages`: those that led to it, its own last.

    `statistics` are a corpus's; `entities`: what is known of those that the page shows.
    """

    stage: str
    stages: Sequence[Ancestor]
    bytes: int
    statistics: Statistics | None
    entities: dict[int, ReportEntity]
    costs: Sequence[StageCost]

    @property
    def sources(self) -> list[str]:
        """The wikis that the text is from."""
        return sorted({one.source.wiki for one in self.stages if one.source})

    @property
    def source_languages(self) -> list[str]:
        """The languages of the text.

        That of `titles` is left out: it is as `<siteinfo>` says, `extract` looks into the text.
        """
        told = [one for one in self.stages if one.stage != "titles"] or self.stages
        return sorted({one.source.language for one in told if one.source})

    def detail(self, stage: str, kind: str) -> dict[str, int]:
        """Return a detail of the stages of that name, added up."""
        found: dict[str, int] = {}
        for one in self.stages:
            if one.stage == stage:
                for name, number in one.counts.details.get(kind, {}).items():
                    found[name] = found.get(name, 0) + number
        return found


def facts_of(folder: Path, entities: Path | None = None, work: Path | None = None) -> ReportData:
    """Return a folder's facts; it is read no further than its manifest and its statistics.

    `entities`: a folder of `cstool entities`, for names and types. `work`: a folder below which
    those of the stages before are, for what they took. Raises InputError for what is none of these.
    """
    manifest = need_stage(folder, *BY_STAGE)
    stages = lineage_of([folder])
    statistics = read_statistics(folder) if manifest.stage == "shard" else None
    known: dict[int, ReportEntity] = {}
    if entities is not None and statistics is not None:
        qids = {one.qid for one in statistics.entities} | {
            span[0]
            for sentence in statistics.sentences
            for form in sentence.forms.values()
            for span in form.entities
        }
        sources = sorted({one.source.language for one in stages if one.source})
        known = look_up(entities, qids, [*statistics.languages], sources[0] if sources else "en")
    size = sum(part.bytes for part in manifest.parts)
    took = costs(folder, work, stages)
    return ReportData(manifest.stage, stages, size, statistics, known, took)
