"""Training examples of pages: windows, of which nothing is lost."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cstool.cli.main import cstool
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from tests.masking.fixtures import Trained
from tests.stages.shard.documents import ANNOTATED, Document, write_documents
from tests.stages.shard.switched import make_corpus
from tests.support import files_of

PASSES = replace(ANNOTATED, passes=2)
DOCUMENTS = [
    Document(n, [[f"is in the film of {i} and {n}." for i in range(9)] for _ in range(1 + n % 3)])
    for n in range(1, 13)
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    make_corpus(write_documents(folder / "switched", DOCUMENTS, PASSES), folder / "corpus")
    return folder / "corpus"


def test_pages_become_windows_with_all_their_tokens(
    pages: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    trained = all_trained["wordpiece"]
    running = RunOptions(jobs=1, quiet=True)
    options = MaskOptions("wep+mlm", max_length=64)
    manifest = mask_corpus(pages, trained.path, tmp_path / "m", options, running)
    rows = pl.concat([pl.read_parquet(tmp_path / "m" / part.file) for part in manifest.tables])
    corpus = pl.read_parquet(pages / "data/*/*.parquet")
    assert max(rows["input_ids"].list.len()) <= 64
    tallies = manifest.counts.tallies
    assert tallies["pages"].read == tallies["pages"].written == len(corpus)
    assert tallies["windows"].written == len(rows) > 3 * len(corpus)
    assert tallies["entities"].read == corpus["entities"].list.len().sum()
    assert not tallies["entities"].dropped
    assert tallies["entities"].written == rows["qids"].list.len().sum()
    assert "windows" not in manifest.counts.details  # none lost tokens
    # WordPiece tokens of the whole text are those of its windows.
    whole = sum(
        len(trained.tokenizer.encode(text, add_special_tokens=False)) for text in corpus["text"]
    )
    assert rows["input_ids"].list.len().sum() - 2 * len(rows) == whole


def test_windows_and_passes_of_a_page_are_masked_differently(
    all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    same = Document(1, [["is in the film."] * 40])
    kind = replace(PASSES, unit="page")
    make_corpus(write_documents(tmp_path / "s", [same], kind), tmp_path / "corpus", validation=0)
    options, running = MaskOptions("mlm", max_length=32), RunOptions(jobs=1, quiet=True)
    mask_corpus(tmp_path / "corpus", all_trained["wordpiece"].path, tmp_path / "m", options,
                running)  # fmt: skip
    rows = pl.read_parquet(tmp_path / "m/data/en/*.parquet")
    assert len(rows) > 5
    assert rows["labels"].n_unique() == len(rows)


def test_examples_of_pages_do_not_depend_on_workers(
    pages: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    options = MaskOptions("pep-ms+mlm", max_length=40, packed=True)
    for jobs, name in ((1, "one"), (2, "two")):
        running = RunOptions(jobs=jobs, quiet=True)
        mask_corpus(pages, all_trained["unigram"].path, tmp_path / name, options, running)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


@pytest.mark.parametrize("strategy", ["pairs-page", "pairs-paragraph"])
def test_pairs_need_sentences(
    pages: Path, all_trained: dict[str, Trained], tmp_path: Path, strategy: str
) -> None:
    with pytest.raises(InputError, match=rf"contains pages, and {strategy} takes sentences"):
        mask_corpus(pages, all_trained["unigram"].path, tmp_path / "m", MaskOptions(strategy),
                    RunOptions(jobs=1, quiet=True))  # fmt: skip


def test_the_summary_counts_pages_and_windows(
    pages: Path, all_trained: dict[str, Trained], tmp_path: Path
) -> None:
    given = ["mask", pages, "--tokenizer", all_trained["unigram"].path, "--strategy", "wep",
             "--max-length", 40, "-j", 1, "-o", tmp_path / "m"]  # fmt: skip
    result = CliRunner().invoke(cstool, [*map(str, given)])
    assert result.exit_code == 0, result.output
    assert "from 36 pages (windows dropped: " in result.output
