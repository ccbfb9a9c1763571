"""Compares the language in a dump's header with that of its pages."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from cstool.dumps.page_slices import PageDump
from cstool.stages.extract.options import ExtractOptions
from cstool.wikitext.language_check import LanguageMismatch, mismatch
from cstool.wikitext.site_identity import identity_note


def checked(
    dump: PageDump, name: str, options: ExtractOptions, on_message: Callable[[str], None]
) -> ExtractOptions:
    """Return the options with the language of the first pages, if it is not the dump's."""
    site = msgspec.structs.replace(dump.site, language=options.language or dump.site.language)
    if dump.header and (note := identity_note(dump.header, site, Path(name).name)):
        on_message(note)
    if options.language is not None:
        return options
    wrong = mismatch(dump.site, dump.sample, name)
    if wrong is None:
        return options
    return replace(options, language=_language(dump, name, wrong, options, on_message))


def _language(
    dump: PageDump,
    name: str,
    wrong: LanguageMismatch,
    options: ExtractOptions,
    on_message: Callable[[str], None],
) -> str | None:
    """Return the language of the first pages, None if the dump's is used nevertheless."""
    siteinfo = f"{Path(name).name}: <siteinfo> gives the language {dump.site.language!r}"
    evidence = f"{wrong.found} of {wrong.looked_at} {wrong.what}"
    if options.wiki:
        found = repr(wrong.language) if wrong.language else "another language"
        on_message(
            f"{Path(name).name}: the pages are in {found} ({evidence}), read as --wiki "
            f"{options.wiki}; give the wiki of the pages"
        )
        return None
    if wrong.language is None:
        on_message(
            f"{siteinfo}, but the pages are in another one ({evidence}); give it with --language"
        )
    else:
        on_message(
            f"{siteinfo}, but the pages are in {wrong.language!r} ({evidence}), which is used; "
            f"to override, give --language {dump.site.language}"
        )
    return wrong.language
