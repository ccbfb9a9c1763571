"""Training examples of a mixture."""

from pathlib import Path

import polars as pl
import pytest

from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from tests.masking.fixtures import Trained
from tests.stages.mix.mixtures import corpus, make, page_corpus, pairs, recipe, sentences, source
from tests.stages.shard.documents import Document

RUNNING = RunOptions(jobs=1, quiet=True)


@pytest.fixture
def trained(all_trained: dict[str, Trained]) -> Trained:
    return all_trained["unigram"]


def test_the_sentences_of_each_stage_become_examples(trained: Trained, tmp_path: Path) -> None:
    one = corpus(tmp_path / "one", sentences(20))
    two = corpus(tmp_path / "two", sentences(30, first=20))
    stages = [source(one), source(two, rows="switched")], [source(two, rows="source")]
    _, rows = make(recipe(*stages), tmp_path / "mixture")
    options = MaskOptions("wep+mlm")
    manifest = mask_corpus(tmp_path / "mixture", trained.path, tmp_path / "out", options, RUNNING)
    files = [part.file for part in manifest.tables]
    assert {file.split("/")[1] for file in files} == {"1-s1", "2-s2"}
    made = pl.concat([pl.read_parquet(tmp_path / "out" / file) for file in files])
    key = ["id", "language"]
    assert sorted(zip(made["ids"].list.first(), made["language"], strict=True)) == sorted(
        rows.select(key).rows()
    )


def test_pages_of_a_mixture_become_windows(trained: Trained, tmp_path: Path) -> None:
    pages = page_corpus(
        tmp_path / "pages", [Document(n, [["is here.", "is there."]]) for n in range(1, 5)]
    )
    _, rows = make(recipe([source(pages)]), tmp_path / "mixture")
    manifest = mask_corpus(
        tmp_path / "mixture", trained.path, tmp_path / "out", MaskOptions("wep"), RUNNING
    )
    assert manifest.counts.tally("pages").written == len(rows)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (MaskOptions("wep", packed=True), WrongCallError, "--packed: rows of a mixture are in"),
        (MaskOptions("pairs-page"), InputError, "a mixture, which has no paragraphs"),
    ],
)
def test_what_needs_one_language_or_paragraphs_is_refused(
    trained: Trained, tmp_path: Path, options: MaskOptions, error: type[Exception], message: str
) -> None:
    one = corpus(tmp_path / "one", sentences(6))
    make(recipe([source(one)]), tmp_path / "mixture")
    with pytest.raises(error, match=message):
        mask_corpus(tmp_path / "mixture", trained.path, tmp_path / "out", options, RUNNING)
    assert not (tmp_path / "out").exists()


def test_pages_side_by_side_are_refused(trained: Trained, tmp_path: Path) -> None:
    pairs(tmp_path, 3)
    make(recipe([source(tmp_path / "pairs")]), tmp_path / "mixture")
    with pytest.raises(InputError, match="side by side, which have no entity spans; mix"):
        mask_corpus(
            tmp_path / "mixture", trained.path, tmp_path / "out", MaskOptions("mlm"), RUNNING
        )
