"""Pages that occur more than once in dumps: the latest revision is kept, then the later file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.page_versions import VersionLog, superseded_in
from cstool.dumps.xml import Page
from cstool.storage.checksums import write_table

OCCURRENCES = st.lists(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=6), max_size=5
)


def write(folder: Path, files: list[list[tuple[int, int]]]) -> list[Path]:
    paths = []
    for i, pages in enumerate(files):
        log = VersionLog()
        for page_id, revision in pages:
            log.add(Page(page_id, 0, "T", revision, None, "wikitext", ""), 1)
        paths.append(folder / f"{i}.parquet")
        paths[-1].unlink(missing_ok=True)
        for table in log.beside():
            write_table(paths[-1], table.rows, {"compression": "zstd"})
    return paths


@settings(max_examples=60)
@given(OCCURRENCES, st.integers(1, 4), st.integers(1, 4))
def test_one_occurrence_of_each_page_is_left(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[list[tuple[int, int]]],
    at_a_time: int,
    ids_at_a_time: int,
) -> None:
    paths = write(tmp_path_factory.getbasetemp(), files)
    found = superseded_in(paths, at_a_time=at_a_time, ids_at_a_time=ids_at_a_time)
    kept: dict[int, tuple[int, int, int]] = {}
    for i, pages in enumerate(files):
        for j, (page_id, revision) in enumerate(pages):
            if revision >= kept.get(page_id, (0, 0, 0))[0]:
                kept[page_id] = revision, i, j
    expected: dict[int, list[int]] = {}
    for i, pages in enumerate(files):
        for j, (page_id, _) in enumerate(pages):
            if kept[page_id][1:] != (i, j):
                expected.setdefault(i, []).append(j)
    assert {i: pages.tolist() for i, pages in found.items()} == expected
    assert all(pages.dtype == np.int64 for pages in found.values())
