"""What is masked, replaced and kept, compared with the published probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from cstool.masking.clusters import Clusters
from cstool.masking.draw import (
    KEPT,
    MASKED,
    NOT_PREDICTED,
    RANDOM,
    MaskedTokens,
    mask,
    sentence_keys,
)
from cstool.masking.strategies import STRATEGIES, RuleSource, strategy_of
from cstool.masking.tokens import Tokens
from cstool.masking.vocabulary import Vocabulary

Array = np.ndarray[Any, Any]

# 200 tokens: 0 to 3 are special, 3 masks; no token has number 100.
SPECIAL = np.arange(200) < 4
ORDINARY = np.array([n for n in range(4, 200) if n != 100], np.int32)
VOCABULARY = Vocabulary(SPECIAL, ORDINARY, mask=3, pad=1, head=1, tail=1)
CLUSTERS = Clusters.of(np.arange(200) % 7, VOCABULARY)
# The bounds that chi-square with so many degrees of freedom passes once in 10⁶ times.
BOUNDS = {1: 23.93, 2: 27.63, 3: 30.66}

# A sentence: special, two outside, an entity of three, one outside, one of one, special.
SENTENCE = np.array([0, 10, 11, 12, 13, 14, 15, 16, 2], np.int32)
ENTITIES = np.array([0, 0, 0, 1, 1, 1, 0, 2, 0], np.int32)
INSIDE, OUTSIDE = ENTITIES > 0, (ENTITIES == 0) & ~SPECIAL[SENTENCE]


def tokens_of(number: int) -> Tokens:
    return Tokens(
        np.tile(SENTENCE, number), np.arange(number + 1) * len(SENTENCE), np.tile(ENTITIES, number)
    )


def drawn(
    name: str, number: int, rules: RuleSource = "paper", seed: int = 0, epoch: int = 0
) -> MaskedTokens:
    keys = sentence_keys(np.arange(number), ["de"] * number, seed, epoch)
    return mask(tokens_of(number), keys, strategy_of(name, rules), VOCABULARY, CLUSTERS)


def agrees(observed: Sequence[int], probabilities: Sequence[float]) -> bool:
    """Chi-square test of counts and probabilities; a count with probability 0 must be 0."""
    numbers, expected = np.array(observed), np.array(probabilities) * sum(observed)
    assert not numbers[expected == 0].any()
    there = expected > 0
    statistic = ((numbers - expected)[there] ** 2 / expected[there]).sum()
    return there.sum() == 1 or bool(statistic < BOUNDS[int(there.sum()) - 1])


def fates(masked: MaskedTokens, where: Array) -> list[int]:
    """How many tokens were left alone, masked, replaced, kept."""
    at = masked.fates.reshape(-1, len(SENTENCE))[:, where]
    return [int(n) for n in np.bincount(at.ravel(), minlength=4)]


MLM = (0.85, 0.15 * 0.8, 0.15 * 0.1, 0.15 * 0.1)
NOTHING = (1.0, 0.0, 0.0, 0.0)
SWAP = (0.85, 0.0, 0.15, 0.0)


def half(probabilities: tuple[float, ...]) -> tuple[float, ...]:
    return (0.5 + probabilities[0] / 2, *(c / 2 for c in probabilities[1:]))


PEP = {
    "pep-mrs": (0.0, 0.8, 0.1, 0.1),
    "pep-ms": (0.1, 0.8, 0.0, 0.1),
    "pep-m": (0.2, 0.8, 0.0, 0.0),
}
# Left alone, masked, replaced, kept: of an entity's tokens, and of those outside.
CHANCES = {
    "mlm": (MLM, MLM),
    "rts": (SWAP, SWAP),
    "c-rts": (SWAP, SWAP),
    "slm": (SWAP, SWAP),
    **{name: (probabilities, NOTHING) for name, probabilities in PEP.items()},
    **{f"{name}+mlm": (half(probabilities), MLM) for name, probabilities in PEP.items()},
}
DRAWS = 10**6


@pytest.mark.parametrize("name", CHANCES)
def test_tokens_are_masked_as_published(name: str) -> None:
    masked = drawn(name, DRAWS // int(INSIDE.sum()))
    for where, probabilities in zip((INSIDE, OUTSIDE), CHANCES[name], strict=True):
        assert agrees(fates(masked, where), probabilities)


def test_the_code_predicts_all_that_ms_does_not_mask() -> None:
    masked = drawn("pep-ms", DRAWS // 4, rules="code")
    assert agrees(fates(masked, INSIDE), (0.0, 0.8, 0.0, 0.2))
    assert agrees(fates(drawn("pep-ms+mlm", DRAWS // 4, rules="code"), INSIDE), (0.5, 0.4, 0, 0.1))


@pytest.mark.parametrize("name", [n for n in STRATEGIES if not n.startswith("pep-ms")])
def test_paper_and_code_differ_in_nothing_else(name: str) -> None:
    assert strategy_of(name, "paper") == strategy_of(name, "code")


@pytest.mark.parametrize(
    ("name", "probabilities", "outside"),
    [("wep", (0.0, 0.8, 0.0, 0.2), NOTHING), ("wep+mlm", (0.5, 0.4, 0.0, 0.1), MLM)],
)
def test_whole_entities_are_masked_as_published(
    name: str, probabilities: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    masked = drawn(name, DRAWS // 2)
    by_sentence = masked.fates.reshape(-1, len(SENTENCE))
    first = by_sentence[:, ENTITIES == 1]
    assert (first == first[:, :1]).all()
    entities = np.stack([first[:, 0], by_sentence[:, ENTITIES == 2][:, 0]], 1)
    assert agrees(np.bincount(entities.ravel(), minlength=4).tolist(), probabilities)
    assert agrees(fates(masked, OUTSIDE), outside)
    # Two entities of a sentence are drawn apart.
    joint = np.bincount(entities[:, 0] * 4 + entities[:, 1], minlength=16).reshape(4, 4)
    expected = np.outer(probabilities, probabilities) * len(entities)
    there = expected > 0
    assert ((joint - expected)[there] ** 2 / expected[there]).sum() < 45  # 8 degrees: 10⁻⁶


def test_neighbours_and_epochs_are_drawn_independently() -> None:
    number = DRAWS // 6
    once, again = (drawn("mlm", number, epoch=epoch).fates > 0 for epoch in (0, 1))
    rows = once.reshape(-1, len(SENTENCE))
    able = np.tile(~SPECIAL[SENTENCE], number)
    for a, b in ((rows[:, 1], rows[:, 2]), (once[able], again[able])):
        joint = np.bincount(a * 2 + b, minlength=4).tolist()
        assert agrees(joint, (0.85**2, 0.85 * 0.15, 0.15 * 0.85, 0.15**2))


def test_replacements_are_uniform_over_ordinary_tokens() -> None:
    masked = drawn("slm", DRAWS)
    words = masked.input_ids[masked.fates == RANDOM]
    observed = np.bincount(words, minlength=200)
    assert not observed[SPECIAL].any()
    assert observed[100] == 0
    expected = len(words) / len(ORDINARY)
    statistic = ((observed[ORDINARY] - expected) ** 2 / expected).sum()
    assert abs(statistic - (len(ORDINARY) - 1)) < 5 * np.sqrt(2 * len(ORDINARY))


@pytest.mark.parametrize("name", STRATEGIES)
def test_input_and_labels_agree_with_the_fates(name: str) -> None:
    number = 3000
    masked = drawn(name, number)
    ids = np.tile(SENTENCE, number)
    same = (masked.fates != MASKED) & (masked.fates != RANDOM)
    assert (masked.input_ids[same] == ids[same]).all()
    assert (masked.input_ids[masked.fates == MASKED] == VOCABULARY.mask).all()
    special = SPECIAL[ids]
    assert (masked.input_ids[special] == ids[special]).all()
    assert (masked.labels[special] == NOT_PREDICTED).all()
    assert not masked.fates[special].any()
    if name in ("rts", "c-rts"):
        assert (masked.labels[~special] == (masked.input_ids != ids)[~special]).all()
    else:
        predicted = np.isin(masked.fates, (MASKED, RANDOM, KEPT))
        assert (masked.labels == np.where(predicted, ids, NOT_PREDICTED)).all()
    outside = np.tile(OUTSIDE, number)
    if name in ("wep", *PEP):
        assert (masked.input_ids[outside] == ids[outside]).all()
        assert (masked.labels[outside] == NOT_PREDICTED).all()


@pytest.mark.parametrize("name", STRATEGIES)
def test_random_keys_do_not_depend_on_the_batch(name: str) -> None:
    number = 50
    every = drawn(name, number)
    keys = sentence_keys(np.arange(number), ["de"] * number, 0, 0)
    for i in range(0, number, 7):
        one = mask(tokens_of(1), keys[i : i + 1], strategy_of(name), VOCABULARY, CLUSTERS)
        part = slice(i * len(SENTENCE), (i + 1) * len(SENTENCE))
        assert (one.input_ids == every.input_ids[part]).all()
        assert (one.labels == every.labels[part]).all()


def test_seed_epoch_and_language_change_the_random_keys() -> None:
    number = 400
    ids = np.arange(number)
    keys = [
        sentence_keys(ids, [language] * number, seed, epoch)
        for language, seed, epoch in (("de", 0, 0), ("fr", 0, 0), ("de", 1, 0), ("de", 0, 1))
    ]
    made = [mask(tokens_of(number), k, strategy_of("mlm"), VOCABULARY).fates for k in keys]
    for i, a in enumerate(made):
        for b in made[i + 1 :]:
            assert (a != b).mean() > 0.1
