"""The dataset card: README.md with the YAML that the Hugging Face Hub reads."""

from dataclasses import dataclass

from cstool import __version__
from cstool.languages.codes import bcp47, names


@dataclass
class Split:
    """What a split of a language holds: rows, and bytes of its files."""

    rows: int = 0
    bytes: int = 0


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
}


def dataset_card(splits: dict[str, dict[str, Split]], sources: list[str], format_: str) -> str:
    """Return the card of a corpus with these splits by language, made from these wikis."""
    wikis = ", ".join(sources)
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    table = "\n".join(
        f"| {language} | {names().get(language, '')} | "
        f"{by_name.get('train', Split()).rows:,} | {by_name.get('validation', Split()).rows:,} |"
        for language, by_name in splits.items()
    )
    first = next(iter(splits), "de")
    return f"""\
---
{_yaml(splits, rows)}---

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

{_COLUMNS[format_]}

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


def _yaml(splits: dict[str, dict[str, Split]], rows: int) -> str:
    lines = ["license: cc-by-sa-4.0", "language:"]
    lines += [f"- {_quoted(tag)}" for tag in dict.fromkeys(map(bcp47, splits))]
    lines += [
        "multilinguality: multilingual",
        "task_categories:",
        "- fill-mask",
        "size_categories:",
        f"- {_size(rows)}",
        "configs:",
    ]
    for language, by_name in splits.items():
        lines += [f"- config_name: {_quoted(language)}", "  data_files:"]
        for name in by_name:
            lines += [f"  - split: {name}", f"    path: data/{language}/{name}-*.parquet"]
    return "\n".join(lines) + "\n"


def _quoted(code: str) -> str:
    """Return a code that YAML 1.1 does not take for a boolean (`no`)."""
    return f'"{code}"'


def _size(rows: int) -> str:
    """Return the Hub's category of a number of rows."""
    bounds = [(10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M")]
    bounds += [(10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B")]
    return next((name for bound, name in bounds if rows < bound), "n>1B")
