"""Templates that no text can tell: functions (arguments, wiki language) → wikitext, or None.

Arguments come expanded and trimmed. A function returns None for anything that it does not
understand: a hole is better than a guess. None of them raises, whatever it is given.
"""

from collections.abc import Callable, Mapping

from cstool.wikitext.builtins.convert import convert
from cstool.wikitext.builtins.dates import as_of, date
from cstool.wikitext.builtins.figures import join, unit, val
from cstool.wikitext.builtins.sounds import ipac_en

Function = Callable[[Mapping[str, str], str], str | None]

FUNCTIONS: Mapping[str, Function] = {
    "as of": as_of,
    "convert": convert,
    "date": date,
    "ipac-en": ipac_en,
    "join": join,
    "unit": unit,
    "val": val,
}
