"""Marks of similar texts."""

import random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.stages.shard.minhash import (
    BANDS,
    CHARACTERS,
    SIMILAR,
    agreement,
    character_runs,
    near_marks,
)

WORDS = ["river", "town", "was", "founded", "near", "by", "old", "the", "a", "of", "in", "north"]


def strings(texts: list[str]) -> pa.StringArray:
    return pa.array(texts, pa.string())


@given(st.lists(st.text(alphabet="abcü語 ", max_size=12), max_size=8))
def test_runs_are_those_of_each_text_alone(texts: list[str]) -> None:
    runs, offsets = character_runs(strings(texts))
    assert len(offsets) == len(texts) + 1
    for number, text in enumerate(texts):
        its = runs[offsets[number] : offsets[number + 1]]
        assert len(its) == max(1, len(text) - CHARACTERS + 1)
        assert its.tolist() == character_runs(strings([text]))[0].tolist()


def test_equal_runs_have_equal_hashes_whatever_their_case() -> None:
    runs, offsets = character_runs(strings(["Some Town", "some town", "a town"]))
    one, two, three = (runs[offsets[i] : offsets[i + 1]].tolist() for i in range(3))
    assert one == two
    assert len(set(one) & set(three)) == 1  # " town"


def similarity(one: str, two: str) -> float:
    sets = [{t[i : i + CHARACTERS] for i in range(len(t) - CHARACTERS + 1)} for t in (one, two)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_similar_texts_are_found_and_others_are_not() -> None:
    lots = random.Random(5)
    found: dict[bool, list[bool]] = {True: [], False: []}
    for _ in range(300):
        words = lots.choices(WORDS, k=25)
        other = list(words)
        for _ in range(lots.choice((1, 12))):
            other[lots.randrange(25)] = lots.choice(WORDS)
        pair = [" ".join(words), " ".join(other)]
        share = similarity(*pair)
        if share > 0.85 or share < 0.5:
            bands, check, more = near_marks(strings(pair))
            alike = agreement(check[:1], more[:1], check[1:], more[1:])[0] >= SIMILAR
            found[share > 0.85].append(bool(alike and (bands[:, 0] == bands[:, 1]).any()))
    assert np.mean(found[True]) > 0.9
    assert np.mean(found[False]) < 0.02


def test_marks_of_bands_are_of_their_band() -> None:
    bands, _, _ = near_marks(strings(["a text of some length"]))
    assert bands.shape == (BANDS, 1)
    assert len(set(bands[:, 0].tolist())) == BANDS
