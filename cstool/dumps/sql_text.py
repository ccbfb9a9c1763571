"""Patterns over bytes for the grammar of mariadb-dump's files, as far as tables of values need it.

https://mariadb.com/kb/en/string-literals/ (escapes, `_binary`), …/hexadecimal-literals/,
…/comment-syntax/, …/create-table/. Names may be quoted with backticks; a quoted text may contain
any bytes, including line breaks and semicolons.
"""

import re
from itertools import islice

# MariaDB's own limit.
MOST_COLUMNS = 4096
_STRING = rb"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
_DOUBLE = rb'"[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"'
_TICKED = rb"`[^`]*+(?:``[^`]*+)*+`"
_COMMENT = rb"(?:--(?=\s)[^\n]*+|\#[^\n]*+|/\*.*?\*/)"
_NAME = rb"(?:" + _TICKED + rb"|" + _DOUBLE + rb"|[\w$\x80-\xff]++)"
_VALUE = rb"(?:[^'\"(),;]++|" + _STRING + rb"|" + _DOUBLE + rb")++"

# White space and comments, including `/*! … */`, which contains no rows in dumps.
BLANK = re.compile(rb"(?:\s++|" + _COMMENT + rb")*+", re.DOTALL)
# The rest of a statement, up to its semicolon.
REST = re.compile(
    rb"(?:[^'\"`;/#-]++|" + rb"|".join((_STRING, _DOUBLE, _TICKED, _COMMENT)) + rb"|[-/])*+;",
    re.DOTALL,
)
CREATE = re.compile(
    rb"CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rb"(?:" + _NAME + rb"\s*\.\s*)?(" + _NAME + rb")\s*\(",
    re.IGNORECASE | re.DOTALL,
)
_FILLS = (
    rb"(?:INSERT|REPLACE)(?:\s+(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\b)*+"
    rb"(?:\s+INTO\b)?+\s+"
)
# INSERT INTO `page` (`page_id`, …) VALUES
INSERT = re.compile(
    _FILLS + rb"(?:" + _NAME + rb"\s*\.\s*)?(?P<table>" + _NAME + rb")\s*"
    rb"(?:\((?P<columns>\s*" + _NAME + rb"(?:\s*,\s*" + _NAME + rb")*+\s*)\)\s*)?"
    rb"VALUES?(?=[\s(]|\Z)\s*",
    re.IGNORECASE | re.DOTALL,
)
INTO = re.compile(
    _FILLS + rb"(?:" + _NAME + rb"\s*\.\s*)?(?P<table>" + _NAME + rb")",
    re.IGNORECASE | re.DOTALL,
)
ROW = re.compile(rb"\(\s*" + _VALUE + rb"(?:\s*,\s*" + _VALUE + rb")*+\s*\)", re.DOTALL)
# Rows, each followed by a comma: an unfinished statement may be cut after them.
ROWS = re.compile(
    rb"(?:" + BLANK.pattern + rb"\((?:[^'\"()]++|" + _STRING + rb"|" + _DOUBLE + rb")*+\)\s*,)*+",
    re.DOTALL,
)
VALUE = re.compile(_VALUE, re.DOTALL)
NAME = re.compile(_NAME, re.DOTALL)

# A definition inside CREATE TABLE (…), and the definitions that are not of a column.
_ITEM = re.compile(
    rb"(?:[^'\"`(),]++|"
    + rb"|".join((_STRING, _DOUBLE, _TICKED))
    + rb"|\((?:[^'\"`()]++|"
    + rb"|".join((_STRING, _DOUBLE, _TICKED))
    + rb"|\([^()]*+\))*+\))++",
    re.DOTALL,
)
_NO_COLUMN = re.compile(
    rb"(?:PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN|CHECK|PERIOD)\b",
    re.IGNORECASE,
)


def name_of(quoted: bytes) -> str:
    """Return the name of a table or column without its quotes."""
    if quoted[:1] in (b"`", b'"'):
        mark = quoted[:1]
        quoted = quoted[1:-1].replace(mark * 2, mark)
    return quoted.decode("utf-8", "replace")


def names_of(listed: bytes) -> tuple[str, ...]:
    """Return the names in a list of columns, at most MOST_COLUMNS + 1 of them."""
    found = islice(NAME.finditer(listed), MOST_COLUMNS + 1)
    return tuple(name_of(match[0]) for match in found)


def created_columns(statement: bytes, begin: int) -> tuple[str, ...]:
    """Return the columns that a CREATE TABLE defines, at most MOST_COLUMNS + 1 of them.

    `begin` is the byte offset after its first parenthesis.
    """
    names: list[str] = []
    position = begin
    while len(names) <= MOST_COLUMNS and (match := _ITEM.match(statement, position)):
        item = match[0].strip()
        if not _NO_COLUMN.match(item) and (name := NAME.match(item)):
            names.append(name_of(name[0]))
        position = match.end()
        if statement[position : position + 1] != b",":
            break
        position += 1
    return tuple(names)


_ESCAPED = re.compile(rb"\\(.)|''", re.DOTALL)
_MEANING = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
# Outside of LIKE these two escapes keep their backslash.
_KEPT = {b"%": rb"\%", b"_": rb"\_"}
_PIECES = re.compile(rb"\s*+(" + _STRING + rb"|" + _DOUBLE + rb")", re.DOTALL)
_CHARSET = re.compile(rb"(?:_[0-9a-z]+|N)\s*(?=['\"0xXbB])", re.IGNORECASE)
_HEX = re.compile(rb"0x([0-9A-Fa-f]*)|[xX]'([0-9A-Fa-f]*)'")
_BITS = re.compile(rb"0b([01]+)|[bB]'([01]*)'")
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def literal(text: bytes) -> bytes | None:
    """Return what an SQL value means: the bytes of a string, a number's digits, None for NULL.

    Raises ValueError when it is none that a dump has.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return text
    if text.upper() == b"NULL":
        return None
    if charset := _CHARSET.match(text):
        text = text[charset.end() :]
    if match := _HEX.fullmatch(text):
        digits = match[1] or match[2] or b""
        return bytes.fromhex(("0" * (len(digits) % 2)) + digits.decode())
    if match := _BITS.fullmatch(text):
        bits = match[1] or match[2] or b""
        return int(bits or b"0", 2).to_bytes((len(bits) + 7) // 8, "big")
    pieces = []
    position = 0
    while match := _PIECES.match(text, position):
        pieces.append(_unescaped(match[1]))
        position = match.end()
    if not pieces or position < len(text):
        raise ValueError(text[:60].decode("utf-8", "replace"))
    return b"".join(pieces)


def _unescaped(quoted: bytes) -> bytes:
    mark, inner = quoted[:1], quoted[1:-1]
    if mark == b'"':
        inner = _ESCAPED_DOUBLE.sub(_meaning, inner)
    elif b"\\" in inner or b"'" in inner:
        inner = _ESCAPED.sub(_meaning, inner)
    return inner


_ESCAPED_DOUBLE = re.compile(rb'\\(.)|""', re.DOTALL)


def _meaning(match: re.Match[bytes]) -> bytes:
    character = match[1]
    if character is None:
        return match[0][:1]
    return _MEANING.get(character) or _KEPT.get(character) or character
