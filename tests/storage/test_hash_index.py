"""The memory-mapped index from titles to numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.errors import InputError, OutputError
from cstool.storage import hash_index
from cstool.storage.hash_index import HashIndex, building, hash_column, hash_titles

TITLES = st.text(st.characters(codec="utf-8"), max_size=5)
# Adjacent hashes at both ends of the range: long runs of taken slots, and the empty marker.
HASHES = st.one_of(
    st.integers(0, 40), st.integers(2**64 - 40, 2**64 - 1), st.integers(0, 2**64 - 1)
)
PAIRS = st.lists(st.tuples(HASHES, st.integers(1, 2**32 - 1)), max_size=60)


def arrays(pairs: list[tuple[int, int]]) -> tuple[Any, Any]:
    """Return the pairs as hashes and values."""
    return np.array([h for h, _ in pairs], np.uint64), np.array([v for _, v in pairs], np.uint32)


@given(
    known=st.dictionaries(TITLES, st.integers(1, 2**32 - 1), max_size=30),
    asked=st.lists(TITLES, max_size=30),
)
@settings(max_examples=50, deadline=None)
def test_lookups_are_as_in_a_dict(
    tmp_path_factory: pytest.TempPathFactory, known: dict[str, int], asked: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    values = np.array(list(known.values()), np.uint32)
    HashIndex.build(hash_titles(list(known)), values).save(folder, "t")
    index = HashIndex.open(folder, "t")
    asked = [*asked, *known]
    found = index.look_up(hash_titles(asked))
    assert found.dtype == np.uint32
    assert found.tolist() == [known.get(title, 0) for title in asked]
    assert len(index) == len(known)


@given(PAIRS, st.lists(HASHES, max_size=30))
def test_all_hashes_are_distinguished(pairs: list[tuple[int, int]], asked: list[int]) -> None:
    known: dict[int, int] = {}
    for hash_, value in pairs:
        known.setdefault(max(hash_, 1), value)  # hash 0 becomes 1, because 0 marks an empty slot
    index = HashIndex.build(*arrays(pairs))
    asked += known
    found = index.look_up(np.array(asked, np.uint64))
    assert found.tolist() == [known.get(max(hash_, 1), 0) for hash_ in asked]


@given(PAIRS, st.integers(1, 20), st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_an_index_built_in_pieces_is_equal_to_one_built_in_memory(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: list[tuple[int, int]],
    each: int,
    held: int,
) -> None:
    folder = tmp_path_factory.mktemp("index")
    hashes, values = arrays(pairs)
    HashIndex.build(hashes, values).save(folder, "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_index, "_HELD", held)
        with building(folder, "pieces", np.uint32) as add:
            for at in range(0, len(pairs), each):
                add(hashes[at : at + each], values[at : at + each])
    for one, other in zip(HashIndex.files("whole"), HashIndex.files("pieces"), strict=True):
        assert (folder / one).read_bytes() == (folder / other).read_bytes()


def test_of_equal_titles_the_first_is_used() -> None:
    hashes = hash_titles(["b", "a", "b", "a"])
    index = HashIndex.build(hashes, np.array([1, 2, 3, 4], np.uint32))
    assert index.look_up(hash_titles(["a", "b"])).tolist() == [2, 1]


def test_the_order_of_building_changes_no_byte(tmp_path: Path) -> None:
    titles = [str(i) for i in range(100)]
    values = np.arange(1, 101, dtype=np.uint32)
    HashIndex.build(hash_titles(titles), values).save(tmp_path, "a")
    HashIndex.build(hash_titles(titles[::-1]), values[::-1]).save(tmp_path, "b")
    for one, other in zip(HashIndex.files("a"), HashIndex.files("b"), strict=True):
        assert (tmp_path / one).read_bytes() == (tmp_path / other).read_bytes()


def test_columns_are_hashed_as_lists_are() -> None:
    titles = ["", "Rome", "東京", "a" * 300]
    sliced = pa.array(["x", *titles, "y"]).slice(1, len(titles))
    assert hash_column(sliced).tolist() == hash_titles(titles).tolist()


def test_a_failed_build_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), building(tmp_path, "t", np.uint32) as add:
        add(hash_titles(["a"]), np.array([1], np.uint32))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file/t"), building(tmp_path / "file", "t", np.uint32):
        pass


def test_a_missing_or_damaged_index_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the index cannot be read"):
        HashIndex.open(tmp_path, "t")
    HashIndex.build(hash_titles(["a"]), np.array([1])).save(tmp_path, "t")
    path = tmp_path / HashIndex.files("t")[1]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="is damaged"):
        HashIndex.open(tmp_path, "t")


@pytest.mark.parametrize(
    ("slots", "values"),
    [
        ([], []),
        ([9, 9, 9, 0], [0, 0, 0, 0]),  # a home beyond the end
        ([1, 1, 9], [0, 0, 9]),  # no empty slot at the end
        ([1, 1, 9, 0], [0, 0, 9]),
    ],
)
def test_files_that_are_not_an_index_are_reported(
    tmp_path: Path, slots: list[int], values: list[int]
) -> None:
    for file, array in zip(HashIndex.files("t"), (slots, values), strict=True):
        np.save(tmp_path / file, np.array(array, np.uint64))
    with pytest.raises(InputError, match="make the folder again"):
        HashIndex.open(tmp_path, "t")
