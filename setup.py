"""The C extensions; everything else is declared in pyproject.toml."""

import os
from pathlib import Path

from setuptools import Extension, setup

# `make test-sanitize` sets this; a build must then fail rather than fall back to Python.
SANITIZE = os.environ.get("CSTOOL_SANITIZE")
SOURCES = sorted(Path("cstool").rglob("*.c"))
HEADERS = sorted(map(str, Path("cstool").rglob("*.h")))
FLAGS = [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g", "-O1"] if SANITIZE else []

setup(
    ext_modules=[
        Extension(
            ".".join(source.with_suffix("").parts),
            [str(source)],
            depends=HEADERS,
            extra_compile_args=FLAGS,
            extra_link_args=FLAGS,
            # Without a C compiler, the modules that import these do the same in Python.
            optional=not SANITIZE,
        )
        for source in SOURCES
    ]
)
