"""Whose text an export is: what its header lacks or has wrong, from the user and from tables.

The header of an export may name no wiki, no language or no namespaces, or be missing. Wikimedia's
content exports give the language of the wiki's address, which is none on special wikis
(`commons`), or `en` instead (analytics-refinery-source, SiteInfo.scala, T407902).
"""

import difflib

import msgspec

from cstool.dumps.xml import Site
from cstool.errors import InputError
from cstool.languages.codes import current, is_known, language_wiki
from cstool.published.dump_names import published_name
from cstool.wikitext.wikis import further_namespaces, known_wikis, settings_of, text_language

_NOTHING = Site("", "", "", ())
_SPECIAL = "en"


def whole_site(
    header: Site, name: str, *, wiki: str | None = None, language: str | None = None
) -> Site:
    """Return the wiki of an export from its header, `--wiki` and `--language`.

    `wiki` wins over the header. Its language is `language`, else that of the wiki; without `wiki`,
    `language` is used only if neither the header nor the wiki's name contains the language
    (`in_language` applies it otherwise). `name`: of the file, for messages. Raises InputError if
    the wiki or its language is not known.
    """
    if wiki:
        _need_known(wiki, header)
    named = wiki or header.wiki
    if not named:
        raise InputError(
            f"{name}: {_lacks(header)}, which names the wiki; give its database name, "
            f"such as --wiki {_example(header, name)}"
        )
    spoken = language if wiki and language else _language(named, header)
    if not spoken and not language:
        raise InputError(
            f"{name}: no xml:lang in the XML, which gives the language of {named}; give it with "
            "--language"
        )
    return Site(
        named,
        spoken or language or "",
        header.case or settings_of(named).case,
        header.namespaces or further_namespaces(named),
    )


def identity_note(header: Site, site: Site, name: str) -> str:
    """Return a note if the header names another wiki or language than is used, else ""."""
    if header.wiki and header.wiki != site.wiki:
        return f"{name}: <siteinfo> names {header.wiki}, read as {site.wiki} (--wiki)"
    address = f"{header.language.replace('-', '_')}wiki"
    if header.language and current(header.language) != site.language and address != site.wiki:
        return f"{name}: xml:lang is {header.language!r}, read as {site.language!r} ({site.wiki})"
    return ""


def _lacks(header: Site) -> str:
    if msgspec.structs.replace(header, language="") == _NOTHING:
        return "no <siteinfo> element"
    return "no dbname in <siteinfo>"


def _example(header: Site, name: str) -> str:
    published = published_name(name.rpartition("/")[2])
    return published.wiki if published else language_wiki(header.language) or "enwiki"


def _language(wiki: str, header: Site) -> str:
    """Return the language of a wiki; "" if neither its name nor its header contains it."""
    own, stated = text_language(wiki), header.language
    if own:
        is_same = stated == own or stated.startswith(f"{own}-") or current(stated) == own
        return stated if is_same and is_known(stated) and current(stated) == stated else own
    # The address of a special wiki is no language.
    return _SPECIAL if stated and not is_known(stated) and wiki.startswith(stated) else stated


def _need_known(wiki: str, header: Site) -> None:
    """Raise InputError for a database name that is not known, unless <siteinfo> has the rest."""
    if _is_known(wiki) or (
        not _is_known(header.wiki) and header.language and header.case and header.namespaces
    ):
        return
    raise InputError(f"--wiki: {wiki!r} is not a known database name of a wiki; {_hint(wiki)}")


def unknown_wiki(wiki: str) -> str:
    """Return a message with similar names if a database name is not known, else ""."""
    return "" if _is_known(wiki) else f"{wiki!r} is not a known wiki; {_hint(wiki)}"


def _hint(wiki: str) -> str:
    near = difflib.get_close_matches(wiki, sorted(known_wikis()), 3)
    own = language_wiki(wiki) if is_known(wiki) else None
    names = [own] if own else near
    return f"did you mean {' or '.join(names)}?" if names else "give a name such as swwiki"


def _is_known(wiki: str) -> bool:
    return wiki in known_wikis() or ("-" not in wiki and text_language(wiki) is not None)
