"""What rows `cstool show` is asked for: a query, and the conditions on columns that it means."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import flat, one_chunk
from cstool.errors import InputError, WrongCallError
from cstool.formats.corpus_formats import FORMATS
from cstool.languages.codes import is_in
from cstool.storage.manifest import Manifest

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class RowQuery:
    """The rows to return: those that match all given filters.

    `grep`: a regular expression (RE2); `draw`: size of a random sample, which depends on `seed`.
    `switched`: only switched sentences. `id`: of a sentence, or of the first one of a paragraph or
    page.
    """

    languages: tuple[str, ...] = ()
    grep: str | None = None
    entity: int | None = None
    title: str | None = None
    draw: int | None = None
    seed: int = 0
    switched: bool = False
    id: int | None = None


@dataclass(frozen=True)
class RowCondition:
    """A condition on rows.

    `columns`: Parquet columns (leaves) that `test` needs; `value`: if given, row groups whose
    statistics exclude this value are skipped.
    """

    columns: tuple[str, ...]
    test: Callable[[pa.Table], Mask]
    value: Any = None


def form_of(manifest: Manifest) -> str:
    """Return the kind of a folder's rows: the name of a stage, or of a corpus's format."""
    form: str = manifest.stage
    if form == "romanize":  # the columns of the folder that it read, and two more
        form = manifest.inputs[0].name
        return "switch" if form in ("shard", "mix") else form
    if form in ("shard", "mix"):
        form = manifest.parameters.get("format", "cstool")
    return "switch" if form in ("cstool", "jsonl", "dolma") else form


def need_text(folder: Path, manifest: Manifest) -> None:
    """Raise InputError for a corpus whose rows are token ids, or lines of CSV."""
    form = FORMATS.get(form_of(manifest)) if manifest.stage in ("shard", "mix") else None
    if form and form.tokens:
        raise InputError(
            f"{folder}: corpus in the format {form.name}, which has no text; give one made with "
            "--format cstool"
        )
    if form and form.name == "translico":
        raise InputError(
            f"{folder}: corpus in the format translico, whose CSV files other programs show; give "
            "the folder of `cstool romanize`, or a corpus made with --format cstool"
        )


# Columns by the kind of rows: texts for --grep, QIDs, titles and languages.
_TEXTS: dict[str, tuple[str, ...]] = {
    "extract": ("text",),
    "link": ("text",),
    "switch": ("source_text", "text"),
    "entitycs": ("en_sentence", "cs_sentence"),
    "mt": ("source", "target"),
    "pair": ("text",),
    "titles": ("title",),
    "entities": ("labels.list.element.value", "aliases.list.element.value"),
    "lexicon": ("source", "target"),
}
_QIDS = {
    "link": "mentions.list.element.qid",
    "switch": "entities.list.element.qid",
    "titles": "qid",
    "entities": "qid",
    "pair": "qid",
    "lexicon": "qid",
}
_IDS = dict.fromkeys(("extract", "link", "switch", "entitycs", "mt"), "id")
_TITLES = dict.fromkeys(("extract", "link", "switch", "titles"), "title")
_TITLES["entities"] = "sitelinks.list.element.title"
_TITLES["pair"] = "segments.list.element.title"
_LANGUAGES = dict.fromkeys(("switch", "entitycs", "mt"), "language")
_LANGUAGES["entities"] = "labels.list.element.language"
_LANGUAGES["pair"] = "segments.list.element.language"
_LANGUAGES["lexicon"] = "target_language"


def conditions_of(manifest: Manifest, wanted: RowQuery) -> list[RowCondition]:
    """Return the conditions that rows have to meet.

    Raises WrongCallError for a filter on a column that the folder lacks.
    """
    form = form_of(manifest)
    filters = []
    # A corpus has a folder for each language.
    if wanted.languages and manifest.stage != "shard":
        column = _column(_LANGUAGES, form, "--language", manifest)
        filters.append(_one_of((column,), partial(_spoken, wanted.languages)))
    if wanted.switched and form != "mt":  # all rows of `mt` are switched
        filters.append(_switched(form, manifest))
    if wanted.id is not None:
        filters.append(_equal(_column(_IDS, form, "--id", manifest), wanted.id))
    if wanted.entity is not None:
        column = _column(_QIDS, form, "--entity", manifest)
        filters.append(_equal(column, wanted.entity))
    if wanted.title is not None:
        filters.append(_equal(_column(_TITLES, form, "--title", manifest), wanted.title))
    if wanted.grep is not None:
        texts = (*_TEXTS[form], *(["romanized"] if manifest.stage == "romanize" else []))
        filters.append(_matching(texts, wanted.grep))
    return filters


def _spoken(wanted: tuple[str, ...], codes: pa.Array) -> pa.Array:
    """Return which codes are wanted, or join several of which one is (`en+ja`)."""
    different = codes.dictionary_encode()
    names = different.dictionary.to_pylist()
    found = [is_in(name, wanted) for name in names]
    return pa.array(found, pa.bool_()).take(different.indices)


def _switched(form: str, manifest: Manifest) -> RowCondition:
    """Return the filter for rows that are not source sentences."""
    sources = pa.array({one.source.language for one in manifest.lineage if one.source})
    if form == "entitycs" and len(sources) == 1:  # it has no column of source languages
        return _one_of(("language",), lambda codes: pc.invert(pc.is_in(codes, sources)))
    columns = "language", _column({"switch": "source_language"}, form, "--switched", manifest)
    return RowCondition(columns, lambda t: _known(one_chunk(pc.not_equal(*map(t.column, columns)))))


def _column(columns: dict[str, str], form: str, option: str, manifest: Manifest) -> str:
    if form in columns:
        return columns[form]
    what = f"`cstool {manifest.stage}`" + (
        f" --format {form}" if "format" in manifest.parameters else ""
    )
    raise WrongCallError(
        f"{option}: the output of {what} has no column for it; omit the option, or give a folder "
        "of another stage"
    )


def _equal(column: str, value: Any) -> RowCondition:
    equal = _one_of((column,), lambda values: pc.equal(values, value))
    return RowCondition(equal.columns, equal.test, value)


def _matching(columns: tuple[str, ...], pattern: str) -> RowCondition:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise WrongCallError(
            f"--grep: {pattern!r} is not a valid regular expression ({error}); give one in "
            "the syntax of RE2"
        ) from error
    return _one_of(columns, lambda values: pc.match_substring_regex(values, pattern))


def _one_of(columns: tuple[str, ...], test: Callable[[pa.Array], pa.Array]) -> RowCondition:
    """Return the filter for rows with a value that passes the test in any of the columns."""

    def mask(table: pa.Table) -> Mask:
        matches = np.zeros(table.num_rows, bool)
        for column in columns:
            matches |= _rows_where(table, column, test)
        return matches

    return RowCondition(columns, mask)


def _rows_where(table: pa.Table, column: str, test: Callable[[pa.Array], pa.Array]) -> Mask:
    """Return which rows have a value that passes the test, in a column or a list of structs."""
    name, *inner = column.split(".")
    values = one_chunk(table.column(name))
    if not inner:
        return _known(test(values))
    offsets, structs = flat(values)
    hits = np.flatnonzero(_known(test(structs.field(inner[-1]))))
    matches = np.zeros(table.num_rows, bool)
    matches[np.searchsorted(offsets, hits, side="right") - 1] = True
    return matches


def _known(passed: pa.Array) -> Mask:
    mask: Mask = pc.fill_null(passed, False).to_numpy(zero_copy_only=False)
    return mask
