"""The store of dictionaries."""

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.dictionaries.dictionary_store import DictionaryStore, write_dictionary
from cstool.dictionaries.folding import folded

LANGUAGES = ("de", "fr", "zh")
PAIRS = st.lists(
    st.tuples(st.text("ab ", min_size=1), st.sampled_from(LANGUAGES), st.text("xyß", min_size=1))
)


@given(PAIRS)
def test_a_store_returns_the_translations_of_each_entry_in_the_order_of_the_dictionary(
    pairs: list[tuple[str, str, str]],
) -> None:
    expected: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, language, target in pairs:
        if target not in expected[source, language]:
            expected[source, language].append(target)
    columns = [pa.array([pair[i] for pair in pairs], pa.string()) for i in range(3)]
    with TemporaryDirectory() as folder:
        write_dictionary(
            Path(folder), pa.table(columns, ["source", "language", "target"]), LANGUAGES
        )
        store = DictionaryStore(Path(folder), LANGUAGES)
        sources = [*sorted({source for source, _, _ in pairs}), "absent"]
        entries = store.find(pa.array(sources))
        assert entries[-1] == -1
        masks = store.table(entries[:-1]).number > 0
        for number, code in enumerate(LANGUAGES):
            first, count = store.translations(entries, np.full(len(entries), number))
            for i, source in enumerate(sources):
                found = store.texts(np.arange(first[i], first[i] + count[i])).to_pylist()
                assert found == expected.get((source, code), [])
                if entries[i] >= 0:
                    assert masks[i, number] == bool(found)


def test_words_are_compared_in_lower_case_and_composed() -> None:
    assert folded(pa.array(["ÉTÉ", "E\u0301te\u0301"])).to_pylist() == ["été", "été"]
