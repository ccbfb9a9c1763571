"""Test sets in many forms: each is compared or refused, never passed over."""

import bz2
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather

from cstool.cli.main import cstool
from cstool.errors import InputError
from cstool.stages.shard.contamination import TestTexts
from cstool.stages.shard.read_test_sets import texts_of
from tests.stages.shard.switched import Sentence, write_switched
from tests.support import gzipped

# Nine words, so that it is found in a longer sentence only if it is a text by itself.
TEXT = "Die Brücke führt über den Fluß in die Altstadt."
SENTENCE = f"So: {TEXT} Und dann weiter."
ASCII = "the bridge leads over the river into the old town"


def found(path: Path, sentence: str = SENTENCE) -> bool:
    tests = TestTexts.of(texts_of(path))
    return bool(tests.found_in(pa.array([sentence]))[0])


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def parquet(column: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([1]), "x": column}), sink)
    return sink.getvalue()


def archived() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        entry = tarfile.TarInfo("test.txt")
        entry.size = len(TEXT.encode())
        tar.addfile(entry, io.BytesIO(TEXT.encode()))
    return sink.getvalue()


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("test.txt", TEXT)
    return sink.getvalue()


def arrow() -> bytes:
    sink = io.BytesIO()
    feather.write_feather(pa.table({"x": [TEXT]}), sink)
    return sink.getvalue()


READ: dict[str, bytes | str] = {
    "plain.txt": TEXT,
    "mark.txt": TEXT.encode("utf-8-sig"),
    "dos.txt": f"Erste Zeile.\r\n{TEXT}\r\nLetzte Zeile.\r\n",
    "mac.txt": f"Erste Zeile.\r{TEXT}\rLetzte Zeile.\r",
    "no-suffix": TEXT,
    "text-that-begins-like-json.txt": f"[1] Fußnote\n{TEXT}\n",
    "strings.jsonl": f"{json.dumps('kurz')}\n{json.dumps(TEXT)}\n",
    "escaped.jsonl": json.dumps({"text": TEXT}),
    "mark.jsonl": json.dumps({"text": TEXT}).encode("utf-8-sig"),
    "array.json": json.dumps([{"a": [TEXT]}, {"a": []}]),
    "arrays.jsonl": f"{json.dumps([TEXT, 'kurz'])}\n{json.dumps([1])}\n",
    "cells.csv": f'a,b\n1,"{TEXT}"\n',
    "lines-in-cells.csv": f'a,b\n"eins\nzwei","{TEXT}"\n',
    "semicolons.csv": f"a;b\n1;{TEXT}\n",
    "mark.csv": f"{TEXT},b\n".encode("utf-8-sig"),
    "cells.tsv": f'a\tb\n"1\t{TEXT}\n',
    "cells.tsv.gz": gzipped(f"a\tb\n1\t{TEXT}\n".encode()),
    "text.gz": gzipped(TEXT.encode()),
    "text.bz2": bz2.compress(TEXT.encode()),
    "text.xz": lzma.compress(TEXT.encode()),
    "text.zst": zstandard.compress(TEXT.encode()),
    "gzip-without-its-suffix.txt": gzipped(TEXT.encode()),
    "strings.parquet": parquet(pa.array([TEXT])),
    "parquet-without-its-suffix": parquet(pa.array([TEXT])),
    "large.parquet": parquet(pa.array([TEXT], pa.large_string())),
    "dictionary.parquet": parquet(pa.array([TEXT]).dictionary_encode()),
    "bytes.parquet": parquet(pa.array([TEXT.encode()])),
    "maps.parquet": parquet(pa.array([[("k", TEXT)]], pa.map_(pa.string(), pa.string()))),
    "nested.parquet": parquet(pa.array([{"a": [{"b": TEXT}], "image": b"\xff\xd8"}])),
}

REFUSED: dict[str, tuple[bytes | str, str]] = {
    "utf-16.txt": (TEXT.encode("utf-16"), "is UTF-16 text, not UTF-8 text; save it as UTF-8"),
    "utf-16-be.txt": (b"\xfe\xff" + TEXT.encode("utf-16-be"), "is UTF-16 text"),
    "unmarked-utf-16.txt": (ASCII.encode("utf-16-le"), "line 1, byte 2: a NUL byte"),
    "utf-32.txt": (TEXT.encode("utf-32"), "is UTF-32 text"),
    "utf-16.jsonl": (json.dumps({"x": TEXT}).encode("utf-16"), "is UTF-16 text"),
    "utf-16.txt.gz": (gzipped(TEXT.encode("utf-16")), "is UTF-16 text"),
    "latin-1.txt": (f"{ASCII}\n{TEXT}".encode("latin-1"), "line 2, byte 7: 0xfc is not UTF-8"),
    "latin-1.jsonl": (f'{{}}\n{{"x": "{TEXT}"}}'.encode("latin-1"), "line 2, byte 14: 0xfc"),
    "latin-1.csv": (f"a,b\n{TEXT},".encode("latin-1"), "line 2, byte 7: 0xfc is not UTF-8"),
    "japanese.txt": ("橋は川を渡り旧市街に続く。".encode("iso2022_jp"), "an escape character"),
    "archive.zip": (zipped(), "is a zip archive, not UTF-8 text; unzip it"),
    "zip.txt": (zipped(), "is a zip archive"),
    "zip.gz": (gzipped(zipped()), "is a zip archive"),
    "archive.tar": (archived(), "is a tar archive, not UTF-8 text; unpack it"),
    "archive.tar.gz": (gzipped(archived()), "is a tar archive"),
    "twice.gz": (gzipped(gzipped(TEXT.encode())), "is gzip data"),
    "text.lz4": (b"\x04\x22\x4d\x18" + TEXT.encode(), "is lz4 data"),
    "cut.gz": (gzipped(TEXT.encode())[:-9], "truncated"),
    "gzip.jsonl": (gzipped(TEXT.encode()), "contains gzip data"),
    "text-named.gz": (TEXT, "is not gzip"),
    "cut.parquet": (parquet(pa.array([TEXT]))[:-20], "not a readable Parquet file"),
    "parquet.gz": (gzipped(parquet(pa.array([TEXT]))), "not a readable Parquet file"),
    "text.arrow": (arrow(), "is an Arrow file"),
    "text.pdf": (b"%PDF-1.7\n" + TEXT.encode(), "is a PDF file"),
    "text.xml": (f'<?xml version="1.0"?><seg>{TEXT}</seg>', "is XML"),
    "text.html": (f"<!DOCTYPE html><p>{TEXT}</p>", "is HTML"),
    "indented.json": (json.dumps([{"a": TEXT}], indent=1), "line 1 is not valid JSON"),
    "indented-object.json": (json.dumps({"a": TEXT}, indent=1), "line 1 is not valid JSON"),
    "cut.jsonl": (f'{json.dumps({"a": TEXT})}\n{{"a"', "line 2 is not valid JSON"),
    "unclosed.csv": (f'a,b\n1,"{TEXT}\n', "line 3 is not valid CSV (unexpected end of data)"),
    "random.bin": (bytes(range(128, 256)), "line 1, byte 1: 0x80 is not UTF-8"),
    "empty.txt": (b"", "empty file"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_readable_test_set_is_compared(tmp_path: Path, name: str) -> None:
    assert found(written(tmp_path, name, READ[name]))


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_test_set_is_refused(tmp_path: Path, name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(InputError) as refusal:
        found(written(tmp_path, name, data))
    assert name in str(refusal.value)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be"]
ENCODINGS += ["cp1252", "mac-roman", "cp437", "cp037"]


@given(st.sampled_from(ENCODINGS), st.text("äöüßéñ abc\n", max_size=30), st.booleans())
def test_no_encoding_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, encoding: str, before: str, packed: bool
) -> None:
    data = f"{before}\n{TEXT}\n".encode(encoding)
    folder = tmp_path_factory.mktemp("encoded")
    path = written(folder, "t.txt.gz" if packed else "t.txt", gzipped(data) if packed else data)
    try:
        assert found(path)
    except InputError:
        assert not encoding.startswith("utf-8")


def test_the_command_ends_with_one_line(tmp_path: Path) -> None:
    switched = write_switched(tmp_path / "s", [Sentence(1, "is one of them.")])
    test = written(tmp_path, "test.txt", TEXT.encode("utf-16"))
    arguments = ["shard", str(switched), "-o", str(tmp_path / "c"), "--decontaminate", str(test)]
    done = CliRunner().invoke(cstool, [*arguments, "-j1"])
    assert isinstance(done.exception, InputError)
    assert not (tmp_path / "c/README.md").exists()


# ---- other files that users write ----


def _only(path: Path) -> object:
    from cstool.storage.qid_lists import qids_of

    return qids_of(path)


def _weights(path: Path) -> object:
    from cstool.stages.switch.weights import read_weights

    return read_weights(str(path))


def _clusters(path: Path) -> object:
    from cstool.masking.clusters import read_clusters

    vocabulary: Any = None  # the text is read first
    return read_clusters(path, vocabulary)


def _rules(path: Path) -> object:
    command = ["extract", "no-dump.xml", "-o", str(path.parent / "o"), "--templates-file"]
    done = CliRunner().invoke(cstool, [*command, str(path)])
    assert done.exception is not None
    raise done.exception


@pytest.mark.parametrize("read", [_only, _weights, _clusters, _rules])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Q1\n".encode("utf-16"), "is UTF-16 text, not UTF-8 text; save it as UTF-8"),
        (gzipped(b"Q1\n"), "is gzip data, not UTF-8 text; decompress it"),
        (zipped(), "is a zip archive"),
        (parquet(pa.array(["Q1"])), "is a Parquet file"),
    ],
)
def test_every_reader_of_text_names_the_kind_of_another_file(
    tmp_path: Path, read: Callable[[Path], object], data: bytes, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read(written(tmp_path, "mine", data))


@pytest.mark.parametrize("read", [_weights, _clusters, _rules])
def test_every_reader_of_text_names_the_byte_that_is_not_utf_8(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    data = "# ä\n# \xfc\n".encode("latin-1").replace(b"\xe4", "ä".encode())
    with pytest.raises(InputError, match=r"mine: line 2, byte 3: 0xfc is not UTF-8"):
        read(written(tmp_path, "mine", data))


def test_a_list_of_items_may_be_a_pipe(tmp_path: Path) -> None:
    import os
    import threading

    from cstool.storage.qid_lists import qids_of

    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("Q7\nQ5\n",))
    writer.start()
    assert qids_of(tmp_path / "pipe").tolist() == [5, 7]
    writer.join()
