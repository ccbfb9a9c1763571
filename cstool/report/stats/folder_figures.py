"""The figures of a folder: counts by language, of source and switched rows, and of all."""

from collections.abc import Iterable, Sequence

import msgspec

from cstool.languages.code_mixing import MixingMeasures
from cstool.languages.codes import is_in
from cstool.report.stats.documents import DocumentStats, PairStats
from cstool.report.stats.lexicon_numbers import LexiconStats
from cstool.report.stats.romanized_numbers import RomanizedLanguage
from cstool.storage.mixture import Mixture
from cstool.storage.schemas import TALLIES, Unit


class LanguageStats(msgspec.Struct, frozen=True):
    """The counts of a language; None if the stage does not have them.

    `words` are counted by the rules of the language's script; `entities`: entities or mentions;
    `linked`: those with a QID; `mixing`: of the switched rows; `sampled`: number of rows read for
    `words` and `mixing`, if not all. `documents`: of paragraphs and pages. `dictionary_words`:
    words that were switched with a dictionary, if the folder has any.
    """

    language: str
    rows: int
    words: int | None = None
    entities: int | None = None
    linked: int | None = None
    mixing: MixingMeasures | None = None
    sampled: int | None = None
    documents: DocumentStats | msgspec.UnsetType = msgspec.UNSET
    dictionary_words: int | msgspec.UnsetType = msgspec.UNSET

    @property
    def entities_a_sentence(self) -> float | None:
        """Mean number of entities of a row."""
        return self.entities / self.rows if self.entities is not None and self.rows else None


class TextStats(msgspec.Struct, frozen=True):
    """The source sentences of a folder, or the switched ones, over all languages.

    `dictionary_words`: words that were switched with a dictionary, if the folder has any.
    """

    sentences: int
    entities: int | None = None
    words_a_sentence: float | None = None
    dictionary_words: int | msgspec.UnsetType = msgspec.UNSET

    @property
    def entities_a_sentence(self) -> float | None:
        """Mean number of entities of a sentence."""
        known = self.entities is not None and self.sentences
        return self.entities / self.sentences if known and self.entities is not None else None


class FolderStats(msgspec.Struct, frozen=True):
    """The counts of a folder: its stage, totals, and counts by language.

    `mixing`: of all switched rows; `source`, `switched`: counts of source sentences and of switched
    ones, None if there are none or if they cannot be distinguished. `unit`: what a row contains, if
    not a sentence. `pairs`: of a folder of pairs of pages. `passes`: if there are several.
    `mixture`: the numbers of a mixture; `lexicon`: those of a lexicon; `romanized`: of rows with
    their text in Latin letters.
    """

    stage: str
    rows: int
    words: int | None
    entities: int | None
    linked: int | None
    languages: list[LanguageStats]
    mixing: MixingMeasures | None = None
    source: TextStats | None = None
    switched: TextStats | None = None
    unit: Unit | msgspec.UnsetType = msgspec.UNSET
    pairs: PairStats | msgspec.UnsetType = msgspec.UNSET
    passes: int | msgspec.UnsetType = msgspec.UNSET
    mixture: Mixture | msgspec.UnsetType = msgspec.UNSET
    lexicon: LexiconStats | msgspec.UnsetType = msgspec.UNSET
    romanized: list[RomanizedLanguage] | msgspec.UnsetType = msgspec.UNSET

    @property
    def dictionary_words(self) -> int | msgspec.UnsetType:
        """The number of words that were switched with a dictionary, in all languages."""
        return sum_of_words(one.dictionary_words for one in self.languages)

    @property
    def rows_are(self) -> str:
        """What rows are, in the plural."""
        if self.stage in _ROWS_ARE:
            return _ROWS_ARE[self.stage]
        return TALLIES[self.unit or "sentence"]


def sum_of_words(
    numbers: Iterable[int | msgspec.UnsetType],
) -> int | msgspec.UnsetType:
    """Return the sum of the numbers that are set, unset if none is."""
    known = [number for number in numbers if number is not msgspec.UNSET]
    return sum(known) if known else msgspec.UNSET


# Of stages whose rows are no text of a unit.
_ROWS_ARE = {
    "entities": "labels",
    "titles": "titles",
    "mask": "rows",
    "pair": "pages",
    "mix": "rows",
    "lexicon": "pairs",
}


def chosen(stats: FolderStats, codes: Sequence[str], most: int | None) -> FolderStats:
    """Return the stats with only these languages (empty: all), and of these the `most` largest.

    The totals remain those of the folder.
    """
    languages = [one for one in stats.languages if not codes or is_in(one.language, codes)]
    if most is not None:
        largest = sorted(languages, key=lambda one: (-one.rows, one.language))[:most]
        languages = sorted(largest, key=lambda one: one.language)
    mixture = stats.mixture
    if mixture:
        kept = {one.language for one in languages}
        numbers = [one for one in mixture.numbers if one.language in kept]
        mixture = msgspec.structs.replace(mixture, numbers=numbers)
    lexicon, kept = stats.lexicon, {one.language for one in languages}
    if lexicon:
        pairs = [one for one in lexicon.languages if one.target_language in kept]
        lexicon = msgspec.structs.replace(lexicon, languages=pairs)
    romanized = stats.romanized
    if romanized:
        romanized = [one for one in romanized if is_in(one.language, sorted(kept))]
    return msgspec.structs.replace(
        stats, languages=languages, mixture=mixture, lexicon=lexicon, romanized=romanized
    )
