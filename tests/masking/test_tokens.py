"""Character spans converted to token spans, with tokenizers of three kinds."""

import unicodedata
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cstool.masking.tokens import Spans, Tokenized, tokenize
from tests.masking.fixtures import Trained
from tests.masking.tokenizers import KINDS

Array = np.ndarray[Any, Any]

# Latin, combining marks, right-to-left letters and marks, no spaces, beyond the BMP, unknown.
ALPHABET = "ab e  .,'é\u0301\u0300ñ\u0327ش\u064bقاهرة\u200f\u200cשלום北京東のไทยग\u093fकि😀𝔘\u2603"
texts = st.lists(st.text(ALPHABET, min_size=1, max_size=40), min_size=1, max_size=4)


@pytest.fixture(params=KINDS)
def trained(request: pytest.FixtureRequest, all_trained: dict[str, Trained]) -> Trained:
    """Each kind in turn."""
    return all_trained[request.param]


def spans_of(rows: list[list[tuple[int, int]]]) -> Spans:
    flat = [(i, a, b) for i, row in enumerate(rows) for a, b in row]
    sentence, start, end = np.array(flat, np.int64).reshape(-1, 3).T
    return Spans(sentence, start, end)


def read(trained: Trained, text: str, *spans: tuple[int, int], longest: int = 999) -> Tokenized:
    return tokenize(trained.tokenizer, trained.vocabulary, [text], spans_of([[*spans]]), longest)


def entity_of(trained: Trained, text: str, anchor: str, **options: int) -> tuple[Tokenized, str]:
    """The tokens of one entity, and the characters that they are made of."""
    start = text.index(anchor)
    found = read(trained, text, (start, start + len(anchor)), **options)
    offsets = np.array(trained.tokenizer.encode(text).offsets)[: len(found.tokens.ids)]
    of_it = offsets[found.tokens.entities == 1]
    return found, text[of_it[:, 0].min() : of_it[:, 1].max()] if len(of_it) else ""


def bare(text: str) -> str:
    """The text without combining marks."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@st.composite
def with_spans(draw: st.DrawFn) -> tuple[list[str], list[list[tuple[int, int]]]]:
    some = draw(texts)
    rows = []
    for text in some:
        places = draw(st.lists(st.integers(0, len(text)), unique=True, max_size=6).map(sorted))
        pairs = zip(places[::2], places[1::2], strict=False)
        rows.append([*pairs])
    return some, rows


def brute(trained: Trained, texts: list[str], rows: list[list[tuple[int, int]]]) -> list[int]:
    """Each token's entity in its sentence, looked for one by one; 0 where none."""
    out = []
    for text, spans in zip(texts, rows, strict=True):
        encoding = trained.tokenizer.encode(text)
        owners = []
        for number, (low, high) in zip(encoding.ids, encoding.offsets, strict=True):
            inside = [i for i, (a, b) in enumerate(spans) if low < b and high > a]
            owners.append(inside[0] if inside and not trained.vocabulary.special[number] else -1)
        there = sorted({o for o in owners if o >= 0})
        out += [there.index(o) + 1 if o >= 0 else 0 for o in owners]
    return out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(case=with_spans())
@example(case=(["aa .", "b  c", "b  c"], [[(2, 4)], [(0, 3)], [(1, 3)]]))  # spaces at an end
def test_a_token_belongs_to_the_entity_whose_character_it_contains(
    trained: Trained, case: tuple[list[str], list[list[tuple[int, int]]]]
) -> None:
    some, rows = case
    found = tokenize(trained.tokenizer, trained.vocabulary, some, spans_of(rows), 999)
    assert found.tokens.entities.tolist() == brute(trained, some, rows)
    assert not found.cut.any()
    ids = [number for text in some for number in trained.tokenizer.encode(text).ids]
    assert found.tokens.ids.tolist() == ids
    for first, end in pairwise(found.tokens.firsts):
        owners = found.tokens.entities[first:end]
        special = trained.vocabulary.special[found.tokens.ids[first:end]]
        for number in range(1, owners.max() + 1):  # nothing else lies between an entity's tokens
            low, high = np.flatnonzero(owners == number)[[0, -1]]
            assert ((owners == number) | special)[low:high].all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(case=with_spans(), longest=st.integers(3, 12))
def test_a_truncated_sentence_keeps_its_last_special_tokens(
    trained: Trained,
    case: tuple[list[str], list[list[tuple[int, int]]]],
    longest: int,
) -> None:
    some, rows = case
    arguments = (trained.tokenizer, trained.vocabulary, some, spans_of(rows))
    whole, cut = tokenize(*arguments, 999), tokenize(*arguments, longest)
    assert np.diff(cut.tokens.firsts).max() <= longest
    assert ((cut.kept | cut.cut) == whole.kept).all()
    lost = 0
    for i, text in enumerate(some):
        full = trained.tokenizer.encode(text).ids
        part = slice(cut.tokens.firsts[i], cut.tokens.firsts[i + 1])
        ids = cut.tokens.ids[part].tolist()
        assert ids == (full if len(full) <= longest else [*full[: longest - 1], full[-1]])
        # What is left of an entity is as it was, or nothing of it is an entity.
        before = whole.tokens.entities[whole.tokens.firsts[i] : whole.tokens.firsts[i + 1]]
        after = cut.tokens.entities[part]
        kept = len(set(after[after > 0].tolist()))
        assert np.bincount(after)[1:].tolist() == np.bincount(before)[1 : kept + 1].tolist()
        lost += len(set(before[before > 0].tolist())) - kept
    assert lost == cut.cut.sum()


def test_a_space_that_is_a_token_is_the_entity_s_that_it_lies_within(
    all_trained: dict[str, Trained],
) -> None:
    trained = all_trained["byte-level"]
    rare = next(c for c in "xzqþ\u0f40\ua980" if "Ġ" in trained.tokenizer.encode(f"a {c}").tokens)
    text = f"In {rare} {rare} now"
    tokens = read(trained, text, (3, 6)).tokens
    encoding = trained.tokenizer.encode(text)
    spaces = [i for i, token in enumerate(encoding.tokens) if token == "Ġ"]
    assert [encoding.offsets[i] for i in spaces] == [(3, 3), (5, 5)]  # without characters
    assert tokens.entities[spaces].tolist() == [0, 1]
    assert trained.tokenizer.decode(tokens.ids[tokens.entities == 1].tolist()) == text[3:6]


@pytest.mark.parametrize("anchor", ["Berlin", "Paris"])
def test_an_entity_at_an_edge_is_whole(trained: Trained, anchor: str) -> None:
    found, covered = entity_of(trained, "Berlin is far from Paris", anchor)
    assert covered.strip() == anchor
    assert found.tokens.entities[0] == found.tokens.entities[-1] == 0  # special tokens


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("زارت القاهرة ثم عادت.", "القاهرة"),  # right to left
        ("העיר תל אביב גדולה.", "תל אביב"),
        ("In Sa\u0303o Paulo now", "Sa\u0303o Paulo"),  # a combining tilde
        ("In Malmo\u0308", "Malmo\u0308"),  # that is the text's last character
        ("वह दिल्ली गया।", "दिल्ली"),
        ("彼は北京とソウルに行った", "北京"),
        ("\u200fمصر\u200f بلد", "مصر"),  # between marks of direction
    ],
)
def test_an_entity_in_any_script_is_whole(trained: Trained, text: str, anchor: str) -> None:
    found, covered = entity_of(trained, text, anchor)
    known = not trained.vocabulary.special[found.tokens.ids[1:-1]].any()
    if found.kept[0]:
        # Tokens take spaces and marks of direction along; normalisers lose accents.
        assert bare(covered).strip("\u200f ") == bare(anchor) or not known
    else:
        assert not known


def test_what_the_tokenizer_cuts_itself_is_not_cut(all_trained: dict[str, Trained]) -> None:
    found, _ = entity_of(all_trained["byte-level"], "a b c d e Paris", "Paris", longest=5)
    assert not found.kept.any()
    assert found.cut.tolist() == [True]
    assert not found.tokens.entities.any()


def test_special_tokens_that_stand_in_a_text_are_special(trained: Trained) -> None:
    name = "[MASK]" if trained.tokenizer.token_to_id("[MASK]") is not None else "<mask>"
    text = f"The {name} of Paris"
    found = read(trained, text, (4, len(text)))
    at = found.tokens.ids == trained.vocabulary.mask
    assert at.sum() == 1
    assert found.tokens.entities[at].tolist() == [0]
    assert (found.tokens.entities == 1).sum() > 1


def test_a_token_of_two_entities_belongs_to_the_first(
    all_trained: dict[str, Trained],
) -> None:
    trained = all_trained["wordpiece"]
    words = trained.tokenizer.get_vocab()
    word = next(w for w in sorted(words) if len(w) > 2 and w.isascii() and w.isalpha())
    found = read(trained, word, (0, 2), (2, len(word)))
    assert found.kept.tolist() == [True, False]
    assert not found.cut.any()
