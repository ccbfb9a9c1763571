#!/usr/bin/env python3
"""Generate the test data in tests/data/sql: small dumps with difficult values, by a MariaDB server.

    apt-get install mariadb-server
    python -m scripts.data.make_sql_dumps -o tests/data/sql

Starts a server in a temporary folder (a socket, no network), creates the tables `page`,
`page_props` and `redirect` as MediaWiki does (its schema of 1.43, varbinary), inserts rows with
strings of arbitrary bytes, and dumps each table with mariadb-dump in several ways. `rows.json`
contains the inserted rows, strings in hexadecimal.
"""

import argparse
import getpass
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Value = int | bytes | None
Rows = dict[str, list[tuple[Value, ...]]]

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")
DATABASE = "hostilewiki"
# https://www.mediawiki.org/wiki/Manual:Page_table, …:Page_props_table, …:Redirect_table
SCHEMA = {
    "page": """CREATE TABLE page (
  page_id INT UNSIGNED AUTO_INCREMENT NOT NULL,
  page_namespace INT NOT NULL,
  page_title VARBINARY(255) NOT NULL,
  page_is_redirect TINYINT UNSIGNED DEFAULT 0 NOT NULL,
  page_is_new TINYINT UNSIGNED DEFAULT 0 NOT NULL,
  page_random DOUBLE UNSIGNED NOT NULL,
  page_touched BINARY(14) NOT NULL,
  page_links_updated VARBINARY(14) DEFAULT NULL,
  page_latest INT UNSIGNED NOT NULL,
  page_len INT UNSIGNED NOT NULL,
  page_content_model VARBINARY(32) DEFAULT NULL,
  page_lang VARBINARY(35) DEFAULT NULL,
  UNIQUE INDEX page_name_title (page_namespace, page_title),
  INDEX page_random (page_random),
  PRIMARY KEY(page_id)
) ENGINE=InnoDB DEFAULT CHARSET=binary""",
    "page_props": """CREATE TABLE page_props (
  pp_page INT UNSIGNED NOT NULL,
  pp_propname VARBINARY(60) NOT NULL,
  pp_value BLOB NOT NULL,
  pp_sortkey FLOAT DEFAULT NULL,
  PRIMARY KEY(pp_page, pp_propname)
) ENGINE=InnoDB DEFAULT CHARSET=binary""",
    "redirect": """CREATE TABLE redirect (
  rd_from INT UNSIGNED DEFAULT 0 NOT NULL,
  rd_namespace INT DEFAULT 0 NOT NULL,
  rd_title VARBINARY(255) DEFAULT '' NOT NULL,
  rd_interwiki VARBINARY(32) DEFAULT '' NOT NULL,
  rd_fragment VARBINARY(255) DEFAULT '' NOT NULL,
  PRIMARY KEY(rd_from)
) ENGINE=InnoDB DEFAULT CHARSET=binary""",
}
# How the dumps are written: name → mariadb-dump's options (Wikimedia's are the first).
WAYS = {
    "extended": ("--quick",),
    "single": ("--skip-extended-insert", "--complete-insert"),
    "small": ("--net-buffer-length=4096", "--hex-blob"),
    "compact": ("--compact", "--skip-extended-insert"),
}
STRINGS = (
    b"Plain",
    b"It's",
    b"''",
    b"'",
    b'Say_"no"',
    b"Back\\slash",
    b"\\",
    b"\\\\",
    b"\\'",
    b"\\n_is_no_newline",
    b"New\nline",
    b"Return\rand\ttab\b",
    b"Nul\0inside",
    b"\0",
    b"Control\x1aZ",
    b"100%_\\%_\\_",
    b"a),(b",
    b"'),('",
    b"x');\nINSERT INTO `page` VALUES (9,'",
    b"(1,2)",
    b";\n",
    b"--_no_comment",
    b"/*_none_*/",
    b"#_none",
    b"`ticked`",
    b"NULL",
    b"0x41",
    b"_binary",
    b"-1.5e10",
    b"Caf\xc3\xa9_\xf0\x9f\x98\x80_\xe6\xbc\xa2",
    b"e\xcc\x81",
    b"Broken_\xff\xfe_UTF-8_\xc3",
    b"\xf0\x9f",
    bytes(range(1, 256)),
    b"L" * 254 + b"'",
    b"\\" * 255,
    "ŵ".encode() * 127,
    b" trailing ",
    b"",
)


def hostile_rows() -> Rows:
    """Return rows of the three tables, the same ones each time, sorted by their keys."""
    rows: Rows = {"page": [], "page_props": [], "redirect": []}
    for number, text in enumerate(STRINGS, 1):
        rows["page"].append((number, 0, text, 0, 0, b"20260101000000", text[:14] or None, number))
        rows["page"].append(
            (
                1000 + number,
                -2 if number % 2 else 14,
                text,
                1,
                1,
                text[:14].ljust(14, b"\0"),
                None,
                0,
            )
        )
        # The largest number that the column holds, too.
        rows["redirect"].append(
            (1000 + number if number > 1 else 2**32 - 1, 0, text, text[:32], text[::-1])
        )
        rows["page_props"] += [
            (number, b"defaultsort", text * 40, None),
            (number, b"wikibase_item", b"Q%d" % (number * 7), -number),
        ]
    rows["page_props"].append((5000, b"long", b"'\\\n\0\xff" * 13_000, 2))
    return {table: sorted(listed, key=_key) for table, listed in rows.items()}


def _key(row: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(f"{v:012}" if isinstance(v, int) else repr(v) for v in row[:2])


COLUMNS = {
    "page": (
        *("page_id", "page_namespace", "page_title", "page_is_redirect", "page_is_new"),
        *("page_touched", "page_lang", "page_len"),
    ),
    "page_props": ("pp_page", "pp_propname", "pp_value", "pp_sortkey"),
    "redirect": ("rd_from", "rd_namespace", "rd_title", "rd_interwiki", "rd_fragment"),
}
_OTHERS = {"page": (("page_random", b"0.5"), ("page_latest", b"1"))}


def insert(table: str, row: Sequence[Value]) -> bytes:
    """Return the statement that inserts a row: strings in hexadecimal, so that all is certain."""
    more = _OTHERS.get(table, ())
    names = [*COLUMNS[table], *(name for name, _ in more)]
    values = [_written(value) for value in row] + [value for _, value in more]
    return (
        f"INSERT INTO {table} ({','.join(names)}) VALUES (".encode() + b",".join(values) + b");\n"
    )


def _written(value: Value) -> bytes:
    if value is None:
        return b"NULL"
    if isinstance(value, int):
        return b"%d" % value
    return b"X'%s'" % value.hex().encode()


def installed() -> bool:
    """Whether the server's programs are there."""
    return all(map(shutil.which, PROGRAMS))


@contextmanager
def server() -> Iterator[Path]:
    """Run a server of our own; give its socket."""
    with tempfile.TemporaryDirectory(prefix="sql", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data, socket = folder / "data", folder / "socket"
        small = ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M"]
        common = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}", *small]
        subprocess.run(
            ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"],
            check=True, capture_output=True,
        )  # fmt: skip
        options = [f"--socket={socket}", "--skip-networking", f"--pid-file={folder / 'pid'}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["mariadbd", *common, *options], stdout=log, stderr=subprocess.STDOUT
            )
        try:
            _await(socket, process, folder / "log")
            yield socket
        finally:
            process.terminate()
            process.wait(30)


def _await(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if socket.exists() and _run("mariadb", socket, ["-e", "SELECT 1"], check=False):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"mariadbd does not start: {log.read_text(errors='replace')[-2000:]}")


def _run(
    program: str, socket: Path, arguments: Sequence[str], *, given: bytes = b"", check: bool = True
) -> bytes:
    command = [program, "--no-defaults", f"--socket={socket}", "-uroot", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{program}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def fill(socket: Path, rows: Rows, database: str = DATABASE) -> None:
    """Make the database, its tables and their rows."""
    # An empty string and one of odd bytes are to be stored as they are.
    begin = f"CREATE DATABASE {database} CHARSET binary;\nUSE {database};\nSET sql_mode='';\n"
    tables = "".join(f"{SCHEMA[table]};\n" for table in rows)
    statements = [insert(table, row) for table, listed in rows.items() for row in listed]
    given = begin.encode() + tables.encode() + b"".join(statements)
    _run("mariadb", socket, ["--binary-mode", "--max-allowed-packet=64M"], given=given)


def dump(socket: Path, table: str, options: Sequence[str], database: str = DATABASE) -> bytes:
    """Return a table's dump."""
    return _run("mariadb-dump", socket, [*options, database, table])


def main() -> int:
    """Write the dumps and what they hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    out: Path = parser.parse_args().output
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        print(f"not installed: {', '.join(missing)} (apt-get install mariadb-server)")
        return 1
    out.mkdir(parents=True, exist_ok=True)
    rows = hostile_rows()
    with server() as socket:
        fill(socket, rows)
        for way, options in WAYS.items():
            for table in rows:
                path = out / f"{way}-{table}.sql.gz"
                path.write_bytes(gzip.compress(dump(socket, table, options), mtime=0))
                print(f"{path.stat().st_size:>8,} bytes  {path}")
    shown = {
        table: [[v.hex() if isinstance(v, bytes) else v for v in row] for row in listed]
        for table, listed in rows.items()
    }
    data = gzip.compress(json.dumps(shown).encode(), mtime=0)
    (out / "rows.json.gz").write_bytes(data)
    os.sync()
    return 0


if __name__ == "__main__":
    sys.exit(main())
