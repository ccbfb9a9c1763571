"""Numbers of a stage's folder, by language: rows, words, entities, and how mixed they are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.languages.words import words_in
from cstool.parts.columns import one_chunk
from cstool.parts.manifest import Manifest, Part, need_stage
from cstool.parts.schemas import BY_STAGE
from cstool.report.mixing import Mixing, Sums, sums_by_language
from cstool.running.errors import InputError

_ROWS_AT_ONCE = 20_000
# Rows a language whose text is read, about: of more, row groups at even distances.
SAMPLE = 100_000


class LanguageStats(msgspec.Struct, frozen=True):
    """One language's numbers. What a stage does not have is None.

    `words` are counted as the language's script has it; `entities` counts spans or mentions;
    `linked` those with a QID. `mixing` is that of code-switched rows. `sampled`: the rows that
    were looked at for `words` and `mixing`, where these are not all.
    """

    language: str
    rows: int
    words: int | None = None
    entities: int | None = None
    linked: int | None = None
    mixing: Mixing | None = None
    sampled: int | None = None

    @property
    def entities_a_sentence(self) -> float | None:
        """Mean number of entities of a row."""
        return self.entities / self.rows if self.entities is not None and self.rows else None


class FolderStats(msgspec.Struct, frozen=True):
    """A folder's numbers: which stage wrote it, the sum, and each language.

    `mixing` is that of all code-switched rows, whatever their languages.
    """

    stage: str
    rows: int
    words: int | None
    entities: int | None
    linked: int | None
    languages: list[LanguageStats]
    mixing: Mixing | None = None


def folder_stats(folder: Path) -> FolderStats:
    """Count what is in a stage's folder. Raises InputError when it is none."""
    manifest = need_stage(folder, *BY_STAGE)
    found, mixing = _COUNT[manifest.stage](folder, manifest)
    languages = sorted(found, key=lambda s: s.language)
    return FolderStats(
        manifest.stage,
        sum(s.rows for s in languages)
        if manifest.stage == "shard"
        else sum(part.rows for part in manifest.tables),
        _sum([s.words for s in languages]),
        _sum([s.entities for s in languages]),
        _sum([s.linked for s in languages]),
        languages,
        mixing,
    )


def _sum(numbers: list[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None


def _scan(folder: Path, manifest: Manifest) -> pl.LazyFrame:
    try:
        return pl.scan_parquet([folder / part.file for part in manifest.tables])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{folder}: cannot be read ({error})") from error


_Found = tuple[list[LanguageStats], Mixing | None]


def _batches(
    folder: Path, parts: list[Part], columns: list[str], *, every: int = 1
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of the parts, some rows at a time: of every so-manieth row group."""
    place = 0
    for part in parts:
        try:
            file = pq.ParquetFile(folder / part.file)
            groups = [i for i in range(file.num_row_groups) if (place + i) % every == 0]
            place += file.num_row_groups
            yield from file.iter_batches(_ROWS_AT_ONCE, row_groups=groups, columns=columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"{folder / part.file}: cannot be read ({error})") from error


def _words(texts: pa.Array) -> np.ndarray[Any, Any]:
    """Return the number of words of each text."""
    strings = texts.to_pylist()
    bounds = np.cumsum([0, *map(len, strings)])
    return words_in("".join(strings), bounds)


def _sentences(folder: Path, manifest: Manifest) -> _Found:
    rows = words = mentions = linked = 0
    for batch in _batches(folder, manifest.tables, ["text", "mentions"]):
        rows += batch.num_rows
        words += int(_words(batch.column("text")).sum())
        flat = batch.column("mentions").flatten()
        mentions += len(flat)
        if manifest.stage == "link":
            linked += len(flat) - flat.field("qid").null_count
    language = manifest.source.language if manifest.source else ""
    known = linked if manifest.stage == "link" else None
    return [LanguageStats(language, rows, words, mentions, known)], None


def _switched(folder: Path, manifest: Manifest) -> _Found:
    form = manifest.parameters.get("format", "cstool")
    if form == "jsonl":
        return _of_lines(folder)
    if form != "cstool":
        return _of_pairs(folder, manifest, *_TEXT[form])
    counted = (
        _scan(folder, manifest)
        .group_by("language")
        .agg(pl.len().alias("rows"), pl.col("entities").list.len().cast(pl.Int64).sum())
    )
    numbers = {code: (rows, n) for code, rows, n in counted.collect(engine="streaming").iter_rows()}
    sampled, sums = _sampled(folder, manifest, {code: rows for code, (rows, _) in numbers.items()})
    languages = []
    for code, (rows, entities) in numbers.items():
        mixed, plain = sums.get((code, False), Sums()), sums.get((code, True), Sums())
        mixing = mixed.measures() if mixed.sentences else None
        seen = sampled.get(code, 0)
        words = (mixed.words + plain.words) * rows // max(1, seen)
        partly = seen if seen < rows else None
        languages.append(LanguageStats(code, rows, words, entities, entities, mixing, partly))
    everything = sum((its for (_, plain), its in sorted(sums.items()) if not plain), Sums())
    return languages, everything.measures() if everything.sentences else None


def _sampled(
    folder: Path, manifest: Manifest, rows: dict[str, int]
) -> tuple[dict[str, int], dict[tuple[str, bool], Sums]]:
    """Return how many rows of each language were read, and their sums: code-switched, and plain.

    A corpus has files by language, in the order of a hash; a folder of `switch` has all in each.
    """
    by_language: dict[str, list[Part]] = {}
    for part in manifest.tables:
        language = part.file.split("/")[1] if manifest.stage == "shard" else ""
        by_language.setdefault(language, []).append(part)
    seen: dict[str, int] = {}
    sums: dict[tuple[str, bool], Sums] = {}
    columns = ["language", "source_language", "text", "entities"]
    for language, parts in by_language.items():
        here = rows[language] if language else sum(rows.values())
        every = max(1, here // (SAMPLE * (1 if language else max(1, len(rows)))))
        for batch in _batches(folder, parts, columns, every=every):
            _add(batch, seen, sums)
    return seen, sums


def _add(batch: pa.RecordBatch, seen: dict[str, int], sums: dict[tuple[str, bool], Sums]) -> None:
    """Add a batch's rows to what was seen, and to the sums."""
    same = pc.equal(batch.column("language"), batch.column("source_language"))
    for code, number in zip(*pc.value_counts(batch.column("language")).flatten(), strict=True):
        seen[code.as_py()] = seen.get(code.as_py(), 0) + number.as_py()
    for plain, rows in ((False, pc.invert(same)), (True, same)):
        some = batch.filter(rows)
        if some.num_rows:
            codes = some.column("language").dictionary_encode()
            found = sums_by_language(codes, some.column("text"), some.column("entities"))
            for code, its in found.items():
                sums[code, plain] = sums.get((code, plain), Sums()) + its


# Columns of the forms without spans: the text, and what its words are counted without.
_TEXT = {"entitycs": ("cs_sentence", r"</?e>", "<e>"), "mt": ("source", r"^<2[^>]*> ", "")}


def _of_pairs(folder: Path, manifest: Manifest, text: str, marks: str, entity: str) -> _Found:
    numbers: dict[str, list[int]] = {}
    for batch in _batches(folder, manifest.tables, ["language", text]):
        texts = batch.column(text)
        found = pc.count_substring(texts, entity).to_numpy() if entity else None
        words = _words(pc.replace_substring_regex(texts, marks, ""))
        codes = one_chunk(batch.column("language")).dictionary_encode()
        for number, code in enumerate(codes.dictionary.to_pylist()):
            here = codes.indices.to_numpy() == number
            row = numbers.setdefault(code, [0, 0, 0])
            row[0] += int(here.sum())
            row[1] += int(words[here].sum())
            row[2] += int(found[here].sum()) if found is not None else 0
    return [
        LanguageStats(code, rows, words, n if entity else None, n if entity else None)
        for code, (rows, words, n) in numbers.items()
    ], None


def _of_lines(folder: Path) -> _Found:
    """Return what `shard` has counted while it wrote lines of JSON."""
    try:
        known = msgspec.json.decode((folder / "stats.json").read_bytes())["languages"]
        return [
            LanguageStats(code, sum(n["rows"].values()), n["words"], n["entities"], n["entities"])
            for code, n in known.items()
        ], None
    except (OSError, KeyError, msgspec.DecodeError) as error:
        raise InputError(f"{folder / 'stats.json'}: cannot be read ({error})") from error


def _entities(folder: Path, manifest: Manifest) -> _Found:
    del folder
    labels = manifest.counts.details.get("languages", {})
    return [LanguageStats(language, number) for language, number in labels.items()], None


def _titles(folder: Path, manifest: Manifest) -> _Found:
    rows = _scan(folder, manifest).select(pl.len()).collect().item()
    language = manifest.source.language if manifest.source else ""
    return [LanguageStats(language, rows)], None


def _examples(folder: Path, manifest: Manifest) -> _Found:
    del folder
    rows = manifest.counts.details.get("rows", {})
    return [LanguageStats(language, number) for language, number in rows.items()], None


_COUNT: dict[str, Callable[[Path, Manifest], _Found]] = {
    "extract": _sentences,
    "link": _sentences,
    "switch": _switched,
    "shard": _switched,
    "entities": _entities,
    "titles": _titles,
    "mask": _examples,
}

_ROWS_ARE = {
    "extract": "sentences",
    "link": "sentences",
    "switch": "sentences",
    "shard": "sentences",
    "entities": "labels",
    "titles": "titles",
    "mask": "rows",
}


_HEAD = ("language", "", "words", "entities", "linked", "a sentence")
# Heads of the measures, in the order in which they are dropped from the right of a narrow table.
_MEASURES = (
    ("CMI", "cmi", ".1f"),
    ("I", "i_index", ".3f"),
    ("M", "m_index", ".3f"),
    ("entropy", "entropy", ".3f"),
    ("burst.", "burstiness", ".3f"),
    ("SPF", "switch_fraction", ".3f"),
    ("CMI+P", "cmi_switches", ".1f"),
)
_SHORTEST_BAR = 5


def as_table(stats: FolderStats, width: int) -> str:
    """Return the numbers as a table of so many columns: of the measures those that have room.

    A bar a language fills what is left.
    """
    head = [*_HEAD, *(name for name, _, _ in _MEASURES)]
    head[1] = _ROWS_ARE[stats.stage]
    rows = sum(s.rows for s in stats.languages)
    everything = LanguageStats("all", rows, stats.words, stats.entities, stats.linked, stats.mixing)
    lines = [_cells(s) for s in [*stats.languages, everything]]
    used = [i for i in range(len(head)) if any(line[i] for line in lines)]
    if stats.stage in ("switch", "shard"):
        used = [i for i in used if i != 4]  # all that stand there are linked
    widths = {i: max(len(head[i]), *(len(line[i]) for line in lines)) for i in used}
    while used[-1] >= len(_HEAD) and _room(widths, used, width) < 0:
        used.pop()
    room = min(40, _room(widths, used, width) - 2)
    most = max((s.rows for s in stats.languages), default=0)
    out = ["  ".join(_cell(head[i], widths[i], i) for i in used)]
    for line, rows in zip(lines, [*(s.rows for s in stats.languages), 0], strict=True):
        bar = "█" * round(room * rows / most) if most and room >= _SHORTEST_BAR else ""
        out.append(("  ".join(_cell(line[i], widths[i], i) for i in used) + "  " + bar).rstrip())
    return "\n".join(out)


def _room(widths: dict[int, int], used: list[int], width: int) -> int:
    """Return how many columns of the terminal the table leaves."""
    return width - sum(widths[i] for i in used) - 2 * (len(used) - 1)


def _cells(stats: LanguageStats) -> list[str]:
    """Return a language's numbers as the table shows them."""
    numbers = (stats.words, stats.entities, stats.linked)
    mean = stats.entities_a_sentence
    measures = [
        (getattr(stats.mixing, field) if stats.mixing else None, form)
        for _, field, form in _MEASURES
    ]
    return [
        stats.language,
        f"{stats.rows:,}",
        *("" if n is None else f"{n:,}" for n in numbers),
        "" if mean is None else f"{mean:.2f}",
        *("" if value is None else f"{value:{form}}" for value, form in measures),
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
