"""A collator for PyTorch's DataLoader and transformers' Trainer that masks on the fly."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.strategies import STRATEGIES, Rules, strategy_of
from cstool.masking.vocabulary import Vocabulary, read_tokenizer
from cstool.running.errors import CstoolError, InputError, WrongCallError
from cstool.training.batches import Masking, Padding, Row, masked_rows, padded

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["EntityMaskingCollator"]


class EntityMaskingCollator:
    """Makes batches of a corpus's rows, masked anew in each epoch.

    Rows with `id`, `language`, `text`, `entities` (a corpus) are tokenized and masked; rows with
    `labels` (what `cstool mask` wrote) are masked already, and only padded: for validation, which
    is to be the same each time. Batches are dicts of `input_ids`, `labels` (−100: nothing to
    predict) and `attention_mask`, int64 on the CPU: whoever trains moves them to a device.
    With `originals` they also hold `original_ids`, what `input_ids` were.

    Call `set_epoch` before each epoch, or give the Trainer `callback()`. The epoch is shared
    with the DataLoader's workers. Raises what reading its files raises.
    """

    def __init__(
        self,
        tokenizer: "Path | str | Tokenizer",
        strategy: str,
        *,
        rules: Rules = "paper",
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
                "cstool.training needs PyTorch: install it with pip install 'cstool[train]'"
            ) from error
        if strategy not in STRATEGIES:
            raise WrongCallError(f"no strategy {strategy!r}; there are {', '.join(STRATEGIES)}")
        # A copy: how it cuts and pads is set on the tokenizer itself.
        read = read_tokenizer(Path(tokenizer)) if isinstance(tokenizer, Path | str) else tokenizer
        own = type(read).from_str(read.to_str())
        own.no_padding()
        own.no_truncation()
        vocabulary = Vocabulary.of(own, mask_token)
        chosen = strategy_of(strategy, rules)
        if chosen.masks and vocabulary.mask is None:
            raise InputError("the tokenizer has no [MASK] or <mask>; name its own with mask_token")
        if chosen.clusters != (clusters is not None):
            raise WrongCallError("clusters and the strategy c-rts go together; give both")
        if isinstance(clusters, Path | str):
            clusters = read_clusters(Path(clusters), vocabulary)
        self.masking = Masking(own, vocabulary, chosen, clusters, max_length, seed, originals)
        pad = vocabulary.pad if vocabulary.pad is not None else 0  # it is not attended to
        self.padding = Padding(pad, pad_to_multiple_of)
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Draw other tokens from now on: those of that epoch."""
        self._epoch.fill_(epoch)

    @property
    def epoch(self) -> int:
        """The epoch that is drawn for."""
        return int(self._epoch)

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return a batch."""
        import torch

        made = rows if "labels" in rows[0] else masked_rows(rows, self.masking, self.epoch)
        return {name: torch.from_numpy(a) for name, a in padded(made, self.padding).items()}

    def learn(self, originals: Any, shown: Any, wrong: Any) -> None:
        """Tell c-rts about which tokens the model was wrong: draw more of what is hard.

        Tensors of one shape, padding and special tokens left out: `original_ids`, `input_ids`,
        and whether the model took a replaced token for an original or the other way round.
        Workers of a DataLoader know it when they are started next.
        """
        clusters = self.masking.clusters
        if clusters is None:
            raise WrongCallError("learn: only c-rts has clusters to learn about")
        arrays = (tensor.detach().cpu().numpy() for tensor in (originals, shown, wrong))
        self.masking = replace(self.masking, clusters=clusters.learned(*arrays))

    def callback(self) -> Any:
        """Return a TrainerCallback that sets the epoch at the begin of each."""
        from transformers import TrainerCallback

        collator = self

        class SetEpoch(TrainerCallback):  # type: ignore[misc] # transformers is untyped to us
            """Sets the collator's epoch."""

            def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
                """Tell the collator which epoch begins."""
                del args, control, others
                collator.set_epoch(round(state.epoch or 0))

        return SetEpoch()
