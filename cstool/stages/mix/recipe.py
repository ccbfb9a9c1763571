"""The content of a recipe of `cstool mix`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SizeUnit = Literal["words", "tokens"]
RowChoice = Literal["all", "switched", "source"]
MixDedup = Literal["exact", "none"]


@dataclass(frozen=True)
class SourceRecipe:
    """A source of a stage.

    `folder`: a corpus of `shard`, or a folder of `pair`. `name`: the value of the column `corpus`.
    `share`: of the stage; `budget`: size in the recipe's unit; if both are None, all rows are used.
    `languages`: of the rows to use, None for all. `smoothing`: exponent of the size of a language,
    None for all languages in proportion to their sizes. `line`: in the recipe, from 1.
    """

    folder: Path
    name: str
    share: float | None = None
    budget: int | None = None
    languages: tuple[str, ...] | None = None
    rows: RowChoice = "all"
    smoothing: float | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class StageRecipe:
    """A training stage: its name, its size in the recipe's unit, and its sources.

    `budget`: None for as much as the sources allow in their shares.
    """

    name: str
    sources: tuple[SourceRecipe, ...]
    budget: int | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class MixRecipe:
    """A recipe: stages in order.

    `file`: its path, for messages. `count`: the unit of sizes. `tokenizer`, `document_end`: of the
    tokens to count, see `FormatOptions`. `dedup`: whether a text is used only once.
    """

    file: Path
    stages: tuple[StageRecipe, ...]
    seed: int = 0
    count: SizeUnit = "words"
    tokenizer: Path | None = None
    document_end: str | None = None
    dedup: MixDedup = "exact"
