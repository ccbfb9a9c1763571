"""The tokens that a causal language model predicts from a switched text."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.masking.draw import NOT_PREDICTED
from cstool.masking.original_tokens import (
    SwitchedSpan,
    SwitchedTexts,
    _by_ids,
    _by_offsets,
    original_tokens,
)
from cstool.masking.token_windows import cut_into_windows
from cstool.stages.mask.source_texts import in_windows
from tests.masking.fixtures import Trained
from tests.masking.test_tokens import ALPHABET
from tests.masking.tokenizers import KINDS

Pieces = list[tuple[str, str, str]]


@pytest.fixture(params=KINDS)
def trained(request: pytest.FixtureRequest, all_trained: dict[str, Trained]) -> Trained:
    """Each kind in turn."""
    return all_trained[request.param]


def built(pieces: Pieces, last: str) -> tuple[str, str, list[SwitchedSpan]]:
    """Return the text, its source, and the spans, of (text before, source, name)."""
    text = source = ""
    spans = []
    for before, original, name in pieces:
        text, source = text + before, source + before
        spans.append(
            SwitchedSpan(len(text), len(text) + len(name), len(source), len(source) + len(original))
        )
        text, source = text + name, source + original
    return text + last, source + last, spans


def found(trained: Trained, text: str, source: str, spans: list[SwitchedSpan]) -> list[Any]:
    """Return (id, label, whether it is switched) of each token."""
    encoding = trained.tokenizer.encode(text)
    switched = SwitchedTexts.of([text], [source], [spans])
    assert switched.unequal() == []
    labels, flags = original_tokens(trained.tokenizer, [encoding], switched)
    return [*zip(encoding.ids, labels.tolist(), flags.tolist(), strict=True)]


words = st.text(ALPHABET, min_size=1, max_size=8)
pieces = st.lists(st.tuples(st.text(ALPHABET, max_size=12), words, words), min_size=1, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(pieces=pieces, last=st.text(ALPHABET, max_size=12))
def test_labels_are_tokens_of_the_source_in_their_order(
    trained: Trained, pieces: Pieces, last: str
) -> None:
    text, source, spans = built(pieces, last)
    changed = [s for s in spans if text[s[0] : s[1]] != source[s[2] : s[3]]]
    tokens = found(trained, text, source, spans)
    offsets = trained.tokenizer.encode(text).offsets
    for (number, label, switched), (low, high) in zip(tokens, offsets, strict=True):
        inside = any(low < span.end and high > span.start for span in changed)
        assert switched or (label == number and not inside)
    originals = iter(trained.tokenizer.encode(source).ids)
    assert all(label in originals for _, label, _ in tokens if label != NOT_PREDICTED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(pieces=pieces, last=st.text(ALPHABET, max_size=12))
def test_offsets_give_the_same_labels_as_equal_tokens(
    trained: Trained, pieces: Pieces, last: str
) -> None:
    text, source, spans = built(pieces, last)
    encodings = trained.tokenizer.encode(text), trained.tokenizer.encode(source)
    quick = _by_ids(*encodings, spans)
    assert quick in (None, _by_offsets(*encodings, spans))


def published(trained: Trained, pieces: Pieces, last: str) -> list[tuple[int, int]]:
    """Return ids and labels by PreAlign's rule: words are replaced by others, token by token."""

    def ids(text: str) -> list[int]:
        return list(trained.tokenizer.encode(text, add_special_tokens=False).ids)

    rows: list[tuple[int, int]] = []
    for before, original, name in pieces:
        rows += [(number, number) for number in ids(before)]
        shown = ids(name)
        labels = ids(name) if name == original else [ids(original)[0], *[-100] * (len(shown) - 1)]
        rows += zip(shown, labels, strict=True)
    return rows + [(number, number) for number in ids(last)]


SPELLED = ["river", "Paris", "unbelievable", "Ридли", "東京", "a", "köln"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.tuples(st.sampled_from(["", "the", "of a", ","]), *[st.sampled_from(SPELLED)] * 2),
        min_size=1,
        max_size=4,
    ),
    last=st.sampled_from(["", "."]),
)
def test_a_switched_word_predicts_the_first_token_of_the_original_as_published(
    all_trained: dict[str, Trained], pieces: Pieces, last: str
) -> None:
    trained = all_trained["wordpiece"]  # spaces separate its words
    spaced = [(f" {before} ", original, name) for before, original, name in pieces]
    tokens = found(trained, *built(spaced, f" {last}"))
    assert [token[:2] for token in tokens[1:-1]] == published(trained, spaced, last)


def test_characters_attached_to_a_word_go_with_it(all_trained: dict[str, Trained]) -> None:
    trained = all_trained["wordpiece"]
    source, text = "the town and the river", "the towns and the rivers"
    tokens = trained.tokenizer.encode(text).tokens
    # The tokenizer may or may not join the letter with the word before it.
    rows = found(trained, text, source, [SwitchedSpan(4, 9, 4, 8), SwitchedSpan(18, 24, 17, 22)])
    ids = trained.tokenizer.encode(source).ids
    kept = [label for _, label, _ in rows if label != NOT_PREDICTED]
    assert len(rows) == len(tokens)
    assert {*kept} <= {*ids}
    assert rows[1][1] == ids[1]


def test_spans_that_are_equal_are_predicted_as_a_whole(trained: Trained) -> None:
    text = "Ридли Скотт turned unbelievable books"
    rows = found(trained, text, text, [SwitchedSpan(0, 11, 0, 11), SwitchedSpan(19, 31, 19, 31)])
    assert all(label == number and not switched for number, label, switched in rows)


def test_a_text_that_differs_elsewhere_is_found() -> None:
    spans = [SwitchedSpan(0, 4, 0, 3)]
    texts = SwitchedTexts.of(["Hund runs", "Hund runs."], ["dog runs", "dog runs"], [spans, spans])
    assert texts.unequal() == [1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=pieces, last=st.text(ALPHABET, max_size=12), longest=st.integers(3, 9))
def test_windows_have_the_source_text_that_is_in_their_place(
    all_trained: dict[str, Trained], pieces: Pieces, last: str, longest: int
) -> None:
    trained = all_trained["byte-level"]
    text, source, spans = built(pieces, last)
    whole = SwitchedTexts.of([text], [source], [spans])
    windows = cut_into_windows(trained.tokenizer, [text], [[0]], longest)
    parts = in_windows(whole, windows)
    assert parts.unequal() == []
    assert "".join("".join(parts.texts).split()) == "".join(text.split())
    at = 0
    for part in parts.sources:  # in the order of the source, without overlaps
        at = source.index(part, at) + len(part)
    for of_window, spans_there in zip(parts.texts, parts.spans, strict=True):
        for one, other in pairwise(spans_there):
            assert one.end <= other.start
            assert one.source_end <= other.source_start
        assert all(0 <= s.start <= s.end <= len(of_window) for s in spans_there)
