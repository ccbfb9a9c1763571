"""Replacements by clusters (C-RTS)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cstool.arrays.hashing import mix
from cstool.errors import InputError
from cstool.masking.clusters import Clusters, read_clusters
from cstool.masking.vocabulary import Vocabulary

Array = np.ndarray[Any, Any]

# Ten tokens, the first two special; clusters 0 0 1 1 1 2 2 2 2 3, of which 0 has none to draw.
VOCABULARY = Vocabulary(np.arange(10) < 2, np.arange(2, 10, dtype=np.int32), 1, 0, 1, 1)
OF_TOKEN = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 3])


def drawn(clusters: Clusters, token: int, number: int = 200_000) -> Array:
    lots = mix(np.arange(number, dtype=np.uint64))
    ids = np.full(number, token)
    return np.bincount(clusters.swap(ids, lots), minlength=10) / number


def test_initially_clusters_and_their_tokens_are_equally_probable() -> None:
    shares = drawn(Clusters.of(OF_TOKEN, VOCABULARY), 5)
    expected = [0, 0, 1 / 9, 1 / 9, 1 / 9, 1 / 12, 1 / 12, 1 / 12, 1 / 12, 1 / 3]
    assert np.abs(shares - expected).max() < 0.004


def test_clusters_with_more_errors_are_drawn_more_often() -> None:
    counts = np.ones((4, 4), np.int64)
    counts[2] = [1, 5, 3, 1]  # scaled 0, 1, 0.5, 0; β = 2
    weights = np.exp([2.0, 1.0, 0.0])
    shares = drawn(Clusters.of(OF_TOKEN, VOCABULARY, counts), 6)
    chances = weights / weights.sum()
    expected = np.repeat(chances / [3, 4, 1], [3, 4, 1])
    assert np.abs(shares[2:] - expected).max() < 0.004
    assert drawn(Clusters.of(OF_TOKEN, VOCABULARY, counts), 9)[9] == pytest.approx(1 / 3, abs=0.004)


def test_learning_counts_wrong_minus_right_answers() -> None:
    clusters = Clusters.of(OF_TOKEN, VOCABULARY)
    originals, shown = np.array([5, 6, 7, 2, 3]), np.array([2, 3, 9, 3, 3])  # the last as it was
    learned = clusters.learned(originals, shown, np.array([True, True, False, False, False]))
    assert learned.counts[2].tolist() == [1, 3, 1, 0]
    assert learned.counts[1].tolist() == [1, 0, 1, 1]
    assert (clusters.counts == 1).all()
    assert drawn(learned, 5)[2:5].sum() > 1 / 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0\n" * 9, "9 lines"),
        ("0\n" * 9 + "one\n", "line 10: 'one' is not a number"),
        ("0\n" * 9 + "-1\n", "line 10"),
        ("0\n" * 9 + "77\n", "cluster 1 has no token"),
        ("0\n" * 4 + "\n" + "0\n" * 6, "line 5"),
    ],
)
def test_an_invalid_file_is_reported_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "clusters.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_clusters(path, VOCABULARY)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clusters.txt"
    path.write_text("".join(f"{n}\n" for n in OF_TOKEN))
    assert read_clusters(path, VOCABULARY).of_token.tolist() == OF_TOKEN.tolist()
