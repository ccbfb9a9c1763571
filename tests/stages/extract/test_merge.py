"""The law of merging: the rows are those of a reader that had known all templates at once."""

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.stages.extract.merge import Inserted, as_sentences, merged
from cstool.stages.extract.rows import READ_SENTENCES
from cstool.storage.counts import Counts
from cstool.storage.schemas import POSITIONS_A_PAGE

# A paragraph: whether it waits, and the paragraphs that it turned out to be, each with a flag for
# each of its sentences: whether it is a row.
PARAGRAPHS = st.tuples(st.booleans(), st.lists(st.lists(st.booleans(), max_size=3), max_size=2))
PAGES = st.lists(st.lists(PARAGRAPHS, max_size=5), max_size=4)


def row(page: int, paragraph: int, position: int) -> dict[str, Any]:
    text = f"{page}"
    return {
        "page": page, "page_id": 10 + page, "revision_id": 1, "title": text,
        "paragraph": paragraph, "position": position, "text": text, "mentions": [], "kind": 0,
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, READ_SENTENCES)


@given(PAGES)
def test_waiting_paragraphs_are_inserted_and_what_follows_is_renumbered(
    pages: list[list[tuple[bool, list[list[bool]]]]],
) -> None:
    read: list[dict[str, Any]] = []
    late: list[dict[str, Any]] = []
    expected: list[dict[str, Any]] = []
    late_of: list[int] = []
    inserted = Inserted()
    for page, paragraphs in enumerate(pages):
        position = paragraph = read_position = read_paragraph = 0
        for waits, became in paragraphs:
            parts = became if waits else became[:1] or [[]]
            first_position, first_paragraph = position, paragraph
            for part in parts:
                for kept in part:
                    if kept:
                        expected.append(row(page, paragraph, position))
                        inside = row(
                            page,
                            read_paragraph + paragraph - first_paragraph,
                            read_position + position - first_position,
                        )
                        (late if waits else read).append(inside)
                        late_of += [len(inserted.pages)] if waits else []
                    position += 1
                paragraph += 1
            if waits:
                number = position - first_position
                inserted.add(page, read_paragraph, number, len(parts))
            else:
                read_position += position - first_position
                read_paragraph += 1
    found = merged(table(read), table(late), np.array(late_of, np.int64), inserted)
    assert found.to_pylist() == expected


def test_rows_beyond_the_largest_position_are_dropped_and_counted() -> None:
    counts = Counts()
    counts.tally("sentences").keep(2)
    counts.tally("mentions").keep(3)
    mentions = [{"start": 0, "end": 1, "target": "A"}]
    rows = [row(0, 0, POSITIONS_A_PAGE - 1), row(0, 0, POSITIONS_A_PAGE)]
    rows[0]["mentions"], rows[1]["mentions"] = mentions, mentions * 2
    sentences, paragraphs = as_sentences(table(rows), counts)
    assert isinstance(sentences, pa.Table)
    assert sentences.column("id").to_pylist() == [10 * POSITIONS_A_PAGE + POSITIONS_A_PAGE - 1]
    assert counts.tallies["sentences"].dropped == {"more than 2^20 in a page": 1}
    assert counts.tallies["mentions"].written == 1
    assert paragraphs.rows.num_rows == 1
