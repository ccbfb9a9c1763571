"""`stats.json`: statistics of a corpus, computed by `shard`.

The file has a bounded size: numbers by language, histograms of fixed length, the most frequent
entities, and a few sentences.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from cstool.errors import InputError

Described = TypeVar("Described")

STATISTICS = "stats.json"
# Histograms of sentences by characters (in tens) and by entities; the last bucket is unbounded.
CHARACTERS_A_BUCKET = 10
CHARACTER_BUCKETS = 61
ENTITY_BUCKETS = 17


class SampleStats(msgspec.Struct):
    """Statistics of a sample: the first rows of each file, which are random rows.

    `entities`: entities and words of code-switched rows; `unswitched`: those that did not change.
    `mixing`: the sums of the code-mixing measures (`languages.code_mixing`) of code-switched rows.
    `words`: of all rows, None in files of cstool 0.1; `source_rows`, `source_words`: of source
    sentences.
    """

    rows: int = 0
    entities: int = 0
    unswitched: int = 0
    mixing: dict[str, float] = {}
    words: int | None = None
    source_rows: int = 0
    source_words: int = 0


class DocumentNumbers(msgspec.Struct):
    """The numbers of paragraphs or pages in a language; histograms as in `storage.histograms`.

    `sentences`: those in the rows; `gaps`: those missing; `with_gaps`: rows with a gap.
    `characters`, `entities`: histograms of all rows; `words`: of the sample. `shares`: histogram of
    switched rows by the share of their characters that are in names; `name_characters`,
    `switched_characters`: their characters in names, and all.
    """

    sentences: int = 0
    gaps: int = 0
    with_gaps: int = 0
    characters: list[int] = []
    words: list[int] = []
    entities: list[int] = []
    shares: list[int] = []
    name_characters: int = 0
    switched_characters: int = 0

    def __add__(self, other: "DocumentNumbers") -> "DocumentNumbers":
        """Return the numbers of both."""
        return DocumentNumbers(
            self.sentences + other.sentences,
            self.gaps + other.gaps,
            self.with_gaps + other.with_gaps,
            added(self.characters, other.characters),
            added(self.words, other.words),
            added(self.entities, other.entities),
            added(self.shares, other.shares),
            self.name_characters + other.name_characters,
            self.switched_characters + other.switched_characters,
        )


def added(one: list[int], other: list[int]) -> list[int]:
    """Return the sum of two histograms, either of which may be empty."""
    if not one or not other:
        return one or other
    return [a + b for a, b in zip(one, other, strict=True)]


class LanguageNumbers(msgspec.Struct):
    """The numbers of a language.

    `rows`: by split. `words`: by the rules of `languages.words`, estimated from the sample; in
    files of cstool 0.1, separated by spaces. `unswitched`: code-switched rows whose text equals the
    source. `characters`, `entities_a_sentence`: histograms of rows by length and by number of
    entities. `looked_at`: of a sample. `source_rows`, `source_entities`: source sentences among the
    rows, and their entities. `origins`, `name_languages`: names in switched rows by origin, and by
    the code that they were taken from. `documents`: of paragraphs or pages, in place of the two
    histograms of sentences. `passes`: rows by pass, if there are several. `dictionary_words`: words
    that were switched with a dictionary, which are not among the entities; unset if the corpus has
    none.
    """

    rows: dict[str, int]
    words: int = 0
    entities: int = 0
    unswitched: int = 0
    characters: list[int] = []
    entities_a_sentence: list[int] = []
    looked_at: SampleStats | None = None
    source_rows: int = 0
    source_entities: int = 0
    origins: dict[str, int] = {}
    name_languages: dict[str, int] = {}
    documents: DocumentNumbers | msgspec.UnsetType = msgspec.UNSET
    passes: list[int] | msgspec.UnsetType = msgspec.UNSET
    dictionary_words: int | msgspec.UnsetType = msgspec.UNSET

    def estimate_words(self) -> None:
        """Set `words` from the sample; exact if the sample contains all rows."""
        looked = self.looked_at
        if looked and looked.words is not None:
            self.words = looked.words * sum(self.rows.values()) // max(1, looked.rows)


class TopEntity(msgspec.Struct):
    """An entity, one of its names in source sentences, and bounds on its number of mentions.

    The number is between `number` and `at_most`.
    """

    qid: int
    name: str
    number: int
    at_most: int


class SwitchedForm(msgspec.Struct):
    """A switched sentence; `entities`: (QID, start and end in the source, start and end here).

    The QID of a word that was switched with a dictionary is None.
    """

    text: str
    entities: list[tuple[int | None, int, int, int, int]]


class SampleSentence(msgspec.Struct):
    """A random source sentence; `forms`: its switched sentences by language.

    `whole`: the characters of a source paragraph or page of which this is only the beginning.
    """

    id: int
    page_id: int
    title: str
    language: str
    text: str
    forms: dict[str, SwitchedForm]
    wiki: str = ""
    whole: int | msgspec.UnsetType = msgspec.UNSET


class Statistics(msgspec.Struct):
    """The content of `stats.json`. `sources`: wikis; `dropped`: rows by reason."""

    languages: dict[str, LanguageNumbers]
    sources: list[str] = []
    dropped: dict[str, int] = {}
    entities: list[TopEntity] = []
    sentences: list[SampleSentence] = []


def read_statistics(corpus: Path) -> Statistics:
    """Return a corpus's statistics. Raises InputError if they are missing or invalid."""
    return read_described(corpus / STATISTICS, Statistics, "corpus", "shard")


def read_described(path: Path, type_: type[Described], folder: str, stage: str) -> Described:
    """Return the content of a JSON file that describes a folder.

    Raises InputError if it is missing or invalid; `folder`, `stage`: what to make again with what.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=type_)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); make the {folder} again with "
            f"`cstool {stage} … --overwrite`"
        ) from error
