"""How Sphinx builds these pages: `make docs`, with warnings as errors."""

import re

import click
from sphinx.application import Sphinx

from cstool import __version__

project = "cstool"
author = "The cstool maintainers"
copyright = "The cstool maintainers, Apache License 2.0"  # noqa: A001 - Sphinx's name
release = version = __version__

extensions = ["myst_parser", "sphinx_click"]
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


def setup(app: Sphinx) -> None:
    """Have it done to all that sphinx-click takes from the commands."""
    for part in ("description", "options", "epilog"):
        app.connect(f"sphinx-click-process-{part}", _escaped)
