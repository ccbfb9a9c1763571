"""The rows of each page by language, and the pages that may be held out."""

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.stages.shard.page_rows import PAGES, by_language, by_page, first_pages, one_row_each

ROWS = st.lists(st.tuples(st.sampled_from(["de", "fr", "ar"]), st.integers(0, 9)), min_size=1)


@given(ROWS)
def test_rows_are_counted_by_language_and_page(rows: list[tuple[str, int]]) -> None:
    languages, pages = zip(*rows, strict=True)
    counted = by_page(one_row_each(pa.array(languages), np.array(pages, np.uint64)))
    expected = [(*key, number) for key, number in sorted(Counter(rows).items())]
    assert counted.schema == PAGES
    assert [tuple(row.values()) for row in counted.to_pylist()] == expected
    assert by_language(counted) == dict(sorted(Counter(languages).items()))


@given(ROWS, st.integers(0, 9))
def test_the_first_pages_have_enough_rows_and_one_page_more(
    rows: list[tuple[str, int]], validation: int
) -> None:
    counted = sorted(Counter(rows).items())
    table = pa.Table.from_pylist(
        [{"language": code, "page": page, "rows": number} for (code, page), number in counted],
        schema=PAGES,
    )
    kept = [tuple(row.values()) for row in first_pages(table, validation).to_pylist()]
    for code in {code for code, _ in rows}:
        its = [(page, number) for (c, page), number in counted if c == code]
        own = [(page, number) for c, page, number in kept if c == code]
        assert own == its[: len(own)]
        enough = len(own) == len(its) or sum(number for _, number in own[:-1]) >= validation
        assert enough
        assert len(own) < 2 or sum(number for _, number in own[:-2]) < validation
