"""The compiled part of cstool; all else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        # Without a C compiler, the modules that import these do the same in Python.
        Extension(f"cstool.{name.replace('/', '.')}", [f"cstool/{name}.c"], optional=True)
        for name in ("dumps/_xml_fast_path", "wikitext/_fast_path", "wikitext/_scan")
    ]
)
