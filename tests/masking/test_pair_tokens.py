"""Pairs of texts tokenized once, compared with the tokenizer's own pairs."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from cstool.masking.pair_tokens import PairFrame, PairTexts, pair_rows
from tests.masking.fixtures import Trained
from tests.masking.tokenizers import KINDS

TEXTS = st.lists(
    st.text(st.sampled_from("aTown by the sea, Скотт 東京 العربية é😀\u0301 ")),
    min_size=1,
    max_size=4,
)


def agree(tokenizer: Tokenizer, texts: list[str], longest: int) -> None:
    own = Tokenizer.from_str(tokenizer.to_str())
    own.no_truncation()
    tokens = PairTexts.of(own, PairFrame.of(own), texts)
    first, second = (grid.ravel() for grid in np.indices((len(texts), len(texts))))
    rows = pair_rows(tokens, first, second, longest)
    own.enable_truncation(longest, strategy="longest_first")
    expected = own.encode_batch([(texts[a], texts[b]) for a, b in zip(first, second, strict=True)])
    assert rows.sizes.tolist() == [len(one) for one in expected]
    assert rows.ids.tolist() == [number for one in expected for number in one.ids]
    assert rows.types.tolist() == [number for one in expected for number in one.type_ids]


@pytest.mark.parametrize("kind", KINDS)
@given(texts=TEXTS, longest=st.integers(6, 40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pairs_are_those_of_the_tokenizer(
    all_trained: dict[str, Trained], kind: str, texts: list[str], longest: int
) -> None:
    agree(all_trained[kind].tokenizer, texts, longest)


def test_a_tokenizer_without_special_tokens_gives_two_texts(
    all_trained: dict[str, Trained],
) -> None:
    bare = Tokenizer.from_str(all_trained["byte-level"].tokenizer.to_str())
    bare.post_processor = None  # as GPT-2's has none
    agree(bare, ["a town", "by the sea", ""], 4)
