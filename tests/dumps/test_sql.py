"""SQL dumps: any values, in any notation, truncated anywhere."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cstool.dumps.sql import SqlTable, read_columns, sql_slices, whole_numbers
from cstool.dumps.sql_rows import Block, careful_columns, plain_columns
from cstool.dumps.sql_text import literal
from cstool.errors import CutInputError, InputError
from tests.support import gzipped

TABLE = SqlTable("t", ("a", "b"), ("c",))
CREATE = (
    "CREATE TABLE `t` (\n  `a` int(8) NOT NULL,\n  `b` blob,\n  `c` double DEFAULT 'x,(\\')'\n);\n"
)
END = "-- Dump completed on 2026-10-01  0:00:00\n"
HEAD = "-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB\n-- Host: localhost    Database: aawiki\n"

Value = bytes | None
Row = tuple[Value, ...]
_SHORT = {0: b"\\0", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 34: b'\\"', 39: b"\\'", 92: b"\\\\"}
_NEEDED = frozenset((39, 92))


def dumped(text: bytes) -> bytes:
    """Write a string as mariadb-dump does."""
    return b"'" + b"".join(_SHORT.get(code, bytes([code])) for code in text) + b"'"


@st.composite
def literals(draw: st.DrawFn, bare: bool = True) -> tuple[bytes, Value]:
    """A value written in one of the ways of SQL, and what it means."""
    kind = draw(st.sampled_from(["dumped", "odd", "hex", "null", "number"]))
    text = draw(st.one_of(st.binary(max_size=12), st.text("ab'\\,();\"`\n #-/*é", max_size=9)))
    text = text.encode() if isinstance(text, str) else text
    if kind == "null":
        return b"NULL", None
    if kind == "number":
        number = draw(st.sampled_from([b"0", b"-1", b"7", b"12345678901", b"0.5", b"-1.25e-07"]))
        return number, number
    if kind == "hex":
        return draw(
            st.sampled_from([b"0x%s", b"X'%s'", b"_binary 0x%s"])
        ) % text.hex().encode(), text
    prefix = draw(st.sampled_from([b"", b"", b"_binary "]))
    if kind == "dumped":
        return prefix + dumped(text), text
    written = b""
    for code in text:
        ways = [bytes([code])] if code not in _NEEDED else []
        ways += [_SHORT[code]] if code in _SHORT else []
        ways += [b"''"] if code == 39 else []
        ways += [b"\\b"] if code == 8 else []
        # Any other letter may have a backslash that means nothing.
        ways += [b"\\" + bytes([code])] if code not in b"0bnrtZ%_" else []
        written += draw(st.sampled_from(ways))
    return prefix + b"'" + written + b"'", text


def block(data: bytes, columns: Sequence[str] = ("a", "b", "c")) -> Block:
    return Block("t", tuple(columns), None, data)


def values(columns: list[pa.Array] | None) -> list[Row] | None:
    return None if columns is None else list(zip(*(c.to_pylist() for c in columns), strict=True))


def statement(rows: Sequence[Sequence[bytes]], between: bytes = b",", head: bytes = b"") -> bytes:
    listed = between.join(b"(" + b",".join(row) + b")" for row in rows)
    return (head or b"INSERT INTO `t` VALUES ") + listed + b";\n"


@given(literals())
@example((b"'\\%'", b"\\%"))
@example((b"'\\_'", b"\\_"))
@example((b"'a' 'b'", b"ab"))
@example((b"N'a'", b"a"))
@example((b"b'101'", b"\5"))
@example((b'"it\'s \\"so\\" """', b'it\'s "so" "'))
def test_a_literal_means_what_was_written(case: tuple[bytes, Value]) -> None:
    assert literal(case[0]) == case[1]


@given(
    st.lists(st.lists(st.tuples(literals(), literals(), literals()), min_size=1), min_size=1),
    st.sampled_from([b",", b",\n", b" ,\r\n "]),
)
def test_rows_are_read_back_both_ways(
    statements: list[list[tuple[tuple[bytes, Value], ...]]], between: bytes
) -> None:
    data = b"".join(
        statement([[written for written, _ in row] for row in rows], between) for rows in statements
    )
    expected = [tuple(value for _, value in row) for rows in statements for row in rows]
    assert values(careful_columns(block(data), ("a", "b", "c"))) == expected
    assert values(plain_columns(block(data), ("a", "b", "c"))) in (None, expected)


@given(st.lists(st.tuples(st.integers(), st.binary(max_size=20), st.none()), min_size=1))
def test_rows_of_dumps_take_the_fast_path(rows: list[tuple[int, bytes, None]]) -> None:
    written = [(b"%d" % a, dumped(b), b"NULL") for a, b, _ in rows]
    expected = [(b"%d" % a, b, None) for a, b, _ in rows]
    assert values(plain_columns(block(statement(written)), ("a", "b", "c"))) == expected


@given(st.permutations(["a", "b", "c", "new"]), st.booleans(), st.data())
def test_columns_go_by_their_names(order: list[str], listed: bool, data: st.DataObject) -> None:
    """In any order, with more of them, named by the table or by the statement itself."""
    rows = [{name: b"%d" % i for i, name in enumerate("abc", j)} | {"new": b"'x'"} for j in (1, 9)]
    if data.draw(st.booleans()):
        order = [name for name in order if name != "c"]
    written = [[row[name] for name in order] for row in rows]
    names = b"INSERT INTO `t` (`" + "`, `".join(order).encode() + b"`) VALUES\n"
    text = statement(written, b",\n", names if listed else b"")
    given_ = block(text, ("c", "b", "a") if listed else order)
    c = [None, None] if "c" not in order else [b"3", b"11"]
    expected = [(b"1", b"2", c[0]), (b"9", b"10", c[1])]
    assert values(plain_columns(given_, TABLE.wanted)) == expected
    assert values(careful_columns(given_, TABLE.wanted)) == expected


def write(folder: Path, text: str | bytes) -> str:
    path = folder / "t.sql"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def read(path: str, size: int = 1 << 20, faults: list[str] | None = None) -> list[Row]:
    slices = [slice_ for slice_, _ in sql_slices(path, TABLE, size, faults, database="aawiki")]
    rows = (values(read_columns(slice_, TABLE)) for slice_ in slices)
    return list(itertools.chain.from_iterable(row or [] for row in rows))


ROWS: list[Row] = [
    (b"1", b"x', (y;\n-- \\", b"0.5"),
    (b"-2", None, b"1e-05"),
    (b"3", b"", None),
    (b"4", b"INSERT INTO `t` VALUES (1", b"7"),
]
WRITTEN = [
    b"(1,'x\\', (y;\\n-- \\\\',0.5)",
    b"(-2,NULL,1e-05)",
    b"(3,'',NULL)",
    b"(4,'INSERT INTO `t` VALUES (1',7)",
]
LAYOUTS = {
    "one line": "INSERT INTO `t` VALUES " + ",".join(map(bytes.decode, WRITTEN)) + ";\n",
    "a line a row": "INSERT INTO `t` VALUES\n" + ",\n".join(map(bytes.decode, WRITTEN)) + ";\n",
    "a statement a row": "".join(f"INSERT INTO `t` VALUES {row.decode()};\n" for row in WRITTEN),
    "all on a line": "".join(f"INSERT INTO `t` VALUES {row.decode()};" for row in WRITTEN) + "\n",
    "rows over lines": "INSERT INTO `t` VALUES " + ",".join(
        row.decode().replace(",", "\n ,\n", 1) for row in WRITTEN) + "\n;\n",
    "its own columns": "INSERT INTO `t` (`a`, `b`, `c`) VALUES " + ",".join(
        map(bytes.decode, WRITTEN)) + ";\n",
    "columns without quotes": "INSERT IGNORE INTO aawiki.t (a,b,c) VALUES " + ",".join(
        map(bytes.decode, WRITTEN)) + ";\n",
    "comments": "/* it's */ INSERT INTO `t` VALUES " + ", -- it's (one\n".join(
        map(bytes.decode, WRITTEN)) + "; # it's one, too\n/*!40000 ALTER TABLE `t` ';' */;\n",
    "other tables": "INSERT INTO `u` VALUES (1,'(');\n" + "".join(
        f"INSERT INTO `t` VALUES {row.decode()};\nINSERT INTO `tt` VALUES (1,2,3);\n"
        for row in WRITTEN),
    "replaced": "replace into t value " + ",".join(map(bytes.decode, WRITTEN)) + ";",
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 64, 200, 1 << 20])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_layout_gives_the_same_rows_in_slices_of_any_size(
    tmp_path: Path, layout: str, size: int
) -> None:
    path = write(tmp_path, HEAD + CREATE + layout + "UNLOCK TABLES;\n" + END)
    assert read(path, size) == ROWS


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_slices_do_not_depend_on_the_compression(tmp_path: Path, layout: str) -> None:
    text = (HEAD + CREATE + layout * 50 + END).encode()
    (tmp_path / "t.sql.gz").write_bytes(gzipped(text))
    slices = [
        [slice_.block for slice_, _ in sql_slices(path, TABLE, 300, None)]
        for path in (write(tmp_path, text), str(tmp_path / "t.sql.gz"))
    ]
    assert slices[0] == slices[1]
    assert len(slices[0]) > 3


def test_a_row_of_megabytes_is_read(tmp_path: Path) -> None:
    long = b"'\\\n\0\xff;(),ab" * 300_000
    text = statement([(b"1", dumped(long), b"2"), (b"2", b"'x'", b"3")])
    path = write(tmp_path, (HEAD + CREATE).encode() + text + END.encode())
    assert read(path, 1 << 16) == [(b"1", long, b"2"), (b"2", b"x", b"3")]


def test_a_table_without_rows_has_none(tmp_path: Path) -> None:
    assert read(write(tmp_path, HEAD + CREATE + END)) == []


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_truncation_is_reported_and_whole_rows_are_kept(tmp_path: Path, layout: str) -> None:
    whole = HEAD + CREATE + layout
    for end in range(len(HEAD + CREATE) - 2, len(whole), 5):
        path = write(tmp_path, whole[:end])
        with pytest.raises(
            CutInputError, match=r"t\.sql: truncated: .* after byte [\d,]+ "
        ) as told:
            read(path)
        assert "\n" not in str(told.value)
        faults: list[str] = []
        kept = read(path, faults=faults)
        assert kept == ROWS[: len(kept)]
        assert faults == [str(told.value)]
    assert len(kept) >= len(ROWS) - 1


def test_a_truncated_gzip_file_keeps_its_whole_rows(tmp_path: Path) -> None:
    rows = [(b"%d" % n, dumped(b"%d" % (n * 7919 % 10**6)), b"NULL") for n in range(20_000)]
    packed = gzipped((HEAD + CREATE).encode() + statement(rows) + END.encode())
    path = tmp_path / "t.sql.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(CutInputError, match="truncated: the gzip data ends early, after byte"):
        read(str(path), 1 << 12)
    kept = read(str(path), 1 << 12, [])
    assert 8_000 < len(kept) < 12_000
    assert [row[0] for row in kept] == [row[0] for row in rows[: len(kept)]]


REFUSED = {
    "no SQL": (
        "<html>404 Not Found</html>\n" * 30,
        "truncated: the SQL ends inside a statement|no table `t`",
    ),
    "another table": (CREATE.replace("`t`", "`u`"), r"no table `t` \(tables: u\)"),
    "no columns": ("INSERT INTO `t` VALUES (1,2,3);\n", "no CREATE TABLE before the rows"),
    "a missing column": (CREATE.replace("`b`", "`d`"), r"has no column b \(columns: a, d, c\)"),
    "another wiki": ("-- Host: localhost    Database: bbwiki\n" + CREATE, "dump of bbwiki, not of"),
    "too few values": (CREATE + "INSERT INTO `t` VALUES (1,2,3),(1,2);\n", "2 values for 3 col"),
    "nonsense": (CREATE + "INSERT INTO `t` VALUES (1,what,3);\n", "what is not a valid value"),
    "a query": (CREATE + "INSERT INTO `t` SELECT * FROM u;\n", "without VALUES"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_another_file_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as told:
        read(write(tmp_path, text))
    assert "\n" not in str(told.value)
    assert "t.sql" in str(told.value)


@pytest.mark.parametrize("value", [b"NULL", b"'x'", b"-1", b"4294967296", b"'\xff'"])
def test_an_invalid_number_is_refused_with_its_offset(tmp_path: Path, value: bytes) -> None:
    path = write(tmp_path, CREATE.encode() + statement([(b"1", b"2", b"3"), (value, b"2", b"3")]))
    ((slice_, _),) = sql_slices(path, TABLE, 1 << 20, None)
    with pytest.raises(
        InputError, match=r"t\.sql: a value of a is not a valid .*; after byte \d+ of the SQL"
    ) as told:
        whole_numbers(read_columns(slice_, TABLE)[0], pa.uint32(), slice_, "a")
    assert "\n" not in str(told.value)
