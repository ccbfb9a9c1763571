"""The options of `lexicon`."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from cstool.errors import WrongCallError
from cstool.languages.entity_types import EntityTypes, for_manifest
from cstool.languages.labels import ALIAS, FALLBACK, MUL, OWN, SITELINK, VARIANT, Fallback, Origin

# Which names of an entity are used.
NameSet = Literal["label", "alias", "sitelink"]
LexiconFormat = Literal["cstool", "tsv", "muse", "moses", "prealign"]

# Origins of names, the most certain one first. A pair has the less certain one of its two names.
RANKS: tuple[Origin, ...] = (OWN, VARIANT, MUL, SITELINK, ALIAS, FALLBACK)
ALIAS_RANK = RANKS.index(ALIAS)
SITELINK_RANK = RANKS.index(SITELINK)

# The value of `sources` for pairs from each language into each other one.
EVERY = "all"


@dataclass(frozen=True)
class LexiconOptions:
    """The options of `cstool lexicon`.

    `languages`: codes, "entitycs" or "all". `sources`: the source languages, codes or "all", None:
    the first of `languages`. `names`: the kinds of names. `fallback`: see `SwitchOptions`.
    `only_linked`: only entities that are linked. `types`: classes of entities. `scripts`: the
    target names consist of letters of these (ISO 15924), empty: any. `identical`: whether pairs of
    equal names are kept.
    """

    languages: str
    sources: str | None = None
    names: tuple[NameSet, ...] = ("label",)
    fallback: Fallback = "variants"
    only_linked: bool = False
    types: EntityTypes = field(default_factory=EntityTypes)
    scripts: tuple[str, ...] = ()
    identical: bool = True
    format: LexiconFormat = "cstool"

    def parameters(self) -> dict[str, Any]:
        """Return the options for the manifest."""
        parameters = asdict(self)
        for name in ("asked", "excluded", "dates"):
            parameters["types"][name] = for_manifest(getattr(self.types, name))
        for name in ("names", "scripts"):
            parameters[name] = list(parameters[name])
        return parameters


def check_names(names: tuple[str, ...]) -> tuple[NameSet, ...]:
    """Return the kinds of names. Raises WrongCallError for an unknown one, or none."""
    known: dict[str, NameSet] = {"label": "label", "alias": "alias", "sitelink": "sitelink"}
    if wrong := [name for name in names if name not in known]:
        raise WrongCallError(
            f"--names: {wrong[0]!r} is unknown; give one or more of {', '.join(known)}"
        )
    if not names:
        raise WrongCallError(f"--names: no kind given; give one or more of {', '.join(known)}")
    return tuple(kind for name, kind in known.items() if name in names)
