"""Reduces the frequency of the cyclic garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_GC_THRESHOLDS = (1_000_000, 20, 50)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Collect cyclic garbage rarely in the block, which creates many objects but few cycles.

    Existing objects are not examined until the block ends.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
