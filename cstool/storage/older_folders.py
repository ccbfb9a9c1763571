"""Folders that an older version of cstool wrote, whose rows lack newer columns."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.types as pt

from cstool.arrays.arrow import one_chunk
from cstool.errors import InputError
from cstool.storage.checksums import read_footer
from cstool.storage.manifest import Manifest


def need_columns(folder: Path, manifest: Manifest, schema: pa.Schema) -> None:
    """Raise InputError if the rows of a folder lack columns of its schema, or fields of these."""
    for part in manifest.tables[:1]:
        present = read_footer(folder / part.file).schema.to_arrow_schema()
        missing = [*_missing(present, schema)]
        if missing:
            raise InputError(
                f"{folder}: made by an older cstool ({manifest.version}), without "
                f"{', '.join(missing)}; make it again with `cstool {manifest.stage} … --overwrite`"
            )


def _missing(present: Iterable[pa.Field], wanted: Iterable[pa.Field]) -> Iterator[str]:
    """Yield the names of the missing fields, `entities.origin` for a field of structs in a list."""
    known = {field.name: field.type for field in present}
    for field in wanted:
        if field.name not in known:
            yield field.name
        elif pt.is_list(field.type) and pt.is_struct(field.type.value_type):
            for inner in _missing(known[field.name].value_type, field.type.value_type):
                yield f"{field.name}.{inner}"


def wikis_by_language(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Return the wiki of each source language of a corpus, by its lineage.

    It identifies the wiki of rows without the column `wiki`. Raises InputError if the corpus has
    sentences of two wikis in a language, and no such column.
    """
    sources = {(one.source.language, one.source.wiki) for one in manifest.lineage if one.source}
    if len(dict(sources)) < len(sources):
        need_columns(folder, manifest, pa.schema([("wiki", pa.string())]))
    return dict(sorted(sources))


Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


def with_wikis(rows: Rows, wikis: Mapping[str, str]) -> Rows:
    """Return rows with the column `wiki`: if they lack it, from their source language.

    `wikis`: the wiki of each language, "" for a language that is not in it.
    """
    if "wiki" in rows.schema.names:
        return rows
    codes = one_chunk(rows.column("source_language")).dictionary_encode()
    names = pa.array([wikis.get(code, "") for code in codes.dictionary.to_pylist()], pa.string())
    return rows.append_column("wiki", names.take(codes.indices))
