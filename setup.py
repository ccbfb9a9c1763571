"""The compiled part of cstool; all else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        # Without a C compiler, `cstool.wikitext.scan` and `plainly` do the same in Python.
        Extension(f"cstool.wikitext.{name}", [f"cstool/wikitext/{name}.c"], optional=True)
        for name in ("_plain", "_scan")
    ]
)
