"""Mixtures of corpora and pairs."""

from pathlib import Path

from tests.stages.mix.mixtures import corpus, make, recipe, sentences, source


def test_all_rows_of_a_corpus_are_in_a_mixture_without_budgets(tmp_path: Path) -> None:
    one = corpus(tmp_path / "one", sentences(60))
    manifest, rows = make(recipe([source(one)]), tmp_path / "out")
    assert len(rows) == 180
    assert manifest.counts.tallies["rows"].written == 180
