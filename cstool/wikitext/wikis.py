"""Wikimedia's own settings of its wikis, by database name: <siteinfo> does not contain them.

Data: wikis.tsv, wiki_namespaces.tsv, further_namespaces.tsv and interwiki.tsv, made by
scripts/data/make_wiki_tables.py.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import msgspec

from cstool.dumps.xml import Site
from cstool.languages.codes import is_known, language_wiki, wiki_language
from cstool.wikitext.tables import rows

CASE_SENSITIVE = "case-sensitive"
_ALL = "*"
# A database of another project; its name begins with that of the Wikipedia in its language.
_PROJECT = re.compile(r"(.+?)wik(?:i|tionary|ibooks|inews|iquote|isource|iversity|ivoyage)")


class WikiSettings(NamedTuple):
    """The settings of a wiki. Names and prefixes are in lower case.

    `namespaces`: numbers of namespaces by the names and aliases that the settings add. `local`:
    prefixes of links that lead to the wiki itself. `interwiki`: kinds of the prefixes of other
    wikis, "language" or "project". `case`: of titles, as in <siteinfo>.
    """

    namespaces: Mapping[str, int]
    local: frozenset[str]
    interwiki: Mapping[str, str]
    case: str


@cache
def settings_of(wiki: str) -> WikiSettings:
    """Return the settings of a database (`be_x_oldwiki`).

    A database that is no Wikipedia has no further namespaces, and the prefix that it is named
    after; titles of Wiktionaries are case-sensitive.
    """
    known = _wikis().get(wiki)
    local, case = known or _defaults(wiki)
    named = {_ALL, wiki} if known else set[str]()
    return WikiSettings(
        {name.lower(): int(n) for of, n, name in rows("wiki_namespaces.tsv") if of in named},
        frozenset(local.lower().split()),
        _interwiki(wiki),
        case or "first-letter",
    )


def _defaults(wiki: str) -> tuple[str, str]:
    match = _PROJECT.fullmatch(wiki)
    local = match[1].replace("_", "-") if match else ""
    return local, CASE_SENSITIVE if wiki.endswith("wiktionary") else ""


@cache
def _wikis() -> dict[str, tuple[str, str]]:
    return {wiki: (local, case) for wiki, local, case in rows("wikis.tsv")}


def _interwiki(wiki: str) -> dict[str, str]:
    table = rows("interwiki.tsv")
    found = {prefix.lower(): kind for of, prefix, kind in table if of == _ALL}
    found |= {prefix.lower(): kind for of, prefix, kind in table if of == wiki}
    return {prefix: kind for prefix, kind in found.items() if kind}


def known_wikis() -> frozenset[str]:
    """Return the database names of all Wikipedias."""
    return frozenset(_wikis())


def text_language(wiki: str) -> str | None:
    """Return the language of a wiki's text by its database name (`simplewiki`: en).

    None for a wiki that is not named after a language, such as commonswiki.
    """
    match = _PROJECT.fullmatch(wiki)
    if not match:
        return None
    code = match[1].replace("_", "-")
    return wiki_language(f"{match[1]}wiki") or (code if is_known(code) else None)


def further_namespaces(wiki: str) -> tuple[tuple[int, str], ...]:
    """Return the namespaces of a Wikipedia that MediaWiki itself does not have, with their names.

    They are in <siteinfo>, if an export has it.
    """
    if wiki not in _wikis():
        return ()
    table = rows("further_namespaces.tsv")
    return tuple(sorted((int(n), name) for of, n, name in table if of in (_ALL, wiki)))


def in_language(site: Site, language: str | None) -> Site:
    """Return the site for pages in `language`: if <siteinfo> is of another wiki, that language's.

    Its names of namespaces are kept. None: the language in <siteinfo>.
    """
    if language in (None, site.language):
        return site
    assert language is not None
    wiki = site.wiki
    own = wiki_language(wiki) or site.language
    if _base(own) != _base(language):  # not a variant of the wiki's language
        wiki = language_wiki(language) or wiki
    return msgspec.structs.replace(site, language=language, wiki=wiki)


def _base(language: str) -> str:
    return language.partition("-")[0]
