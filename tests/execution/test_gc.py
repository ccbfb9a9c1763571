"""The thresholds of the garbage collector."""

import gc

import pytest

from cstool.execution.gc import seldom_collecting


def test_the_thresholds_are_restored_after_an_exception() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="x"), seldom_collecting():
        assert gc.get_threshold()[0] > before[0]
        raise ValueError("x")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
