"""The collator with PyTorch: run where the extra `train` is installed."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import InputError, WrongCallError
from cstool.training import EntityMaskingCollator
from cstool.training.batches import batch_keys, masked_rows, padded, row_keys
from tests.masking.fixtures import Trained
from tests.training.needed import needed

pytestmark = pytest.mark.peer
torch = needed("torch")


@pytest.fixture
def trained(all_trained: dict[str, Trained]) -> Trained:
    return all_trained["wordpiece"]


@pytest.fixture
def rows(corpus: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(corpus / "data/de/train-*.parquet").to_dicts()[:40]


def loader(rows: list[Any], collator: EntityMaskingCollator, **options: Any) -> Any:
    return torch.utils.data.DataLoader(rows, batch_size=16, collate_fn=collator, **options)


def test_a_batch_is_tensors_of_the_rows(trained: Trained, rows: list[dict[str, Any]]) -> None:
    collator = EntityMaskingCollator(trained.path, "pep-ms+mlm", pad_to_multiple_of=8)
    batch = collator(rows[:5])
    assert set(batch) == {"input_ids", "labels", "attention_mask"}
    keys = batch_keys(row_keys(rows[:5], 0, 0))
    expected = padded(masked_rows(rows[:5], collator.masking, keys), collator.padding)
    for name, tensor in batch.items():
        assert tensor.dtype == torch.int64
        assert tensor.shape[1] % 8 == 0
        assert (tensor.numpy() == expected[name]).all()


def test_workers_give_the_same_batches_and_follow_the_epoch(
    trained: Trained, rows: list[dict[str, Any]]
) -> None:
    collator = EntityMaskingCollator(trained.tokenizer, "mlm")
    parallel = loader(rows, collator, num_workers=2, persistent_workers=True)
    seen = []
    for epoch in (0, 1):
        collator.set_epoch(epoch)
        for one, other in zip(loader(rows, collator), parallel, strict=True):
            assert all(torch.equal(one[name], other[name]) for name in one)
            seen.append(one["labels"])
    assert not torch.equal(seen[0], seen[3])


def test_a_worker_that_is_spawned_gives_the_same_batches(trained: Trained, rows: list[Any]) -> None:
    collator = EntityMaskingCollator(trained.path, "wep+mlm", seed=3)
    collator.set_epoch(2)
    spawned = loader(rows, collator, num_workers=1, multiprocessing_context="spawn")
    for one, other in zip(loader(rows, collator), spawned, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_rows_that_are_masked_are_only_padded(trained: Trained) -> None:
    collator = EntityMaskingCollator(trained.path, "wep")
    made = [{"ids": [1], "input_ids": [7, 8], "labels": [-100, 3], "entity_ids": [0, 1]}]
    assert collator(made)["labels"].tolist() == [[-100, 3]]
    collator.set_epoch(5)
    assert collator(made)["input_ids"].tolist() == [[7, 8]]


def test_the_given_tokenizer_is_not_modified(trained: Trained, rows: list[dict[str, Any]]) -> None:
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(str(trained.path))
    own.enable_truncation(4)
    batch = EntityMaskingCollator(own, "wep", max_length=16)(rows[:3])
    assert batch["input_ids"].shape[1] == 16
    assert len(own.encode("a b c d e f g").ids) == 4


def test_c_rts_learns_difficult_replacements(
    trained: Trained, rows: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "clusters.txt"
    path.write_text("".join(f"{n % 5}\n" for n in range(len(trained.vocabulary.special))))
    collator = EntityMaskingCollator(trained.path, "c-rts", clusters=str(path), originals=True)
    batch = collator(rows)
    changed = batch["input_ids"] != batch["original_ids"]
    assert torch.equal(changed & (batch["labels"] >= 0), batch["labels"] == 1)
    wrong = batch["input_ids"] % 5 == 2  # it takes those of cluster 2 for originals
    for _ in range(20):
        collator.learn(batch["original_ids"], batch["input_ids"], wrong)
    chances = collator.masking.clusters.probabilities  # type: ignore[union-attr]
    assert (chances.argmax(axis=1) == 2).all()
    with pytest.raises(WrongCallError, match="the strategy is not c-rts"):
        EntityMaskingCollator(trained.path, "mlm").learn(None, None, None)


def test_other_rows_are_reported(trained: Trained, rows: list[Any]) -> None:
    collator = EntityMaskingCollator(trained.path, "mlm")
    for batch, told in (
        ([], "empty batch"),
        (
            [{"text": "a"}],
            "missing from the rows: id, language, entities; .* remove_unused_columns=False",
        ),
        ([{"input_ids": [1], "token_type_ids": [0], "label": 1}], "DataCollatorWithPadding"),
    ):
        with pytest.raises(InputError, match=told):
            collator(batch)


def test_entities_may_come_in_any_order(trained: Trained, rows: list[Any]) -> None:
    turned = [{**row, "entities": [*reversed(row["entities"])]} for row in rows]
    collator = EntityMaskingCollator(trained.path, "pep-m")
    assert torch.equal(collator(turned)["labels"], collator(rows)["labels"])


def test_a_batch_is_of_one_kind(trained: Trained, rows: list[Any]) -> None:
    masked = {"input_ids": [1, 2], "labels": [-100, 2]}
    for batch in ([rows[0], masked], [masked, rows[0]]):
        with pytest.raises(InputError, match="rows of a corpus and rows of"):
            EntityMaskingCollator(trained.path, "mlm")(batch)


def test_invalid_arguments_are_reported(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(WrongCallError, match="unknown strategy 'mask'"):
        EntityMaskingCollator(trained.path, "mask")
    with pytest.raises(WrongCallError, match="c-rts needs clusters"):
        EntityMaskingCollator(trained.path, "c-rts")
    with pytest.raises(WrongCallError, match="max_length is 2, which leaves no room"):
        EntityMaskingCollator(trained.path, "mlm", max_length=2)
    with pytest.raises(WrongCallError, match="unknown rules 'cod'"):
        EntityMaskingCollator(trained.path, "pep-ms", rules="cod")  # type: ignore[arg-type]
    with pytest.raises(WrongCallError, match="pad_to_multiple_of is 0"):
        EntityMaskingCollator(trained.path, "mlm", pad_to_multiple_of=0)
    with pytest.raises(WrongCallError, match="dict has no offsets"):
        EntityMaskingCollator({}, "mlm")  # a slow tokenizer, say
    with pytest.raises(InputError, match="no such file"):
        EntityMaskingCollator(tmp_path / "none.json", "mlm")
