"""With transformers: its tokenizers, its Trainer, and its own collator as a reference."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cstool.masking.draw import NOT_PREDICTED
from cstool.training import EntityMaskingCollator, SmoothedSampler
from tests.masking.fixtures import Trained
from tests.training.needed import needed

pytestmark = pytest.mark.peer
torch = needed("torch")
transformers = needed("transformers")

EPOCHS, BATCH, ROWS = 3, 8, 40
STEPS = ROWS // BATCH


@pytest.fixture
def rows(corpus: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(corpus / "data/*/train-*.parquet").sample(ROWS, seed=1).to_dicts()


class Recorded(transformers.Trainer):  # type: ignore[name-defined, misc]
    """A Trainer that samples with smoothing and keeps its batches."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batches: list[dict[str, Any]] = []

    def _get_train_sampler(self, *_: Any) -> Any:
        return SmoothedSampler([row["language"] for row in self.train_dataset])

    def training_step(self, model: Any, inputs: dict[str, Any], *others: Any) -> Any:
        self.batches.append({name: tensor.tolist() for name, tensor in inputs.items()})
        return super().training_step(model, inputs, *others)


def train(
    trained: Trained, rows: list[Any], folder: Path, resume: str | None = None, **options: Any
) -> list[dict[str, Any]]:
    """Train a tiny model; return the batches."""
    collator = EntityMaskingCollator(trained.path, "wep+mlm", max_length=24)
    transformers.set_seed(0)
    model = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=len(trained.vocabulary.special),
            hidden_size=4,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=4,
            max_position_embeddings=24,
        )
    )
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        use_cpu=True,
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        **{"save_strategy": "no", **options},
    )
    trainer = Recorded(
        model=model,
        args=arguments,
        train_dataset=rows,
        data_collator=collator,
        callbacks=[collator.callback()],
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer.batches


def test_a_resumed_training_continues_with_the_next_batches(
    all_trained: dict[str, Trained], rows: list[Any], tmp_path: Path
) -> None:
    trained = all_trained["wordpiece"]
    late = STEPS - 1  # in an epoch
    whole = train(trained, rows, tmp_path, save_strategy="steps", save_steps=late)
    assert len(whole) == EPOCHS * STEPS
    inputs = [str(batch["input_ids"]) for batch in whole]
    assert len({*inputs}) == len(inputs)
    for done in (late, 2 * late):
        assert train(trained, rows, tmp_path, f"{tmp_path}/checkpoint-{done}") == whole[done:]


def test_persistent_workers_follow_the_epoch(
    all_trained: dict[str, Trained], rows: list[Any], tmp_path: Path
) -> None:
    trained = all_trained["wordpiece"]
    alone = train(trained, rows, tmp_path)
    workers = train(
        trained, rows, tmp_path, dataloader_num_workers=2, dataloader_persistent_workers=True
    )
    assert workers == alone


def test_a_tokenizer_of_transformers_is_accepted(
    all_trained: dict[str, Trained], rows: list[Any]
) -> None:
    trained = all_trained["unigram"]
    names = {"mask_token": "<mask>", "pad_token": "<pad>"}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=trained.tokenizer, **names)
    one, other = (EntityMaskingCollator(given, "mlm") for given in (fast, trained.path))
    assert all((one(rows)[name] == other(rows)[name]).all() for name in other(rows))
    odd = trained.tokenizer.from_str(trained.tokenizer.to_str().replace("<mask>", "<blank>"))
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=odd, mask_token="<blank>")
    assert (EntityMaskingCollator(fast, "mlm")(rows)["labels"] == other(rows)["labels"]).all()
    padded = transformers.PreTrainedTokenizerFast(tokenizer_object=odd, pad_token="<s>")
    assert EntityMaskingCollator(padded, "wep", mask_token="<blank>").padding.token == 0


def test_mlm_is_that_of_transformers_collator(
    all_trained: dict[str, Trained], corpus: Path
) -> None:
    trained = all_trained["wordpiece"]
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained.tokenizer, **{f"{name}_token": n for name, n in names.items()}
    )
    torch.manual_seed(0)
    theirs = transformers.DataCollatorForLanguageModeling(tokenizer)
    ours = EntityMaskingCollator(tokenizer, "mlm", max_length=999, originals=True)
    rows = pl.read_parquet(corpus / "data/*/train-*.parquet").sample(500, seed=2).to_dicts()
    plain = [{"input_ids": tokenizer(row["text"])["input_ids"]} for row in rows]
    ids = np.array(tokenizer.pad(plain)["input_ids"])
    assert (ours(rows)["original_ids"].numpy() == ids).all()
    able = ~trained.vocabulary.special[ids]
    assert (able != special_to(tokenizer, ids)).all()
    counts = np.zeros((2, 4), np.int64)
    for draw in range(20):
        ours.set_epoch(draw)
        for which, batch in enumerate((theirs(plain), ours(rows))):
            shown, labels = batch["input_ids"].numpy(), batch["labels"].numpy()
            asked = labels != NOT_PREDICTED
            assert (shown[~asked] == ids[~asked]).all()
            assert not asked[~able].any()
            masked, kept = asked & (shown == trained.vocabulary.mask), asked & (shown == ids)
            fates = np.where(masked, 1, np.where(kept, 2, np.where(asked, 3, 0)))
            counts[which] += np.bincount(fates[able], minlength=4)
    expected = counts.sum(axis=0) / 2
    assert counts.sum() > 10**5
    assert ((counts - expected) ** 2 / expected).sum() < 30.66  # chi-square, 3 degrees: 10⁻⁶


def special_to(tokenizer: Any, ids: Any) -> Any:
    """Which tokens are special to transformers."""
    rows = ids.tolist()
    return np.array(
        [tokenizer.get_special_tokens_mask(r, already_has_special_tokens=True) for r in rows], bool
    )
