"""Own code compared with a library for the same work: docs/measurements/design.md.

    python -m scripts.bench.libraries labels|sql|sort [--rounds 3]

Each round of a candidate runs in its own process; printed are the least CPU seconds and the most
memory of all rounds. `pip install lmdb mwsql duckdb` for `labels`, `sql` and `sort`.
"""

import argparse
import gzip
import hashlib
import json
import multiprocessing
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.dumps.sql import SqlTable, read_columns, sql_slices
from cstool.languages.codes import entitycs
from cstool.storage.label_store import LabelStore
from cstool.storage.parts import FinishedPart, PartFolder, PartSpec, write_part
from cstool.storage.schemas import ENTITIES
from scripts.bench.labels import GATHER, WRITE, write_entities
from scripts.bench.measure import run
from scripts.data import make_sql_dumps, make_titles

SQL_SAMPLES = Path(__file__).parents[2] / "tests/data/sql"


def _child(work: Callable[..., Any], arguments: Sequence[Any]) -> tuple[float, float, float, Any]:
    begun, clock = time.process_time(), time.monotonic()
    result = work(*arguments)
    cpu, wall = time.process_time() - begun, time.monotonic() - clock
    # Not ru_maxrss, which a child inherits.
    status = Path("/proc/self/status").read_text()
    return cpu, wall, int(status.split("VmHWM:")[1].split()[0]) / 1024, result


def measured(rounds: int, name: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Run `work` in new processes and print what it took; return its result."""
    taken = []
    for _ in range(rounds):
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            taken.append(pool.submit(_child, work, arguments).result())
    cpu, wall = min(t[0] for t in taken), min(t[1] for t in taken)
    print(f"{name:44} {cpu:7.2f} CPU s {wall:7.2f} s {max(t[2] for t in taken):7,.0f} MB")
    return taken[0][3]


# ---- label store, LMDB ----


def labels(folder: Path, rounds: int) -> None:
    """Gather the labels of 100,000 entities in 20 languages."""
    items, codes = 500_000, sorted(entitycs())[:20]
    print(f"{write_entities(folder, items, 20):,} labels in 93 languages, {items:,} items")
    run([sys.executable, "-c", GATHER, str(folder), "none", ",".join(codes)])
    run([sys.executable, "-c", WRITE, str(folder), ",".join(codes)])
    for layout in ("pairs", "items"):
        measured(1, f"LMDB, {layout}: written", fill_lmdb, folder, codes, layout)
    for name in ("store", "pairs", "items"):
        size = sum(file.stat().st_blocks * 512 for file in (folder / name).iterdir())
        print(f"{name}: {size / 1e6:,.0f} MB")
    own = measured(rounds, "label store", ask_store, folder, codes, items)
    pairs = measured(rounds, "LMDB, a key per label, getmulti", ask_pairs, folder, codes, items)
    whole = measured(rounds, "LMDB, a key per item, msgpack", ask_items, folder, codes, items)
    print(f"{own[0]:,} labels found; same labels: {own == pairs == whole}")


def drawn(items: int) -> Any:
    """Return the QIDs to ask for, some of them absent."""
    return np.random.default_rng(5).integers(1, items * 11 // 10, 100_000)


def digest(found: pa.Array) -> tuple[int, str]:
    """Return the number and a hash of labels."""
    return len(found), hashlib.sha1("\n".join(found.to_pylist()).encode()).hexdigest()


def store_of(folder: Path, codes: list[str]) -> LabelStore:
    """Open the store."""
    return LabelStore(folder / "store", codes)


def ask_store(folder: Path, codes: list[str], items: int) -> tuple[int, str]:
    """Gather from the label store."""
    store = store_of(folder, codes)
    return repeated(lambda: own_labels(store, drawn(items), codes))


def own_labels(store: LabelStore, qids: Any, codes: list[str]) -> pa.Array:
    """Return the labels of items in all languages that have one."""
    places = store.find(qids)
    bits = np.unpackbits(store.masks(places).view(np.uint8), axis=1, bitorder="little")
    row, language = np.nonzero(bits[:, : len(codes)])
    return store.labels(places[row], language)[0]


REPEATS = 5


def repeated(ask: Callable[[], pa.Array]) -> tuple[int, str]:
    """Ask some times, print the least CPU seconds of one time, return what was found."""
    seconds = []
    for _ in range(REPEATS):
        begun = time.process_time()
        found = ask()
        seconds.append(time.process_time() - begun)
    print(
        f"    {min(seconds):.3f} CPU s for 100,000 items, {len(found) / min(seconds):,.0f} labels/s"
    )
    return digest(found)


def fill_lmdb(folder: Path, codes: list[str], layout: str) -> None:
    """Write the labels of the store into LMDB."""
    store, lmdb = store_of(folder, codes), import_module("lmdb")
    qids = np.load(folder / "wanted.npy")
    with lmdb.open(str(folder / layout), map_size=1 << 36) as base:
        for first in range(0, len(qids), 50_000):
            asked = qids[first : first + 50_000]
            places = store.find(asked)
            bits = np.unpackbits(store.masks(places).view(np.uint8), axis=1, bitorder="little")
            row, language = np.nonzero(bits[:, : len(codes)])
            texts = store.labels(places[row], language)[0].to_pylist()
            rows: dict[int, dict[str, str]] = {}
            pairs = []
            for i, number, text in zip(row.tolist(), language.tolist(), texts, strict=True):
                pairs.append((struct.pack(">IB", asked[i], number), text.encode()))
                rows.setdefault(int(asked[i]), {})[codes[number]] = text
            if layout == "items":
                encode = msgspec.msgpack.encode
                pairs = [(struct.pack(">I", qid), encode(of)) for qid, of in rows.items()]
            with base.begin(write=True) as transaction:
                transaction.cursor().putmulti(pairs, append=True)


def ask_pairs(folder: Path, codes: list[str], items: int) -> tuple[int, str]:
    """Gather from LMDB with a key per item and language."""
    base = import_module("lmdb").open(str(folder / "pairs"), readonly=True, map_size=1 << 36)

    def ask() -> pa.Array:
        numbers = range(len(codes))
        keys = [struct.pack(">IB", q, n) for q in drawn(items).tolist() for n in numbers]
        with base.begin() as transaction:
            found = transaction.cursor().getmulti(keys)
        return pa.array([value for _, value in found], pa.binary()).cast(pa.string())

    return repeated(ask)


def ask_items(folder: Path, codes: list[str], items: int) -> tuple[int, str]:
    """Gather from LMDB with a key per item, whose value has all labels."""
    base = import_module("lmdb").open(str(folder / "items"), readonly=True, map_size=1 << 36)
    decode = msgspec.msgpack.Decoder(dict[str, str]).decode

    def ask() -> pa.Array:
        found = []
        with base.begin(buffers=True) as transaction:
            for qid in drawn(items).tolist():
                value = transaction.get(struct.pack(">I", qid))
                if value is not None:
                    of = decode(value)
                    found += [of[code] for code in codes if code in of]
        return pa.array(found, pa.string())

    return repeated(ask)


# ---- SQL reader, mwsql ----

TABLES = {
    "page": ("page_id", "page_namespace", "page_title", "page_is_redirect"),
    "page_props": ("pp_page", "pp_propname", "pp_value"),
    "redirect": ("rd_from", "rd_namespace", "rd_title"),
}


def sql(folder: Path, rounds: int) -> None:
    """Read the tables of 100,000 titles, and dumps of a MariaDB server."""
    for long_lines in (True, False):
        shape = make_titles.Shape(40_000, 60_000, 50_000, long_lines=long_lines)
        made = folder / ("long" if long_lines else "short")
        made.mkdir()
        print(
            "a line per statement"
            if long_lines
            else "a line per row, as mariadb-dump 10.11.19 writes"
        )
        for path in make_titles.make(made, shape):
            table = path.name.split("-")[-1].removesuffix(".sql.gz")
            own = measured(rounds, f"{table}: cstool", own_rows, path, table)
            their = measured(rounds, f"{table}: mwsql", their_rows, path)
            print(f"    rows: {own:,}, mwsql: {their}")
    expected = json.loads(gzip.decompress((SQL_SAMPLES / "rows.json.gz").read_bytes()))
    for path in sorted(SQL_SAMPLES.glob("*.sql.gz")):
        table = path.name.partition("-")[2].removesuffix(".sql.gz")
        wanted = sorted(map(bare, expected[table]))
        own = sorted(map(bare, own_values(path, table))) == wanted
        print(f"{path.name}: cstool {own}; mwsql {their_answer(path, table, wanted)}")


def own_rows(path: Path, table: str) -> int:
    """Read the columns that `cstool titles` needs; return the rows."""
    wanted = SqlTable(table, TABLES[table])
    slices = sql_slices(str(path), wanted, 16 << 20, None)
    return sum(len(read_columns(slice_, wanted)[0]) for slice_, _ in slices)


def their_rows(path: Path) -> int | str:
    """Read the rows with mwsql; return their number or the error."""
    try:
        return sum(1 for _ in import_module("mwsql").Dump.from_file(path).rows())
    except Exception as error:  # noqa: BLE001 - what the library raises is the result
        return f"{type(error).__name__}: {error}"


def own_values(path: Path, table: str) -> Iterator[list[Any]]:
    """Yield rows as in rows.json.gz."""
    columns = make_sql_dumps.COLUMNS[table]
    wanted = SqlTable(table, columns)
    for slice_, _ in sql_slices(str(path), wanted, 1 << 20, None, database=make_sql_dumps.DATABASE):
        yield from zip(*(c.to_pylist() for c in read_columns(slice_, wanted)), strict=True)


def bare(row: Sequence[Any]) -> tuple[str, ...]:
    """Return a row of bytes or of rows.json.gz as text; strings in hexadecimal, NULL as ""."""

    def text(value: Any) -> str:
        if isinstance(value, bytes):
            return str(int(value)) if value.lstrip(b"-").isdigit() else value.hex()
        if isinstance(value, str) and (plain := bytes.fromhex(value)).lstrip(b"-").isdigit():
            return str(int(plain))
        return "" if value is None else str(value)

    return tuple(map(text, row))


def their_answer(path: Path, table: str, wanted: list[tuple[str, ...]]) -> str:
    """Return how many rows mwsql reads as they were inserted, of how many, or its error."""
    try:
        dump = import_module("mwsql").Dump.from_file(path, encoding="latin-1")
        places = [dump.col_names.index(name) for name in make_sql_dumps.COLUMNS[table]]
        found = [
            bare([row[i].encode("latin-1") for i in places]) if len(row) > max(places) else ()
            for row in dump.rows()
        ]
    except Exception as error:  # noqa: BLE001 - what the library raises is the result
        return f"{type(error).__name__}: {error}"
    right = sum(row in {*wanted} for row in found)
    return f"{right} of {len(wanted)} rows ({len(found)} read)"


# ---- external sort, Polars, DuckDB ----


SORTED = (100_000, 400_000, 1_600_000)  # items


class InOneProcess:
    """Runs the tasks of a step one after another, as `storage.run.Run` with one worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def work(self, phase: str) -> Path:
        """Return the folder of intermediate parts."""
        return self._folder / "work" / phase

    def map(
        self, work: Callable[..., Any], shared: Any, tasks: Any, spec: PartSpec
    ) -> list[FinishedPart]:
        """Make a part from each task."""
        path = self.work(spec.phase) if spec.phase else self._folder / "sorted"
        path.mkdir(parents=True, exist_ok=True)
        folder = PartFolder(path, self._folder, "")
        return [write_part(folder, t.file, "", spec, work(t.slice, shared)) for t in tasks]


def sort(folder: Path, rounds: int) -> None:
    """Sort items in random order: runs, each sorted, to one sequence."""
    for items in SORTED:
        place = folder / str(items)
        write_entities(place, items, 10)
        table = pq.read_table(sorted((place / "entities").glob("*.parquet")))
        order = np.random.default_rng(3).permutation(items)
        runs = place / "runs"
        runs.mkdir()
        for number, rows in enumerate(np.array_split(order, max(2, items // 25_000))):
            piece = table.take(pa.array(np.sort(rows))).combine_chunks()
            groups = (piece.slice(i, 4096) for i in range(0, len(rows), 4096))
            name = f"part-{number:06d}.parquet"
            write_part(PartFolder(runs, place, ""), name, "", PartSpec(ENTITIES), closing(groups))
        size = table.nbytes
        print(f"{items:,} items, {size / 1e6:,.0f} MB in memory")
        del table
        measured(rounds, "cstool, ranges of 64 MB", own_sort, place, size)
        measured(rounds, "Polars, streaming, one thread", polars_sort, place)
        measured(rounds, "DuckDB, one thread, limit 1 GB", duckdb_sort, place)
        found = [pq.read_table(p, columns=["qid"])["qid"].to_numpy() for p in outputs(place)]
        print("    same order:", all(np.array_equal(found[0], other) for other in found[1:]))


def closing(groups: Iterator[pa.Table]) -> Any:
    """Yield row groups, and return counts, as the work on a part does."""
    from cstool.storage.counts import Counts

    yield from groups
    return Counts()


def outputs(place: Path) -> list[Path]:
    """Return the sorted files or folders."""
    return [place / "sorted", place / "polars.parquet", place / "duckdb.parquet"]


def own_sort(place: Path, size: int) -> int:
    """Sort with the code of `cstool entities`."""
    from cstool.stages.entities.sort import sort_runs

    files = sorted((place / "runs").glob("*.parquet"))
    return len(sort_runs(InOneProcess(place), files, size, 64 << 20))  # type: ignore[arg-type]


def polars_sort(place: Path) -> None:
    """Sort with Polars' streaming engine."""
    import os

    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    rows = pl.scan_parquet(str(place / "runs/*.parquet")).sort("qid", maintain_order=True)
    rows.sink_parquet(place / "polars.parquet", compression="zstd", engine="streaming")


def duckdb_sort(place: Path) -> None:
    """Sort with DuckDB, which spills to disk."""
    base = import_module("duckdb").connect()
    base.execute("SET enable_progress_bar = false")
    base.execute(f"SET threads = 1; SET memory_limit = '1GB'; SET temp_directory = '{place}/spill'")
    base.execute(
        f"COPY (SELECT * FROM read_parquet('{place}/runs/*.parquet') ORDER BY qid) "
        f"TO '{place}/duckdb.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )


def compare(works: dict[str, Callable[[Path, int], None]], description: str | None) -> None:
    """Run the comparison that the command line names."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("what", choices=works)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        works[given.what](Path(folder), given.rounds)


if __name__ == "__main__":
    compare({"labels": labels, "sql": sql, "sort": sort}, __doc__)
