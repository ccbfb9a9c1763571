"""Titles to numbers, in a memory map."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.parts.title_index import TitleIndex, hash_titles
from cstool.running.errors import InputError

TITLES = st.text(st.characters(codec="utf-8"), max_size=5)


@given(
    known=st.dictionaries(TITLES, st.integers(1, 2**32 - 1), max_size=30),
    asked=st.lists(TITLES, max_size=30),
)
@settings(max_examples=50, deadline=None)
def test_looking_up_is_as_in_a_dict(
    tmp_path_factory: pytest.TempPathFactory, known: dict[str, int], asked: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    values = np.array(list(known.values()), np.uint32)
    TitleIndex.build(hash_titles(list(known)), values).save(folder, "t")
    index = TitleIndex.open(folder, "t")
    asked = [*asked, *known]
    found = index.look_up(hash_titles(asked))
    assert found.dtype == np.uint32
    assert found.tolist() == [known.get(title, 0) for title in asked]
    assert len(index) == len(known)


def test_of_equal_titles_the_first_counts() -> None:
    hashes = hash_titles(["b", "a", "b", "a"])
    index = TitleIndex.build(hashes, np.array([1, 2, 3, 4], np.uint32))
    assert index.look_up(hash_titles(["a", "b"])).tolist() == [2, 1]


def test_the_order_of_building_changes_no_byte(tmp_path: Path) -> None:
    titles = [str(i) for i in range(100)]
    values = np.arange(1, 101, dtype=np.uint32)
    TitleIndex.build(hash_titles(titles), values).save(tmp_path, "a")
    TitleIndex.build(hash_titles(titles[::-1]), values[::-1]).save(tmp_path, "b")
    for one, other in zip(TitleIndex.files("a"), TitleIndex.files("b"), strict=True):
        assert (tmp_path / one).read_bytes() == (tmp_path / other).read_bytes()


def test_an_index_that_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the index cannot be read"):
        TitleIndex.open(tmp_path, "t")
    TitleIndex.build(hash_titles(["a"]), np.array([1])).save(tmp_path, "t")
    path = tmp_path / TitleIndex.files("t")[1]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="the index cannot be read"):
        TitleIndex.open(tmp_path, "t")
