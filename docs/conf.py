"""How Sphinx builds these pages: `make docs`, with warnings as errors."""

import re
from typing import Any

import click
from sphinx.application import Sphinx

from cstool import __version__

project = "cstool"
author = "The cstool authors"
copyright = "The cstool authors, Apache License 2.0"  # noqa: A001 - Sphinx's name
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_mock_imports = ["torch", "transformers"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
# Links to files of the repository, which are no pages here, are looked up by tests/test_docs.py.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]

html_theme = "furo"
html_title = f"cstool {release}"


def _escaped(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Take help texts as they are: `<|mask|>` and `train-*.parquet` are no markup."""
    lines[:] = [x if x.startswith("..") else re.sub(r"([*|])", r"\\\1", x) for x in lines]


def _literal(*arguments: Any) -> None:
    """Turn `code` in docstrings into reStructuredText's ``code``, and escape its markup."""
    lines: list[str] = arguments[-1]
    pieces = re.split(r"(`[^`]+`)", "\n".join(lines))
    pieces[::2] = [re.sub(r"([*|])", r"\\\1", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"`{piece}`" for piece in pieces[1::2]]
    lines[:] = "".join(pieces).split("\n")


def setup(app: Sphinx) -> None:
    """Connect both to what Sphinx takes from the commands and the docstrings."""
    app.connect("autodoc-process-docstring", _literal)
    for part in ("description", "options", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _escaped)
