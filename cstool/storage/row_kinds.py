"""What the rows of a folder with text are: their unit, and how `switch` made them."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cstool.storage.manifest import Ancestor, Manifest
from cstool.storage.schemas import (
    MIX_FIELDS,
    PASS_FIELD,
    ROMANIZED_FIELDS,
    SWITCHED,
    Unit,
    for_unit,
)

# Parameters of `switch` that are set if words were switched.
_OF_WORDS = ("words", "actions")


@dataclass(frozen=True)
class RowKind:
    """The kind of switched rows.

    `unit`: what a row contains. `style`, `side`, `marks` (`--open`, `--close`), `passes`: options
    of `switch`. `mixed`: whether they are rows of a mixture. `romanized`: whether they have the
    columns of `romanize`. `names`, `words`: what was switched: names of entities, words.
    """

    unit: Unit = "sentence"
    style: str = "replace"
    side: str = "right"
    marks: tuple[str, str] = ("", "")
    passes: int = 1
    mixed: bool = False
    romanized: bool = False
    names: bool = True
    words: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of the rows."""
        passes = [PASS_FIELD] if self.passes > 1 else []
        schema = for_unit(pa.schema([*SWITCHED, *passes]), self.unit)
        if self.romanized:
            schema = pa.schema([*schema, *ROMANIZED_FIELDS])
        return pa.schema([*schema, *MIX_FIELDS]) if self.mixed else schema

    @property
    def annotated(self) -> bool:
        """Whether names stand beside their anchors."""
        return self.style == "annotate"

    @property
    def switched(self) -> str:
        """What was switched, in the plural."""
        kinds = [*(["entities"] if self.names else []), *(["words"] if self.words else [])]
        return " and ".join(kinds)


def kind_of(manifest: Manifest) -> RowKind:
    """Return the kind of the rows of a folder of `switch`, or made from such folders."""
    stages: list[Manifest | Ancestor] = [*manifest.lineage, manifest]
    switched = [one.parameters for one in stages if one.stage == "switch"]
    mixed = manifest.stage == "mix"
    # A mixture has the columns of `romanize` only if all of its sources have them.
    romanized = any(one.stage == "romanize" for one in stages)
    if mixed:
        romanized = bool(manifest.parameters.get("romanized"))
    if not switched:
        return RowKind(manifest.row_unit, mixed=mixed, romanized=romanized)
    # `shard` refuses folders of different styles; those with one draw may be among them.
    passes = max(_of(one, "passes", 1) for one in switched)
    one = switched[-1]
    marks = _of(one, "open", ""), _of(one, "close", "")
    style, side = _of(one, "style", "replace"), _of(one, "side", "right")
    names = any(_of(one, "switch_rate", 1) for one in switched)
    words = any(_of(one, name, None) for one in switched for name in _OF_WORDS)
    return RowKind(manifest.row_unit, style, side, marks, passes, mixed, romanized, names, words)


def _of(parameters: dict[str, Any], name: str, unset: Any) -> Any:
    """Return a parameter; the value `unset` if an older cstool did not have it."""
    value = parameters.get(name)
    return unset if value is None else value
