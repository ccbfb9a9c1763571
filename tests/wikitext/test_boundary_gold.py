"""Sentence boundaries against hand-checked ones."""

import pytest

from scripts.check.boundary_gold import GOLD, REALDATA, languages, score


@pytest.mark.parametrize("language", languages())
def test_boundaries_are_right(language: str) -> None:
    if not REALDATA.exists() and not (GOLD / f"{language}.txt").exists():
        pytest.skip("without realdata")
    found = score(language)
    assert found.precision >= 0.99, "\n".join(found.errors)
    assert found.recall >= 0.99, "\n".join(found.errors)
    assert found.not_found <= 0.03 * (found.places + found.not_found)
