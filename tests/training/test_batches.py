"""The collator's arrays, without PyTorch."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cstool.execution.options import RunOptions
from cstool.masking.draw import NOT_PREDICTED
from cstool.masking.strategies import strategy_of
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.training.batches import (
    Masking,
    Padding,
    batch_keys,
    masked_rows,
    padded,
    row_keys,
)
from tests.masking.fixtures import Trained


@pytest.fixture
def trained(all_trained: dict[str, Trained]) -> Trained:
    return all_trained["byte-level"]


def masking(trained: Trained, strategy: str) -> Masking:
    chosen = strategy_of(strategy)
    return Masking(trained.tokenizer, trained.vocabulary, chosen, None, 40, originals=False)


def corpus_rows(corpus: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(corpus / "data/ru/train-*.parquet").to_dicts()


def masked(
    rows: list[dict[str, Any]], trained: Trained, strategy: str, seed: int = 0, epoch: int = 0
) -> list[dict[str, Any]]:
    return masked_rows(rows, masking(trained, strategy), row_keys(rows, seed, epoch))


@pytest.mark.parametrize("strategy", ["mlm", "wep+mlm", "pep-mrs", "slm", "rts"])
def test_epoch_0_is_what_the_stage_writes(
    corpus: Path, trained: Trained, tmp_path: Path, strategy: str
) -> None:
    options = MaskOptions(strategy, max_length=40, seed=3)
    quiet = RunOptions(jobs=1, quiet=True)
    mask_corpus(corpus, trained.path, tmp_path / "m", options, quiet)
    written = pl.read_parquet(tmp_path / "m/data/ru/train-*.parquet").to_dicts()
    there = {row["ids"][0] for row in written}
    rows = [row for row in corpus_rows(corpus) if row["id"] in there]
    made = masked(rows, trained, strategy, seed=3)
    assert len(made) == len(written) > 10
    for one, other in zip(made, written, strict=True):
        for name in ("input_ids", "labels"):
            assert one[name].tolist() == other[name]


def test_each_epoch_masks_other_tokens_of_the_same_text(corpus: Path, trained: Trained) -> None:
    rows = corpus_rows(corpus)
    epochs = [masked(rows, trained, "mlm", epoch=epoch) for epoch in range(3)]
    for made in zip(*epochs, strict=True):
        labels, inputs = ([one[name] for one in made] for name in ("labels", "input_ids"))
        whole = [np.where(a == NOT_PREDICTED, b, a) for a, b in zip(labels, inputs, strict=True)]
        assert (whole[0] == whole[1]).all()
        assert (whole[0] == whole[2]).all()
    flat = [np.concatenate([one["labels"] for one in made]) for made in epochs]
    assert all((flat[0] != other).mean() > 0.1 for other in flat[1:])


def test_a_repeated_sentence_is_masked_differently(corpus: Path, trained: Trained) -> None:
    rows = corpus_rows(corpus)[:4]
    keys = [batch_keys(row_keys(batch, 0, 0)) for batch in (rows, rows[::-1], [*rows[:3], rows[0]])]
    every = np.concatenate(keys)
    assert len(np.unique(every)) == len(every)
    assert (batch_keys(row_keys(rows, 0, 0)) == keys[0]).all()  # by whichever worker
    labels = [
        np.concatenate([row["labels"] for row in masked_rows(rows, masking(trained, "mlm"), k)])
        for k in (keys[0], keys[1][::-1])
    ]
    assert (labels[0] != labels[1]).mean() > 0.1


def test_rows_are_padded_to_the_longest_and_to_a_multiple() -> None:
    rows = [{"input_ids": [5, 6, 7], "labels": [-100, 9, -100]}, {"input_ids": [8], "labels": [4]}]
    made = padded(rows, Padding(1, 4))
    assert made["input_ids"].tolist() == [[5, 6, 7, 1], [8, 1, 1, 1]]
    assert made["labels"].tolist() == [[-100, 9, -100, -100], [4, -100, -100, -100]]
    assert made["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 0, 0, 0]]
    assert padded(rows, Padding(1))["input_ids"].shape == (2, 3)
