"""`stats.json`: what `shard` has counted of a corpus while it wrote it.

Its size is bounded, whatever the corpus's: numbers by language, histograms of fixed length, the
most frequent entities, and a few sentences.
"""

from pathlib import Path

import msgspec

from cstool.errors import InputError

STATISTICS = "stats.json"
# Histograms: sentences by characters (in tens), and by entities; the last number is of all above.
CHARACTERS_A_BUCKET = 10
CHARACTER_BUCKETS = 61
ENTITY_BUCKETS = 17


class SampleStats(msgspec.Struct):
    """What was looked at closely: of each file its first rows, which a hash has put there.

    `unswitched`: code-switched rows' entities that stand there under the name they had.
    `mixing`: the sums of code-mixing measures (`languages.mixing.Sums`) of these rows.
    """

    rows: int = 0
    entities: int = 0
    unswitched: int = 0
    mixing: dict[str, float] = {}


class LanguageNumbers(msgspec.Struct):
    """A language's numbers. `unswitched`: code-switched rows that are no other than their source.

    `words` are runs between spaces, in every script. `characters`, `entities_a_sentence`: rows by
    length and by number of entities.
    """

    rows: dict[str, int]
    words: int = 0
    entities: int = 0
    unswitched: int = 0
    characters: list[int] = []
    entities_a_sentence: list[int] = []
    looked_at: SampleStats | None = None


class TopEntity(msgspec.Struct):
    """An entity, a name that source sentences give it, and how often it stands in rows.

    Not less often than `number`, not more often than `at_most`.
    """

    qid: int
    name: str
    number: int
    at_most: int


class SwitchedForm(msgspec.Struct):
    """A sentence in a language: spans are (QID, source start and end, start and end)."""

    text: str
    entities: list[tuple[int, int, int, int, int]]


class SampleSentence(msgspec.Struct):
    """A source sentence, and the languages that it was switched into; a hash has chosen it."""

    id: int
    page_id: int
    title: str
    language: str
    text: str
    forms: dict[str, SwitchedForm]


class Statistics(msgspec.Struct):
    """What `stats.json` holds. `sources`: wikis; `dropped`: rows by reason."""

    languages: dict[str, LanguageNumbers]
    sources: list[str] = []
    dropped: dict[str, int] = {}
    entities: list[TopEntity] = []
    sentences: list[SampleSentence] = []


def read_statistics(corpus: Path) -> Statistics:
    """Return a corpus's statistics. Raises InputError when they are missing or none."""
    path = corpus / STATISTICS
    try:
        return msgspec.json.decode(path.read_bytes(), type=Statistics)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); make the corpus again with "
            "`cstool shard … --overwrite`"
        ) from error
