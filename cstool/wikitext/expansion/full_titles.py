"""Titles with their namespaces, as parser functions and modules see them.

After MediaWiki's Title and MediaWikiTitleCodec::splitTitleString (REL1_39).
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from cstool.dumps.xml import MAIN, Site
from cstool.wikitext.character_references import IN_NAME, decode_entities
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import Namespaces, namespaces_of, upper_first
from cstool.wikitext.wikis import CASE_SENSITIVE

_SPACES = re.compile("[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e]+")
_INVALID = re.compile(
    r"[\x00-\x1f\x7f<>\[\]|{}\ufffd]|^\.{1,2}(?:/|$)|/\.{1,2}(?:/|$)|~~~"
    rf"|&(?:{IN_NAME}+|#[0-9]+|#x[0-9A-Fa-f]+);|%[0-9A-Fa-f]{{2}}"
)
_LONGEST = 255
TALK = 1
_SPECIAL, _USER, _MEDIAWIKI = -1, 2, 8
# Namespaces whose titles always begin with a capital (NamespaceInfo).
_ALWAYS_CAPITAL = frozenset({_SPECIAL, _USER, _USER + 1, _MEDIAWIKI, _MEDIAWIKI + 1})
# Namespaces of content, files and categories, which have no subpages ($wgNamespacesWithSubpages).
_WITHOUT_SUBPAGES = frozenset({-2, -1, 0, 6, 14})


class FullTitle(NamedTuple):
    """A title: `text` without the prefix of its namespace, whose name in this wiki is `prefix`.

    `fragment`: the section, without `#`. `interwiki`: the prefix of another wiki, else "".
    """

    namespace: int
    prefix: str
    text: str
    fragment: str = ""
    interwiki: str = ""

    @property
    def full(self) -> str:
        """The title with all its prefixes, without the section."""
        name = f"{self.prefix}:{self.text}" if self.prefix else self.text
        return f"{self.interwiki}:{name}" if self.interwiki else name

    @property
    def parts(self) -> list[str]:
        """The parts of a title of a subpage; only one in a namespace without subpages."""
        return [self.text] if self.namespace in _WITHOUT_SUBPAGES else self.text.split("/")

    def relative(self, name: str) -> str:
        """Return the title that `/name` or `../name` means on this page.

        Another name is returned as it is. After Linker::normalizeSubpageLink.
        """
        if self.namespace in _WITHOUT_SUBPAGES or not name.startswith(("/", "../")):
            return name
        target, hash_, fragment = name.partition("#")
        target = target.strip()
        if target.startswith("/"):
            target = target.rstrip("/")[1:].strip()
            return f"{self.full}/{target}{hash_}{fragment}"
        above = self.full.split("/")
        while target.startswith("../"):
            target = target[3:]
            above = above[:-1]
        if not above:
            return name
        target = target.rstrip("/").strip()
        return "/".join([*above, target] if target else above) + hash_ + fragment

    @property
    def has_talk(self) -> bool:
        """Whether the page has, or is, a talk page."""
        return self.namespace >= 0 and not self.interwiki and bool(self.text)


@lru_cache(maxsize=1 << 14)
def parsed_title(raw: str, site: Site, default: int = MAIN) -> FullTitle | None:
    """Return the title that a text names, None if it names none (Title::newFromText).

    `default`: the namespace of a text without the prefix of one.
    """
    text = _SPACES.sub(" ", _DIRECTION.sub("", decode_entities(raw))).strip(" ")
    number, interwiki = default, ""
    if text.startswith(":"):
        number, text = MAIN, text[1:].lstrip(" ")
    namespaces = namespaces_of(site)
    while ":" in text:
        prefix, _, rest = text.partition(":")
        found = prefix.rstrip(" ").lower()
        named = namespaces.named(found)
        if named is not None:
            number, text = named, rest.strip(" ")
            if not text or (named == TALK and _has_prefix(text, namespaces)):
                return None
            break
        if namespaces.leads_home(found):
            text = rest.strip(" ")
            if text.startswith(":"):
                return None
        elif namespaces.leads_elsewhere(found):
            interwiki, number, text = found, MAIN, rest.strip(" ")
            break
        else:
            break
    text, hash_, fragment = text.partition("#")
    text = text.rstrip(" ")
    # Only a section of this page, or the main page of another wiki, has an empty title.
    is_empty = not text and not interwiki and (number != MAIN or not hash_)
    if is_empty or _is_invalid(text):
        return None
    if not interwiki:
        text = _capitalised(unicodedata.normalize("NFC", text), number, site)
    return FullTitle(number, namespace_name(number, site), text, fragment, interwiki)


def _has_prefix(text: str, namespaces: Namespaces) -> bool:
    """Return whether a text begins with the name of a namespace or the prefix of a wiki."""
    prefix, colon, _ = text.partition(":")
    found = prefix.strip().lower()
    known = namespaces.named(found) is not None or namespaces.leads_home(found)
    return bool(colon) and (known or namespaces.leads_elsewhere(found))


def _is_invalid(text: str) -> bool:
    return text.startswith(":") or bool(_INVALID.search(text)) or len(text.encode()) > _LONGEST


def _capitalised(text: str, namespace: int, site: Site) -> str:
    if site.case == CASE_SENSITIVE and namespace not in _ALWAYS_CAPITAL:
        return text
    return upper_first(text, site.language)


def made_title(namespace: int, text: str, site: Site) -> FullTitle:
    """Return a title of a namespace, whose text is in its normal form."""
    return FullTitle(namespace, namespace_name(namespace, site), text)


def namespace_name(number: int, site: Site) -> str:
    """Return the name of a namespace in this wiki, "" for articles and unknown numbers."""
    return _names(site).get(number, "")


def namespace_number(name: str, site: Site) -> int | None:
    """Return the namespace with this name, None if there is none."""
    return namespaces_of(site).named(_SPACES.sub(" ", name).strip().lower())


@cache
def _names(site: Site) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, name in of_language("namespaces.tsv", site.language):
        names[int(number)] = name
    return names | dict(site.namespaces) | {MAIN: ""}
