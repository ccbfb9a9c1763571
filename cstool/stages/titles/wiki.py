"""Checks that a page dump is from the wiki that `cstool titles --wiki` names.

The dump's <siteinfo> names the wiki, but some exports have the <siteinfo> of another wiki (see
`wikitext.language_check`). If it names another language than that of the pages, and the pages are
in the language of `--wiki`, the dump is accepted.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from cstool.dumps.page_slices import PageDump
from cstool.dumps.xml import Site
from cstool.errors import InputError
from cstool.wikitext.language_check import LanguageMismatch, mismatch
from cstool.wikitext.site_identity import identity_note, whole_site
from cstool.wikitext.wikis import text_language

# The language of wikis that are not named after one.
_SPECIAL = "en"


def language_of(wiki: str) -> str:
    """Return the language in a wiki's database name; for `simplewiki` and others, English."""
    return text_language(wiki) or _SPECIAL


def named_site(header: Site, name: str, wiki: str) -> Site:
    """Return the wiki of an export, which is `wiki` unless the header names one."""
    return whole_site(header, name, wiki=None if header.wiki else wiki)


def site_of(wiki: str, dump: PageDump, name: str, on_message: Callable[[str], None]) -> Site:
    """Return the dump's site, with the name and language of `wiki` if <siteinfo> is wrong.

    `name`: path of the dump; `on_message` is called if <siteinfo> and pages contradict each other.
    Raises InputError for a dump of another wiki: by its pages, or by <siteinfo> if the pages agree.
    """
    head = dump.site
    file = Path(name).name
    if head.wiki == wiki:
        if wrong := mismatch(head, dump.sample, name):
            on_message(
                f"{file}: <siteinfo> names {wiki}, {_read_as(wrong)}; if they "
                "are from another wiki, give that one as --wiki"
            )
        elif dump.header and (note := identity_note(dump.header, head, file)):
            on_message(note)
        return head
    ours = msgspec.structs.replace(head, wiki=wiki, language=language_of(wiki))
    wrong_head = mismatch(head, dump.sample, wiki)
    if wrong_head is None:
        raise InputError(
            f"{name}: dump of {head.wiki}, not of {wiki}; give --wiki {head.wiki} or another dump"
        )
    wrong = mismatch(ours, dump.sample, name)
    # The check distinguishes Chinese from Japanese only if <siteinfo> names another language.
    other_ideographs = wrong_head.language != ours.language and (
        "ja" in (wrong_head.language, ours.language)
    )
    if wrong or other_ideographs or head.language == ours.language:
        raise InputError(
            f"{name}: <siteinfo> names {head.wiki}, {_read_as(wrong or wrong_head)}, so it is not "
            f"a dump of {wiki}; give the wiki of that language as --wiki, or another dump"
        )
    on_message(f"{file}: <siteinfo> names {head.wiki}, {_read_as(wrong_head)}; read as {wiki}")
    return ours


def _read_as(wrong: LanguageMismatch) -> str:
    language = repr(wrong.language) if wrong.language else "another language"
    return f"but the pages are in {language} ({wrong.found} of {wrong.looked_at} {wrong.what})"
