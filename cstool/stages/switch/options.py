"""What `switch` can be told, and the recipes, which are names for a set of options."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from cstool.errors import WrongCallError
from cstool.languages.labels import Fallback, NameKind
from cstool.stages.switch.entity_types import EntityTypes, told

Policy = Literal["sample", "all", "round-robin"]
Inflected = Literal["keep", "skip-mention", "skip-sentence"]
Recipe = Literal["default", "entitycs"]

# What the published pipeline does (Whitehouse et al. 2022, and its code), where ours does not.
RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
    "entitycs": {"fallback": "none", "fit": False, "inflected": "keep", "min_changed": 0},
}


@dataclass(frozen=True)
class SentenceFilter:
    """Which sentences are taken, with the published bounds.

    `longest_anchor`: the share of a sentence's characters that its only mention may take.
    """

    fewest_mentions: int = 1
    most_mentions: int = 10
    more_than_characters: int = 20
    most_words: int = 128
    longest_anchor: float = 0.5


@dataclass(frozen=True)
class SwitchOptions:
    """The options; defaults are those of the default recipe.

    `languages`: codes, "entitycs" or "all"; at most `max_languages` of them a sentence.
    `labels`: names are labels, or titles of Wikipedia's pages. `fallback`: whose stand in for a
    missing one; "none" (published): the label of just that language, whatever it looks like.
    `fit`: whether names are made to fit the sentence. `inflected`: what becomes of an anchor that
    carries grammar. `min_changed`: so many anchors must be another word than before.
    `require_all`: whether a language must name all entities. `weights`: of languages, None: even;
    `smoothing`: weights are numbers of labels to this power. `switch_rate`: the chance of an
    entity to be switched. `mix`: each entity into a language of its own.
    """

    languages: str = "entitycs"
    max_languages: int = 5
    seed: int = 0
    labels: NameKind = "label"
    fallback: Fallback = "all"
    recipe: Recipe = "default"
    fit: bool = True
    inflected: Inflected = "skip-mention"
    min_changed: int = 1
    require_all: bool = True
    policy: Policy = "sample"
    weights: tuple[tuple[str, float], ...] | None = None
    smoothing: float | None = None
    switch_rate: float = 1.0
    mix: bool = False
    types: EntityTypes = field(default_factory=EntityTypes)
    filter: SentenceFilter = field(default_factory=SentenceFilter)

    @staticmethod
    def of(recipe: Recipe, **given: Any) -> "SwitchOptions":
        """Return a recipe's options; those that are given, and not None, win.

        Raises WrongCallError for options that exclude each other.
        """
        given = {name: value for name, value in given.items() if value is not None}
        options = SwitchOptions(**(RECIPES[recipe] | given), recipe=recipe)
        _refuse(options, given)
        return options

    def parameters(self) -> dict[str, Any]:
        """Return the options in effect, for the manifest."""
        found = asdict(self)
        types = self.types
        for name in ("asked", "excluded", "dates"):
            found["types"][name] = told(getattr(types, name))
        found["weights"] = None if self.weights is None else dict(self.weights)
        return found

    @property
    def need_known(self) -> bool:
        """Whether it must be known what the text's own language calls an entity."""
        return self.fit or self.inflected != "keep"


def _refuse(options: SwitchOptions, given: dict[str, Any]) -> None:
    """Raise WrongCallError for options that exclude each other."""
    for name in ("smoothing", "switch_rate"):
        if math.isnan(given.get(name, 0)):
            raise WrongCallError(f"--{name.replace('_', '-')}: nan is no number; give one")
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
        raise WrongCallError(f"{weighing[0]} and {weighing[1]}: both weigh languages; give one")
    if options.policy == "all":
        if weighing:
            raise WrongCallError(f"--policy all and {weighing[0]}: all are taken; give one")
        if "max_languages" in given:
            raise WrongCallError("--policy all and --max-languages: all are taken; give one")
    if options.mix:
        for name in ("max_languages", "policy"):
            if name in given:
                option = f"--{name.replace('_', '-')}"
                raise WrongCallError(
                    f"--mix and {option}: a sentence goes into one mixed row; give one of the two"
                )
