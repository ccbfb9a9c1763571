"""Reads text files written by users (rules, weights, clusters, lists, test sets): UTF-8 only.

A file that is not UTF-8 text is refused: text decoded with the wrong encoding, or with
replacements for what cannot be decoded, would be passed over without a word.
"""

from pathlib import Path
from typing import IO, NamedTuple

from cstool.errors import InputError

LARGEST = 16 << 20
BOM = b"\xef\xbb\xbf"
_SAVE = "save it as UTF-8"
_DECOMPRESS = "decompress it"


class _Kind(NamedTuple):
    """A kind of file that is not UTF-8 text: its first bytes, its name, and what to do."""

    magic: bytes
    name: str
    hint: str


# Longer ones first: UTF-32 begins like UTF-16.
_KINDS = (
    _Kind(b"\xff\xfe\0\0", "UTF-32 text", _SAVE),
    _Kind(b"\0\0\xfe\xff", "UTF-32 text", _SAVE),
    _Kind(b"\xff\xfe", "UTF-16 text", _SAVE),
    _Kind(b"\xfe\xff", "UTF-16 text", _SAVE),
    _Kind(b"PK\x03\x04", "a zip archive", "unzip it and give the file that it contains"),
    _Kind(b"PK\x05\x06", "an empty zip archive", "give another file"),
    _Kind(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and give the file that it contains"),
    _Kind(b"Rar!\x1a\x07", "a RAR archive", "unpack it and give the file that it contains"),
    _Kind(b"\x1f\x8b", "gzip data", _DECOMPRESS),
    _Kind(b"BZh", "bzip2 data", _DECOMPRESS),
    _Kind(b"\x28\xb5\x2f\xfd", "Zstandard data", _DECOMPRESS),
    _Kind(b"\xfd7zXZ\0", "xz data", _DECOMPRESS),
    _Kind(b"\x04\x22\x4d\x18", "lz4 data", _DECOMPRESS),
    _Kind(b"\x1f\x9d", "compress data", _DECOMPRESS),
    _Kind(b"PAR1", "a Parquet file", "give a text file"),
    _Kind(b"PARE", "an encrypted Parquet file", "decrypt it"),
    _Kind(b"ARROW1", "an Arrow file", "write it as Parquet or JSON lines"),
    _Kind(b"%PDF-", "a PDF file", "save its text"),
    _Kind(b"<?xml", "XML", "extract its texts"),
    _Kind(b"<!DOCTYPE", "HTML", "extract its texts"),
    _Kind(b"<!doctype", "HTML", "extract its texts"),
    _Kind(b"<html", "HTML", "extract its texts"),
)
_TAR, _TAR_AT = b"ustar", 257
# Bytes of UTF-8 text that mark another encoding: UTF-16 without a byte order mark, ISO 2022.
_NO_TEXT = ((b"\0", "a NUL byte"), (b"\x1b", "an escape character"))


def need_text(head: bytes, name: str) -> None:
    """Raise InputError if the first bytes of a file are those of another kind of file."""
    start = head.removeprefix(BOM)
    kind = next((kind for kind in _KINDS if start.startswith(kind.magic)), None)
    if kind is None and head[_TAR_AT:].startswith(_TAR):
        kind = _Kind(_TAR, "a tar archive", "unpack it and give the file that it contains")
    if kind:
        raise InputError(f"{name}: is {kind.name}, not UTF-8 text; {kind.hint}")


def decoded(data: bytes, name: str, line: int = 1) -> str:
    """Return the text of one or more lines, the first with the number `line` in its file.

    A byte order mark at the beginning of the first line of a file is removed. Raises InputError,
    with the line and its byte, for bytes that are not UTF-8 text.
    """
    begin = len(BOM) if line == 1 and data.startswith(BOM) else 0
    try:
        text = data[begin:].decode()
    except UnicodeDecodeError as error:
        where = begin + error.start
        fault = f"{data[where]:#04x} is not UTF-8"
    else:
        mark = next((mark for mark in _NO_TEXT if mark[0] in data), None)
        if mark is None:
            return text
        where, fault = data.index(mark[0]), mark[1]
    before = data[:where]
    number = line + before.count(b"\n")
    byte = where - (before.rfind(b"\n") + 1) + 1
    raise InputError(
        f"{name}: line {number:,}, byte {byte:,}: {fault}, so this is not UTF-8 text; {_SAVE}"
    )


def read_small(file: Path | IO[bytes], name: str) -> str:
    """Return the text of a file, with lines that end with `\\n`.

    Raises InputError for more than LARGEST bytes, and for a file that is not UTF-8 text.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return read_small(opened, name)
    data = file.read(LARGEST + 1)
    need_text(data[:1024], name)
    if len(data) > LARGEST:
        raise InputError(f"{name}: is larger than {LARGEST >> 20} MB; give a smaller file")
    return decoded(data, name).replace("\r\n", "\n").replace("\r", "\n")
