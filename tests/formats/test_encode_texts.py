"""Texts become tokens, and only the end of a text becomes the end of a document."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from cstool.errors import InputError
from cstool.formats.encode_texts import TextEncoder, read_encoder
from tests.formats.token_files import TEXTS, byte_level
from tests.masking.tokenizers import KINDS, train

ENDS = {"byte-level": "</s>", "unigram": "</s>", "wordpiece": "[SEP]"}


class Both(NamedTuple):
    """A tokenizer, its encoder, and the name of its document end."""

    tokenizer: Tokenizer
    encoder: TextEncoder
    name: str


def lists(encoder: TextEncoder, texts: list[str]) -> list[list[int]]:
    ids, ends = encoder.encode(texts)
    assert ids.dtype == np.int32
    return [part.tolist() for part in np.split(ids, ends)[:-1]]


def saved(path: Path, tokenizer: Tokenizer) -> Path:
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module", params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    path = tmp_path_factory.mktemp("encoder") / "tokenizer.json"
    tokenizer = train(request.param, TEXTS, 200)
    return Both(tokenizer, read_encoder(saved(path, tokenizer)), ENDS[request.param])


@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))))
def test_tokens_are_those_of_the_tokenizer_and_an_end(both: Both, texts: list[str]) -> None:
    tokenizer, encoder, _ = both
    plain = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    assert lists(encoder, texts) == [[*ids, encoder.end] for ids in plain]


@pytest.mark.parametrize("text", ["{}", "old {} mill{}", "the{}river", " {} "])
def test_the_name_of_the_document_end_in_a_text_is_text(both: Both, text: str) -> None:
    tokenizer, encoder, name = both
    assert encoder.end in tokenizer.encode(text.format(name, name), add_special_tokens=False).ids
    (ids,) = lists(encoder, [text.format(name, name)])
    assert ids.count(encoder.end) == 1
    assert ids[-1] == encoder.end


def test_the_name_of_the_document_end_in_a_text_is_spelled_out(tmp_path: Path) -> None:
    path = byte_level(tmp_path / "t.json")
    (ids,) = lists(read_encoder(path), ["a</s>b"])
    assert Tokenizer.from_file(str(path)).decode(ids, skip_special_tokens=False) == "a</s>b</s>"


def test_other_added_tokens_in_a_text_are_tokens_with_their_own_ids(tmp_path: Path) -> None:
    path = byte_level(tmp_path / "t.json", "<|end|>", "<translate>", "</translate>")
    tokenizer = Tokenizer.from_file(str(path))
    vocabulary = tokenizer.get_vocab()
    marks = [vocabulary[name] for name in ("<translate>", "</translate>")]
    encoder = read_encoder(path, "<|end|>")
    (ids,) = lists(encoder, ["mill <translate>Mühle</translate>"])
    assert [one for one in ids if one in marks] == marks
    assert encoder.end == marks[0] - 1
    assert encoder.size == marks[1] + 1


def test_padding_truncation_and_dropout_of_the_file_are_off(tmp_path: Path) -> None:
    tokenizer = train("byte-level", TEXTS, 320)
    plain = tokenizer.encode(TEXTS[0], add_special_tokens=False).ids
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(4)
    tokenizer.model.dropout = 0.9
    encoder = read_encoder(saved(tmp_path / "t.json", tokenizer))
    assert lists(encoder, TEXTS[:1]) == [[*plain, encoder.end]]


def test_a_name_of_special_tokens_comes_before_other_tokens(tmp_path: Path) -> None:
    path = byte_level(tmp_path / "t.json")
    file = json.loads(path.read_text())
    file["model"]["vocab"]["<|endoftext|>"] = 999
    path.write_text(json.dumps(file))
    assert read_encoder(path).name == "</s>"
    assert read_encoder(path, "<|endoftext|>").end == 999


def test_a_token_that_merges_make_can_be_the_document_end(tmp_path: Path) -> None:
    encoder = read_encoder(byte_level(tmp_path / "t.json"), "The")
    assert [ids.count(encoder.end) for ids in lists(encoder, TEXTS[:2])] == [1, 1]


@pytest.mark.parametrize("name", [None, "<eod>"])
def test_a_tokenizer_without_a_document_end_is_refused(tmp_path: Path, name: str | None) -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?"))
    path = saved(tmp_path / "t.json", tokenizer)
    with pytest.raises(InputError, match="--document-end"):
        read_encoder(path, name)


def test_unknown_text_may_not_be_the_end_of_a_document(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "</s>": 1}, unk_token="</s>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    encoder = read_encoder(saved(tmp_path / "t.json", tokenizer))
    assert lists(encoder, ["a a"]) == [[0, 0, 1]]
    with pytest.raises(InputError, match="stands for unknown text"):
        encoder.encode(["a b"])


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    first = read_encoder(byte_level(tmp_path / "t.json"))
    assert read_encoder(tmp_path / "t.json") is first
    assert read_encoder(byte_level(tmp_path / "t.json", "</s>", "<more>")).size == first.size + 1


def test_a_text_that_cannot_be_encoded_is_an_error(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0}, unk_token="?"))
    tokenizer.add_special_tokens([AddedToken("</s>", special=True)])
    encoder = read_encoder(saved(tmp_path / "t.json", tokenizer))
    with pytest.raises(InputError, match="cannot encode a text"):
        encoder.encode(["b"])
