"""The compiled part of cstool; all else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        # Without a C compiler, lines are read the long way: the same text, in twice the time.
        Extension("cstool.wikitext._plain", ["cstool/wikitext/_plain.c"], optional=True)
    ]
)
