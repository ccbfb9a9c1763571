"""The dataset card: README.md with the YAML that the Hugging Face Hub reads."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstool import __version__
from cstool.distribution import address
from cstool.languages.codes import bcp47, names
from cstool.stages.shard.card_commands import commands
from cstool.stages.shard.formats import CorpusFormat
from cstool.storage.counts import largest
from cstool.storage.manifest import Ancestor, Input
from cstool.storage.statistics import LanguageNumbers


@dataclass
class SplitSize:
    """What a split of a language holds: rows, bytes of its files, and bytes as Arrow tables.

    These last are 0 where they are not known: of files that `datasets` gives other types.
    """

    rows: int = 0
    bytes: int = 0
    in_memory: int = 0


@dataclass(frozen=True)
class CardData:
    """What the card tells beside the numbers of rows.

    `dedup`, `tests` (names of files): what was left out; `dropped`: rows by reason. `numbers`: by
    language; `lineage`: the stages before; `parameters`: of `shard`.
    """

    form: CorpusFormat
    sources: tuple[str, ...]
    dedup: str = "none"
    tests: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    numbers: Mapping[str, LanguageNumbers] = field(default_factory=dict)
    lineage: tuple[Ancestor, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


_COLUMNS = {
    "cstool": """\
| column | meaning |
|---|---|
| `id` | the source sentence's number: page id × 2²⁰ + position in the page |
| `language` | the language that the entities' names are in |
| `source_language` | the language of the sentence |
| `source_text`, `text` | the sentence before and after; rows of the source itself have both equal |
| `entities` | a list of `qid` (Wikidata), `source_start`, `source_end` (in `source_text`), \
`start`, `end` (in `text`): Unicode characters, half-open |
| `page_id`, `title` | the Wikipedia page that the sentence is from |

`_paragraphs/*.pq` (Parquet) has, for each `id` and `source_language`, the number of the paragraph
or list item of the page that the sentence stands in.""",
    "entitycs": """\
| column | meaning |
|---|---|
| `id` | the source sentence's number: page id × 2²⁰ + position in the page |
| `language` | the language that the entities' names are in |
| `en_sentence`, `cs_sentence` | the sentence before and after, entities in `<e>…</e>` |""",
    "mt": """\
| column | meaning |
|---|---|
| `id` | the source sentence's number: page id × 2²⁰ + position in the page |
| `language` | the language that the entities' names are in, in `source` |
| `target_language` | the language of the sentence, which is to be written |
| `source` | the code-switched sentence; in front a token with the language to write: `<2en> ` |
| `target` | the sentence as it was |""",
}
_COLUMNS["jsonl"] = _COLUMNS["cstool"]


def dataset_card(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the card of a corpus with these splits by language."""
    wikis = ", ".join(facts.sources)
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    first = next(iter(splits), "de")
    return f"""\
---
{card_head(splits, facts)}---

# Code-switched sentences from {wikis}

Sentences from Wikipedia in which entities stand under their names in other languages, for
training cross-lingual models. {rows:,} sentences in {len(splits)} languages. Made by
{_program()} {__version__} after the method of EntityCS
([Whitehouse et al. 2022](https://aclanthology.org/2022.findings-emnlp.499/)).

```python
from datasets import load_dataset

corpus = load_dataset("PATH/OF/THIS/FOLDER", "{first}")
```

Each language is a configuration, with a `train` split and, where it has enough pages, a
`validation` split. A page that is held out for validation is so in all languages.

{_COLUMNS[facts.form.name]}
{_left_out(facts)}
## Languages

{_languages(splits, facts)}

Words are runs of characters between spaces.

{_made(facts)}## Limits

- A name is put in as Wikidata has it, in its base form: the sentence's grammar (case, number,
  gender, article, the particle after it) is not made to agree with it.
- The words around the names are not translated: code-switching here is of names alone.
- Only what a page links is switched, and Wikipedia links a name once a page, mostly, where
  `--propagate` has not found the later places.
- Labels are as good as Wikidata's: some are missing, some in another script or language (those
  that could be told were refused), some name another thing than the link meant.
- A sentence in which a template stood that could not be rendered is left out, so text that lives
  on such templates is rarer here than on the page.
- What Wikipedia and Wikidata cover more, this covers more. Nothing was filtered for content;
  people are named as on their pages.

## Licence

The sentences are from Wikipedia ({wikis}), by its contributors, under
[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). `attribution.tsv.zst`
names the page and the revision (`https://<language>.wikipedia.org/?oldid=<revision_id>`) of
every sentence; a page's authors are in its history. What is made from them is under the same
licence. Entity names are from Wikidata, [CC0](https://creativecommons.org/publicdomain/zero/1.0/).

## Citation

{_citation()}"""


def _program() -> str:
    """Return the program's name, with a link if it has a public address."""
    return f"[cstool]({address()})" if address() else "cstool"


def _citation() -> str:
    url = f'    url = "{address()}",\n' if address() else ""
    return f"""\
```bibtex
@inproceedings{{whitehouse-etal-2022-entitycs,
    title = "{{E}}ntity{{CS}}: Improving Zero-Shot Cross-lingual Transfer with
        Entity-Centric Code Switching",
    author = "Whitehouse, Chenxi and Christopoulou, Fenia and Iacobacci, Ignacio",
    booktitle = "Findings of the Association for Computational Linguistics: EMNLP 2022",
    month = dec,
    year = "2022",
    address = "Abu Dhabi, United Arab Emirates",
    publisher = "Association for Computational Linguistics",
    url = "https://aclanthology.org/2022.findings-emnlp.499/",
    doi = "10.18653/v1/2022.findings-emnlp.499",
    pages = "6698--6714"
}}

@software{{cstool,
    title = "cstool: from Wikipedia and Wikidata dumps to a code-switched corpus",
    author = "{{The cstool authors}}",
{url}    version = "{__version__}"
}}
```
"""


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


# ---- how it was made ----


def _made(facts: CardData) -> str:
    """Return the section on how the corpus was made, or nothing where that is not known."""
    if not facts.lineage:
        return ""
    versions = ", ".join(dict.fromkeys(one.version for one in facts.lineage))
    lines = "\n".join(commands(facts.lineage, facts.parameters, facts.tests))
    return f"""\
## How it was made

With cstool {versions}, from these dumps:

| dump | date | bytes | fingerprint |
|---|---|---:|---|
{_dumps(facts.lineage)}

(A fingerprint is an xxh3: `xxh3-128:` of all bytes of the file as they were read, `xxh3:` of its
size and a sample.) These commands make the same files again, byte for byte, whatever their number
of workers:

```
{lines}
```

What each step read, and what it dropped:

| step | | read | kept | dropped |
|---|---|---:|---:|---|
{_funnel(facts.lineage)}

"""


def _dumps(lineage: tuple[Ancestor, ...]) -> str:
    """Return a line of a table for each file that came in, once."""
    stages = {one.stage for one in lineage}
    found: dict[tuple[str, str | None], Input] = {}
    for one in lineage:
        for given in one.inputs:
            if given.name not in stages:
                found.setdefault((given.name, given.fingerprint), given)
    return "\n".join(
        f"| {'standard input' if given.name == '-' else given.name} | {_date(given.name)} | "
        f"{'' if given.bytes is None else f'{given.bytes:,}'} | "
        f"{f'`{given.fingerprint}`' if given.fingerprint else ''} |"
        for given in found.values()
    )


def _date(name: str) -> str:
    match = re.search(r"\b(\d{4})(\d{2})(\d{2})\b", name)
    return "-".join(match.groups()) if match else ""


# What each stage is asked of: the things whose way tells where the sentences went.
_STEPS = {
    "entities": ("entities",),
    "titles": ("redirects",),
    "extract": ("pages", "sentences"),
    "switch": ("labels", "sentences"),
}
_REASONS = 4


def _funnel(lineage: tuple[Ancestor, ...]) -> str:
    return "\n".join(line for one in lineage for line in _steps(one))


def _steps(one: Ancestor) -> Iterator[str]:
    """Yield a line of a table for each thing that a stage has counted."""
    place = f"{one.stage} {one.source.wiki}" if one.source else one.stage
    for unit in _STEPS.get(one.stage, ()):
        if unit in one.counts.tallies:
            tally = one.counts.tallies[unit]
            told = largest(tally.dropped, _REASONS)
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in told.items())
            yield f"| {place} | {unit} | {tally.read:,} | {tally.written:,} | {reasons} |"
    if linked := one.counts.details.get("mentions by link"):
        read = sum(linked.values())
        why = {reason: number for reason, number in linked.items() if reason != "linked"}
        told = largest(why, _REASONS)
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in told.items() if number)
        yield f"| {place} | mentions | {read:,} | {linked.get('linked', 0):,} | {reasons} |"


def _left_out(facts: CardData) -> str:
    """Return a paragraph on what was left out, or nothing."""
    told = []
    if facts.dedup == "exact":
        told.append("of equal source sentences only the first is kept")
    elif facts.dedup == "minhash":
        told.append("of nearly equal source sentences (MinHash) only the first is kept, mostly")
    if facts.tests:
        files = ", ".join(f"`{name}`" for name in facts.tests)
        told.append(f"none shares 13 words in a row with {files}")
    if facts.form.name == "mt":
        told.append("rows are code-switched ones, not the source sentences themselves")
    if not told:
        return ""
    numbers = "; ".join(f"{number:,}: {reason}" for reason, number in facts.dropped.items())
    return f"\nLeft out: {'; '.join(told)}. Rows, by reason: {numbers or 'none'}.\n"


# ---- what the Hub reads ----


def card_head(splits: dict[str, dict[str, SplitSize]], facts: CardData) -> str:
    """Return the card's YAML: https://github.com/huggingface/hub-docs, datasetcard.md."""
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    translation = facts.form.name == "mt"
    lines = ["license: cc-by-sa-4.0", "language:"]
    lines += [f"- {_quoted(tag)}" for tag in dict.fromkeys(map(bcp47, splits))]
    lines += [
        f"pretty_name: Code-switched sentences from {', '.join(facts.sources)}",
        "annotations_creators:",
        "- machine-generated",
        "language_creators:",
        "- crowdsourced",
        "- machine-generated",
        "multilinguality:",
        f"- {'translation' if translation else 'multilingual'}",
        "source_datasets:",
        "- extended|wikipedia",
        "task_categories:",
        "- translation" if translation else "- fill-mask",
        *([] if translation else ["task_ids:", "- masked-language-modeling"]),
        "tags:",
        *(f"- {tag}" for tag in _TAGS),
        "size_categories:",
        f"- {_size(rows)}",
        "configs:",
    ]
    for language, by_name in splits.items():
        lines += [f"- config_name: {_quoted(language)}", "  data_files:"]
        for name in by_name:
            path = f"data/{language}/{name}-*.{facts.form.suffix}"
            lines += [f"  - split: {name}", f"    path: {path}"]
    lines.append("dataset_info:")
    for language, by_name in splits.items():
        lines += _sizes(language, by_name)
    return "\n".join(lines) + "\n"


_TAGS = ("code-switching", "entities", "entity-linking", "wikipedia", "wikidata", "cross-lingual")


def _sizes(language: str, splits: dict[str, SplitSize]) -> Iterator[str]:
    """Yield how large a language is: rows, bytes in memory, bytes to fetch."""
    yield f"- config_name: {_quoted(language)}"
    yield "  splits:"
    for name, split in splits.items():
        yield f"  - name: {name}"
        if split.in_memory:
            yield f"    num_bytes: {split.in_memory}"
        yield f"    num_examples: {split.rows}"
    yield f"  download_size: {sum(split.bytes for split in splits.values())}"
    if all(split.in_memory for split in splits.values()):
        yield f"  dataset_size: {sum(split.in_memory for split in splits.values())}"


def _quoted(code: str) -> str:
    """Return a code that YAML 1.1 does not take for a boolean (`no`)."""
    return f'"{code}"'


def _size(rows: int) -> str:
    """Return the Hub's category of a number of rows."""
    bounds = (1, "K"), (10, "K"), (100, "K"), (1, "M"), (10, "M"), (100, "M"), (1, "B"), (10, "B")
    names = [f"{number}{unit}" for number, unit in bounds]
    place = next((i for i, power in enumerate(range(3, 11)) if rows < 10**power), len(bounds))
    if place == 0:
        return "n<1K"
    return f"n>{names[-1]}" if place == len(bounds) else f"{names[place - 1]}<n<{names[place]}"
