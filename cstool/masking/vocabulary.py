"""What masking needs to know of a tokenizer: its special tokens, the mask token, all the others.

Read from a `tokenizer.json` of Hugging Face's `tokenizers`, the one file that all fast tokenizers
have (`tokenizer.save_pretrained(…)` in transformers writes it).
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
    """Return the version of `tokenizers`. Raises CstoolError when it is missing."""
    try:
        import tokenizers
    except ImportError as error:
        raise CstoolError(f"masking needs tokenizers; run {install_hint('mask')}") from error
    return str(tokenizers.__version__)


def one_thread() -> None:
    """Let tokenizers use one thread a process: workers are counted by -j."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def read_tokenizer(path: Path) -> "Tokenizer":
    """Return the tokenizer of a `tokenizer.json`. Raises InputError when the file is none."""
    need_library()
    from tokenizers import Tokenizer

    if not path.is_file():
        raise InputError(f"{path}: no such file; give a tokenizer.json")
    try:
        return Tokenizer.from_file(os.fspath(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise InputError(f"{path}: is no tokenizer.json that can be read ({error})") from error


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer's tokens by number.

    `special`: whether a token is special, for each number; `ordinary`: the numbers of all others,
    ascending. `mask` is None when no special token is known to stand for what is masked; so is
    `pad`. `head`, `tail`: how many special tokens are put before and behind a text.
    """

    special: Array
    ordinary: Array
    mask: int | None
    pad: int | None
    head: int
    tail: int

    @classmethod
    def of(cls, tokenizer: "Tokenizer", mask: str | None = None) -> "Vocabulary":
        """Read a tokenizer's; `mask` names the mask token where it has an unusual name.

        Raises InputError when that is none of its tokens, and when it has special ones only.
        """
        numbers = tokenizer.get_vocab(with_added_tokens=True)
        if mask is not None and mask not in numbers:
            raise InputError(f"--mask-token: the tokenizer has no token {mask!r}")
        around = tokenizer.encode(text_with_tokens(tokenizer))
        flags = around.special_tokens_mask
        special = np.zeros(max(numbers.values(), default=-1) + 1, bool)
        added = tokenizer.get_added_tokens_decoder()
        found = {number for number, token in added.items() if token.special}
        found |= {number for number, flag in zip(around.ids, flags, strict=True) if flag}
        found |= _unknown(tokenizer, numbers)  # of the special ones or not in the file
        names = {name: number for name, number in numbers.items() if number in found}
        chosen = numbers[mask] if mask is not None else _first(names, _MASKS)
        special[[*found, *([] if chosen is None else [chosen])]] = True
        there = np.zeros(len(special), bool)
        there[[*numbers.values()]] = True
        ordinary = np.flatnonzero(there & ~special).astype(np.int32)
        if not len(ordinary):
            raise InputError("the tokenizer has special tokens only")
        text = [i for i, flag in enumerate(flags) if not flag]
        head, tail = text[0], len(flags) - 1 - text[-1]
        return cls(special, ordinary, chosen, _first(names, _PADS), head, tail)


def text_with_tokens(tokenizer: "Tokenizer") -> str:
    """Return a text that the tokenizer has tokens for. Raises InputError when there is none."""
    words = map(tokenizer.decode, ([number] for number in tokenizer.get_vocab().values()))
    for text in chain(["a"], words):
        if 0 in tokenizer.encode(text).special_tokens_mask:
            return text
    raise InputError("the tokenizer makes special tokens only, whatever the text")


def _unknown(tokenizer: "Tokenizer", numbers: dict[str, int]) -> set[int]:
    """Return the token that the model has for what it does not know, if it has one."""
    from tokenizers.models import Unigram

    if isinstance(tokenizer.model, Unigram):  # tells it in its file only
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
