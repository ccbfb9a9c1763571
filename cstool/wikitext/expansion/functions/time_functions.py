"""Dates: `#time`, `#timel`.

After MediaWiki's extension ParserFunctions (REL1_39, ParserFunctions::timeCommon). Without a date,
or where a date depends on today's, they are unknown.
"""

import re
from collections.abc import Mapping

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Frame, Function
from cstool.wikitext.expansion.functions.date_formats import formatted_date
from cstool.wikitext.expansion.functions.date_texts import (
    Moment,
    UnreadableDateError,
    read_date,
)
from cstool.wikitext.expansion.functions.language_forms import forms_of, site_forms
from cstool.wikitext.expansion.functions.outcomes import error, of_texts

_LANGUAGE = re.compile("[a-z0-9-]{2,}")
_INVALID = "Error: Invalid time."


def _time(
    frame: Frame, format_: str = "", text: str = "", language: str = "", local: str = ""
) -> str:
    if local not in ("", "0"):
        return _local_time(frame, format_, text, language)
    return _written(frame, format_, text, language, "#time", local=False)


def _local_time(frame: Frame, format_: str = "", text: str = "", language: str = "") -> str:
    return _written(frame, format_, text, language, "#timel", local=True)


def _written(
    frame: Frame, format_: str, text: str, language: str, name: str, *, local: bool
) -> str:
    try:
        moment = read_date(text) if text else _NOTHING_KNOWN
    except UnreadableDateError as fault:
        return error(_INVALID) if fault.invalid else hole(name)
    if local:
        moment = in_unknown_zone(moment)
    own = not _LANGUAGE.fullmatch(language)
    forms = site_forms(frame.site) if own else forms_of(language)
    try:
        return formatted_date(format_, moment, frame.site.language if own else language, forms)
    except (LookupError, OverflowError, ValueError):
        return hole(name)


def in_unknown_zone(moment: Moment) -> Moment:
    """Return the moment in the time zone of the wiki, which is not known.

    It does not move a day without a time to another.
    """
    known = moment.known - {"time"} if not moment.seconds else frozenset[str]()
    return moment._replace(known=known)


_NOTHING_KNOWN = Moment(read_date("2000-01-01").day, 0, frozenset())

FUNCTIONS: Mapping[str, Function] = {"time": of_texts(_time, 4), "timel": of_texts(_local_time, 3)}
