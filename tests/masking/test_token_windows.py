"""Windows of long texts: all text is in one of them, and they begin where sentences begin."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.masking.token_windows import Windows, cut_into_windows
from cstool.masking.tokens import Spans
from tests.masking.fixtures import Trained
from tests.masking.tokenizers import KINDS

words = st.sampled_from(["Berlin", "is", "the", "Köln", "東京", "Бегущий", "x" * 30, "(", "a"])
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)
pages = st.lists(st.tuples(st.sampled_from([" ", "\n\n", "\n\n## Heading\n\n"]), sentences),
                 min_size=1, max_size=8)  # fmt: skip


def built(page: list[tuple[str, str]]) -> tuple[str, list[int]]:
    text, starts = "", []
    for number, (before, sentence) in enumerate(page):
        text += before if number else ""
        starts.append(len(text))
        text += sentence
    return text, starts


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(pages, min_size=1, max_size=3), st.integers(3, 40))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_have_all_text_once(
    all_trained: dict[str, Trained], kind: str, drawn: list[list[tuple[str, str]]], longest: int
) -> None:
    tokenizer = all_trained[kind].tokenizer
    texts, starts = zip(*map(built, drawn), strict=True)
    found = cut_into_windows(tokenizer, texts, starts, longest)
    for row, (text, its) in enumerate(zip(texts, starts, strict=True)):
        mine = found.text == row
        bounds = [*zip(found.start[mine].tolist(), found.end[mine].tolist(), strict=True)]
        assert found.number[mine].tolist() == [*range(len(bounds))]
        assert "".join("".join(text[a:b] for a, b in bounds).split()) == "".join(text.split())
        sizes = [len(tokenizer.encode(text[a:b], add_special_tokens=False)) for a, b in bounds]
        assert max(sizes) <= longest
        places = tokenizer.encode(text, add_special_tokens=False).offsets
        for start, _ in bounds[1:]:
            inside = max(s for s in its if s <= start)
            end = min([s for s in its if s > start], default=len(text))
            if start != inside:  # only a sentence that is too long, within its text, is cut
                assert sum(a < end and b >= inside for a, b in places) > longest - 2


def test_entities_move_with_their_windows(all_trained: dict[str, Trained]) -> None:
    page = [
        ("", "Berlin is large ."),
        (" ", "Köln is the third ."),
        ("\n\n", "東京 is far ( away ) ."),
    ]
    text, starts = built(page)
    anchors = [text.index(name) for name in ("Berlin", "Köln", "東京")]
    starts_of = np.array([anchors[0], anchors[0], *anchors[1:]])
    ends = np.array([anchors[0] + 6, len(text), anchors[1] + 4, anchors[2] + 2])
    spans = Spans(np.zeros(4, np.int64), starts_of, ends)
    windows = cut_into_windows(all_trained["wordpiece"].tokenizer, [text], [starts], 14)
    assert len(windows.text) > 1
    moved, whole = windows.spans(spans)
    assert whole.tolist() == [True, False, True, True]
    for window, start, end, name in zip(
        moved.sentence, moved.start, moved.end, ("Berlin", "Köln", "東京"), strict=True
    ):
        part = text[windows.start[window] : windows.end[window]]
        assert part[start:end] == name


def test_entities_before_all_windows_of_their_text_are_in_none() -> None:
    windows = Windows(*np.array([[0, 1], [0, 0], [0, 2], [50, 9]]))
    spans = Spans(np.array([0, 1, 1, 2]), np.array([4, 0, 2, 0]), np.array([9, 3, 5, 1]))
    moved, whole = windows.spans(spans)
    assert whole.tolist() == [True, False, True, False]
    assert moved.sentence.tolist() == [0, 1]
    assert moved.start.tolist() == [4, 0]
    nothing = Windows(*np.zeros((4, 0), np.int64))
    assert not nothing.spans(spans)[1].any()
