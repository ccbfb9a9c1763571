"""Mixtures of corpora whose rows have words that a dictionary switched."""

from pathlib import Path

from tests.stages.mix.mixtures import make, recipe, source
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.word_rows import write_words


def test_rows_with_words_are_mixed_with_others_and_described(tmp_path: Path) -> None:
    words, plain = tmp_path / "words", tmp_path / "plain"
    make_corpus(write_words(tmp_path / "w", 3), words, validation=0)
    other = [Sentence(9, "is large."), Sentence(8, "is small.")]
    make_corpus(write_switched(tmp_path / "p", other, wiki="simplewiki"), plain, validation=0)
    _, rows = make(recipe([source(words), source(plain)]), tmp_path / "mixture")
    spans = [span for row in rows["entities"].to_list() for span in row]
    assert sum(span["qid"] is None for span in spans) == 2  # the pages are equal
    assert {span["origin"] for span in spans if span["qid"] is None} == {"dictionary"}
    card = " ".join((tmp_path / "mixture/README.md").read_text().split())
    assert "has no QID (`qid` is null)" in card
    assert "Words are looked up in a dictionary" in card and "only linked entities" in card
    assert "Each of them has a license of its own" in card


def test_a_mixture_of_words_only_does_not_speak_of_entities(tmp_path: Path) -> None:
    make_corpus(write_words(tmp_path / "w", 2, switch_rate=0), tmp_path / "words", validation=0)
    make(recipe([source(tmp_path / "words")]), tmp_path / "mixture")
    card = (tmp_path / "mixture/README.md").read_text()
    assert "only linked entities" not in card and "Entity labels" not in card
