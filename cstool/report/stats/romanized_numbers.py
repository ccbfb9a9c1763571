"""Statistics of a folder of `romanize`: rows that change, and letters that are Latin."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays.arrow import one_chunk
from cstool.report.stats.read_batches import at_once, batches
from cstool.storage.manifest import Manifest

# Number of rows to read, about; of more, row groups at regular intervals.
SAMPLE = 1_000_000
_TEXTS = ("text", "romanized")


class RomanizedLanguage(msgspec.Struct):
    """The rows of a language: those read, those that change, and their letters before and after.

    `letters`, `latin`: of the text, and those of them that are Latin; `letters_after`,
    `latin_after`: of the text in Latin letters.
    """

    language: str
    rows: int = 0
    changed: int = 0
    letters: int = 0
    latin: int = 0
    letters_after: int = 0
    latin_after: int = 0

    @property
    def shares(self) -> tuple[float | None, float | None, float | None]:
        """The shares of rows that change, of Latin letters before, and of those after."""
        return (
            _share(self.changed, self.rows),
            _share(self.latin, self.letters),
            _share(self.latin_after, self.letters_after),
        )

    def add(self, texts: pa.Table) -> None:
        """Add rows."""
        before, after = (one_chunk(texts.column(name)) for name in _TEXTS)
        self.rows += texts.num_rows
        self.changed += pc.sum(pc.not_equal(before, after)).as_py() or 0
        self.letters += _count(before, r"\p{L}")
        self.latin += _count(before, r"\p{Latin}")
        self.letters_after += _count(after, r"\p{L}")
        self.latin_after += _count(after, r"\p{Latin}")


def romanized_stats(folder: Path, manifest: Manifest) -> list[RomanizedLanguage]:
    """Return the statistics by language. Raises InputError if the folder cannot be read.

    Of a large folder, a sample is read. Pages in several languages are one language, `en+ja`.
    """
    name = _LANGUAGE.get(manifest.inputs[0].name, "language")
    source = manifest.source.language if manifest.source else ""
    columns = [*_TEXTS, *([name] if name else [])]
    rows = sum(part.rows for part in manifest.tables)
    every = max(1, rows // SAMPLE)
    found: dict[str, RomanizedLanguage] = {}
    unit = "page" if name == "languages" else manifest.row_unit
    for batch in batches(folder, manifest.tables, columns, at_once(unit), every=every):
        table = pa.table(batch)
        codes = _codes(table, name, source)
        for code in codes.unique().to_pylist():
            here = table.filter(pc.equal(codes, code))
            found.setdefault(code, RomanizedLanguage(code)).add(here)
    return sorted(found.values(), key=lambda one: (-one.rows, one.language))


# The column with the language of a row, by the stage of the folder that was read; "" if all rows
# have the same.
_LANGUAGE = {"extract": "", "link": "", "pair": "languages"}


def _codes(table: pa.Table, name: str, source: str) -> pa.Array:
    """Return the language of each row."""
    if not name:
        return pa.array([source] * table.num_rows, pa.string())
    column = one_chunk(table.column(name))
    return pc.binary_join(column, "+") if name == "languages" else column


def _count(texts: pa.Array, pattern: str) -> int:
    number: int | None = pc.sum(pc.count_substring_regex(texts, pattern)).as_py()
    return number or 0


def _share(some: int, whole: int) -> float | None:
    return some / whole if whole else None
