"""What `romanize` reads: folders of several stages, and where their rows name spans and languages.

Rows of `extract` and `link` have spans in `mentions` and are in the language of the folder; those
of `switch`, and of corpora and mixtures, have spans in `entities`, each in its `name_language`;
those of `pair` in `segments`, each in its `language`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, one_chunk, strings
from cstool.errors import InputError
from cstool.romanization.romanized_texts import LanguagesOfText, TextSpans
from cstool.romanization.romanizers import Romanizer
from cstool.storage.checksums import open_part
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.schemas import ROMANIZED_FIELDS

STAGES = ("extract", "link", "switch", "pair", "shard", "mix")
_OF_ROW = "source_language"
_MENTIONS = "mentions"
# The column with spans, and the field of a span with its language.
_SPANS = {_MENTIONS: None, "entities": "name_language", "segments": "language"}


@dataclass(frozen=True)
class RowColumns:
    """Where rows have spans and languages.

    `spans`: the column with spans; `language`: that of all rows, "" if they name it.
    """

    spans: str
    language: str = ""


def need_rows(folder: Path) -> tuple[Manifest, RowColumns]:
    """Return the manifest of a folder with text, and where its rows have spans and languages.

    Raises InputError for a folder of another stage or format, or one that is romanized already.
    """
    read = need_stage(folder, *STAGES)
    form = read.parameters.get("format", "cstool")
    if form != "cstool":
        raise InputError(
            f"{folder}: corpus in the format {form}, and only --format cstool can be read; make "
            f"one with `cstool {read.stage} --format cstool`"
        )
    if any(one.stage == "romanize" for one in read.lineage):
        raise InputError(f"{folder}: is romanized already; give the folder it was made from")
    if read.stage == "pair":
        return read, RowColumns("segments")
    if read.stage not in ("extract", "link"):
        return read, RowColumns("entities")
    if read.source is None:
        raise InputError(
            f"{folder}: no language in the manifest; make the folder again with --overwrite"
        )
    return read, RowColumns(_MENTIONS, read.source.language)


def romanized_schema(folder: Path, read: Manifest) -> pa.Schema:
    """Return the columns of a folder's rows and the further ones of `romanize`."""
    if not read.tables:
        raise InputError(f"{folder}: contains no rows; make it again from text")
    schema = open_part(folder / read.tables[0].file).schema_arrow.remove_metadata()
    return pa.schema([*schema, *ROMANIZED_FIELDS])


def spans_of(rows: pa.Table, columns: RowColumns) -> TextSpans:
    """Return the spans of rows."""
    firsts, spans = flat(one_chunk(rows.column(columns.spans)))
    bounds = (spans.field(name).to_numpy().astype(np.int64) for name in ("start", "end"))
    return TextSpans(firsts, *bounds)


def languages_of(rows: pa.Table, columns: RowColumns, romanizer: Romanizer) -> LanguagesOfText:
    """Return the rules for the text of each row and for each of its spans."""
    firsts, spans = flat(one_chunk(rows.column(columns.spans)))
    field = _SPANS[columns.spans]
    if columns.language:
        of_text = strings([columns.language]).take(pa.array(np.zeros(rows.num_rows, np.int32)))
    elif _OF_ROW in rows.column_names:
        of_text = one_chunk(rows.column(_OF_ROW))
    else:  # rows of `pair` consist of their segments
        of_text = strings([""] * rows.num_rows)
    text_codes, text_index = _coded(of_text)
    if field is None:
        of_span = np.repeat(text_index, np.diff(firsts))
        return _with_rules(text_codes, text_index, of_span, romanizer)
    span_codes, span_index = _coded(spans.field(field))
    return _with_rules(
        [*text_codes, *span_codes], text_index, span_index + len(text_codes), romanizer
    )


def _coded(column: pa.Array) -> tuple[list[str], Array]:
    coded = column.dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)


def _with_rules(
    codes: list[str], of_text: Array, of_span: Array, romanizer: Romanizer
) -> LanguagesOfText:
    """Return indices of rules for indices of languages: most languages have the general rules."""
    of_code = [romanizer.lcode(code) for code in codes]
    rules = sorted({"", *of_code})
    index = np.array([rules.index(one) for one in of_code], np.int16)
    return LanguagesOfText(tuple(rules), index[of_text], index[of_span])
