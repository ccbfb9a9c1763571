"""Lookups in the arrays of a label store: the compiled versions and those in Python."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.arrays.arrow import strings
from cstool.storage.label_lookup import (
    LabelArrays,
    labels_in_python,
    labels_of,
    masks_in_python,
    masks_of,
)
from tests.storage.test_label_store import Labels, store_of

COMPILED = pytest.mark.skipif(labels_of is labels_in_python, reason="not compiled")
NAMES = st.sampled_from(["", "a", "b", "ab", "é", "東京", "ab "])


def arrays_of(folder: Path, labels: Labels, languages: int) -> LabelArrays:
    return store_of(folder, [labels], languages)._labels


@pytest.mark.parametrize("languages", [1, 64, 65, 130, 300])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_compiled_and_python_find_the_same(
    tmp_path_factory: pytest.TempPathFactory, languages: int, data: st.DataObject
) -> None:
    code = st.integers(0, languages - 1)
    labels = st.dictionaries(code, NAMES, min_size=1, max_size=12)
    known: Labels = data.draw(st.dictionaries(st.integers(1, 99), labels, max_size=6))
    arrays = arrays_of(tmp_path_factory.mktemp("store"), known, languages)
    place = st.integers(-1, len(known) - 1)
    asked = data.draw(st.lists(st.tuples(place, NAMES), max_size=9))
    entities = np.array([place for place, _ in asked], np.int64)
    # A slice, whose offsets do not begin at 0.
    texts = strings(["é", *(text for _, text in asked)]).slice(1)
    found = masks_of(arrays, entities, texts)
    assert found.tolist() == masks_in_python(arrays, entities, texts).tolist()
    pairs = [(i, c) for i, (_, of) in enumerate(sorted(known.items())) for c in of]
    some = data.draw(st.lists(st.sampled_from(pairs))) if pairs else []
    entities, codes = np.array(some, np.int64).reshape(-1, 2).T
    (names, steps), (others, other_steps) = (
        find(arrays, entities, codes) for find in (labels_of, labels_in_python)
    )
    assert names.equals(others)
    assert steps.tolist() == other_steps.tolist()


# Arrays that do not fit together, as changes of those of one entity with two labels.
WRONG: list[dict[str, Any]] = [
    {"rows": [[3, 0, 9]]},
    {"rows": [[3, 9, 0]]},
    {"rows": [[3, 2**64 - 1, 0]]},
    {"rows": [[3, 0, 2**64 - 1]]},
    {"offsets": [0, 1, 9]},
    {"offsets": [0, -1, 2]},
    {"offsets": [0, 2, 1]},
    {"offsets": []},
    {"rows": [[3, 0]]},
    {"rows": np.zeros((0, 3), np.uint64)},
    {"which": [0, 1, 1]},
    {"steps": [0]},
]


def arrays_with(change: dict[str, Any]) -> LabelArrays:
    values = {"rows": [[3, 0, 0]], "which": [0, 1], "steps": [0, 0], "offsets": [0, 1, 2]} | change
    return LabelArrays(
        np.array(values["rows"], np.uint64),
        np.array(values["which"], np.uint8),
        np.array(values["steps"], np.uint8),
        np.array(values["offsets"], np.int64),
        np.zeros(2, np.uint8),
    )


@COMPILED
@pytest.mark.parametrize("change", [*WRONG, {"which": [9, 9]}])
def test_labels_are_not_looked_up_in_arrays_that_do_not_fit_together(
    change: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="store"):
        labels_of(arrays_with(change), np.array([0, 0]), np.array([0, 1]))


@COMPILED
@pytest.mark.parametrize("change", WRONG)
def test_texts_are_not_compared_with_arrays_that_do_not_fit_together(
    change: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="store"):
        masks_of(arrays_with(change), np.array([0, 0]), pa.array(["\0", "\0\0"]))


@COMPILED
@pytest.mark.parametrize(("entity", "language"), [(1, 0), (-1, 0), (0, -1), (0, 64)])
def test_an_index_outside_the_store_is_refused(tmp_path: Path, entity: int, language: int) -> None:
    arrays = arrays_of(tmp_path, {7: {0: "a"}}, 1)
    with pytest.raises(ValueError, match="outside the store"):
        labels_of(arrays, np.array([entity]), np.array([language]))
