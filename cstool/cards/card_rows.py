"""The parts of the dataset card on what the rows are: their unit, columns, names and lengths."""

from collections.abc import Mapping

from cstool.storage.histograms import quantile
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES
from cstool.storage.statistics import LanguageNumbers

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


def columns_of(kind: RowKind) -> str:
    """Return the columns of the formats `cstool` and `jsonl`, as a table."""
    table = _SENTENCES
    if kind.passes > 1:
        table = table.replace(_KEY, "`wiki`, `id`, `language` and `pass` identify a row |") + _PASS
    if kind.unit == "sentence":
        return table + _PARAGRAPHS
    table = table.replace("sentence", kind.unit)
    if kind.unit == "page":
        table = table.replace("Wikipedia page of the page", "id and title of the page")
    table = table.replace("page id × 2²⁰ + position on the page", _FIRST)
    return table + _DOCUMENTS


_FIRST = "page id × 2²⁰ + position of its first sentence on the page"


def introduction(kind: RowKind) -> str:
    """Return the first sentence of the card: what was done to the text."""
    if kind.unit == "sentence" and not kind.annotated and not any(kind.marks):
        return """\
Sentences from Wikipedia in which entities are replaced with their labels in other languages, for
training cross-lingual models."""
    what = f"{TALLIES[kind.unit].capitalize()} from Wikipedia"
    marks = f",\nbetween `{kind.marks[0]}` and `{kind.marks[1]}`" if any(kind.marks) else ""
    if not kind.annotated:
        names = f"entities are replaced with their labels in other languages{marks}"
    else:
        side = "after" if kind.side == "right" else "before"
        names = f"the entity's name in another language is inserted {side} links{marks}"
    return f"{what} in which {names}, for\ntraining cross-lingual models."


def passes_of(kind: RowKind) -> str:
    """Return a sentence on the passes, "" if there is only one."""
    if kind.passes == 1:
        return ""
    return f" The text occurs in {kind.passes} passes, in each of which the names were drawn again."


def lengths_section(numbers: Mapping[str, LanguageNumbers], kind: RowKind) -> str:
    """Return the lengths and gaps of paragraphs or pages by language, "" for sentences."""
    lines = [
        f"| {language} | {_cells(its)} |" for language, its in numbers.items() if its.documents
    ]
    if kind.unit == "sentence" or not lines:
        return ""
    table = "\n".join(lines)
    return f"""\
## Lengths

Quantiles are approximate; those of words are of a sample. Gaps are sentences that are missing
because of missing text; the last column is the share of the characters of switched \
{TALLIES[kind.unit]}
that are in names.

| language | characters: 10% | 50% | 90% | 99% | words: 50% | 90% | sentences | gaps | in names |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{table}

"""


def _cells(its: LanguageNumbers) -> str:
    assert its.documents
    documents = its.documents
    lengths = [quantile(documents.characters, share) for share in (0.1, 0.5, 0.9, 0.99)]
    words = [quantile(documents.words, share) for share in (0.5, 0.9)]
    cells = [f"{n:,}" if n is not None else "" for n in (*lengths, *words)]
    share = ""
    if documents.switched_characters:
        share = f"{100 * documents.name_characters / documents.switched_characters:.1f}%"
    return " | ".join([*cells, f"{documents.sentences:,}", f"{documents.gaps:,}", share])
