"""The parts of the dataset card on what the rows are: their unit, names and lengths."""

from collections.abc import Mapping

from cstool.storage.histograms import quantile
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES
from cstool.storage.statistics import LanguageNumbers


def introduction(kind: RowKind) -> str:
    """Return the first sentence of the card: what was done to the text."""
    if kind.unit == "sentence" and not (kind.annotated or any(kind.marks) or kind.words):
        return """\
Sentences from Wikipedia in which entities are replaced with their labels in other languages, for
training cross-lingual models."""
    what = f"{TALLIES[kind.unit].capitalize()} from Wikipedia"
    marks = f",\nbetween `{kind.marks[0]}` and `{kind.marks[1]}`" if any(kind.marks) else ""
    side = "after" if kind.side == "right" else "before"
    done = []
    if kind.names and not kind.annotated:
        done.append("entities are replaced with their labels in other languages")
    elif kind.names:
        done.append(f"the entity's name in another language is inserted {side} links")
    if kind.words and not kind.annotated:
        done.append("words are replaced with their translations in a dictionary")
    elif kind.words:
        done.append(f"the translation of words in a dictionary is inserted {side} them")
    return f"{what} in which {' and '.join(done)}{marks}, for\ntraining cross-lingual models."


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
