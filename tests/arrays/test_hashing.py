"""Hashes as random numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cstool.arrays.arrow import strings
from cstool.arrays.hashing import hash_word, mix, text_hashes


def test_mixing_is_one_to_one() -> None:
    values = np.concatenate(
        [np.arange(200_000, dtype=np.uint64), np.arange(1, 64).astype(np.uint64) << np.uint64(40)]
    )
    assert len(np.unique(mix(values))) == len(np.unique(values))


def test_mixing_is_splitmix64() -> None:
    # Known values for the seed 1234567, as in Java's SplittableRandom.
    steps = np.uint64(1234567) + np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert mix(steps).tolist() == known


def test_every_bit_is_set_in_half_of_the_hashes() -> None:
    mixed = mix(np.arange(20_000, dtype=np.uint64))
    for bit in range(64):
        share = float(((mixed >> np.uint64(bit)) & np.uint64(1)).mean())
        assert 0.48 < share < 0.52


def test_a_word_s_hash_depends_only_on_the_word_and_the_seed() -> None:
    assert hash_word("de") == hash_word("de") == hash_word("de", 2**64)
    assert len({int(hash_word(w, s)) for w in ("de", "fr") for s in (0, 1, -1)}) == 6
    assert int(hash_word("")) == 0x2D06800538D394C2  # xxh3 of the empty string, from its own tests


@given(st.lists(st.text(max_size=12), max_size=20))
def test_hashes_of_texts_are_equal_where_texts_are(texts: list[str]) -> None:
    high, low = text_hashes(strings(texts))
    marks = list(zip(high.tolist(), low.tolist(), strict=True))
    assert len(set(marks)) == len(set(texts))
    assert dict(zip(texts, marks, strict=True)) == {t: marks[texts.index(t)] for t in texts}
