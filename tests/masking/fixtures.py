"""Tokenizers that tests only read."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from tokenizers import Tokenizer

from cstool.execution.options import RunOptions
from cstool.masking.vocabulary import Vocabulary
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from tests.masking.tokenizers import KINDS, train


@dataclass(frozen=True)
class Trained:
    """A tokenizer, its vocabulary, and its file."""

    tokenizer: Tokenizer
    vocabulary: Vocabulary
    path: Path


@pytest.fixture(scope="session")
def corpus(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's sentences in six languages, as `shard` writes them; tests only read it."""
    folder, running = tmp_path_factory.mktemp("corpus"), RunOptions(jobs=1, quiet=True)
    options = SwitchOptions("de,ru,ar,hi,ja")
    switch(pipeline / "linked", pipeline / "entities", folder / "switched", options, running)
    shard([folder / "switched"], folder / "corpus", ShardOptions(rows_per_shard=150), running)
    return folder / "corpus"


@pytest.fixture(scope="session")
def all_trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """One of each kind, trained on the sample's corpus."""
    texts = pl.read_parquet(corpus / "data/*/*.parquet")["text"].to_list()
    folder = tmp_path_factory.mktemp("tokenizers")
    trained = {}
    for kind in KINDS:
        path = folder / f"{kind}.json"
        train(kind, texts).save(str(path))
        # As stages read it: scores in the file are rounded, and a tie may then fall otherwise.
        tokenizer = Tokenizer.from_file(str(path))
        trained[kind] = Trained(tokenizer, Vocabulary.of(tokenizer), path)
    return trained
