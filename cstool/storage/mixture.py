"""`mixture.json`: the numbers of a mixture, by stage, corpus and language, written by `mix`."""

from pathlib import Path
from typing import Literal

import msgspec

from cstool.storage.statistics import read_described

MIXTURE = "mixture.json"
# Reasons why rows are left out, in the order in which they are looked for.
NOT_CHOSEN = "not chosen by language or rows"
HELD_OUT = "page held out for validation"
DUPLICATE = "duplicate text"
OVER_BUDGET = "over the budget"


class MixtureNumbers(msgspec.Struct, kw_only=True):
    """The rows of a language from one corpus in a stage.

    `stage`: number of the stage, from 1; `corpus`: the name in the recipe. `size`: words or tokens
    of all rows, `switched_size`: of the code-switched ones, among which are windows of pages in two
    or more languages. `bytes`: of the column `text`.
    `dropped`, `dropped_size`: rows and words or tokens that were left out, by reason; the size of
    rows that the recipe does not choose, and of pages held out for validation, is not counted.
    """

    stage: int
    corpus: str
    language: str
    rows: int = 0
    switched_rows: int = 0
    size: int = 0
    switched_size: int = 0
    bytes: int = 0
    dropped: dict[str, int] = {}
    dropped_size: dict[str, int] = {}


class MixtureSource(msgspec.Struct, kw_only=True):
    """A source of a stage, as the recipe has it; `stage`: from 1.

    `kind`: the stage of cstool that wrote the folder. `size`: words or tokens in the mixture;
    `available`: those of its rows that the stage could have used, without duplicates.
    """

    stage: int
    corpus: str
    kind: Literal["shard", "pair"]
    share: float | None = None
    budget: int | None = None
    smoothing: float | None = None
    rows: str = "all"
    languages: list[str] | None = None
    size: int = 0
    available: int = 0


class MixtureStage(msgspec.Struct, kw_only=True):
    """A training stage: its name, its budget in the recipe, and the folder of its files.

    `folder`: in `data/`, or in the folders of the format.
    """

    name: str
    folder: str
    budget: int | None = None
    rows: int = 0
    size: int = 0
    files: int = 0


class Mixture(msgspec.Struct, kw_only=True):
    """The content of `mixture.json`.

    `unit`: of sizes. `tokenizer`: the name of the file, if sizes are in tokens. `format`: of the
    files. `numbers`: sorted by stage, corpus and language; `sources`: in the order of the recipe.
    """

    unit: Literal["words", "tokens"]
    seed: int
    dedup: Literal["exact", "none"]
    format: str
    tokenizer: str | None = None
    stages: list[MixtureStage] = []
    sources: list[MixtureSource] = []
    numbers: list[MixtureNumbers] = []


def read_mixture(folder: Path) -> Mixture:
    """Return the numbers of a mixture. Raises InputError if they are missing or invalid."""
    return read_described(folder / MIXTURE, Mixture, "mixture", "mix")
