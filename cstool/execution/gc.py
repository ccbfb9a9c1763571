"""The garbage collector's rhythm."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_GC_THRESHOLDS = (50_000, 20, 50)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let the collector look seldom: for code that makes many objects and hardly a cycle.

    What is there already is not looked at until the block ends.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
