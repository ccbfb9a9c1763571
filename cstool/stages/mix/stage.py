"""`cstool mix`: writes one training set of several corpora, by a recipe."""

from dataclasses import dataclass
from pathlib import Path

from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FormatName
from cstool.formats.format_options import NO_OPTIONS, FormatOptions
from cstool.stages.mix.recipe import MixRecipe
from cstool.storage.manifest import Manifest

__all__ = ["MixOptions", "mix"]


@dataclass(frozen=True)
class MixOptions:
    """The options of `cstool mix`.

    `rows_per_shard`: about the number of rows of a file, which has at most about 100 MB of text.
    `files`: options of the format. Its tokenizer, if given, takes the place of the recipe's.
    """

    rows_per_shard: int = 500_000
    format: FormatName = "cstool"
    files: FormatOptions = NO_OPTIONS


def mix(recipe: MixRecipe, out: Path, options: MixOptions, running: RunOptions) -> Manifest:
    """Write the mixture of a recipe into `out`; return the manifest.

    Raises InputError for folders that do not go together and for a budget beyond what there is,
    OutputError if `out` cannot be used.
    """
    raise NotImplementedError
