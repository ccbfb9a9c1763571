"""Writes the dataset card of a corpus, README.md."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cstool import __version__
from cstool.cards.card_citation import citation, methods_section, recipes_of
from cstool.cards.card_columns import columns_table
from cstool.cards.card_commands import commands
from cstool.cards.card_license import acknowledgement, license_section
from cstool.cards.card_lineage import lineage_section
from cstool.cards.card_metadata import EVERY, SplitSize, metadata
from cstool.cards.card_origins import origins_section
from cstool.cards.card_rows import introduction, lengths_section, passes_of
from cstool.cards.card_tokens import opening
from cstool.distribution import program
from cstool.formats.corpus_formats import CorpusFormat
from cstool.languages.codes import names
from cstool.stages.shard.statistics import CHARACTERS_LOOKED_AT, LOOKED_AT
from cstool.storage.manifest import Ancestor, Source
from cstool.storage.reason_phrases import reasons_text
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES
from cstool.storage.statistics import LanguageNumbers


@dataclass(frozen=True)
class CardData:
    """The content of the card except the sizes of splits.

    `dedup`, `tests` (file names): options of `shard` that drop rows; `dropped`: rows by reason;
    `numbers`: counts by language; `lineage`: the earlier stages; `parameters`: of `shard`; `kind`:
    of the rows; `tokens`: in the files, 0 in formats of text.
    """

    form: CorpusFormat
    sources: tuple[Source, ...]
    dedup: str = "none"
    tests: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    numbers: Mapping[str, LanguageNumbers] = field(default_factory=dict)
    lineage: tuple[Ancestor, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kind: RowKind = field(default_factory=RowKind)
    tokens: int = 0


def dataset_card(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the card of a corpus. `splits`: the size of each split, by language."""
    wikis = ", ".join(source.wiki for source in facts.sources)
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    unit, units = facts.kind.unit, TALLIES[facts.kind.unit]
    return f"""\
---
{metadata(splits, facts.form, facts.sources, facts.kind)}---

# Code-switched {units} from {wikis}

{_about(rows, len(splits), facts)}{_tokens(splits, facts)}

{_opening(splits, facts)} All sentences of a page are in the same split, in all languages.

{columns_table(facts.form, facts.kind, facts.parameters)}
{_left_out(facts)}
## Languages

{_languages(splits, facts)}

Words are counted by the rules of each script, as by `cstool stats`; where a file has more than
{_looked_at(facts)}, their number is estimated from that many.

{_numbers(facts)}{_made(facts)}## Limitations

{_of_words(facts.kind)}{_of_names(facts.kind)}{_missing(facts.kind)}
- The corpus has the coverage biases of Wikipedia and Wikidata. Its content was not filtered, and
  people are named as in Wikipedia.

{license_section(wikis, unit, names=facts.kind.names, words=facts.kind.words)}\
{acknowledgement(facts.lineage)}## Citation

{citation(recipes_of(facts.lineage), names=facts.kind.names)}"""


_FOLDER = "PATH/OF/THIS/FOLDER"
# By suffix: the packages with which the files can be read, if more than `datasets`.
_LIBRARIES = {
    "parquet": "datasets",
    "jsonl.zst": "datasets zstandard",
    "jsonl.gz": "datasets",
    "csv": "datasets",
}


def _opening(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return how to open the corpus, and what its splits are."""
    first = next(iter(splits), "de")
    if not facts.form.loads:
        files = splits.get(first, {}).get("train", SplitSize()).files
        return opening(_FOLDER, f"data/{first}/train-00000-of-{files:05d}")
    return f"""\
With `pip install {_LIBRARIES.get(facts.form.suffix, "datasets")}`:

```python
from datasets import load_dataset

corpus = load_dataset("{_FOLDER}", "{first}")
```

Each language is a configuration with a `train` split and, if it has enough pages, a `validation`
split.{_default(splits)}"""


def _default(splits: dict[str, dict[str, SplitSize]]) -> str:
    if EVERY in splits:
        return ""
    return f" Without a name, `load_dataset` reads the configuration `{EVERY}`: all languages."


def _languages(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the table of languages."""
    known = facts.numbers.values()
    switched = any(its.dictionary_words is not msgspec.UNSET for its in known)
    heads = ["language", "name", "train", "validation", "words", "entities"]
    heads += ["dictionary words"] if switched else []
    lines = [f"| {' | '.join(heads)} |", f"|---|---|{'---:|' * (len(heads) - 2)}"]
    for language, by_name in splits.items():
        its = facts.numbers.get(language)
        words, entities = (f"{its.words:,}", f"{its.entities:,}") if its else ("", "")
        lines.append(
            f"| {language} | {names().get(language, '')} | "
            f"{by_name.get('train', SplitSize()).rows:,} | "
            f"{by_name.get('validation', SplitSize()).rows:,} | {words} | {entities} |"
            + (f" {its.dictionary_words or 0:,} |" if its and switched else "")
        )
    return "\n".join(lines)


def _about(rows: int, languages: int, facts: CardData) -> str:
    """Return the first paragraph: what the corpus is."""
    noun = "language" if languages == 1 else "languages"
    method = methods_section(recipes_of(facts.lineage), facts.kind)
    text = f"""\
{introduction(facts.kind)} The corpus contains {_sentences(rows, facts)} in {languages}
{noun}.{passes_of(facts.kind)} It was created with {program()} {__version__}{method}."""
    if facts.kind == RowKind():
        return text
    words = text.replace("\n", " ")
    return textwrap.fill(words, 100, break_long_words=False, break_on_hyphens=False)


def _tokens(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return a paragraph with the size of the files in tokens, "" in formats of text."""
    if not facts.form.tokens:
        return ""
    sequences = sum(split.examples for by_name in splits.values() for split in by_name.values())
    return f"\n\nThe files contain {facts.tokens:,} tokens in {sequences:,} sequences."


def _numbers(facts: CardData) -> str:
    """Return the sections on lengths and on origins of names."""
    return lengths_section(facts.numbers, facts.kind) + origins_section(facts.numbers)


def _looked_at(facts: CardData) -> str:
    """Return how much of a file was analyzed."""
    if facts.kind.unit == "sentence":
        return f"{LOOKED_AT:,} rows"
    return f"{CHARACTERS_LOOKED_AT:,} characters"


def _agreement(kind: RowKind) -> str:
    """Return that names in place of anchors may not agree with the text."""
    if kind.annotated:
        return ""
    return """ They may not agree with the rest of the
  sentence in case, number or gender, or with its articles and particles."""


def _of_words(kind: RowKind) -> str:
    """Return the limitations of words that were switched with a dictionary."""
    if not kind.words:
        return ""
    return """\
- Words are looked up in a dictionary without regard to their meaning in the sentence or to their
  grammatical form, so translations can be wrong, and are in the form in which the dictionary has
  them.
"""


def _of_names(kind: RowKind) -> str:
    """Return the limitations of names of entities."""
    if not kind.names:
        return ""
    done = "annotated" if kind.annotated else "switched"
    rest = f"- Only entities are {done}. The rest of the {kind.unit} is not translated.\n"
    return f"""\
- Labels are inserted in their base form, as in Wikidata.{_agreement(kind)}
{"" if kind.words else rest}\
- Only linked entities are {done}. Wikipedia usually links an entity once per page; later
  mentions are {done} only if `cstool link --propagate` found them.
- The quality of the labels is that of Wikidata. Some labels are missing, some are in another
  script or language (these are excluded if detected), and some refer to something other than the
  link.
"""


def _missing(kind: RowKind) -> str:
    """Return the limitation about missing text."""
    if kind.unit == "sentence":
        return """\
- Sentences with missing text, for example where a template could not be rendered, are excluded, so
  information that Wikipedia presents with such templates is under-represented."""
    return f"""\
- Sentences with missing text, for example where a template could not be rendered, are missing from
  the {TALLIES[kind.unit]}; `gaps` counts them. Tables and references are missing, too."""


def _sentences(rows: int, facts: CardData) -> str:
    """Return the number of sentences: of the switched ones, and of the source sentences."""
    source = sum(its.source_rows for its in facts.numbers.values())
    return f"{rows - source:,} switched + {source:,} source {TALLIES[facts.kind.unit]}"


def _made(facts: CardData) -> str:
    """Return the section on how the corpus was created, "" if the lineage is unknown."""
    if not facts.lineage:
        return ""
    return lineage_section(facts.lineage, commands(facts.lineage, facts.parameters, facts.tests))


def _left_out(facts: CardData) -> str:
    """Return a paragraph on the rows that `shard` dropped, "" if it was not asked to drop any."""
    kinds = []
    units = TALLIES[facts.kind.unit]
    if facts.dedup == "exact":
        kinds.append(f"source {units} that are equal to an earlier one")
    elif facts.dedup == "minhash":
        kinds.append(f"most source {units} that are similar to an earlier one (MinHash)")
    if facts.tests:
        files = ", ".join(f"`{name}`" for name in facts.tests)
        kinds.append(
            f"source {units} that share 13 consecutive words with {files} (fewer for short texts)"
        )
    if facts.form.name == "mt":
        kinds.append("rows of the source sentences themselves")
    if facts.form.name == "translico":
        kinds.append("rows whose text or transliteration is empty")
    if not kinds:
        return ""
    numbers = reasons_text(facts.dropped) or "none"
    return f"\nThe corpus excludes {'; '.join(kinds)}. Dropped rows: {numbers}.\n"
