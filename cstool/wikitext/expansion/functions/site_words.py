"""Magic words and functions about the wiki, and those that a dump does not determine.

After MediaWiki's MagicWordFactory and CoreMagicVariables (REL1_39), and the extensions of
Wikimedia's wikis. What depends on the date, the revision, the state of the wiki, the reader or
Wikidata is a hole named after the word.
"""

from collections.abc import Mapping, Sequence

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Argument, Frame, Function, Variable
from cstool.wikitext.expansion.functions.language_forms import forms_of

_CLOCK = [
    "month",
    "month1",
    "monthname",
    "monthnamegen",
    "monthabbrev",
    "day",
    "day2",
    "dayname",
    "year",
    "time",
    "hour",
    "week",
    "dow",
    "timestamp",
]
_COUNTS = [
    f"numberof{what}"
    for what in ("articles", "files", "edits", "users", "activeusers", "pages", "admins")
]
_REVISION = [
    f"revision{what}"
    for what in ("id", "day", "day2", "month", "month1", "year", "timestamp", "user", "size")
]
_UNKNOWN_WORDS = [f"{clock}{word}" for clock in ("current", "local") for word in _CLOCK] + [
    "articlepath",
    "currentversion",
    "pageid",
    "server",
    "servername",
    "scriptpath",
    "stylepath",
    "cascadingsources",
    "sitename",
    "userlanguage",
    "wbreponame",
]
# Functions whose names are written without `#`.
_UNKNOWN_FUNCTIONS = [
    "cascadingsources",
    "filepath",
    "int",
    "numberingroup",
    "pageid",
    "pagesincategory",
    "pagesinnamespace",
    "pagesize",
    "pendingchangelevel",
    "protectionexpiry",
    "protectionlevel",
]
# Functions with `#`: of LabeledSectionTransclusion, WikibaseClient, Babel and others.
_UNKNOWN_HASHED = [
    "babel",
    "bcp47",
    "categorytree",
    "contentmodel",
    "dir",
    "isbn",
    "interlanguagelink",
    "interwikilink",
    "lst",
    "lsth",
    "lstx",
    "pagesusingpendingchanges",
    "property",
    "special",
    "speciale",
    "statements",
    "timef",
    "timefl",
]
# Functions that set a property of the page: GeoData, WikibaseClient, PageAssessments and others.
_SILENT = [
    "assessment",
    "coordinates",
    "defaultsort",
    "displaytitle",
    "noexternallanglinks",
    "related",
    "shortdesc",
]


def _unknown(name: str) -> tuple[Variable, Function]:
    def variable(_: Frame) -> str:
        return hole(name)

    def function(_: Frame, __: Sequence[Argument]) -> str:
        return hole(name)

    return variable, function


def _nothing(_: Frame, __: Sequence[Argument]) -> str:
    return ""


def _language(frame: Frame) -> str:
    return frame.site.language


def _direction_mark(frame: Frame) -> str:
    return "\u200f" if forms_of(frame.site.language).right_to_left else "\u200e"


VARIABLES: Mapping[str, Variable] = {
    **{id_: _unknown(id_.upper())[0] for id_ in (*_UNKNOWN_WORDS, *_COUNTS, *_REVISION)},
    "!": lambda _: "|",
    "=": lambda _: "=",
    "contentlanguage": _language,
    "pagelanguage": _language,
    "directionmark": _direction_mark,
    "noexternallanglinks": lambda _: "",
}
FUNCTIONS: Mapping[str, Function] = {
    **{id_: _unknown(id_.upper())[1] for id_ in (*_UNKNOWN_FUNCTIONS, *_COUNTS, *_REVISION)},
    **{id_: _unknown(f"#{id_}")[1] for id_ in _UNKNOWN_HASHED},
    **dict.fromkeys(_SILENT, _nothing),
}
