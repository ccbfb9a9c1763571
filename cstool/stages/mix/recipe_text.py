"""The recipe of a mixture as TOML, from its numbers."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cstool.storage.mixture import Mixture, MixtureSource


def recipe_text(mixture: Mixture, folders: Sequence[str], document_end: str | None = None) -> str:
    """Return a recipe that makes the mixture.

    `folders`: of the sources, in the order of the recipe. `document_end`: of the tokens to count.
    """
    lines = [*_pairs(seed=mixture.seed, count=mixture.unit, tokenizer=mixture.tokenizer)]
    if mixture.unit == "tokens":
        lines += _pairs(document_end=document_end)
    lines += _pairs(dedup=mixture.dedup)
    sources = [*zip(mixture.sources, folders, strict=True)]
    for number, stage in enumerate(mixture.stages, 1):
        lines += ["", "[[stage]]", *_pairs(name=stage.name, budget=stage.budget)]
        for source, folder in sources:
            if source.stage == number:
                lines += ["", "  [[stage.source]]", *_source(source, folder)]
    return "\n".join(lines)


def _source(source: MixtureSource, folder: str) -> Iterator[str]:
    pairs = _pairs(
        folder=folder,
        name=None if folder == source.corpus else source.corpus,
        share=source.share,
        budget=source.budget,
        languages=source.languages,
        rows=None if source.rows == "all" else source.rows,
        smoothing=source.smoothing,
    )
    return (f"  {line}" for line in pairs)


def _pairs(**values: Any) -> Iterator[str]:
    """Yield `key = value` for each value that is given."""
    for key, value in values.items():
        if value is not None:
            yield f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    """Return a value as TOML: JSON's numbers, strings and lists, which TOML has too."""
    text = f"{value:_}" if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
