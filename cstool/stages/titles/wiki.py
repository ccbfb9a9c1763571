"""Whether a page dump is of the wiki that `cstool titles --wiki` names.

Its <siteinfo> tells, but some exports carry the head of another wiki (wikitext.mismatch): where
that says another language than the pages are in, and they are in that of `--wiki`, it is that
wiki's dump.
"""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from cstool.dumps.page_slices import PageDump
from cstool.dumps.xml import Site
from cstool.errors import InputError
from cstool.languages.codes import wiki_language
from cstool.wikitext.language_check import LanguageMismatch, mismatch

_PROJECT = re.compile(r"(?P<code>.+?)wik(?:i|tionary|ibooks|inews|iquote|isource|iversity|ivoyage)")
# Its database is named after no language of its own.
_SIMPLE = "simplewiki"


def language_of(wiki: str) -> str:
    """Return the language that a wiki's database is named after (`simplewiki`: English)."""
    match = _PROJECT.fullmatch(wiki)
    if wiki == _SIMPLE or not match:
        return "en"
    return wiki_language(f"{match['code']}wiki") or match["code"].replace("_", "-")


def site_of(wiki: str, dump: PageDump, name: str, tell: Callable[[str], None]) -> Site:
    """Return `wiki` as its dump tells of it, in its own language where the head is another wiki's.

    `name` is the dump's; `tell` is called when head and pages do not fit. Raises InputError for
    a dump of another wiki: by its pages, or by its head where they say nothing else.
    """
    head = dump.site
    file = Path(name).name
    if head.wiki == wiki:
        if wrong := mismatch(head, dump.sample, name):
            tell(
                f"{file}: <siteinfo> says {wiki}, {_read_as(wrong)}; if they "
                "are another wiki's, give that one as --wiki"
            )
        return head
    ours = msgspec.structs.replace(head, wiki=wiki, language=language_of(wiki))
    wrong_head = mismatch(head, dump.sample, wiki)
    if wrong_head is None:
        raise InputError(
            f"{name}: is a dump of {head.wiki}, not of {wiki}; "
            f"give --wiki {head.wiki} or another dump"
        )
    wrong = mismatch(ours, dump.sample, name)
    # Chinese and Japanese pages end sentences alike: they are told apart under another head alone.
    other_ideographs = wrong_head.language != ours.language and (
        "ja" in (wrong_head.language, ours.language)
    )
    if wrong or other_ideographs or head.language == ours.language:
        raise InputError(
            f"{name}: <siteinfo> says {head.wiki}, {_read_as(wrong or wrong_head)}, so it is no "
            f"dump of {wiki}; give the wiki of that language as --wiki, or another dump"
        )
    tell(f"{file}: <siteinfo> says {head.wiki}, {_read_as(wrong_head)}: taken as {wiki}'s")
    return ours


def _read_as(wrong: LanguageMismatch) -> str:
    language = repr(wrong.language) if wrong.language else "another language"
    return f"its pages read as {language} ({wrong.found} of {wrong.looked_at} {wrong.what})"
