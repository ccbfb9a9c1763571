"""Encodes texts as token ids, each followed by the token for the end of a document.

The text is encoded without that token: where a text contains its name (`</s>` in a page about
HTML), the name becomes ordinary tokens, so a document ends only where its row does. Names of other
added tokens, such as the marks of `switch --open`, become those tokens, as in transformers.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from cstool.arrays import Array
from cstool.errors import InputError
from cstool.masking.vocabulary import one_thread, read_tokenizer
from cstool.storage.manifest import describe_file

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

# Names of the token for the end of a document, in the order in which they are looked for: GPT-2,
# OLMo and Qwen; Llama 3; DeepSeek; Gemma; Llama 2, Mistral and XLM-R; Kimi; BERT.
_DOCUMENT_ENDS = (
    "<|endoftext|>",
    "<|end_of_text|>",
    "<｜end▁of▁sentence｜>",
    "<eos>",
    "</s>",
    "[EOS]",
    "[SEP]",
)
# Characters that are encoded together: with 1,000,000, encoding takes 1.5 times as long, because
# the encodings, over 100 bytes for each token, do not fit in the processor's cache.
_CHARACTERS_AT_ONCE = 1 << 14
# Replaces the name of the token for the end: XML cannot contain this character, so no text does.
_IN_NO_TEXT = "\0"


class TokenLists(NamedTuple):
    """The tokens of some texts: `ids`, int32[n], and `ends`, int64[t], where each text ends."""

    ids: Array
    ends: Array


class TextEncoder:
    """A tokenizer, and the id and the name of its token for the end of a document.

    `size`: the number of ids, which is one more than the largest.
    """

    def __init__(self, path: Path, tokenizer: "Tokenizer", name: str, end: int) -> None:
        self._path = path
        self.name = name
        self._tokenizer = _without(tokenizer, name)
        self.end = end
        self.size = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, texts: Iterable[str]) -> TokenLists:
        """Return the tokens of texts; the last of each is that for the end of a document.

        Raises InputError if a text has characters that the tokenizer does not know, and it has no
        token for these, or the one for the end of a document.
        """
        blocks = [np.zeros(0, np.int32)]
        lengths: list[int] = []
        for some in _some_at_a_time(texts):
            lists = [encoding.ids for encoding in self._encode(some)]
            for one in lists:
                one.append(self.end)
            blocks.append(np.fromiter(chain.from_iterable(lists), np.int32))
            lengths += map(len, lists)
        ids = np.concatenate(blocks)
        if np.count_nonzero(ids == self.end) != len(lengths):
            raise InputError(
                f"{self._path}: its token {self.name} stands for unknown text, so it cannot be "
                "the end of a document; name another token with --document-end"
            )
        return TokenLists(ids, np.cumsum(lengths, dtype=np.int64))

    def _encode(self, texts: list[str]) -> "list[Encoding]":
        try:
            return self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        except Exception as error:  # tokenizers raises no narrower exception
            raise InputError(
                f"{self._path}: cannot encode a text of the corpus ({error}); give another "
                "tokenizer"
            ) from error


def read_encoder(path: Path, document_end: str | None = None) -> TextEncoder:
    """Return the encoder of a tokenizer.json, which each process reads once if it is the same.

    `document_end`: the name of the token for the end of a document, None for one of the usual
    names. Raises InputError if the file is not valid or has no such token.
    """
    sample = describe_file(path).sample if path.is_file() else None
    return _read(path, document_end, sample)


@lru_cache(maxsize=1)
def _read(path: Path, document_end: str | None, _: str | None) -> TextEncoder:
    one_thread()
    tokenizer = read_tokenizer(path)
    if document_end is not None:
        names: tuple[str, ...] = (document_end,)
    else:
        # RoBERTa, for example, has GPT-2's name as an ordinary token.
        special = {t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special}
        names = (*(name for name in _DOCUMENT_ENDS if name in special), *_DOCUMENT_ENDS)
    for name in names:
        end = tokenizer.token_to_id(name)
        if end is not None:
            return TextEncoder(path, tokenizer, name, end)
    if document_end is not None:
        raise InputError(
            f"--document-end: {path} has no token {document_end!r}; give one of its tokens"
        )
    raise InputError(
        f"{path}: none of its tokens has a usual name for the end of a document "
        f"({', '.join(_DOCUMENT_ENDS)}); name one with --document-end"
    )


def _some_at_a_time(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield the texts in lists of a limited size, or of a single text."""
    some: list[str] = []
    characters = 0
    for text in texts:
        if some and characters + len(text) > _CHARACTERS_AT_ONCE:
            yield some
            some, characters = [], 0
        some.append(text)
        characters += len(text)
    if some:
        yield some


def _without(tokenizer: "Tokenizer", name: str) -> "Tokenizer":
    """Return the tokenizer with a token that no text becomes, and without padding and truncation.

    All ids stay the same: the token is renamed. So are choices: BPE-dropout is turned off.
    """
    from tokenizers import Tokenizer

    file: dict[str, Any] = msgspec.json.decode(tokenizer.to_str())
    for token in file["added_tokens"]:
        if token["content"] == name:
            token |= {"content": _IN_NO_TEXT, "normalized": False}
    model = file["model"]
    if isinstance(model["vocab"], dict):
        if name in model["vocab"]:
            model["vocab"][_IN_NO_TEXT] = model["vocab"].pop(name)
    else:  # Unigram: pairs of a token and its score
        model["vocab"] = [[_IN_NO_TEXT if t == name else t, score] for t, score in model["vocab"]]
    if model.get("unk_token") == name:
        model["unk_token"] = _IN_NO_TEXT
    if "merges" in model:
        model["merges"] = [merge for merge in model["merges"] if not _makes(merge, name)]
        model["dropout"] = None
    file |= {"padding": None, "truncation": None}
    return Tokenizer.from_str(msgspec.json.encode(file).decode())


def _makes(merge: str | list[str], name: str) -> bool:
    """Whether a merge of BPE, which older versions write as a string, has or makes a token."""
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return name in (left, right, left + right)
