"""Magic words and functions about the wiki, and those that a dump does not determine.

After MediaWiki's MagicWordFactory and CoreMagicVariables (REL1_39), and the extensions of
Wikimedia's wikis. What depends on the date, the revision, the state of the wiki, the reader or
Wikidata is a hole named after the word.
"""

from collections.abc import Callable, Mapping, Sequence

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Argument, Frame, Function, Variable
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.functions.escapes import wikipedia_host
from cstool.wikitext.expansion.functions.language_forms import forms_of
from cstool.wikitext.expansion.functions.outcomes import of_texts

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
    "currentversion",
    "pageid",
    "cascadingsources",
    "sitename",
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
    "mentor",
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
    "pagebanner",
    "related",
    "shortdesc",
    "target",
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


def _revision_id(frame: Frame, title: str = "") -> str:
    """Return the sign that Wikimedia's wikis show for a saved page that is no talk page."""
    page = parsed_title(frame.page, frame.site)
    other = title and parsed_title(title, frame.site) != page
    return hole("REVISIONID") if other or page is None or page.namespace % 2 else "-"


def _of_wikipedia(form: Callable[[str], str], name: str) -> Variable:
    """Return a word for an address of a Wikipedia; it is unknown for other wikis."""

    def variable(frame: Frame) -> str:
        host = wikipedia_host(frame.site)
        return form(host) if host else hole(name)

    return variable


def _direction_mark(frame: Frame) -> str:
    return "\u200f" if forms_of(frame.site.language).right_to_left else "\u200e"


VARIABLES: Mapping[str, Variable] = {
    **{id_: _unknown(id_.upper())[0] for id_ in (*_UNKNOWN_WORDS, *_COUNTS, *_REVISION)},
    "!": lambda _: "|",
    "=": lambda _: "=",
    "contentlanguage": _language,
    "pagelanguage": _language,
    "directionmark": _direction_mark,
    # Wikipedias do not vary their pages by the reader's language.
    "userlanguage": _language,
    "revisionid": _revision_id,
    "server": _of_wikipedia(lambda host: f"//{host}", "SERVER"),
    "servername": _of_wikipedia(lambda host: host, "SERVERNAME"),
    "articlepath": _of_wikipedia(lambda _: "/wiki/$1", "ARTICLEPATH"),
    "scriptpath": _of_wikipedia(lambda _: "/w", "SCRIPTPATH"),
    "stylepath": _of_wikipedia(lambda _: "/w/skins", "STYLEPATH"),
    "noexternallanglinks": lambda _: "",
}
FUNCTIONS: Mapping[str, Function] = {
    **{id_: _unknown(id_.upper())[1] for id_ in (*_UNKNOWN_FUNCTIONS, *_COUNTS, *_REVISION)},
    **{id_: _unknown(f"#{id_}")[1] for id_ in _UNKNOWN_HASHED},
    "revisionid": of_texts(_revision_id, 1),
    **dict.fromkeys(_SILENT, _nothing),
}
