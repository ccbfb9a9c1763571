"""The tables of columns on a dataset card, by format."""

from cstool.formats.corpus_formats import FormatName
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
_PARAGRAPHS = """\


For each `wiki` and `id`, the Parquet files `_paragraphs/*.pq` contain the index of the paragraph or
list item from which the sentence was extracted."""
_KEY = "`wiki`, `id` and `language` identify a row |"
_PASS = """
| `pass` | number of the pass, from 0: in each pass, the names were drawn again |"""
_DOCUMENTS = """
| `sentences` | offsets in `text` at which the sentences start |
| `gaps` | number of missing sentences, of which a part could not be rendered |"""
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


def columns_table(format_: FormatName, kind: RowKind) -> str:
    """Return the columns of a format as a table; `kind`: of the rows."""
    if format_ in _COLUMNS:
        return _COLUMNS[format_]
    return columns_of(kind) + (_PARAGRAPHS if kind.unit == "sentence" else "")


def columns_of(kind: RowKind) -> str:
    """Return the columns of the formats `cstool` and `jsonl`, as a table."""
    table = _SENTENCES
    if kind.passes > 1:
        table = table.replace(_KEY, "`wiki`, `id`, `language` and `pass` identify a row |") + _PASS
    if kind.unit == "sentence":
        return table
    table = table.replace("sentence", kind.unit)
    if kind.unit == "page":
        table = table.replace("Wikipedia page of the page", "id and title of the page")
    table = table.replace("page id × 2²⁰ + position on the page", _FIRST)
    return table + _DOCUMENTS


_FIRST = "page id × 2²⁰ + position of its first sentence on the page"
