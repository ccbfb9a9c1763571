"""Collects the data of a report: a folder's manifest and, for a corpus, its statistics."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.languages.codes import codes_in_any
from cstool.report.class_names import LAST_LANGUAGES
from cstool.report.html.mixture_samples import mixture_samples
from cstool.report.html.names import ReportEntity, anchors_of, look_up, name_of
from cstool.report.html.timings import StageCost, costs
from cstool.report.stats.lexicon_numbers import LexiconStats, lexicon_stats
from cstool.report.stats.romanized_numbers import RomanizedLanguage, romanized_stats
from cstool.storage.manifest import Ancestor, lineage_of, need_stage
from cstool.storage.mixture import Mixture, read_mixture
from cstool.storage.mixture_sums import by_language
from cstool.storage.schemas import BY_STAGE, TALLIES, Unit
from cstool.storage.statistics import SampleSentence, Statistics, read_statistics


@dataclass(frozen=True)
class ReportData:
    """The data of a report.

    `stages`: the lineage of the folder, its own stage last; `bytes`: of its parts; `statistics`:
    of a corpus; `entities`: names and types of the entities on the page; `costs`: run times;
    `languages`: of names, in order of preference; `unit`: what a row of text contains;
    `mixture`: the numbers of a mixture; `samples`: rows of a corpus or a mixture; `lexicon`: the
    numbers of a lexicon; `romanized`: of rows with their text in Latin letters.
    """

    stage: str
    stages: Sequence[Ancestor]
    bytes: int
    statistics: Statistics | None
    entities: dict[int, ReportEntity]
    costs: Sequence[StageCost]
    languages: Sequence[str] = LAST_LANGUAGES
    unit: Unit = "sentence"
    mixture: Mixture | None = None
    samples: Sequence[SampleSentence] = ()
    lexicon: LexiconStats | None = None
    romanized: Sequence[RomanizedLanguage] = ()

    @property
    def units(self) -> str:
        """The name of the unit in the plural."""
        return TALLIES[self.unit]

    @property
    def sources(self) -> list[str]:
        """The wikis of the text, sorted."""
        return sorted({one.source.wiki for one in self.stages if one.source})

    @property
    def source_languages(self) -> list[str]:
        """The languages of the text, sorted.

        Without that of `titles`, which is from `<siteinfo>`; `extract` checks the text.
        """
        stages = [one for one in self.stages if one.stage != "titles"] or self.stages
        return sorted({one.source.language for one in stages if one.source})

    @property
    def source_rows(self) -> int:
        """The number of source sentences in a corpus; 0 for another folder."""
        known = self.statistics.languages if self.statistics else {}
        if any(its.source_rows for its in known.values()):
            return sum(its.source_rows for its in known.values())
        # Statistics of cstool 0.1 do not have them.
        of_source = [known[code] for code in self.source_languages if code in known]
        return sum(sum(its.rows.values()) for its in of_source if not its.origins)

    @property
    def dictionary_words(self) -> dict[str, int]:
        """The number of words that were switched with a dictionary, by language; {} if none."""
        known = self.statistics.languages if self.statistics else {}
        return {code: its.dictionary_words for code, its in known.items() if its.dictionary_words}

    def names(self, qids: Iterable[int]) -> dict[int, str]:
        """Return the name of each entity or type, "" if it has none."""
        anchors = anchors_of(self.samples, self.languages)
        return {qid: name_of(qid, self.languages, self.entities, anchors) for qid in qids}

    def detail(self, stage: str, kind: str) -> dict[str, int]:
        """Return the sum of a detail of the counts over all runs of a stage."""
        numbers: dict[str, int] = {}
        for one in self.stages:
            if one.stage == stage:
                for name, number in one.counts.details.get(kind, {}).items():
                    numbers[name] = numbers.get(name, 0) + number
        return numbers


def facts_of(
    folder: Path,
    entities: Path | None = None,
    work: Path | None = None,
    languages: Sequence[str] = (),
) -> ReportData:
    """Return the data of a report on a folder, from its manifest and its statistics.

    Of a mixture, some rows are read, too; of a lexicon, all; of romanized rows, a sample.

    `entities`: output folder of `cstool entities`, for names and types. `work`: parent folder of
    the earlier stages' output folders, for run times. `languages`: of the names, in order of
    preference; English if there is none. Raises InputError for an invalid folder.
    """
    manifest = need_stage(folder, *BY_STAGE, "romanize")
    stages = lineage_of([folder])
    statistics = read_statistics(folder) if manifest.stage == "shard" else None
    mixture = read_mixture(folder) if manifest.stage == "mix" else None
    samples = statistics.sentences if statistics else []
    spoken = [*statistics.languages] if statistics else []
    if mixture:
        samples = mixture_samples(folder, manifest, mixture)
        spoken = codes_in_any(by_language(mixture))
    known: dict[int, ReportEntity] = {}
    if entities is not None and samples:
        qids = {one.qid for one in statistics.entities} if statistics else set()
        qids |= {
            span[0]
            for sentence in samples
            for form in sentence.forms.values()
            for span in form.entities
            if span[0] is not None
        }
        known = look_up(entities, qids, [*languages, *spoken], [*languages, *LAST_LANGUAGES][0])
    size = sum(part.bytes for part in manifest.parts)
    took = costs(folder, work, stages)
    preferred = tuple(dict.fromkeys([*languages, *LAST_LANGUAGES]))
    unit = manifest.row_unit
    return ReportData(
        manifest.stage,
        stages,
        size,
        statistics,
        known,
        took,
        preferred,
        unit,
        mixture,
        samples,
        lexicon_stats(folder, manifest) if manifest.stage == "lexicon" else None,
        romanized_stats(folder, manifest) if manifest.stage == "romanize" else (),
    )
