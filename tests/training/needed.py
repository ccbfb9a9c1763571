"""Libraries that some tests need."""

import importlib
import os
from typing import Any

import pytest


def needed(name: str) -> Any:
    """The library; without it the tests are skipped, or fail where CSTOOL_NEED_TORCH is set."""
    if os.environ.get("CSTOOL_NEED_TORCH"):
        return importlib.import_module(name)
    return pytest.importorskip(name)
