"""The options of `pair`."""

from dataclasses import dataclass
from typing import Any

from cstool.errors import WrongCallError

# The order of the control: each page is a row.
UNPAIRED = "unpaired"


@dataclass(frozen=True)
class PairOptions:
    """The options of `cstool pair`.

    `order`: codes of the languages that come first in a row, in this order; the others follow,
    English before the rest, which keep the order of the folders. `unpaired`: write a row per page
    instead of one per entity, from the same pages. `min_wikis`: minimum number of wikis with a page
    of the entity. `segments`: number of segments into which each page is cut. `window`: if given,
    pages are cut into the smallest number of segments with which one of each page has at most
    this number of characters in total.
    """

    order: tuple[str, ...] = ()
    unpaired: bool = False
    min_wikis: int = 2
    segments: int = 1
    window: int | None = None

    def __post_init__(self) -> None:
        if self.segments > 1 and self.window is not None:
            raise WrongCallError("--segments, --window: given together; give one of them")
        if self.unpaired and self.order:
            raise WrongCallError("--order: unpaired with languages; give one of them")

    @property
    def is_cut(self) -> bool:
        """Whether pages may be cut into several segments."""
        return self.segments > 1 or self.window is not None

    def parameters(self, languages: list[str], part_size: int) -> dict[str, Any]:
        """Return the parameters of a run; `languages`: those of the wikis, in their order."""
        return {
            "order": UNPAIRED if self.unpaired else languages,
            "min_wikis": self.min_wikis,
            "segments": self.segments,
            "window": self.window,
            "part_size": part_size,
        }
