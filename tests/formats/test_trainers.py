"""Trainers read the formats with tokens: Megatron-core, and transformers with datasets."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from cstool.execution.options import RunOptions
from cstool.formats.format_megatron import index_of, token_type
from cstool.formats.format_options import FormatOptions
from cstool.stages.shard.stage import ShardOptions, shard
from tests.formats.token_files import byte_level, read_megatron
from tests.stages.shard.switched import Sentence, write_switched
from tests.training.needed import needed

pytestmark = pytest.mark.peer
torch = needed("torch")

SENTENCES = [Sentence(i % 40 + 1, f"has “{i}” of {'them ' * (i % 9)}.") for i in range(300)]
SIZE = 64
# Paths of the files with the sequences of English, and the tokenizer.
Made = tuple[Path, Path]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return byte_level(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_switched(tmp_path_factory.mktemp("switched") / "s", SENTENCES)


def make(switched: Path, out: Path, form: Any, tokenizer: Path, **more: Any) -> Path:
    options = ShardOptions(format=form, files=FormatOptions(tokenizer, **more))
    shard([switched], out, options, RunOptions(jobs=1, quiet=True))
    return out


# ---- Megatron-core ----


def prefix_of(out: Path) -> str:
    return str(out / "data/en/train-00000-of-00001")


@pytest.mark.parametrize("more", [{}, {"pack": SIZE}, {"pack": SIZE, "whole_samples": True}])
def test_megatron_reads_the_sequences_and_writes_the_same_bytes(
    switched: Path, tokenizer: Path, tmp_path: Path, more: dict[str, Any]
) -> None:
    indexed = needed("megatron.core.datasets.indexed_dataset")
    prefix = prefix_of(make(switched, tmp_path / "o", "megatron", tokenizer, **more))
    made = read_megatron(prefix)
    for mapped in (True, False):
        theirs = indexed.IndexedDataset(prefix, mmap=mapped)
        assert [theirs[i].tolist() for i in range(len(theirs))] == made.sequences
        assert theirs.document_indices.tolist() == made.bounds
    builder = indexed.IndexedDatasetBuilder(str(tmp_path / "b.bin"), theirs.index.dtype)
    for sequence in made.sequences:
        builder.add_document(torch.tensor(sequence), [len(sequence)])
    builder.finalize(str(tmp_path / "b.idx"))
    for suffix in ("bin", "idx"):
        assert (tmp_path / f"b.{suffix}").read_bytes() == Path(f"{prefix}.{suffix}").read_bytes()


@pytest.mark.parametrize("size", [300, 65_499, 65_500, 250_000])
def test_megatron_chooses_the_same_number_type(size: int, tmp_path: Path) -> None:
    indexed = needed("megatron.core.datasets.indexed_dataset")
    type_ = token_type(size)
    assert np.dtype(indexed.DType.optimal_dtype(size)) == type_
    with indexed._IndexWriter(str(tmp_path / "t.idx"), type_.type) as writer:
        writer.write([3, 4], None, [0, 1, 2])
    assert (tmp_path / "t.idx").read_bytes() == index_of(np.array([3, 4]), type_)


def test_megatron_makes_training_samples_of_the_sequences(
    switched: Path, tokenizer: Path, tmp_path: Path
) -> None:
    gpt = needed("megatron.core.datasets.gpt_dataset")
    building = needed("megatron.core.datasets.blended_megatron_dataset_builder")
    prefix = prefix_of(make(switched, tmp_path / "o", "megatron", tokenizer))
    vocabulary = Tokenizer.from_file(str(tokenizer)).get_vocab()

    class Used:
        eod, pad, vocab_size = vocabulary["</s>"], vocabulary["<pad>"], len(vocabulary)
        unique_identifiers = {"class": "test"}  # noqa: RUF012

    config = gpt.GPTDatasetConfig(
        random_seed=1,
        sequence_length=SIZE,
        blend=([prefix], None),
        split="1,0,0",
        path_to_cache=str(tmp_path / "cache"),
        tokenizer=Used(),
        reset_position_ids=True,
        reset_attention_mask=True,
        eod_mask_loss=False,
        mid_level_dataset_surplus=0.005,
    )
    build = building.BlendedMegatronDatasetBuilder
    data, *_ = build(gpt.GPTDataset, [None, None, None], lambda: True, config).build()
    sequences = read_megatron(prefix).sequences
    order = [sequences[i] for i in data.document_index]
    joined = [token for sequence in order for token in sequence]
    assert len(data) == (len(joined) - 1) // SIZE
    for number, at in enumerate(data.shuffle_index.tolist()):
        sample = data[number]
        assert sample["tokens"].tolist() == joined[at * SIZE : (at + 1) * SIZE]
        assert sample["labels"].tolist() == joined[at * SIZE + 1 : (at + 1) * SIZE + 1]
        (ends,) = (sample["tokens"][:-1] == Used.eod).nonzero(as_tuple=True)
        assert sample["position_ids"][ends + 1].eq(0).all()  # a document begins


# ---- transformers ----


def loaded(out: Path, cache: Path) -> Any:
    datasets = needed("datasets")
    return datasets.load_dataset(os.fspath(out), "en", split="train", cache_dir=os.fspath(cache))


def model_of(size: int) -> Any:
    transformers = needed("transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=SIZE,
    )
    return transformers.LlamaForCausalLM(config)


@pytest.mark.parametrize("more", [{}, {"pack": SIZE}, {"pack": SIZE, "whole_samples": True}])
def test_a_model_of_transformers_trains_on_the_sequences(
    switched: Path,
    tokenizer: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    transformers = needed("transformers")
    used = transformers.PreTrainedTokenizerFast(tokenizer_file=str(tokenizer), pad_token="<pad>")
    out = make(switched, tmp_path / "o", "tokens", tokenizer, **more)
    rows = loaded(out, tmp_path / "cache").select_columns(["input_ids"])
    collate = transformers.DataCollatorForLanguageModeling(used, mlm=False)
    model = model_of(len(used))
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    losses = []
    for step in range(10):
        batch = collate([rows[(4 * step + i) % len(rows)] for i in range(4)])
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss))
    assert losses[-1] < losses[0] - 0.5


def per_sample(samples: list[dict[str, int]]) -> dict[str, Any]:
    """Return the inputs that separate the samples of a sequence: see docs/trainers.md."""
    lengths = torch.tensor([sample["end"] - sample["start"] for sample in samples])
    number = torch.repeat_interleave(torch.arange(len(samples)), lengths)
    positions = torch.cat([torch.arange(length) for length in lengths])
    same = number[:, None] == number[None, :]
    mask = torch.tril(same)[None, None]
    return {"position_ids": positions[None], "attention_mask": mask}


def test_samples_separate_what_a_model_sees(
    switched: Path, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    packed = {"pack": SIZE, "whole_samples": True}
    rows = loaded(make(switched, tmp_path / "o", "tokens", tokenizer, **packed), tmp_path / "cache")
    row = next(row for row in rows if len(row["samples"]) > 1)
    model = model_of(1000).eval()
    ids = torch.tensor([row["input_ids"]])
    with torch.no_grad():
        together = model(input_ids=ids, **per_sample(row["samples"])).logits[0]
        for sample in row["samples"]:
            start, end = sample["start"], sample["end"]
            alone = model(input_ids=ids[:, start:end]).logits[0]
            assert torch.allclose(together[start:end], alone, atol=1e-5)
