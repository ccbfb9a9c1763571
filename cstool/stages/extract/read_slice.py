"""The first phase of `extract`: reads the pages of a slice, without the paragraphs that wait."""

from cstool.dumps.page_versions import VersionLog
from cstool.dumps.pages import Damage, PageSlice, pages_of
from cstool.dumps.xml import MAIN, Page, Site
from cstool.execution.cpu_limit import TookTooLong, at_most, many_limits
from cstool.execution.crash_notes import noter
from cstool.execution.gc import seldom_collecting
from cstool.stages.extract.definition_store import DefinitionLog
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.rows import ROWS_A_GROUP, SentenceRows
from cstool.stages.extract.waiting import WaitingLog
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches
from cstool.wikitext.page import PageReader, reader
from cstool.wikitext.redirects import whole_page
from cstool.wikitext.titles import namespaces_of
from cstool.wikitext.wikis import in_language

# Limit of CPU time per page: a thousand times that of the longest articles.
_PAGE_SECONDS = 60.0


def is_article(options: ExtractOptions, page: Page, site: Site) -> bool:
    """Return whether a page counts for the limit: of the main namespace, and no redirect."""
    page = whole_page(page, namespaces_of(in_language(site, options.language)))
    return page.namespace == MAIN and page.redirect is None


def read_pages(slice_: PageSlice, options: ExtractOptions) -> Batches:
    """Yield the sentences of the pages of a slice (READ_SENTENCES) and what the second phase needs.

    Return counts with the reasons for drops; paragraphs that wait are not counted.
    """
    with seldom_collecting(), many_limits():
        return (yield from _read_pages(slice_, options))


def first_reader(site: Site, options: ExtractOptions) -> PageReader:
    """Return the reader of the first phase, in which paragraphs with calls wait."""
    return reader(
        site,
        render=options.render,
        extra=options.rules,
        waits="calls" if options.by_definition else "unknown",
        formulas=options.formulas,
        gaps=options.unit != "sentence",
        headings=options.headings != "none",
    )


def _read_pages(slice_: PageSlice, options: ExtractOptions) -> Batches:
    site = in_language(slice_.site, options.language)
    counts = Counts()
    tally = counts.tally("pages")
    rows = SentenceRows(counts)
    waiting = WaitingLog()
    definitions = DefinitionLog(with_texts=options.by_definition)
    versions = VersionLog()
    damage = Damage() if options.keep_going else None
    read = first_reader(site, options)
    namespaces = namespaces_of(site)
    note = noter()
    for index, page in enumerate(whole_page(page, namespaces) for page in pages_of(slice_, damage)):
        if note:
            note(f"page {page.title!r}, id {page.id}")
        definitions.add(page)
        reason = _reason_to_skip(page)
        if reason:
            tally.drop(reason)
            versions.add(page, None)
            continue
        try:
            with at_most(_PAGE_SECONDS):
                reading = read.read(page.text or "", page.title, every=options.every)
        except TookTooLong:
            tally.drop("took too long")
            versions.add(page, None)
            continue
        except Exception as fault:
            fault.add_note(f"in the page {page.title!r}, id {page.id}")
            raise
        tally.keep()
        versions.add(page, rows.add(index, page, reading.sentences))
        waiting.add(index, page, reading.waiting)
        if rows.rows >= ROWS_A_GROUP:
            yield rows.take()
    if rows.rows:
        yield rows.take()
    yield from waiting.beside()
    yield from definitions.beside()
    yield from versions.beside()
    if damage:
        damage.count(counts)
    rows.count()
    return counts


def _reason_to_skip(page: Page) -> str:
    """Return the reason to skip a page, "" if there is none."""
    if page.namespace != MAIN:
        return "other namespace"
    if page.redirect is not None:
        return "redirect"
    if page.too_long:
        return "text too long"
    if page.text is None:
        return "text deleted"
    if not page.text:
        return "text empty"
    return "" if page.model == "wikitext" else "not wikitext"
