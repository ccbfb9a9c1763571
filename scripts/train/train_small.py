"""Train a small masked language model on a corpus, on the CPU, and show its loss falling.

Usage: python -m scripts.train.train_small CORPUS --tokenizer FILE [--strategy NAME] [-o DIR]
           [--epochs N | --steps N]

An example of `cstool.training` with transformers' Trainer (extra `train`):
the collator masks each epoch differently, languages are sampled with smoothing, and the loss is
measured on the corpus's validation split, masked once by `cstool mask`. The weights are initialised
at random; to continue a published model, use `AutoModelForMaskedLM.from_pretrained(NAME)` instead
and give its tokenizer.json. For rts the model predicts for each token whether it was replaced, for
other strategies the original token.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import torch
from torch.utils.data import Sampler
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForTokenClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from cstool.masking.strategies import STRATEGIES
from cstool.training import EntityMaskingCollator, SmoothedSampler
from scripts.bench.measure import cstool


class SmoothedTrainer(Trainer):  # type: ignore[misc] # transformers is untyped to us
    """A Trainer that samples languages with smoothing."""

    def _get_train_sampler(self, *_: Any) -> Sampler[int]:
        return SmoothedSampler([row["language"] for row in self.train_dataset])


def small_model(collator: EntityMaskingCollator) -> torch.nn.Module:
    """Return a model of some million weights, at random."""
    vocabulary = collator.masking.vocabulary
    config = BertConfig(
        vocab_size=len(vocabulary.special),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        max_position_embeddings=128,
        pad_token_id=collator.padding.token,
        num_labels=2,
    )
    detect = collator.masking.strategy.detect
    return BertForTokenClassification(config) if detect else BertForMaskedLM(config)


def rows(folder: Path, split: str) -> list[dict[str, Any]]:
    """Return a split of all languages. For a larger one: `datasets.load_dataset`."""
    return pl.read_parquet(folder / f"data/*/{split}-*.parquet").to_dicts()


def main() -> None:
    """Train; print the validation loss before, after each epoch, and what chance would have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    choices = [name for name in STRATEGIES if name != "c-rts"]  # which needs clusters
    parser.add_argument("--strategy", default="wep+mlm", choices=choices)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=-1, help="number of steps, instead of epochs")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    set_seed(0)
    collator = EntityMaskingCollator(arguments.tokenizer, arguments.strategy, max_length=96)
    with tempfile.TemporaryDirectory() as temporary:
        out = arguments.output or Path(temporary) / "model"
        masked = Path(temporary) / "validation"
        command = [cstool(), "mask", arguments.corpus, "--tokenizer", arguments.tokenizer]
        command += ["--strategy", arguments.strategy, "--max-length", "96", "-o", masked, "--quiet"]
        subprocess.run(command, check=True)
        trainer = SmoothedTrainer(
            model=small_model(collator),
            args=TrainingArguments(
                output_dir=str(out),
                num_train_epochs=arguments.epochs,
                max_steps=arguments.steps,
                per_device_train_batch_size=32,
                per_device_eval_batch_size=64,
                learning_rate=1e-3,
                use_cpu=True,
                remove_unused_columns=False,  # the collator reads them
                prediction_loss_only=True,
                eval_strategy="epoch",
                save_strategy="no",
                logging_strategy="epoch",
                report_to=[],
                seed=0,
            ),
            train_dataset=rows(arguments.corpus, "train"),
            eval_dataset=rows(masked, "validation"),
            data_collator=collator,
            callbacks=[collator.callback()],
        )
        before = trainer.evaluate()["eval_loss"]
        trainer.train()
        losses = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
        detect, vocabulary = collator.masking.strategy.detect, collator.masking.vocabulary
        chance = math.log(2 if detect else len(vocabulary.special))
        weights = sum(p.numel() for p in trainer.model.parameters())
        print(
            f"{arguments.strategy}: {weights:,} weights, {len(trainer.train_dataset):,} sentences"
        )
        print(f"chance {chance:.2f}  before {before:.2f}  after each epoch", end="")
        print("", *(f"{loss:.2f}" for loss in losses))
        if arguments.output:
            trainer.save_model(str(out))
        if losses[-1] >= before:
            sys.exit("the loss did not decrease")


if __name__ == "__main__":
    main()
