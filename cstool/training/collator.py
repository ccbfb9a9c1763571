"""A collator for PyTorch's DataLoader and transformers' Trainer that masks each batch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cstool.distribution import install_hint
from cstool.errors import CstoolError, InputError, WrongCallError
from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.strategies import STRATEGIES, RuleSource, strategy_of
from cstool.masking.vocabulary import Vocabulary, need_library, read_tokenizer
from cstool.training.batches import (
    CorpusRow,
    Masking,
    Padding,
    are_masked,
    batch_keys,
    masked_rows,
    padded,
    row_keys,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

__all__ = ["EntityMaskingCollator"]


class EntityMaskingCollator:
    """Builds batches from rows of a corpus, masked differently in each batch and epoch.

    Rows with `id`, `language`, `text`, `entities` (a corpus) are tokenized and masked; rows with
    `labels` (written by `cstool mask`) are only padded: use them for validation, which must be the
    same each time. Batches are dicts of `input_ids`, `labels` (−100: not predicted) and
    `attention_mask`, int64[rows, width] on the CPU; the training loop moves them to a device. With
    `originals` they also have `original_ids`, the `input_ids` before masking. `tokenizer` is the
    path of a tokenizer.json, a `tokenizers.Tokenizer`, or a tokenizer of transformers'
    AutoTokenizer; it is not modified.

    Call `set_epoch` before each epoch, or give the Trainer `callback()`. The epoch is shared with
    the DataLoader's workers. Raises WrongCallError for invalid arguments, InputError for invalid
    files.
    """

    def __init__(
        self,
        tokenizer: "Path | str | Tokenizer | PreTrainedTokenizerFast",
        strategy: str,
        *,
        rules: RuleSource = "paper",
        max_length: int = 128,
        seed: int = 0,
        clusters: Path | str | Clusters | None = None,
        mask_token: str | None = None,
        pad_to_multiple_of: int = 1,
        originals: bool = False,
    ) -> None:
        try:
            import torch
        except ImportError as error:
            raise CstoolError(
                f"cstool.training needs PyTorch; run {install_hint('train')}"
            ) from error
        if strategy not in STRATEGIES:
            raise WrongCallError(
                f"unknown strategy {strategy!r}; use one of {', '.join(STRATEGIES)}"
            )
        if pad_to_multiple_of < 1:
            raise WrongCallError(f"pad_to_multiple_of is {pad_to_multiple_of}; give 1 or more")
        own = _copy(tokenizer)
        vocabulary = Vocabulary.of(own, mask_token or getattr(tokenizer, "mask_token", None))
        chosen = strategy_of(strategy, rules)
        if chosen.masks and vocabulary.mask is None:
            raise InputError("the tokenizer has no [MASK] or <mask>; give its name as mask_token")
        if chosen.clusters != (clusters is not None):
            raise WrongCallError(
                f"strategy {strategy!r}: c-rts needs clusters, others take none; give or omit them"
            )
        if max_length <= vocabulary.head + vocabulary.tail:
            raise WrongCallError(
                f"max_length is {max_length}, which leaves no room for text; give a larger one"
            )
        if isinstance(clusters, Path | str):
            clusters = read_clusters(Path(clusters), vocabulary)
        self.masking = Masking(own, vocabulary, chosen, clusters, max_length, originals)
        named = (getattr(tokenizer, "pad_token_id", None), vocabulary.pad)
        pad = next((number for number in named if number is not None), 0)  # masked by attention
        self.seed = seed
        self.padding = Padding(pad, pad_to_multiple_of)
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Mask the following batches for this epoch."""
        self._epoch.fill_(epoch)

    @property
    def epoch(self) -> int:
        """The current epoch."""
        return int(self._epoch)

    def __call__(self, rows: Sequence[CorpusRow]) -> dict[str, Any]:
        """Return a batch. Raises InputError for rows that are neither of a corpus nor masked."""
        import torch

        masked: Sequence[CorpusRow] = rows
        if not are_masked(rows):
            keys = batch_keys(row_keys(rows, self.seed, self.epoch))
            masked = masked_rows(rows, self.masking, keys)
        return {name: torch.from_numpy(a) for name, a in padded(masked, self.padding).items()}

    def learn(self, originals: Any, shown: Any, wrong: Any) -> None:
        """Update the clusters of c-rts with the model's errors: hard ones are drawn more often.

        Tensors of one shape: a batch's `original_ids` and `input_ids`, and whether the model took a
        replaced token for an original (tokens that were not replaced are not counted). The workers
        of a DataLoader get the update when they are next started, so persistent workers do not get
        it.
        """
        clusters = self.masking.clusters
        if clusters is None:
            raise WrongCallError(
                "learn: the strategy is not c-rts, so there are no clusters; omit the call"
            )
        import torch

        tensors = (torch.as_tensor(of) for of in (originals, shown, wrong))
        arrays = (tensor.detach().cpu().long().numpy() for tensor in tensors)
        self.masking = replace(self.masking, clusters=clusters.learned(*arrays))

    def callback(self) -> Any:
        """Return a TrainerCallback that sets the epoch at the start of each epoch."""
        from transformers import TrainerCallback

        collator = self

        class SetEpoch(TrainerCallback):  # type: ignore[misc] # transformers is untyped to us
            """Sets the collator's epoch."""

            def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                """Start with the epoch in which a resumed training was interrupted."""
                del args, control, others
                self.next = int(state.epoch or 0)

            def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                """Set the epoch; it is counted here, because a stream of rows has no length."""
                del args, state, control, others
                collator.set_epoch(self.next)
                self.next += 1

        return SetEpoch()


def _copy(tokenizer: "Path | str | Tokenizer | PreTrainedTokenizerFast") -> "Tokenizer":
    """Return a copy of the tokenizer without truncation and padding, which the object stores.

    Raises InputError if the file is not valid, WrongCallError for a tokenizer without offsets.
    """
    need_library()
    from tokenizers import Tokenizer

    given = read_tokenizer(Path(tokenizer)) if isinstance(tokenizer, Path | str) else tokenizer
    given = getattr(given, "backend_tokenizer", given)
    if not isinstance(given, Tokenizer):
        raise WrongCallError(
            f"{type(tokenizer).__name__} has no offsets; give a fast tokenizer, or its file"
        )
    own = Tokenizer.from_str(given.to_str())
    own.no_padding()
    own.no_truncation()
    return own
