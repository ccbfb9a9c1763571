"""The tables of columns on a dataset card, by format."""

from collections.abc import Mapping, Sequence
from typing import Any

from cstool.cards.card_tokens import columns_of_tokens
from cstool.formats.corpus_formats import CorpusFormat, FormatName
from cstool.formats.format_dolma import ATTRIBUTES, DOCUMENTS, GZIP_LINES, NAMES, WORDS
from cstool.storage.row_kinds import RowKind

_SENTENCES = """\
| column | meaning |
|---|---|
| `id` | identifier of the source sentence in its wiki: page id × 2²⁰ + position on the page |
| `language` | language of the row, into which entities were switched |
| `source_language` | language of the source sentence |
| `source_text`, `text` | the sentence before and after switching; equal if it was not switched |
| `entities` | list of `qid` (Wikidata), `source_start`, `source_end` (in `source_text`), \
`start`, `end` (in `text`), `name_language` and `origin` of the name; offsets count Unicode code \
points, ends are exclusive |
| `page_id`, `title` | Wikipedia page of the sentence |
| `wiki` | wiki of the page; `wiki`, `id` and `language` identify a row |"""
_OF_WORDS = """ A word that was switched with a \
dictionary has no QID (`qid` is null), and the origin `dictionary` |"""
_PARAGRAPHS = """\


For each `wiki` and `id`, the Parquet files `_paragraphs/*.pq` contain the index of the paragraph or
list item from which the sentence was extracted."""
_KEY = "`wiki`, `id` and `language` identify a row |"
_PASS = """
| `pass` | number of the pass, from 0: in each pass, the names were drawn again |"""
_DOCUMENTS = """
| `sentences` | offsets in `text` at which the sentences start |
| `gaps` | number of missing sentences, of which a part could not be rendered |"""
_ROMANIZED = """
| `romanized` | `text` in Latin letters |
| `romanized_entities` | the `start` and `end` in `romanized` of each span in `entities`, in their \
order |"""
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
    "translico": """\
Each line of the CSV files is a pair, as [TransliCo](https://github.com/cisnlp/TransliCo) reads
them:

| column | meaning |
|---|---|
| `text` | the sentence, with switched entities or as in Wikipedia |
| `transliteration` | the same in Latin letters |""",
}

# What the fields of formats are that have all columns but the text in one.
_LINES = {
    "jsonl": """\
Each line is a JSON object with the fields `text` and `meta`. `meta` has a field for each of these
columns, except `text`:

""",
    "dolma": f"""\
`{DOCUMENTS}` and `{ATTRIBUTES}` contain the same rows in the same order, in the
[format of the Dolma toolkit](https://github.com/allenai/dolma/blob/main/docs/data-format.md):

| field | meaning |
|---|---|
| `id` | {{key}}, joined by `/` |
| `text` | the text of the row |
| `source` | {{source}} |
| `metadata` | an object with a field for each of the columns below, except `text` |
| `attributes.{NAMES}` | only in `{ATTRIBUTES}`: a list of spans `[start, end, score]` in `text`; \
the score is 1.0 for a name that was switched, and 0.0 for the anchor of a source row |{{words}}

To keep rows with switched names, give this to `dolma mix`:

```yaml
streams:
- name: switched
  documents: [PATH/OF/THIS/FOLDER/{DOCUMENTS}/*/train-*.{GZIP_LINES}]
  attributes: [entities]
  filter:
    include: ["$.attributes[?(@.{NAMES}[0] && @.{NAMES}[0][2] > 0.5)]"]
  output: {{{{path: mixed}}}}
```

""",
}

_WORDS_OF_DOLMA = f"""
| `attributes.{WORDS}` | the same of words that were switched with a dictionary; only in rows that \
contain one |"""


def columns_table(form: CorpusFormat, kind: RowKind, parameters: Mapping[str, Any]) -> str:
    """Return the columns of a format as a table; `kind`: of the rows; `parameters`: of `shard`."""
    if form.tokens:
        return columns_of_tokens(form.name, parameters)
    if form.name in _COLUMNS:
        return _COLUMNS[form.name]
    paragraphs = _PARAGRAPHS if kind.unit == "sentence" else ""
    return _lines(form.name, kind) + columns_of(kind) + paragraphs


def _lines(format_: FormatName, kind: RowKind, key: Sequence[str] = ()) -> str:
    """Return what the files of JSON lines contain, "" for another format."""
    names = [*key, "wiki", "language", "id", *(["pass"] if kind.passes > 1 else [])]
    source = "the name of the corpus in the recipe" if key else "the wiki"
    listed = ", ".join(f"`{name}`" for name in names[:-1])
    words = _WORDS_OF_DOLMA if kind.words else ""
    key_of_rows = f"{listed} and `{names[-1]}`"
    return _LINES.get(format_, "").format(key=key_of_rows, source=source, words=words)


def columns_of(kind: RowKind, key: Sequence[str] = ()) -> str:
    """Return the columns of the formats `cstool` and `jsonl`, as a table.

    `key`: further columns of the key of a row.
    """
    table = _SENTENCES
    names = [*key, "wiki", "id", "language", *(["pass"] if kind.passes > 1 else [])]
    listed = ", ".join(f"`{name}`" for name in names[:-1])
    table = table.replace(_KEY, f"{listed} and `{names[-1]}` identify a row |")
    if kind.words:
        table = table.replace("into which entities were", f"into which {kind.switched} were")
        table = table.replace("ends are exclusive |", f"ends are exclusive.{_OF_WORDS}")
    table += _PASS if kind.passes > 1 else ""
    romanized = _ROMANIZED if kind.romanized else ""
    if kind.unit == "sentence":
        return table + romanized
    table = table.replace("sentence", kind.unit)
    if kind.unit == "page":
        table = table.replace("Wikipedia page of the page", "id and title of the page")
    table = table.replace("page id × 2²⁰ + position on the page", _FIRST)
    return table + _DOCUMENTS + romanized


_FIRST = "page id × 2²⁰ + position of its first sentence on the page"

_MIXTURE = """
| `corpus` | name of the corpus in the recipe |
| `stage` | number of the training stage, from 1 |"""
_WINDOWS = """\


Each row of {names} is a window of pages about the same entity: `id` is the QID of the entity ×
2²⁰ + number of the window, `language` the languages of the window, joined by `+`."""
_OF_FIRST_PAGE = """ `source_language`,
`page_id`, `title` and `wiki` are those of its first page; `entities` is empty."""


def mixture_columns(
    form: CorpusFormat, kind: RowKind, parameters: Mapping[str, Any], *, pairs: Sequence[str]
) -> str:
    """Return the columns of a mixture as a table.

    `parameters`: of `mix`; `pairs`: the corpora whose rows are windows of `pair`.
    """
    names = ", ".join(f"`{name}`" for name in pairs)
    windows = _WINDOWS.format(names=names) if pairs else ""
    if form.tokens:
        return columns_of_tokens(form.name, parameters, mixed=True) + windows
    if pairs:
        windows += _OF_FIRST_PAGE
    key = ["stage", "corpus"]
    return _lines(form.name, kind, key) + columns_of(kind, key) + _MIXTURE + windows
