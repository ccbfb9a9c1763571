"""Import each C extension of the installed cstool: a missing one only makes it slower.

Usage: python PATH/TO/extensions.py

Each extension has a stub in the package, `_name.pyi`.
"""

import importlib
from pathlib import Path

import cstool


def names() -> list[str]:
    """Return the full names of the extensions."""
    package = Path(cstool.__file__).parent
    stubs = sorted(package.rglob("_*.pyi"))
    return [".".join(("cstool", *s.relative_to(package).with_suffix("").parts)) for s in stubs]


if __name__ == "__main__":
    for name in names():
        importlib.import_module(name)
        print(name)
