"""Train a small causal language model on a mixture, on the CPU, and print the loss of each step.

Usage: python -m scripts.train.train_causal FOLDER --tokenizer FILE [--steps N] [--batch N]
           [--length N] [--no-loss TOKEN]…

FOLDER: output of `cstool mix` in the format tokens, or in the formats cstool or jsonl, whose texts
are then tokenized. An example with transformers' Trainer (extra `train`): the stages follow each
other, and each has a share of the steps in proportion to its tokens. The weights are initialised at
random; to continue a published model, use `AutoModelForCausalLM.from_pretrained(NAME)` instead and
give its tokenizer.json. `--no-loss`: a token that the model does not have to predict, as LEIA's
marks.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
import zstandard
from torch.utils.data import Sampler, SequentialSampler
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

from cstool.formats.encode_texts import TextEncoder, read_encoder

# The label of positions without a loss, in PyTorch and transformers.
NO_LOSS = -100


@dataclass(frozen=True)
class TrainingStage:
    """A stage of a mixture: the name of its folder, and its sequences in order."""

    name: str
    sequences: list[list[int]]

    @property
    def tokens(self) -> int:
        """The number of tokens."""
        return sum(map(len, self.sequences))


def stages_of(folder: Path, encoder: TextEncoder, length: int) -> list[TrainingStage]:
    """Return the stages in order, cut into sequences of at most `length` tokens.

    For a mixture that is larger than memory: `datasets.load_dataset(…, streaming=True)`.
    """
    folders = sorted(folder.glob("data/*-*"), key=lambda path: int(path.name.partition("-")[0]))
    return [
        TrainingStage(
            path.name,
            [
                ids[i : i + length]
                for file in sorted(path.glob("train-*"))
                for ids in _token_lists(file, encoder)
                for i in range(0, len(ids), length)
            ],
        )
        for path in folders
    ]


def _token_lists(file: Path, encoder: TextEncoder) -> Iterator[list[int]]:
    if file.suffix == ".parquet" and "input_ids" in pq.read_schema(file).names:
        for batch in pq.ParquetFile(file).iter_batches(1000, columns=["input_ids"]):
            yield from batch.column("input_ids").to_pylist()
        return
    for text in _texts(file):
        yield encoder.encode([text]).ids.tolist()


def _texts(file: Path) -> Iterator[str]:
    if file.suffix == ".parquet":
        for batch in pq.ParquetFile(file).iter_batches(1000, columns=["text"]):
            yield from batch.column("text").to_pylist()
    elif file.name.endswith(".jsonl.zst"):
        with zstandard.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]
    else:
        sys.exit(f"{file}: give a mixture in the format tokens, cstool or jsonl")


def steps_of(stages: list[TrainingStage], steps: int) -> list[int]:
    """Return the numbers of steps of stages: in proportion to their tokens, at least one."""
    total = sum(stage.tokens for stage in stages)
    numbers = [max(1, round(steps * stage.tokens / total)) for stage in stages]
    numbers[numbers.index(max(numbers))] += steps - sum(numbers)
    return numbers


def collator(no_loss: list[int]) -> Callable[[list[list[int]]], dict[str, torch.Tensor]]:
    """Return what makes a batch of sequences. Padding and the tokens `no_loss` have no loss."""

    def batch(sequences: list[list[int]]) -> dict[str, torch.Tensor]:
        longest = max(map(len, sequences))
        ids = torch.tensor([one + [0] * (longest - len(one)) for one in sequences])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in sequences])
        left_out = (mask == 0) | torch.isin(ids, torch.tensor(no_loss, dtype=ids.dtype))
        labels = ids.masked_fill(left_out, NO_LOSS)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    return batch


class OrderedTrainer(Trainer):  # type: ignore[misc] # transformers is untyped to us
    """A Trainer that takes the sequences in their order."""

    def _get_train_sampler(self, *_: Any) -> Sampler[int]:
        return SequentialSampler(self.train_dataset)


def losses_of(
    sequences: list[list[int]], vocabulary: int, no_loss: list[int], batch: int, length: int
) -> list[float]:
    """Train a model of some million weights; return the loss of each step."""
    set_seed(0)
    config = GPT2Config(
        vocab_size=vocabulary, n_positions=length, n_embd=128, n_layer=2, n_head=4,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        trainer = OrderedTrainer(
            model=GPT2LMHeadModel(config),
            args=TrainingArguments(
                output_dir=temporary,
                num_train_epochs=1,
                per_device_train_batch_size=batch,
                learning_rate=3e-3,
                use_cpu=True,
                remove_unused_columns=False,  # the sequences are lists, without columns
                save_strategy="no",
                logging_steps=1,
                disable_tqdm=True,
                report_to=[],
                seed=0,
            ),
            train_dataset=sequences,
            data_collator=collator(no_loss),
        )
        trainer.log = lambda logs, *_, **__: trainer.state.log_history.append(logs)
        trainer.train()
    return [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]


def main() -> None:
    """Train; print the loss by step and stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--batch", type=int, default=8, help="sequences of a step")
    parser.add_argument("--length", type=int, default=256, help="tokens of a sequence")
    parser.add_argument("--no-loss", nargs="*", default=[], metavar="TOKEN")
    arguments = parser.parse_args()
    encoder = read_encoder(arguments.tokenizer)
    no_loss = [encoder.encode([token]).ids.tolist() for token in arguments.no_loss]
    for name, ids in zip(arguments.no_loss, no_loss, strict=True):
        if len(ids) != 2:  # with that for the end of the document
            sys.exit(f"{arguments.tokenizer}: {name} is not one token")
    stages = stages_of(arguments.folder, encoder, arguments.length)
    if not stages or arguments.steps < len(stages):
        sys.exit(f"{arguments.folder}: {len(stages)} stages for {arguments.steps} steps")
    numbers = steps_of(stages, arguments.steps)
    sequences: list[list[int]] = []
    names: list[str] = []
    for stage, number in zip(stages, numbers, strict=True):
        print(f"{stage.name}: {len(stage.sequences)} sequences, {stage.tokens:,} tokens")
        sequences += islice(cycle(stage.sequences), number * arguments.batch)
        names += [stage.name] * number
    left_out = [ids[0] for ids in no_loss]
    losses = losses_of(sequences, encoder.size, left_out, arguments.batch, arguments.length)
    for step, (name, loss) in enumerate(zip(names, losses, strict=True), 1):
        print(f"step {step}  {name}  loss {loss:.2f}")
    part = max(1, len(losses) // 3)
    first, last = (sum(some) / part for some in (losses[:part], losses[-part:]))
    print(f"loss of the first {part} steps {first:.2f}, of the last {part} steps {last:.2f}")
    if not all(map(math.isfinite, losses)) or last >= first:
        sys.exit("the loss did not decrease")


if __name__ == "__main__":
    main()
