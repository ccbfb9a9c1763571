"""Writes the dataset card of a corpus, README.md."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstool import __version__
from cstool.distribution import address
from cstool.formats.corpus_formats import CorpusFormat
from cstool.languages.codes import names
from cstool.stages.shard.card_citation import citation, methods_section, recipes_of
from cstool.stages.shard.card_commands import commands
from cstool.stages.shard.card_metadata import EVERY, SplitSize, metadata
from cstool.stages.shard.card_origins import origins_section, published_at
from cstool.stages.shard.card_rows import columns_of, introduction, lengths_section, passes_of
from cstool.stages.shard.card_tokens import columns_of_tokens, opening
from cstool.stages.shard.statistics import CHARACTERS_LOOKED_AT, LOOKED_AT
from cstool.storage.counts import largest
from cstool.storage.manifest import Ancestor, Input, Source
from cstool.storage.reason_phrases import reasons_text
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES
from cstool.storage.statistics import LanguageNumbers


@dataclass(frozen=True)
class CardData:
    """The content of the card except the sizes of splits.

    `dedup`, `tests` (file names): options of `shard` that drop rows; `dropped`: rows by reason;
    `numbers`: counts by language; `lineage`: the earlier stages; `parameters`: of `shard`; `kind`:
    of the rows.
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

    @property
    def columns(self) -> str:
        """The table of columns."""
        if self.form.tokens:
            return columns_of_tokens(self.form.name, self.parameters)
        return _COLUMNS.get(self.form.name) or columns_of(self.kind)


_COLUMNS = {
    "entitycs": """\
| column | meaning |
|---|---|
| `id` | identifier of the source sentence in its wiki: page id × 2²⁰ + position on the page |
| `language` | language of the entity labels in `cs_sentence` |
| `en_sentence`, `cs_sentence` | the sentence before and after switching, with entities in \
`<e>…</e>` |""",
    "mt": """\
| column | meaning |
|---|---|
| `id` | identifier of the source sentence in its wiki: page id × 2²⁰ + position on the page |
| `language` | language of the entity labels in `source` |
| `target_language` | language of the source sentence, into which a model translates |
| `source` | a language tag for the target language, such as `<2en> `, and the switched sentence |
| `target` | the source sentence |
| `wiki` | wiki of the source sentence |""",
}


def dataset_card(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the card of a corpus. `splits`: the size of each split, by language."""
    wikis = ", ".join(source.wiki for source in facts.sources)
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    unit, units = facts.kind.unit, TALLIES[facts.kind.unit]
    done = "annotated" if facts.kind.annotated else "switched"
    return f"""\
---
{metadata(splits, facts.form, facts.sources, facts.kind)}---

# Code-switched {units} from {wikis}

{_about(rows, len(splits), facts)}

{_opening(splits, facts)} All sentences of a page are in the same split, in all languages.

{facts.columns}
{_left_out(facts)}
## Languages

{_languages(splits, facts)}

Words are counted by the rules of each script, as by `cstool stats`; where a file has more than
{_looked_at(facts)}, their number is estimated from that many.

{_numbers(facts)}{_made(facts)}## Limitations

- Labels are inserted in their base form, as in Wikidata.{_agreement(facts.kind)}
- Only entities are {done}. The rest of the {unit} is not translated.
- Only linked entities are {done}. Wikipedia usually links an entity once per page; later
  mentions are {done} only if `cstool link --propagate` found them.
- The quality of the labels is that of Wikidata. Some labels are missing, some are in another
  script or language (these are excluded if detected), and some refer to something other than the
  link.
{_missing(facts.kind)}
- The corpus has the coverage biases of Wikipedia and Wikidata. Its content was not filtered, and
  people are named as in Wikipedia.

## License

The {units} are from Wikipedia ({wikis}). They were written by its contributors and are licensed
under [CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). `attribution.tsv.zst` lists
the wiki, page and revision of each {unit}; the address of a revision is
`https://<code>.wikipedia.org/?oldid=<revision_id>`, where the code of `enwiki` is `en`, and the
authors of a page are in its history. In a title, a backslash precedes special characters (`\\t` is
a tab). Adaptations must be shared under the same license. Entity labels are from Wikidata
([CC0](https://creativecommons.org/publicdomain/zero/1.0/)).

## Citation

{citation(recipes_of(facts.lineage))}"""


_FOLDER = "PATH/OF/THIS/FOLDER"
# By suffix: the packages with which the files can be read.
_LIBRARIES = {"parquet": "datasets", "jsonl.zst": "datasets zstandard"}


def _opening(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return how to open the corpus, and what its splits are."""
    first = next(iter(splits), "de")
    if not facts.form.loads:
        files = splits.get(first, {}).get("train", SplitSize()).files
        return opening(_FOLDER, f"data/{first}/train-00000-of-{files:05d}")
    return f"""\
With `pip install {_LIBRARIES[facts.form.suffix]}`:

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


def _program() -> str:
    """Return the program's name, with a link if it has a public address."""
    return f"[cstool]({address()})" if address() else "cstool"


def _languages(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the table of languages."""
    lines = ["| language | name | train | validation | words | entities |",
             "|---|---|---:|---:|---:|---:|"]  # fmt: skip
    for language, by_name in splits.items():
        its = facts.numbers.get(language)
        words, entities = (f"{its.words:,}", f"{its.entities:,}") if its else ("", "")
        lines.append(
            f"| {language} | {names().get(language, '')} | "
            f"{by_name.get('train', SplitSize()).rows:,} | "
            f"{by_name.get('validation', SplitSize()).rows:,} | {words} | {entities} |"
        )
    return "\n".join(lines)


def _about(rows: int, languages: int, facts: CardData) -> str:
    """Return the first paragraph: what the corpus is."""
    noun = "language" if languages == 1 else "languages"
    method = methods_section(recipes_of(facts.lineage), facts.kind)
    text = f"""\
{introduction(facts.kind)} The corpus contains {_sentences(rows, facts)} in {languages}
{noun}.{passes_of(facts.kind)} It was created with {_program()} {__version__}{method}."""
    if facts.kind == RowKind():
        return text
    words = text.replace("\n", " ")
    return textwrap.fill(words, 100, break_long_words=False, break_on_hyphens=False)


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


# ---- how it was created ----


_REPRODUCED = """\
The following commands reproduce the corpus byte for byte, with any number
of workers:"""
# A server gives an item as it is when it is asked for.
_ASKED = """\
The corpus was created with the following
commands. `cstool entities --live` reads the items as they are when it is run, so a later run can
give other labels; from the same items and dumps, the other commands give the same bytes, with any
number of workers:"""


def _made(facts: CardData) -> str:
    """Return the section on how the corpus was created, "" if the lineage is unknown."""
    if not facts.lineage:
        return ""
    versions = ", ".join(dict.fromkeys(one.version for one in facts.lineage))
    lines = "\n".join(commands(facts.lineage, facts.parameters, facts.tests))
    asked = any(one.queried for one in facts.lineage)
    return f"""\
## How the corpus was created

The corpus was created with cstool {versions} from these {"sources" if asked else "dumps"}:

| {"source" if asked else "dump"} | date | bytes | fingerprint |
|---|---|---:|---|
{_dumps(facts.lineage)}

{_published(facts.lineage)}\
A fingerprint is an xxh3 hash: `xxh3-128:` of the whole file as it was read, `xxh3:` of its size and
of a sample of its bytes. {_ASKED if asked else _REPRODUCED}

```
{lines}
```

Counts of each stage:

| stage | unit | read | kept | reasons for drops |
|---|---|---:|---:|---|
{_funnel(facts.lineage)}

"""


def _dumps(lineage: tuple[Ancestor, ...]) -> str:
    """Return one table row for each distinct input file, and for each server that was asked."""
    files = [
        f"| {'standard input' if given.name == '-' else given.name} | {_date(given.name)} | "
        f"{'' if given.bytes is None else f'{given.bytes:,}'} | "
        f"{f'`{given.fingerprint}`' if given.fingerprint else ''} |"
        for given in _inputs(lineage)
    ]
    servers = [
        f"| {one.parameters['api']} | {' to '.join(dict.fromkeys((first[:10], last[:10])))} | | |"
        for one in lineage
        if one.queried
        for first, last in [(one.queried.first, one.queried.last)]
    ]
    return "\n".join([*files, *servers])


def _inputs(lineage: tuple[Ancestor, ...]) -> list[Input]:
    """Return the distinct input files."""
    stages = {one.stage for one in lineage}
    inputs: dict[tuple[str, str | None], Input] = {}
    for one in lineage:
        for given in one.inputs:
            if given.name not in stages:
                inputs.setdefault((given.name, given.fingerprint), given)
    return list(inputs.values())


def _published(lineage: tuple[Ancestor, ...]) -> str:
    """Return where the input files were published, "" if their names do not contain it."""
    where = published_at(given.name for given in _inputs(lineage))
    return f"Wikimedia publishes files of these names at:\n\n{where}\n" if where else ""


def _date(name: str) -> str:
    match = re.search(r"\b(\d{4})-?(\d{2})-?(\d{2})\b", name)
    return "-".join(match.groups()) if match else ""


# The units to list for each stage.
_STEPS = {
    "entities": ("entities",),
    "titles": ("redirects",),
    "extract": ("pages", "paragraphs", "sentences"),
    "switch": ("labels", "pages", "paragraphs", "sentences"),
}
_REASONS = 4


def _funnel(lineage: tuple[Ancestor, ...]) -> str:
    return "\n".join(line for one in lineage for line in _steps(one))


def _steps(one: Ancestor) -> Iterator[str]:
    """Yield one table row for each listed unit of a stage."""
    stage = f"{one.stage} {one.source.wiki}" if one.source else one.stage
    for unit in _STEPS.get(one.stage, ()):
        if unit in one.counts.tallies:
            tally = one.counts.tallies[unit]
            reasons = reasons_text(largest(tally.dropped, _REASONS))
            yield f"| {stage} | {unit} | {tally.read:,} | {tally.written:,} | {reasons} |"
    if linked := one.counts.details.get("mentions by link"):
        read = sum(linked.values())
        unlinked = {reason: n for reason, n in linked.items() if n and reason != "linked"}
        reasons = reasons_text(largest(unlinked, _REASONS))
        yield f"| {stage} | mentions | {read:,} | {linked.get('linked', 0):,} | {reasons} |"


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
    if not kinds:
        return ""
    numbers = reasons_text(facts.dropped) or "none"
    return f"\nThe corpus excludes {'; '.join(kinds)}. Dropped rows: {numbers}.\n"
