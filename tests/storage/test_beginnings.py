"""The first paragraphs of a row, whatever was done to its names."""

import pytest

from cstool.storage.beginnings import first_paragraphs
from cstool.storage.row_kinds import RowKind
from tests.stages.shard.documents import ANNOTATED, PAGE, Document, rows_of

PAGES = Document(1, [["is one.", "is two."], ["is three."], ["is four.", "is five."]], gaps=1)


@pytest.mark.parametrize(
    "kind", [PAGE, ANNOTATED, RowKind("page", marks=("[", "]")), RowKind("page", "annotate")]
)
@pytest.mark.parametrize("longest", range(0, 60, 5))
def test_both_texts_have_the_same_paragraphs_and_spans_stay_valid(
    kind: RowKind, longest: int
) -> None:
    for row in rows_of(PAGES, kind):
        short = first_paragraphs(row, longest)
        assert row["text"].startswith(short["text"])
        assert row["source_text"].startswith(short["source_text"])
        number = short["text"].count("\n\n")
        assert short["source_text"].count("\n\n") == number
        assert len(short["source_text"]) <= longest or number == 0 or "whole" not in short
        sentences = len([start for start in row["sentences"] if start < len(short["text"])])
        assert len(short["entities"]) == sentences
        for span in short["entities"]:
            assert short["source_text"][span["source_start"] : span["source_end"]] == "X"
            assert span["end"] <= len(short["text"])
        assert short.get("whole", len(row["source_text"])) == len(row["source_text"])


def test_a_row_of_one_paragraph_is_not_cut() -> None:
    [row, *_] = rows_of(Document(1, [["is one.", "is two."]]), PAGE)
    assert first_paragraphs(row, 3) is row
