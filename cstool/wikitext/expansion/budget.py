"""Limits on the work of a call: the same on every machine, because they count steps, not time."""

import re
from dataclasses import dataclass

from cstool.wikitext.markers import HOLE, HOLE_END

_NAMELESS = re.compile(r"[\x00-\x20{}\[\]|=<>_]+")
_LONGEST_NAME = 80


class BudgetExceededError(Exception):
    """A call exceeds a limit; `limit` names it: "steps", "output", "depth", "Lua instructions"…"""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass
class Budget:
    """What a page may still use. `steps`: nodes to evaluate; `output`: characters to produce."""

    steps: int = 2_000_000
    output: int = 4 << 20

    def step(self, count: int = 1) -> None:
        """Use steps. Raises BudgetExceededError."""
        self.steps -= count
        if self.steps < 0:
            raise BudgetExceededError("steps")

    def produce(self, characters: int) -> None:
        """Use characters of output. Raises BudgetExceededError."""
        self.output -= characters
        if self.output < 0:
            raise BudgetExceededError("output")


def hole(name: str) -> str:
    """Return the mark of something in expanded text that is unknown.

    Functions that inspect a text with such a mark return a hole; text that is only passed on keeps
    it in its place.
    """
    return f"{HOLE}{name}{HOLE_END}"


def plain_name(name: str) -> str:
    """Return a name for a hole: in lower case, without markup and marks.

    A number alone gets a word before it, because numbers are the holes of a page (`Markers`).
    """
    name = _NAMELESS.sub(" ", name)[:_LONGEST_NAME].strip().lower()
    return f"template {name}" if name.isdecimal() else name
