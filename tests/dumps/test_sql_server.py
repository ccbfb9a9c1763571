"""Dumps written by a real MariaDB server, with strings of arbitrary bytes."""

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cstool.dumps.sql import SqlTable, read_columns, sql_slices
from cstool.dumps.sql_rows import careful_columns, plain_columns
from scripts.data import make_sql_dumps as made

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "sql"
SIZES = (1, 500, 1 << 20)
# --compact leaves the lines with the server's and the database's name away.
CASES = list(itertools.product(made.WAYS, made.SCHEMA))


@pytest.fixture(scope="module")
def rows() -> dict[str, list[list[int | str | None]]]:
    """What was inserted, as it was written down then."""
    return json.loads(gzip.decompress((DATA / "rows.json.gz").read_bytes()))  # type: ignore[no-any-return]


def read(path: Path, table: str, size: int) -> list[list[int | str | None]]:
    """Return a dump's rows, numbers as numbers, strings in hexadecimal."""
    wanted = SqlTable(table, made.COLUMNS[table])
    found: list[tuple[bytes | None, ...]] = []
    for slice_, _ in sql_slices(str(path), wanted, size, None, database=made.DATABASE):
        columns = read_columns(slice_, wanted)
        careful = careful_columns(slice_.block, wanted.wanted)
        assert [c.to_pylist() for c in columns] == [c.to_pylist() for c in careful]
        found += zip(*(c.to_pylist() for c in columns), strict=True)
    numbers = {i for i, name in enumerate(wanted.wanted) if name in NUMBERS}
    return sorted(
        [
            None if value is None else int(value) if i in numbers else value.hex()
            for i, value in enumerate(row)
        ]
        for row in found
    )


NUMBERS = {
    *("page_id", "page_namespace", "page_is_redirect", "page_is_new", "page_len"),
    *("pp_page", "pp_sortkey", "rd_from", "rd_namespace"),
}


@pytest.mark.parametrize(("way", "table"), CASES)
def test_a_dump_has_the_inserted_rows(
    way: str, table: str, rows: dict[str, list[list[int | str | None]]]
) -> None:
    for size in SIZES:
        assert read(DATA / f"{way}-{table}.sql.gz", table, size) == sorted(rows[table])


@pytest.mark.parametrize("table", made.SCHEMA)
def test_dumps_made_like_wikimedias_take_the_fast_path(table: str) -> None:
    wanted = SqlTable(table, made.COLUMNS[table])
    slices = sql_slices(str(DATA / f"extended-{table}.sql.gz"), wanted, 1 << 20, None)
    for slice_, _ in slices:
        assert plain_columns(slice_.block, wanted.wanted) is not None


def test_the_rows_on_file_are_those_of_the_script(
    rows: dict[str, list[list[int | str | None]]],
) -> None:
    shown = {
        table: [[v.hex() if isinstance(v, bytes) else v for v in row] for row in listed]
        for table, listed in made.hostile_rows().items()
    }
    assert rows == shown


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    """A server that runs now, with the tables."""
    if not made.installed():
        pytest.skip("mariadb-server is not installed")
    with made.server() as path:
        made.fill(path, made.hostile_rows())
        yield path


@pytest.mark.peer
@pytest.mark.parametrize("table", made.SCHEMA)
def test_the_server_that_is_installed_here_is_read_too(
    table: str, socket: Path, tmp_path: Path, rows: dict[str, list[list[int | str | None]]]
) -> None:
    for way, options in made.WAYS.items():
        path = tmp_path / f"{way}.sql"
        path.write_bytes(made.dump(socket, table, options))
        assert read(path, table, 700) == sorted(rows[table])
