"""A collator for PyTorch's DataLoader and transformers' Trainer that masks on the fly."""

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
    """Makes batches of a corpus's rows, masked anew in each batch and epoch.

    Rows with `id`, `language`, `text`, `entities` (a corpus) are tokenized and masked; rows with
    `labels` (what `cstool mask` wrote) are masked already, and only padded: for validation, which
    is to be the same each time. Batches are dicts of `input_ids`, `labels` (−100: nothing to
    predict) and `attention_mask`, int64 on the CPU: whoever trains moves them to a device.
    With `originals` they also hold `original_ids`, what `input_ids` were. `tokenizer` is a
    tokenizer.json, a `tokenizers.Tokenizer`, or what transformers' AutoTokenizer gives; it stays
    as it was.

    Call `set_epoch` before each epoch, or give the Trainer `callback()`. The epoch is shared
    with the DataLoader's workers. Raises what reading its files raises.
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
            raise WrongCallError(f"no strategy {strategy!r}; there are {', '.join(STRATEGIES)}")
        if pad_to_multiple_of < 1:
            raise WrongCallError(f"pad_to_multiple_of {pad_to_multiple_of}: give 1 or more")
        own = _copy(tokenizer)
        vocabulary = Vocabulary.of(own, mask_token or getattr(tokenizer, "mask_token", None))
        chosen = strategy_of(strategy, rules)
        if chosen.masks and vocabulary.mask is None:
            raise InputError("the tokenizer has no [MASK] or <mask>; name its own with mask_token")
        if chosen.clusters != (clusters is not None):
            raise WrongCallError("clusters and the strategy c-rts go together; give both")
        if max_length <= vocabulary.head + vocabulary.tail:
            raise WrongCallError(f"max_length {max_length}: leaves no room for text; give more")
        if isinstance(clusters, Path | str):
            clusters = read_clusters(Path(clusters), vocabulary)
        self.masking = Masking(own, vocabulary, chosen, clusters, max_length, originals)
        named = (getattr(tokenizer, "pad_token_id", None), vocabulary.pad)
        pad = next((number for number in named if number is not None), 0)  # it is not attended to
        self.seed = seed
        self.padding = Padding(pad, pad_to_multiple_of)
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Draw other tokens from now on: those of that epoch."""
        self._epoch.fill_(epoch)

    @property
    def epoch(self) -> int:
        """The epoch that is drawn for."""
        return int(self._epoch)

    def __call__(self, rows: Sequence[CorpusRow]) -> dict[str, Any]:
        """Return a batch. Raises InputError for rows that are neither of a corpus nor masked."""
        import torch

        made: Sequence[CorpusRow] = rows
        if not are_masked(rows):
            keys = batch_keys(row_keys(rows, self.seed, self.epoch))
            made = masked_rows(rows, self.masking, keys)
        return {name: torch.from_numpy(a) for name, a in padded(made, self.padding).items()}

    def learn(self, originals: Any, shown: Any, wrong: Any) -> None:
        """Tell c-rts about which tokens the model was wrong: draw more of what is hard.

        Tensors of one shape: a batch's `original_ids` and `input_ids`, and whether the model took
        a replaced token for an original (of tokens that were not replaced nothing is counted).
        Workers of a DataLoader know it when they are started next: not, if they are persistent.
        """
        clusters = self.masking.clusters
        if clusters is None:
            raise WrongCallError("learn: only c-rts has clusters to learn about")
        import torch

        tensors = (torch.as_tensor(of) for of in (originals, shown, wrong))
        arrays = (tensor.detach().cpu().long().numpy() for tensor in tensors)
        self.masking = replace(self.masking, clusters=clusters.learned(*arrays))

    def callback(self) -> Any:
        """Return a TrainerCallback that sets the epoch at the begin of each."""
        from transformers import TrainerCallback

        collator = self

        class SetEpoch(TrainerCallback):  # type: ignore[misc] # transformers is untyped to us
            """Sets the collator's epoch."""

            def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                """Begin with the epoch that a resumed training is in the midst of."""
                del args, control, others
                self.next = int(state.epoch or 0)

            def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                """Tell the collator which epoch begins: counted, for a stream has no length."""
                del args, state, control, others
                collator.set_epoch(self.next)
                self.next += 1

        return SetEpoch()


def _copy(tokenizer: "Path | str | Tokenizer | PreTrainedTokenizerFast") -> "Tokenizer":
    """Return a tokenizer of our own, which does not cut and pad: that is set on the object itself.

    Raises InputError when the file is none; WrongCallError for one that has no offsets.
    """
    need_library()
    from tokenizers import Tokenizer

    read = read_tokenizer(Path(tokenizer)) if isinstance(tokenizer, Path | str) else tokenizer
    read = getattr(read, "backend_tokenizer", read)
    if not isinstance(read, Tokenizer):
        raise WrongCallError(
            f"{type(tokenizer).__name__} tells no offsets; give a fast tokenizer, or its file"
        )
    own = Tokenizer.from_str(read.to_str())
    own.no_padding()
    own.no_truncation()
    return own
