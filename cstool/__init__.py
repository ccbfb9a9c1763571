"""From Wikipedia and Wikidata dumps to a code-switched corpus.

The stages as functions, their options, and what their output folders contain; see docs/api.md.
Names are imported when they are used first: `import cstool` alone loads no other package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cstool.errors import CstoolError, InputError, OutputError
    from cstool.execution.options import RunOptions
    from cstool.stages.entities.live import entities_live
    from cstool.stages.entities.live_options import LiveOptions
    from cstool.stages.entities.stage import EntitiesOptions, entities
    from cstool.stages.extract.options import ExtractOptions
    from cstool.stages.extract.stage import extract
    from cstool.stages.link.stage import LinkOptions, link
    from cstool.stages.mask.stage import MaskOptions, mask_corpus
    from cstool.stages.mix.read_recipe import read_recipe
    from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe
    from cstool.stages.mix.stage import MixOptions, mix
    from cstool.stages.pair.stage import PairOptions, pair
    from cstool.stages.romanize.stage import RomanizeOptions, romanize
    from cstool.stages.shard.stage import ShardOptions, shard
    from cstool.stages.switch.options import SwitchOptions
    from cstool.stages.switch.stage import switch
    from cstool.stages.titles.from_sql import SqlTables
    from cstool.stages.titles.stage import titles
    from cstool.storage.manifest import Manifest, read_manifest

__version__ = "0.2.0"

_MODULES = {
    "CstoolError": "errors",
    "EntitiesOptions": "stages.entities.stage",
    "ExtractOptions": "stages.extract.options",
    "InputError": "errors",
    "LinkOptions": "stages.link.stage",
    "LiveOptions": "stages.entities.live_options",
    "Manifest": "storage.manifest",
    "MaskOptions": "stages.mask.stage",
    "MixOptions": "stages.mix.stage",
    "MixRecipe": "stages.mix.recipe",
    "OutputError": "errors",
    "PairOptions": "stages.pair.stage",
    "RomanizeOptions": "stages.romanize.stage",
    "RunOptions": "execution.options",
    "ShardOptions": "stages.shard.stage",
    "SourceRecipe": "stages.mix.recipe",
    "SqlTables": "stages.titles.from_sql",
    "StageRecipe": "stages.mix.recipe",
    "SwitchOptions": "stages.switch.options",
    "entities": "stages.entities.stage",
    "entities_live": "stages.entities.live",
    "extract": "stages.extract.stage",
    "link": "stages.link.stage",
    "mask_corpus": "stages.mask.stage",
    "mix": "stages.mix.stage",
    "pair": "stages.pair.stage",
    "read_manifest": "storage.manifest",
    "read_recipe": "stages.mix.read_recipe",
    "romanize": "stages.romanize.stage",
    "shard": "stages.shard.stage",
    "switch": "stages.switch.stage",
    "titles": "stages.titles.stage",
}

__all__ = [
    "CstoolError",
    "EntitiesOptions",
    "ExtractOptions",
    "InputError",
    "LinkOptions",
    "LiveOptions",
    "Manifest",
    "MaskOptions",
    "MixOptions",
    "MixRecipe",
    "OutputError",
    "PairOptions",
    "RomanizeOptions",
    "RunOptions",
    "ShardOptions",
    "SourceRecipe",
    "SqlTables",
    "StageRecipe",
    "SwitchOptions",
    "__version__",
    "entities",
    "entities_live",
    "extract",
    "link",
    "mask_corpus",
    "mix",
    "pair",
    "read_manifest",
    "read_recipe",
    "romanize",
    "shard",
    "switch",
    "titles",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'cstool' has no attribute {name!r}")
    value = getattr(import_module(f"cstool.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
