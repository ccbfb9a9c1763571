"""The parts of the dataset card on the papers whose methods were followed."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from cstool import __version__
from cstool.distribution import address
from cstool.storage.manifest import Ancestor
from cstool.storage.row_kinds import RowKind


def recipes_of(lineage: Iterable[Ancestor]) -> set[str]:
    """Return the recipes with which the folders of `switch` in a lineage were made."""
    switched = (one.parameters for one in lineage if one.stage == "switch")
    return {one.get("recipe", "default") for one in switched} or {"default"}


def methods_section(recipes: set[str], kind: RowKind) -> str:
    """Return whose methods recipes follow, as the end of a sentence; "" if it is nobody's."""
    if "default" in recipes and (kind.annotated or not kind.names):
        recipes = recipes - {"default"}
    links = [f"{m['name']}\n([{m['authors']}]({m['url']}))" for m in _methods(recipes)]
    return f", following the method of {' and '.join(links)}" if links else ""


def citation(recipes: set[str], *, names: bool = True) -> str:
    """Return the papers of these recipes, and cstool, as BibTeX.

    `names`: whether names of entities were switched, as the default recipe does.
    """
    if not names:
        recipes = recipes - {"default"}
    url = f'    url = "{address()}",\n' if address() else ""
    papers = "\n".join(method["bibtex"] for method in _methods(recipes))
    return f"""\
```bibtex
{papers}
@software{{cstool,
    title = "cstool: from Wikipedia and Wikidata dumps to a code-switched corpus",
    author = "{{The cstool authors}}",
{url}    version = "{__version__}"
}}
```
"""


def _methods(recipes: set[str]) -> list[dict[str, Any]]:
    """Return the methods of these recipes."""
    return [method for method in _table() if recipes & {*method["recipes"]}]


@cache
def _table() -> list[dict[str, Any]]:
    text = files(__package__).joinpath("data/methods.toml").read_text()
    table: list[dict[str, Any]] = tomllib.loads(text)["method"]
    return table
