"""The memory-mapped store of labels by entity and language."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.storage.label_store import LabelStore, pack, words, write_store

Labels = dict[int, dict[int, str]]


def table(labels: Labels, languages: int) -> pa.Table:
    texts = sorted({text for of in labels.values() for text in of.values()})
    chosen = np.full((len(labels), languages), -1, np.int64)
    steps = np.zeros(chosen.shape, np.uint8)
    for row, (_, of) in enumerate(sorted(labels.items())):
        for code, text in of.items():
            chosen[row, code] = texts.index(text)
            steps[row, code] = step_of(text)
    qids = np.array(sorted(labels), np.uint32)
    return pack(qids, chosen, pa.array(texts, pa.string()), steps=steps)


def step_of(text: str) -> int:
    """Return any number below 256 that depends on the text."""
    return sum(map(ord, text)) % 256


def store_of(folder: Path, pieces: list[Labels], languages: int) -> LabelStore:
    codes = [f"l{i}" for i in range(languages)]
    write_store(folder, [table(piece, languages) for piece in pieces], codes)
    return LabelStore(folder, codes)


def bits_of(mask: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> set[int]:
    return {i for i in range(64 * len(mask)) if int(mask[i // 64]) >> (i % 64) & 1}


@pytest.mark.parametrize("languages", [1, 63, 64, 65, 128, 129, 300])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_lookups_are_as_in_a_dict_of_dicts(
    tmp_path_factory: pytest.TempPathFactory, languages: int, data: st.DataObject
) -> None:
    code = st.integers(0, languages - 1)
    value = st.text(st.characters(codec="utf-8"), max_size=3)
    qid = st.integers(1, 9) | st.integers(1, 2**32 - 1)
    known: Labels = data.draw(
        st.dictionaries(qid, st.dictionaries(code, value, min_size=1, max_size=9), max_size=8)
    )
    cut = data.draw(qid)
    pieces = [
        {q: v for q, v in known.items() if q < cut},
        {q: v for q, v in known.items() if q >= cut},
    ]
    store = store_of(tmp_path_factory.mktemp("store"), pieces, languages)
    assert len(store) == len(known)
    asked = [*data.draw(st.lists(qid, max_size=8)), *known, *known]
    places = store.find(np.array(asked, np.int64))
    assert [place >= 0 for place in places] == [q in known for q in asked]
    masks = store.masks(places)
    assert masks.shape == (len(asked), words(languages))
    assert [bits_of(mask) for mask in masks] == [set(known.get(q, {})) for q in asked]
    pairs = [(place, c, known[q][c]) for place, q in zip(places, asked, strict=True)
             for c in known.get(q, {})]  # fmt: skip
    found, steps = store.labels(
        np.array([p for p, _, _ in pairs], np.int64), np.array([c for _, c, _ in pairs], np.int64)
    )
    assert found.to_pylist() == [v for _, _, v in pairs]
    assert steps.tolist() == [step_of(v) for _, _, v in pairs]


def test_qids_above_32_bits_are_absent(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{5: {0: "five"}}], 1)
    asked = np.array([5, 5 + 2**32, -1, 0], np.int64)
    assert store.find(asked).tolist() == [0, -1, -1, -1]


@pytest.mark.parametrize("pieces", [[], [{}]], ids=["no piece", "empty piece"])
def test_an_empty_store_has_no_labels(tmp_path: Path, pieces: list[Labels]) -> None:
    store = store_of(tmp_path, pieces, 70)
    places = store.find(np.array([1, 2], np.int64))
    assert len(store) == 0
    assert places.tolist() == [-1, -1]
    assert store.masks(places).tolist() == [[0, 0], [0, 0]]
    assert store.labels(places[:0], places[:0])[0].to_pylist() == []


def test_a_store_may_be_rewritten_while_it_is_read(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{1: {0: "one"}, 2: {0: "two"}}], 1)
    store_of(tmp_path, [{1: {0: "1"}}], 1)
    places = store.find(np.array([1, 2], np.int64))
    assert store.labels(places, np.zeros(2, np.int64))[0].to_pylist() == ["one", "two"]


def test_entities_without_a_label_are_left_out(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{1: {}, 2: {3: "two"}, 3: {}}], 4)
    assert store.find(np.array([1, 2, 3], np.int64)).tolist() == [-1, 0, -1]


def test_a_label_that_is_equal_in_many_languages_is_stored_once(tmp_path: Path) -> None:
    shared = dict.fromkeys(range(300), "Ridley Scott")
    store = store_of(tmp_path, [{7: {**shared, 255: "리들리 스콧"}, 8: shared}], 300)
    assert (tmp_path / "text").read_bytes().count(b"Ridley Scott") == 2
    codes = np.array([0, 254, 255, 256, 299], np.int64)
    found = store.labels(np.zeros(5, np.int64), codes)[0].to_pylist()
    assert found == ["Ridley Scott"] * 2 + ["리들리 스콧"] + ["Ridley Scott"] * 2


def test_a_slice_of_a_table_is_written(tmp_path: Path) -> None:
    known = {q: {0: f"a{q}", q % 3: f"b{q}"} for q in range(1, 30)}
    write_store(tmp_path, [table(known, 3).slice(4, 9)], ["a", "b", "c"])
    store = LabelStore(tmp_path, ["a", "b", "c"])
    places = store.find(np.arange(1, 30))
    assert [q for q, place in enumerate(places, 1) if place >= 0] == [*range(5, 14)]
    languages = np.arange(5, 14) % 3
    assert store.labels(places[4:13], languages)[0].to_pylist() == [f"b{q}" for q in range(5, 14)]


def test_a_failing_writer_leaves_no_store(tmp_path: Path) -> None:
    def failing() -> pa.Table:
        raise ValueError("no table")

    with pytest.raises(ValueError, match="no table"):
        write_store(tmp_path, (failing() for _ in range(1)), ["l0"])
    assert list(tmp_path.iterdir()) == []
