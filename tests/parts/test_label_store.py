"""Labels by entity and language, in a memory map."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.parts.label_store import LABELS, LabelStore, words, write_store

Labels = dict[int, dict[int, str]]


def table(labels: Labels) -> pa.Table:
    rows = [(q, c, v) for q, of in sorted(labels.items()) for c, v in sorted(of.items())]
    return pa.Table.from_pylist(
        [dict(zip(LABELS.names, row, strict=True)) for row in rows], schema=LABELS
    )


def store_of(folder: Path, tables: list[pa.Table], languages: int) -> LabelStore:
    codes = [f"l{i}" for i in range(languages)]
    write_store(folder, tables, codes)
    return LabelStore(folder, codes)


def bits_of(mask: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> set[int]:
    return {i for i in range(64 * len(mask)) if int(mask[i // 64]) >> (i % 64) & 1}


@pytest.mark.parametrize("languages", [1, 63, 64, 65, 128, 129, 300])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_the_store_is_as_a_dict_of_dicts(
    tmp_path_factory: pytest.TempPathFactory, languages: int, data: st.DataObject
) -> None:
    code = st.integers(0, languages - 1)
    value = st.text(st.characters(codec="utf-8"), max_size=3)
    qid = st.integers(1, 9) | st.integers(1, 2**32 - 1)
    known: Labels = data.draw(
        st.dictionaries(qid, st.dictionaries(code, value, min_size=1, max_size=9), max_size=8)
    )
    cut = data.draw(qid)
    tables = [
        table({q: v for q, v in known.items() if q < cut}),
        table({q: v for q, v in known.items() if q >= cut}),
    ]
    store = store_of(tmp_path_factory.mktemp("store"), tables, languages)
    assert len(store) == len(known)
    asked = [*data.draw(st.lists(qid, max_size=8)), *known, *known]
    places = store.find(np.array(asked, np.int64))
    assert [place >= 0 for place in places] == [q in known for q in asked]
    masks = store.masks(places)
    assert masks.shape == (len(asked), words(store.languages))
    assert [bits_of(mask) for mask in masks] == [set(known.get(q, {})) for q in asked]
    pairs = [(place, c, known[q][c]) for place, q in zip(places, asked, strict=True)
             for c in known.get(q, {})]  # fmt: skip
    found = store.labels(
        np.array([p for p, _, _ in pairs], np.int64), np.array([c for _, c, _ in pairs], np.int64)
    )
    assert found.to_pylist() == [v for _, _, v in pairs]


def test_numbers_that_32_bits_do_not_hold_are_not_there(tmp_path: Path) -> None:
    store = store_of(tmp_path, [table({5: {0: "five"}})], 1)
    asked = np.array([5, 5 + 2**32, -1, 0], np.int64)
    assert store.find(asked).tolist() == [0, -1, -1, -1]


@pytest.mark.parametrize("tables", [[], [table({})]], ids=["no table", "empty table"])
def test_an_empty_store_has_nothing(tmp_path: Path, tables: list[pa.Table]) -> None:
    store = store_of(tmp_path, tables, 70)
    places = store.find(np.array([1, 2], np.int64))
    assert len(store) == 0
    assert places.tolist() == [-1, -1]
    assert store.masks(places).tolist() == [[0, 0], [0, 0]]
    assert store.labels(places[:0], places[:0]).to_pylist() == []


def test_a_store_that_is_being_read_may_be_written_anew(tmp_path: Path) -> None:
    store = store_of(tmp_path, [table({1: {0: "one"}, 2: {0: "two"}})], 1)
    store_of(tmp_path, [table({1: {0: "1"}})], 1)
    places = store.find(np.array([1, 2], np.int64))
    assert store.labels(places, np.zeros(2, np.int64)).to_pylist() == ["one", "two"]


def test_a_writer_that_fails_leaves_no_store(tmp_path: Path) -> None:
    def failing() -> pa.Table:
        raise ValueError("no table")

    with pytest.raises(ValueError, match="no table"):
        write_store(tmp_path, (failing() for _ in range(1)), ["l0"])
    assert list(tmp_path.iterdir()) == []
