"""The collector's rhythm, and that it comes back."""

import gc

import pytest

from cstool.execution.gc import seldom_collecting


def test_the_rhythm_comes_back_even_after_a_fault() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="x"), seldom_collecting():
        assert gc.get_threshold()[0] > before[0]
        raise ValueError("x")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
