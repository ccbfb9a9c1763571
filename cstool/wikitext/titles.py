"""Titles and namespaces: parse the target of a link.

After MediaWiki's MediaWikiTitleCodec::splitTitleString and Language::ucfirst (REL1_39).
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from cstool.dumps.xml import MAIN, NO_NAMESPACE, Page, Site
from cstool.wikitext.character_references import IN_NAME, decode_entities
from cstool.wikitext.tables import of_language
from cstool.wikitext.wikis import CASE_SENSITIVE, settings_of

FILE = 6
TEMPLATE = 10
MODULE = 828
CATEGORY = 14
MEDIA = -2

_SPACE = "_\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_SPACES = re.compile(f"[ {_SPACE}]+")
_DIRECTION = "\u200e\u200f\u202a-\u202e"
_MARKS = re.compile(f"[{_DIRECTION}]+")
_INVALID = re.compile(
    r"[\x00-\x1f\x7f<>\[\]|{}\ufffd]|^\.{1,2}(?:/|$)|/\.{1,2}(?:/|$)|~~~"
    rf"|&(?:{IN_NAME}+|#[0-9]+|#x[0-9A-Fa-f]+);|%[0-9A-Fa-f]{{2}}"
)
_LONGEST = 255
# Characters to which the rules below apply. Most targets have none of them.
ODD_LETTER = re.compile(rf"[{_SPACE}{_DIRECTION}\x00-\x1f\x7f<>\[\]|{{}}\ufffd/~%&#:]")
_ODD = re.compile(rf"{ODD_LETTER.pattern}|^[ .]|  | $")
_SHORT = _LONGEST // 4  # in characters, of at most four bytes
# Protocols of external links ($wgUrlProtocols).
PROTOCOLS = (
    r"(?:https?|ftps?|ircs?|gopher|nntp|telnet|worldwind|svn|git|mms|sftp|ssh|redis)://|//"
    r"|mailto:|matrix:|news:|tel:|sms:|sips?:|urn:|geo:|magnet:|xmpp:|bitcoin:"
)
# `[[http://…]]` is an external link between brackets.
_PROTOCOL = re.compile(rf" *(?:{PROTOCOLS})", re.IGNORECASE)
# The letter that Wikimedia does not capitalise (wmf-config/UcfirstOverrides.php).
_NO_CAPITAL = "ß"
_DOTTED_I = frozenset({"tr", "az", "kaa", "kk-latn", "crh-latn", "tt-latn", "lzz"})


class LinkTarget(NamedTuple):
    """The target of a link.

    `kind`: "page" (a main-namespace page), "here" (a section of the same page), "file",
    "category", "language" (an interlanguage link), "project" (another wiki), "other"
    (another namespace), or "invalid" (not a link: MediaWiki displays the brackets).
    """

    kind: str
    title: str


class Namespaces:
    """The namespaces of a wiki by all their names, and the prefixes of other wikis.

    A wiki knows the names in its <siteinfo>, those of MediaWiki in English and in its language
    (with the languages that it falls back to), and those that its settings add.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        table = of_language("namespaces.tsv", site.language)
        settings = settings_of(site.wiki)
        self._numbers = {name.lower(): int(n) for n, name in table}
        self._numbers |= settings.namespaces
        self._numbers |= {name.lower(): n for n, name in site.namespaces if name}
        self._local = settings.local
        self._interwiki = settings.interwiki
        self._first_letter = site.case != CASE_SENSITIVE
        self.target = lru_cache(maxsize=1 << 16)(self._target)

    def names(self, *numbers: int) -> dict[str, int]:
        """Return all names of these namespaces, in lower case, with their numbers."""
        return {name: number for name, number in self._numbers.items() if number in numbers}

    def number(self, title: str) -> int:
        """Return the namespace of a normalised title; -1 for a title in another wiki."""
        prefix, colon, _ = title.partition(":")
        if not colon:
            return MAIN
        prefix = prefix.strip().lower()
        return self._numbers.get(prefix, -1 if prefix in self._interwiki else MAIN)

    def named(self, prefix: str) -> int | None:
        """Return the namespace with this name, in lower case; None if there is none."""
        return self._numbers.get(prefix)

    def leads_home(self, prefix: str) -> bool:
        """Return whether a prefix, in lower case, leads to the wiki itself."""
        return self._is_local(prefix)

    def leads_elsewhere(self, prefix: str) -> bool:
        """Return whether a prefix, in lower case, leads to another wiki."""
        return prefix in self._interwiki and prefix not in self._numbers

    def of_page(self, page: Page) -> Page:
        """Return the page with the namespace that its title names, if the export has none."""
        if page.namespace != NO_NAMESPACE:
            return page
        prefix, colon, _ = page.title.partition(":")
        number = self._numbers.get(prefix.strip().lower(), MAIN) if colon else MAIN
        return msgspec.structs.replace(page, namespace=number)

    def _target(self, raw: str) -> LinkTarget:
        """Return the parsed target of a wikilink."""
        if 0 < len(raw) <= _SHORT and not _ODD.search(raw):  # an ordinary target
            return LinkTarget("page", self.normalised(raw))
        return self.read_closely(raw)

    def read_closely(self, raw: str) -> LinkTarget:
        """Parse any target; the result is the same as that of `target`, which is faster."""
        if (":" in raw or "//" in raw) and _PROTOCOL.match(raw):
            return LinkTarget("invalid", "")
        text = unquote(raw, errors="replace") if "%" in raw else raw
        text = decode_entities(text) if "&" in text else text
        text = _SPACES.sub(" ", _MARKS.sub("", text)).strip()
        colon = text.startswith(":")
        if colon:
            text = text[1:].lstrip()
        text, _, fragment = text.partition("#")
        text = text.rstrip()
        if not text or text[0] == ":":
            return LinkTarget("here" if fragment and not colon and not text else "invalid", "")
        prefix, has_prefix, rest = text.partition(":")
        while has_prefix and self._is_local(prefix.rstrip().lower()):
            colon, text = True, rest.strip()
            if not text:  # the main page
                return LinkTarget("other", "")
            if text[0] == ":":
                return LinkTarget("invalid", "")
            prefix, has_prefix, rest = text.partition(":")
        if has_prefix:
            kind = self._prefixed(prefix.rstrip().lower(), colon=colon)
            if kind in ("other", "file", "category") and not rest.strip():
                return LinkTarget("invalid", "")
            if kind:
                return LinkTarget(kind, rest.strip())
        if not text or _INVALID.search(text) or len(text.encode()) > _LONGEST:
            return LinkTarget("invalid", "")
        return LinkTarget("page", self.normalised(text))

    def _is_local(self, prefix: str) -> bool:
        """Return whether a prefix leads to the wiki itself; a namespace's name comes first."""
        return prefix in self._local and prefix not in self._numbers

    def _prefixed(self, prefix: str, *, colon: bool) -> str | None:
        number = self._numbers.get(prefix)
        if number is not None:
            if number == MAIN:
                return None
            if colon or number not in (FILE, CATEGORY):
                return "other"
            return "file" if number == FILE else "category"
        interwiki = self._interwiki.get(prefix)
        if interwiki == "language":
            return "project" if colon else "language"
        return interwiki

    def normalised(self, text: str) -> str:
        """Return a main-namespace title in its normal form: NFC, first letter upper case."""
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        return self.upper_first(text) if self._first_letter else text

    def upper_first(self, text: str) -> str:
        """Return the text with its first letter in upper case, by the rules of this wiki."""
        return upper_first(text, self.site.language)


def upper_first(text: str, language: str) -> str:
    """Return the text with its first letter in title case, as Wikimedia's wikis have it.

    After Language::ucfirst with wmf-config/UcfirstOverrides.php, which has Unicode's title case
    since October 2022: `ǆ` is `ǅ`, `ﬁ` is `Fi`, Georgian letters have no capitals.
    """
    first = text[:1]
    if first == "i" and language in _DOTTED_I:
        return "İ" + text[1:]
    if first == _NO_CAPITAL:
        return text
    capital = first.title()
    return text if capital == first else capital + text[1:]


def normal_prefix(prefix: str) -> str:
    """Return a namespace's name, as a link writes it, in the form of `Namespaces.names`."""
    return spaced(prefix).strip().lower()


def spaced(title: str) -> str:
    """Return a title with single spaces for its underscores and other white space."""
    return _SPACES.sub(" ", title)


@cache
def namespaces_of(site: Site) -> Namespaces:
    """Return the wiki's namespaces, cached per process."""
    return Namespaces(site)
