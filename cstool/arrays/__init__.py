"""Helpers for Arrow and NumPy arrays: columns, hashes, code points."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
