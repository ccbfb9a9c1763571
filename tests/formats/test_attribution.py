"""`attribution.tsv.zst`: programs read back every title, and every page once."""

import io
import re
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cstool.formats.attribution import PageTable, escaped, write_attribution
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.schemas import ATTRIBUTION

pd: Any = pytest.importorskip("pandas")
Page = tuple[int, int, str]


def read_back(cell: str) -> str:
    """The rule of docs/schemas.md."""
    named = {"t": "\t", "n": "\n", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: named.get(match[1], match[1]), cell)


def write_pages(folder: Path, name: str, pages: list[Page]) -> Path:
    def batches() -> Batches:
        rows = [dict(zip(ATTRIBUTION.names, page, strict=True)) for page in pages]
        yield pa.Table.from_pylist(rows, ATTRIBUTION)
        return Counts()

    into = PartFolder(folder, folder / "_work", "r")
    write_part(into, f"{name}.pq", name, PartSpec(ATTRIBUTION), batches())
    return folder / f"{name}.pq"


def unpacked(path: Path) -> bytes:
    with zstandard.open(path, "rb") as file:
        return bytes(file.read())


def lines(path: Path) -> list[list[str]]:
    text = unpacked(path).decode()
    assert text.endswith("\n")
    return [line.split("\t") for line in text[:-1].split("\n")]


@given(st.text(st.sampled_from("\\\t\n\r=+-@＝\"'ntr a東"), max_size=8))
def test_reading_a_cell_back_gives_the_title(title: str) -> None:
    cell = escaped(title)
    assert read_back(cell) == title
    assert not re.search(r"[\t\n\r]", cell)
    assert cell[:1] not in tuple('=+-@＝＋－＠"') or not cell


@pytest.mark.parametrize("title", ["A", "C++", "東京都", "1+1", 'The "A"', "A-ha", "it's", "’Allo"])
def test_an_ordinary_title_is_unchanged(title: str) -> None:
    assert escaped(title) == title


TITLES = [
    "A\tb",
    "=1+1",
    "+1",
    "-ismus",
    "@home",
    '"Heroes"',
    '"open',
    "a\\tb",
    "\\=",
    "C++",
    "A\nb",
]


def test_other_programs_read_the_titles(tmp_path: Path) -> None:
    pages = [(i, i + 100, title) for i, title in enumerate(TITLES)]
    rows = write_attribution(
        tmp_path / "a.tsv.zst", [PageTable("enwiki", write_pages(tmp_path, "p", pages))]
    )
    assert rows == len(pages)
    data = unpacked(tmp_path / "a.tsv.zst")
    for titles in (
        pl.read_csv((tmp_path / "a.tsv.zst").read_bytes(), separator="\t", quote_char=None)[
            "title"
        ],
        pd.read_csv(tmp_path / "a.tsv.zst", sep="\t")["title"],  # with its default quotation mark
        pd.read_csv(io.BytesIO(data), sep="\t", quoting=3)["title"],
    ):
        assert [read_back(cell) for cell in titles] == TITLES


def test_a_page_is_listed_once_for_each_wiki_and_revision(tmp_path: Path) -> None:
    tables = [
        PageTable(wiki, write_pages(tmp_path, f"{i}", pages))
        for i, (wiki, pages) in enumerate(
            [
                ("enwiki", [(1, 11, "A"), (2, 12, "B")]),
                ("simplewiki", [(1, 11, "Other")]),
                ("enwiki", [(2, 12, "B"), (3, 13, "C"), (1, 99, "A")]),
                ("enwiki", []),
            ]
        )
    ]
    assert write_attribution(tmp_path / "a.tsv.zst", tables) == 5
    assert lines(tmp_path / "a.tsv.zst")[1:] == [
        ["enwiki", "1", "11", "A"],
        ["enwiki", "2", "12", "B"],
        ["enwiki", "3", "13", "C"],
        ["enwiki", "1", "99", "A"],
        ["simplewiki", "1", "11", "Other"],
    ]
