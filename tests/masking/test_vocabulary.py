"""Properties of a tokenizer: its special tokens, and those added around a text."""

import numpy as np
import pytest
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from cstool.errors import InputError
from cstool.masking.tokens import Spans, tokenize
from cstool.masking.vocabulary import Vocabulary

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")


def tokenizer_of(frame: str, words: str = "a b c d", *, unknown: bool = False) -> Tokenizer:
    """A tokenizer of a few words, which puts special tokens around a text as `frame` has it."""
    names = [*SPECIAL, *(["[UNK]"] if unknown else []), *words.split()]
    numbers = {name: i for i, name in enumerate(names)}
    model = models.BPE(numbers, []) if not unknown else models.WordLevel(numbers, "[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens([*SPECIAL, *(["[UNK]"] if unknown else [])])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=frame, special_tokens=[(name, numbers[name]) for name in SPECIAL]
    )
    return tokenizer


@pytest.mark.parametrize(
    ("frame", "head", "tail"),
    [("[CLS] $A [SEP]", 1, 1), ("[CLS] $A", 1, 0), ("$A [SEP]", 0, 1), ("$A", 0, 0)],
)
@pytest.mark.parametrize("words", ["a b c d", "京 都 北 東"])  # the latter: no token for "a"
def test_a_truncated_text_keeps_the_special_tokens_around_it(
    frame: str, head: int, tail: int, words: str
) -> None:
    tokenizer = tokenizer_of(frame, words)
    vocabulary = Vocabulary.of(tokenizer)
    assert (vocabulary.head, vocabulary.tail) == (head, tail)
    nothing = np.zeros(0, np.int64)
    found = tokenize(tokenizer, vocabulary, [words], Spans(nothing, nothing, nothing), 3)
    names = [tokenizer.id_to_token(int(number)) for number in found.tokens.ids]
    text = words.split()[: 3 - head - tail]
    assert names == ["[CLS]"] * head + text + ["[SEP]"] * tail


def test_the_unknown_token_is_special_and_an_added_word_is_not() -> None:
    tokenizer = tokenizer_of("[CLS] $A [SEP]", unknown=True)
    tokenizer.add_tokens([AddedToken("Korallenriff", special=False)])
    vocabulary = Vocabulary.of(tokenizer)
    ordinary = [tokenizer.id_to_token(int(number)) for number in vocabulary.ordinary]
    assert ordinary == ["a", "b", "c", "d", "Korallenriff"]
    assert vocabulary.mask == tokenizer.token_to_id("[MASK]")
    assert vocabulary.pad == tokenizer.token_to_id("[PAD]")


@pytest.mark.parametrize("kind", ["WordLevel", "WordPiece", "BPE", "Unigram"])
def test_the_unknown_token_is_special_even_if_not_listed(kind: str) -> None:
    numbers = {"[UNK]": 0, "a": 1, "b": 2}
    made: dict[str, models.Model] = {
        "WordLevel": models.WordLevel(numbers, "[UNK]"),
        "WordPiece": models.WordPiece(numbers, unk_token="[UNK]"),
        "BPE": models.BPE(numbers, [], unk_token="[UNK]"),
        "Unigram": models.Unigram([(name, -1.0) for name in numbers], 0),
    }
    vocabulary = Vocabulary.of(Tokenizer(made[kind]))
    assert vocabulary.special.tolist() == [True, False, False]


def test_a_tokenizer_without_ordinary_tokens_is_reported() -> None:
    tokenizer = tokenizer_of("[CLS] $A [SEP]")
    tokenizer.normalizer = normalizers.Replace(Regex("."), "")
    with pytest.raises(InputError, match="only special tokens for any text"):
        Vocabulary.of(tokenizer)


def test_a_mask_token_can_be_named() -> None:
    tokenizer = tokenizer_of("$A")
    assert Vocabulary.of(tokenizer, "d").mask == tokenizer.token_to_id("d")
    assert Vocabulary.of(tokenizer, "d").special[tokenizer.token_to_id("d")]
    with pytest.raises(InputError, match="no token '<x>'"):
        Vocabulary.of(tokenizer, "<x>")
