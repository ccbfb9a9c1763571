"""Encodes texts as token ids, each followed by the token for the end of a document."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.errors import InputError
from cstool.masking.vocabulary import one_thread, read_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Names of the token for the end of a document, in the order in which they are looked for.
_DOCUMENT_ENDS = (
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<eos>",
    "</s>",
    "[EOS]",
    "[SEP]",
)


class TokenLists(NamedTuple):
    """The tokens of some texts: `ids`, int32[n], and `ends`, int64[t], where each text ends."""

    ids: Array
    ends: Array


class TextEncoder:
    """A tokenizer, and the id of its token for the end of a document.

    `size`: the number of ids, which is one more than the largest.
    """

    def __init__(self, tokenizer: "Tokenizer", end: int) -> None:
        self._tokenizer = tokenizer
        self.end = end
        self.size = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, texts: Iterable[str]) -> TokenLists:
        """Return the tokens of texts; the last of each is that for the end of a document."""
        encoded = self._tokenizer.encode_batch_fast([*texts], add_special_tokens=False)
        ids = [np.array([*one.ids, self.end], np.int32) for one in encoded]
        ends = np.cumsum([len(one) for one in ids], dtype=np.int64)
        return TokenLists(np.concatenate([np.zeros(0, np.int32), *ids]), ends)


@lru_cache(maxsize=1)
def read_encoder(path: Path, document_end: str | None = None) -> TextEncoder:
    """Return the encoder of a tokenizer.json, once per process.

    `document_end`: the name of the token for the end of a document, None for one of the usual
    names. Raises InputError if the file is not valid or has no such token.
    """
    one_thread()
    tokenizer = read_tokenizer(path)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    names = _DOCUMENT_ENDS if document_end is None else (document_end,)
    found = (tokenizer.token_to_id(name) for name in names)
    end = next((number for number in found if number is not None), None)
    if end is None:
        raise InputError(
            f"{path}: has no token {' or '.join(names)} for the end of a document; give the name "
            "of its token with --document-end"
        )
    return TextEncoder(tokenizer, end)
