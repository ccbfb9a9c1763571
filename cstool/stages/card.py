"""The dataset card: README.md with the YAML that the Hugging Face Hub reads."""

from dataclasses import dataclass, field

from cstool import __version__
from cstool.languages.codes import bcp47, names
from cstool.stages.corpus_formats import Format


@dataclass
class Split:
    """What a split of a language holds: rows, and bytes of its files."""

    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Facts:
    """What the card tells beside the numbers of rows.

    `dedup`, `tests` (names of files): what was left out; `dropped`: rows by reason.
    """

    form: Format
    sources: tuple[str, ...]
    dedup: str = "none"
    tests: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)


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
| `page_id`, `title` | the Wikipedia page that the sentence is from |""",
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


def dataset_card(splits: dict[str, dict[str, Split]], facts: Facts) -> str:
    """Return the card of a corpus with these splits by language."""
    wikis = ", ".join(facts.sources)
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    table = "\n".join(
        f"| {language} | {names().get(language, '')} | "
        f"{by_name.get('train', Split()).rows:,} | {by_name.get('validation', Split()).rows:,} |"
        for language, by_name in splits.items()
    )
    first = next(iter(splits), "de")
    return f"""\
---
{_yaml(splits, rows, facts.form)}---

# Code-switched sentences from {wikis}

Sentences from Wikipedia in which entities stand under their names in other languages, for
training cross-lingual models. {rows:,} sentences in {len(splits)} languages. Made by
[cstool](https://pypi.org/project/cstool/) {__version__} after the method of EntityCS
([Whitehouse et al. 2022](https://aclanthology.org/2022.findings-emnlp.499/)).

```python
from datasets import load_dataset

corpus = load_dataset("PATH/OF/THIS/FOLDER", "{first}")
```

Each language is a configuration, with a `train` split and, where it has enough pages, a
`validation` split. A page that is held out for validation is so in all languages.

{_COLUMNS[facts.form.name]}
{_left_out(facts)}
| language | name | train | validation |
|---|---|---:|---:|
{table}

## Licence

The sentences are from Wikipedia ({wikis}), by its contributors, under
[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/). `attribution.tsv.zst`
names the page and the revision (`https://<language>.wikipedia.org/?oldid=<revision_id>`) of
every sentence; a page's authors are in its history. What is made from them is under the same
licence. Entity names are from Wikidata, [CC0](https://creativecommons.org/publicdomain/zero/1.0/).
"""


def _left_out(facts: Facts) -> str:
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


def _yaml(splits: dict[str, dict[str, Split]], rows: int, form: Format) -> str:
    lines = ["license: cc-by-sa-4.0", "language:"]
    lines += [f"- {_quoted(tag)}" for tag in dict.fromkeys(map(bcp47, splits))]
    lines += [
        "multilinguality: multilingual",
        "task_categories:",
        "- translation" if form.name == "mt" else "- fill-mask",
        "size_categories:",
        f"- {_size(rows)}",
        "configs:",
    ]
    for language, by_name in splits.items():
        lines += [f"- config_name: {_quoted(language)}", "  data_files:"]
        for name in by_name:
            lines += [f"  - split: {name}", f"    path: data/{language}/{name}-*.{form.suffix}"]
    return "\n".join(lines) + "\n"


def _quoted(code: str) -> str:
    """Return a code that YAML 1.1 does not take for a boolean (`no`)."""
    return f'"{code}"'


def _size(rows: int) -> str:
    """Return the Hub's category of a number of rows."""
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M")]
    bounds += [(10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B")]
    return next((name for bound, name in bounds if rows < bound), "n>1B")
