"""Templates that rules of text cannot express: functions (arguments, language) → wikitext or None.

Arguments are expanded and trimmed. A function returns None for arguments that it does not support,
because a hole is better than a wrong text. Functions never raise.
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
