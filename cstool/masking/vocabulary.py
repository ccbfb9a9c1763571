"""The tokens of a tokenizer: special tokens, the mask token, and ordinary tokens.

Read from a `tokenizer.json` of Hugging Face's `tokenizers`, the file that all fast tokenizers have
(written by `tokenizer.save_pretrained(…)` of transformers).
"""

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from cstool.arrays import Array
from cstool.distribution import install_hint
from cstool.errors import CstoolError, InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


_MASKS = ("[MASK]", "<mask>", "<|mask|>")
_PADS = ("[PAD]", "<pad>", "<|pad|>")


def need_library() -> str:
    """Return the version of `tokenizers`. Raises CstoolError if it is not installed."""
    try:
        import tokenizers
    except ImportError as error:
        raise CstoolError(f"--tokenizer needs tokenizers; run {install_hint('mask')}") from error
    return str(tokenizers.__version__)


def one_thread() -> None:
    """Limit tokenizers to one thread per process, because -j sets the number of processes."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def read_tokenizer(path: Path) -> "Tokenizer":
    """Return the tokenizer of a `tokenizer.json`. Raises InputError if the file is not valid."""
    need_library()
    from tokenizers import Tokenizer

    if not path.is_file():
        raise InputError(f"{path}: no such file; give a tokenizer.json")
    try:
        return Tokenizer.from_file(os.fspath(path))
    except Exception as error:  # tokenizers raises no narrower exception
        raise InputError(
            f"{path}: not a valid tokenizer.json ({error}); give one written by tokenizers"
        ) from error


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer's tokens by id.

    `special`: bool[vocabulary], whether a token is special; `ordinary`: int32[n], the ids of all
    others, ascending. `mask` and `pad`: the ids of the mask and the padding token, None if unknown.
    `head`, `tail`: the number of special tokens added before and after a text.
    """

    special: Array
    ordinary: Array
    mask: int | None
    pad: int | None
    head: int
    tail: int

    @classmethod
    def of(cls, tokenizer: "Tokenizer", mask: str | None = None) -> "Vocabulary":
        """Read a tokenizer's vocabulary; `mask` names the mask token if it has an unusual name.

        Raises InputError if there is no such token, or there are only special tokens.
        """
        numbers = tokenizer.get_vocab(with_added_tokens=True)
        if mask is not None and mask not in numbers:
            raise InputError(
                f"--mask-token: the tokenizer has no token {mask!r}; give one of its tokens"
            )
        around = tokenizer.encode(text_with_tokens(tokenizer))
        flags = around.special_tokens_mask
        special = np.zeros(max(numbers.values(), default=-1) + 1, bool)
        added = tokenizer.get_added_tokens_decoder()
        ids = {number for number, token in added.items() if token.special}
        ids |= {number for number, flag in zip(around.ids, flags, strict=True) if flag}
        ids |= _unknown(tokenizer, numbers)  # the file may list it as special or not
        names = {name: number for name, number in numbers.items() if number in ids}
        chosen = numbers[mask] if mask is not None else _first(names, _MASKS)
        special[[*ids, *([] if chosen is None else [chosen])]] = True
        used = np.zeros(len(special), bool)
        used[[*numbers.values()]] = True
        ordinary = np.flatnonzero(used & ~special).astype(np.int32)
        if not len(ordinary):
            raise InputError("the tokenizer has only special tokens; give another tokenizer")
        text = [i for i, flag in enumerate(flags) if not flag]
        head, tail = text[0], len(flags) - 1 - text[-1]
        return cls(special, ordinary, chosen, _first(names, _PADS), head, tail)


def text_with_tokens(tokenizer: "Tokenizer") -> str:
    """Return a text that has an ordinary token. Raises InputError if there is none."""
    words = map(tokenizer.decode, ([number] for number in tokenizer.get_vocab().values()))
    for text in chain(["a"], words):
        if 0 in tokenizer.encode(text).special_tokens_mask:
            return text
    raise InputError("the tokenizer returns only special tokens for any text; give another one")


def _unknown(tokenizer: "Tokenizer", numbers: dict[str, int]) -> set[int]:
    """Return the id of the model's token for unknown text, if it has one."""
    from tokenizers.models import Unigram

    if isinstance(tokenizer.model, Unigram):  # it has this only in its file
        number = msgspec.json.decode(tokenizer.to_str(), type=_File).model.unk_id
    else:
        number = numbers.get(getattr(tokenizer.model, "unk_token", None) or "")
    return set() if number is None else {number}


class _Model(msgspec.Struct):
    unk_id: int | None = None


class _File(msgspec.Struct):
    model: _Model


def _first(numbers: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((numbers[name] for name in names if name in numbers), None)
