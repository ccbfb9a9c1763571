"""The options of `switch`, and the recipes, which are named sets of option values."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from cstool.errors import WrongCallError
from cstool.languages.labels import Fallback, NameKind
from cstool.stages.switch.entity_types import EntityTypes, for_manifest

Policy = Literal["sample", "all", "round-robin"]
Inflected = Literal["keep", "skip-mention", "skip-sentence"]
Anchors = Literal["named", "all"]
Recipe = Literal["default", "entitycs"]
# Which source sentences are rows: those that are switched into some language, all, or none.
SourceRows = Literal["switched", "all", "none"]

# Values of the published pipeline (Whitehouse et al. 2022, and its code) that differ from ours.
RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "entitycs": {
        "fallback": "none",
        "fit": False,
        "inflected": "keep",
        "anchors": "all",
        "prose": False,
        "min_changed": 0,
        "source_rows": "all",
    },
}


@dataclass(frozen=True)
class SentenceFilter:
    """The bounds of sentences to process; the defaults are the published ones.

    `longest_anchor`: maximum length of a sentence's only mention, as a fraction of the sentence.
    """

    fewest_mentions: int = 1
    most_mentions: int = 10
    more_than_characters: int = 20
    most_words: int = 128
    longest_anchor: float = 0.5


@dataclass(frozen=True)
class SwitchOptions:
    """The options of `cstool switch`; the defaults are those of the default recipe.

    `languages`: codes, "entitycs" or "all"; at most `max_languages` of them per sentence.
    `labels`: Wikidata's labels or the titles of Wikipedia's pages. `fallback`: the fallback
    languages of a missing label; "none" (published): labels of the target language only, in any
    script. `fit`: whether to adapt labels to their context. `inflected`: treatment of an inflected
    anchor. `anchors`: which anchors are switched, all or only names of their entity that are not
    part of a compound. `prose`: whether rows that are not sentences are dropped. `min_changed`:
    minimum number of anchors that must differ from the source sentence. `require_all`: whether a
    language needs a label for every entity to be switched. `weights`: sampling weights of
    languages, None: uniform; `smoothing`: weights are numbers of labels to this power.
    `switch_rate`: probability of switching an entity. `mix`: each entity in a different language.
    `source_rows`: which source sentences are written as rows.
    """

    languages: str = "entitycs"
    max_languages: int = 5
    seed: int = 0
    labels: NameKind = "label"
    fallback: Fallback = "variants"
    recipe: Recipe = "default"
    fit: bool = True
    inflected: Inflected = "skip-mention"
    anchors: Anchors = "named"
    prose: bool = True
    min_changed: int = 1
    require_all: bool = True
    policy: Policy = "sample"
    weights: tuple[tuple[str, float], ...] | None = None
    smoothing: float | None = None
    switch_rate: float = 1.0
    mix: bool = False
    source_rows: SourceRows = "switched"
    types: EntityTypes = field(default_factory=EntityTypes)
    filter: SentenceFilter = field(default_factory=SentenceFilter)

    @staticmethod
    def of(recipe: Recipe, **given: Any) -> "SwitchOptions":
        """Return the options of a recipe, overridden by those in `given` that are not None.

        Raises WrongCallError for options that exclude each other.
        """
        given = {name: value for name, value in given.items() if value is not None}
        options = SwitchOptions(**(RECIPES[recipe] | given), recipe=recipe)
        _refuse(options, given)
        return options

    def parameters(self) -> dict[str, Any]:
        """Return the effective options for the manifest."""
        parameters = asdict(self)
        types = self.types
        for name in ("asked", "excluded", "dates"):
            parameters["types"][name] = for_manifest(getattr(types, name))
        parameters["weights"] = None if self.weights is None else dict(self.weights)
        return parameters

    @property
    def need_known(self) -> bool:
        """Whether the names of entities in the source language are needed."""
        return self.fit or self.compare_names

    @property
    def compare_names(self) -> bool:
        """Whether anchors are compared with the names of their entities."""
        return self.inflected != "keep" or self.anchors != "all"


def _refuse(options: SwitchOptions, given: dict[str, Any]) -> None:
    """Raise WrongCallError for options that exclude each other."""
    for name in ("smoothing", "switch_rate"):
        if math.isnan(given.get(name, 0)):
            raise WrongCallError(f"--{name.replace('_', '-')}: nan is not a number; give a number")
    weighing = [
        option
        for option, there in (
            ("--policy round-robin", options.policy == "round-robin"),
            ("--language-weights", options.weights is not None),
            ("--smoothing", options.smoothing is not None),
        )
        if there
    ]
    if len(weighing) > 1:
        raise WrongCallError(
            f"{weighing[0]} and {weighing[1]}: both set weights of languages; give one of them"
        )
    if options.policy == "all":
        if weighing:
            raise WrongCallError(
                f"--policy all and {weighing[0]}: no language is sampled; give one of them"
            )
        if "max_languages" in given:
            raise WrongCallError(
                "--policy all and --max-languages: all languages are used; give one of them"
            )
    if options.mix:
        for name in ("max_languages", "policy"):
            if name in given:
                option = f"--{name.replace('_', '-')}"
                raise WrongCallError(
                    f"--mix and {option}: a sentence has a single mixed row; give one of them"
                )
