"""`cstool shard`: code-switched sentences → a corpus, one folder a language.

Three phases: `census` finds each language's rows and the pages to hold out; `scatter` writes
each part as a run sorted by (language, split, hash); `gather` makes each shard from a range of
that key. The order of rows is a global shuffle by hash.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from cstool.parts.columns import one_chunk
from cstool.parts.counts import Counts, Tally, total
from cstool.parts.files import Batches, Made, whole_file, write_bytes
from cstool.parts.folder import Run, Task, open_run, part_name
from cstool.parts.hashing import hash_word, mix
from cstool.parts.manifest import (
    ATTRIBUTION,
    Manifest,
    Part,
    describe_folder,
    need_stage,
    sha256,
)
from cstool.parts.runs import KeyRange, in_groups, key_range, read_groups, read_range
from cstool.parts.schemas import SWITCHED
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.card import Split, dataset_card
from cstool.stages.entitycs_format import ENTITYCS, marked_up

Array = np.ndarray[Any, Any]
Format = Literal["cstool", "entitycs"]

_KEY_BITS = 48
_PAGES_FILE = "attribution.tsv.zst"
_ROWS_A_GROUP = 20_000
_ROWS_AT_ONCE = 300_000
_KEYED = SWITCHED.append(pa.field("key", pa.uint64()))
_PAGES = pa.schema([("language", pa.string()), ("page", pa.uint64()), ("rows", pa.int64())])


@dataclass(frozen=True)
class ShardOptions:
    """How the corpus is cut.

    `validation`: sentences a language to hold out, or a tenth of them if that is less: so many
    at least, since whole pages are held out, for all languages alike.
    """

    rows_per_shard: int = 500_000
    validation: int = 100
    seed: int = 0
    format: Format = "cstool"


@dataclass(frozen=True)
class _Plan:
    """The languages in their order, and the pages to hold out, by their hashes."""

    languages: tuple[str, ...]
    held_out: tuple[int, ...]
    options: ShardOptions


def shard(
    switched: Sequence[Path], out: Path, options: ShardOptions, running: RunOptions
) -> Manifest:
    """Make a corpus of code-switched folders; return the manifest.

    Raises InputError for a folder of another stage, OutputError for `out`.
    """
    read = [need_stage(folder, "switch") for folder in switched]
    inputs = [describe_folder(f, m) for f, m in zip(switched, read, strict=True)]
    parameters = {
        "rows_per_shard": options.rows_per_shard,
        "validation": options.validation,
        "seed": options.seed,
        "format": options.format,
    }
    switched = [folder.absolute() for folder in switched]
    with open_run(
        out,
        stage="shard",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=switched,
    ) as run:
        return run.finished or _fill(run, switched, read, options)


def _fill(
    run: Run, switched: Sequence[Path], read: list[Manifest], options: ShardOptions
) -> Manifest:
    files = [
        (str(folder / part.file), part.checksum)
        for folder, manifest in zip(switched, read, strict=True)
        for part in manifest.tables
    ]
    tasks = [Task(part_name(i), file, print_) for i, (file, print_) in enumerate(files)]
    found = run.map(
        census, options, tasks, _PAGES,
        label="shard: count", size=len(tasks), unit="part", phase="census",
    )  # fmt: skip
    plan = _plan(run.work("census"), found, options)
    runs = run.map(
        scatter, plan, tasks, _KEYED,
        label="shard: shuffle", size=len(tasks), unit="part", phase="scattered",
    )  # fmt: skip
    rows = total(made.counts for made in runs).details.get("rows by key", {})
    groups = read_groups((run.work("scattered") / made.part.file for made in runs), "key")
    shards = list(_shards(plan, rows, groups))
    schema = SWITCHED if options.format == "cstool" else ENTITYCS
    made = run.map(
        gather, options.format, shards, schema, label="shard: write", size=len(shards), unit="shard"
    )
    counts = total(m.counts for m in made)
    counts.tallies["rows"] = Tally(sum(m.part.rows for m in runs), sum(m.part.rows for m in made))
    extra = _describe(run, switched, read, plan, made, counts)
    return run.finish(made, counts, files=extra)


def census(file: str, options: ShardOptions) -> Batches:
    """Yield, for each language, the pages of a part that may be held out: those first by hash."""
    table = pq.read_table(file, columns=["language", "source_language", "page_id"])
    counts = Counts()
    if table.num_rows:
        frame = pl.from_arrow(
            table.select(["language"]).append_column("page", _pages(table, options.seed))
        )
        assert isinstance(frame, pl.DataFrame)
        pages = frame.group_by("language", "page").len("rows").sort("language", "page")
        for (language,), group in pages.group_by("language", maintain_order=True):
            counts.add("rows", {str(language): int(group["rows"].sum())})
            counts.add("pages", {str(language): group.height})
        before = pl.col("rows").cum_sum().over("language") - pl.col("rows")
        yield pages.filter(before < options.validation).to_arrow().cast(_PAGES)
    return counts


def _pages(table: pa.Table, seed: int) -> pa.Array:
    """Return a hash of each row's page: the same in all languages, other with another seed."""
    sources = one_chunk(table.column("source_language")).dictionary_encode()
    wikis = np.array([hash_word(code, seed) for code in sources.dictionary.to_pylist()], np.uint64)
    pages = table.column("page_id").to_numpy().astype(np.uint64)
    return pa.array(mix(pages ^ wikis[sources.indices.to_numpy()]))


def _plan(folder: Path, found: list[Made], options: ShardOptions) -> _Plan:
    """Choose the pages to hold out, for all languages at once."""
    counts = total(made.counts for made in found).details
    rows, pages = counts.get("rows", {}), counts.get("pages", {})
    if not rows:
        raise InputError("no sentence to make a corpus of: what was given holds none")
    tables = [pq.read_table(folder / made.part.file) for made in found]
    frame = pl.from_arrow(pa.concat_tables([_PAGES.empty_table(), *tables]))
    assert isinstance(frame, pl.DataFrame)
    frame = frame.group_by("language", "page").agg(pl.col("rows").sum()).sort("page", "language")
    candidates: dict[str, list[tuple[int, int]]] = {}
    for language, page, number in frame.iter_rows():
        candidates.setdefault(language, []).append((page, number))
    wanted = {code: min(options.validation, number // 10) for code, number in rows.items()}
    held_out = hold_out(candidates, wanted, pages)
    return _Plan(tuple(sorted(rows)), tuple(sorted(held_out)), options)


def hold_out(
    candidates: dict[str, list[tuple[int, int]]], wanted: dict[str, int], pages: dict[str, int]
) -> set[int]:
    """Return pages that together have at least the wanted rows of each language.

    `candidates`: each language's first pages by hash, with their rows; `pages`: how many it has
    in all. A page that is held out is so for all languages, those with few rows choose first,
    and none loses its last page.
    """
    held: set[int] = set()
    left = dict(pages)
    languages_of: dict[int, list[str]] = {}
    for language, its_pages in candidates.items():
        for page, _ in its_pages:
            languages_of.setdefault(page, []).append(language)
    for language in sorted(wanted, key=lambda code: (wanted[code], code)):
        its_pages = candidates.get(language, [])
        have = sum(number for page, number in its_pages if page in held)
        for page, number in its_pages:
            if have >= wanted[language]:
                break
            if page in held or any(left[other] == 1 for other in languages_of[page]):
                continue
            held.add(page)
            have += number
            for other in languages_of[page]:
                left[other] -= 1
    return held


def scatter(file: str, plan: _Plan) -> Batches:
    """Yield a part's rows sorted by key: language, split, and a hash of the row's name."""
    counts = Counts()
    for table in _bounded(pq.ParquetFile(file)):
        keys = _keys(table, plan)
        order = np.argsort(keys, kind="stable")
        keyed = table.append_column(_KEYED.field("key"), pa.array(keys)).take(pa.array(order))
        folders, numbers = np.unique(keys >> np.uint64(_KEY_BITS), return_counts=True)
        counts.add("rows by key", dict(zip(map(str, folders), map(int, numbers), strict=True)))
        yield from in_groups(keyed)
    return counts


def _bounded(part: pq.ParquetFile) -> Iterator[pa.Table]:
    """Yield a part's row groups, some at a time: what is sorted at once has a bound."""
    groups: list[int] = []
    rows = 0
    for index in range(part.num_row_groups):
        groups.append(index)
        rows += part.metadata.row_group(index).num_rows
        if rows >= _ROWS_AT_ONCE or index == part.num_row_groups - 1:
            yield part.read_row_groups(groups, use_threads=False).combine_chunks()
            groups, rows = [], 0


def _keys(table: pa.Table, plan: _Plan) -> Array:
    languages = one_chunk(table.column("language")).dictionary_encode()
    codes = languages.dictionary.to_pylist()
    of_row = languages.indices.to_numpy()
    numbers = np.array([plan.languages.index(code) for code in codes], np.uint64)
    words = np.array([hash_word(code, plan.options.seed) for code in codes], np.uint64)
    pages = _pages(table, plan.options.seed).to_numpy()
    held_out = np.isin(pages, np.array(plan.held_out, np.uint64))
    ids = table.column("id").to_numpy().astype(np.uint64)
    lots = mix(mix(ids) ^ words[of_row] ^ pages)
    folder = numbers[of_row] * np.uint64(2) + held_out.astype(np.uint64)
    keys: Array = (folder << np.uint64(_KEY_BITS)) | (lots >> np.uint64(64 - _KEY_BITS))
    return keys


def _shards(plan: _Plan, rows: dict[str, int], groups: list[Any]) -> Iterable[Task[KeyRange]]:
    """Yield the shards of each language and split: equal shares of the range of hashes."""
    for number, language in enumerate(plan.languages):
        for split, name in enumerate(("train", "validation")):
            folder = number * 2 + split
            here = rows.get(str(folder), 0)
            shards = -(-here // plan.options.rows_per_shard)
            for i in range(shards):
                low, high = (
                    (folder << _KEY_BITS) + (1 << _KEY_BITS) * part // shards for part in (i, i + 1)
                )
                file = f"data/{language}/{name}-{i:05d}-of-{shards:05d}.parquet"
                yield Task(file, key_range(groups, low, high), f"{low}-{high}")


def gather(range_: KeyRange, format_: Format) -> Batches:
    """Yield the rows of a shard in the order of their hashes; count words and entities."""
    counts = Counts()
    for keyed in read_range(range_, "key", _KEYED).chunks(_ROWS_A_GROUP):
        table = keyed.drop_columns(["key"])
        language = table.column("language")[0].as_py()
        words = pc.sum(pc.count_substring_regex(table.column("text"), r"\S+")).as_py()
        entities = pc.sum(pc.list_value_length(table.column("entities"))).as_py()
        counts.add("words", {language: words})
        counts.add("entities", {language: int(entities)})
        yield marked_up(table) if format_ == "entitycs" else table
    return counts


def _describe(
    run: Run,
    switched: Sequence[Path],
    read: list[Manifest],
    plan: _Plan,
    made: list[Made],
    counts: Counts,
) -> list[Part]:
    """Write the dataset card, the statistics and the attribution; return them as parts."""
    splits: dict[str, dict[str, Split]] = {}
    for m in made:
        _, language, name = m.part.file.split("/")
        split = splits.setdefault(language, {}).setdefault(name.split("-")[0], Split())
        split.rows += m.part.rows
        split.bytes += m.part.bytes
    sources = sorted({m.source.wiki for m in read if m.source})
    statistics = {
        "languages": {
            language: {
                "rows": {name: split.rows for name, split in by_name.items()},
                "words": counts.details["words"].get(language, 0),
                "entities": counts.details["entities"].get(language, 0),
            }
            for language, by_name in splits.items()
        },
        "sources": sources,
    }
    card = dataset_card(splits, sources, plan.options.format)
    data = msgspec.json.format(msgspec.json.encode(statistics), indent=1)
    write_bytes(run.out / "README.md", card.encode())
    write_bytes(run.out / "stats.json", data + b"\n")
    rows = _write_attribution(run.out / _PAGES_FILE, switched, read)
    return [
        _part(run.out, "README.md", 0),
        _part(run.out, "stats.json", 0),
        _part(run.out, _PAGES_FILE, rows),
    ]


def _write_attribution(path: Path, switched: Sequence[Path], read: list[Manifest]) -> int:
    """Write wiki, page, revision and title of every page that a sentence is from."""
    rows = 0
    with whole_file(path) as temporary, zstandard.open(temporary, "wt", encoding="utf-8") as out:
        out.write("wiki\tpage_id\trevision_id\ttitle\n")
        for folder, manifest in zip(switched, read, strict=True):
            wiki = manifest.source.wiki if manifest.source else ""
            for part in manifest.parts:
                if part.file.startswith(ATTRIBUTION):
                    for row in pq.read_table(folder / part.file).to_pylist():
                        out.write("\t".join([wiki, *map(str, row.values())]) + "\n")
                        rows += 1
    return rows


def _part(folder: Path, file: str, rows: int) -> Part:
    return Part(file, rows, (folder / file).stat().st_size, sha256(folder / file))
