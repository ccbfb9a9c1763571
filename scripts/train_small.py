"""Train a small masked language model on a corpus, on the CPU, and show its loss falling.

Usage: python scripts/train_small.py CORPUS --tokenizer FILE [--strategy NAME] [--epochs N] [-o DIR]

An example of how `cstool.training` goes with transformers' Trainer (`pip install 'cstool[train]'`):
the collator masks anew in each epoch, languages are sampled with smoothing, and the loss is
measured on the corpus's validation split, masked once by `cstool mask`. The weights begin at
random; to continue a published model put `AutoModelForMaskedLM.from_pretrained(NAME)` in their
place and give its own tokenizer.json.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets
from measure import cstool
from torch.utils.data import Sampler
from transformers import BertConfig, BertForMaskedLM, Trainer, TrainingArguments

from cstool.training import EntityMaskingCollator, SmoothedSampler


class SmoothedTrainer(Trainer):  # type: ignore[misc] # transformers is untyped to us
    """A Trainer that samples languages with smoothing."""

    def _get_train_sampler(self, *_: Any) -> Sampler[int]:
        return SmoothedSampler(self.train_dataset["language"])


def small_model(collator: EntityMaskingCollator) -> BertForMaskedLM:
    """Return a model of some 2 million weights, at random."""
    vocabulary = collator.masking.vocabulary
    config = BertConfig(
        vocab_size=len(vocabulary.special),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        max_position_embeddings=128,
        pad_token_id=collator.padding.token,
    )
    return BertForMaskedLM(config)


def parts(folder: Path, split: str) -> Dataset:
    """Return a split of all languages."""
    files = sorted(folder.glob(f"data/*/{split}-*.parquet"))
    return concatenate_datasets([Dataset.from_parquet(str(path)) for path in files])


def main() -> None:
    """Train; print the validation loss before, after each epoch, and what chance would have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--strategy", default="wep+mlm")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
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
            train_dataset=parts(arguments.corpus, "train"),
            eval_dataset=parts(masked, "validation"),
            data_collator=collator,
            callbacks=[collator.callback()],
        )
        before = trainer.evaluate()["eval_loss"]
        trainer.train()
        losses = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
        chance = math.log(len(collator.masking.vocabulary.special))
        weights = sum(p.numel() for p in trainer.model.parameters())
        print(
            f"{arguments.strategy}: {weights:,} weights, {len(trainer.train_dataset):,} sentences"
        )
        print(f"chance {chance:.2f}  before {before:.2f}  after each epoch", end="")
        print("", *(f"{loss:.2f}" for loss in losses[-arguments.epochs :]))
        if arguments.output:
            trainer.save_model(str(out))
        if losses[-1] >= before:
            sys.exit("the loss did not fall")


if __name__ == "__main__":
    main()
