"""Arrow without pandas: `pyarrow.array`, `to_numpy` and others import it if it is installed.

The import takes 0.2 seconds, only to find that a value is not one of pandas. Arrow tries it once in
a process (`pandas-shim.pxi` and `InitPandasStaticData` in pyarrow).
"""

import sys
from importlib.machinery import ModuleSpec

import pyarrow as pa


class _NotFound:
    """A finder that finds no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for pandas; leave other modules to the next finder."""
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def without_pandas() -> None:
    """Let Arrow find that there is no pandas, in a process of cstool's own.

    It has no effect if pandas has been imported. `to_pandas` still works: it tries again.
    """
    if "pandas" in sys.modules:
        return

    sys.meta_path.insert(0, _NotFound)
    try:
        pa.array([0]).to_numpy()
    finally:
        sys.meta_path.remove(_NotFound)
