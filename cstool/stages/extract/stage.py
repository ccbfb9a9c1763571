"""`cstool extract`: extracts sentences with their wikilinks from page XML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec
import xxhash

from cstool.dumps.bounds import LARGEST_TEXT
from cstool.dumps.dump_sets import dump_files
from cstool.dumps.page_limit import PageLimit
from cstool.dumps.page_slices import PageDump, open_pages
from cstool.dumps.page_versions import VersionLog
from cstool.dumps.pages import Damage, PageSlice, pages_of
from cstool.dumps.streams import absolute, describe_dump
from cstool.dumps.xml import MAIN, Page, Site
from cstool.execution.cpu_limit import TookTooLong, at_most
from cstool.execution.crash_notes import noter
from cstool.execution.gc import seldom_collecting
from cstool.execution.options import RunOptions
from cstool.languages.codes import need_language
from cstool.stages.extract.rows import ROWS_A_GROUP, SentenceRows
from cstool.stages.extract.superseded_pages import drop_superseded
from cstool.stages.extract.template_redirects import LeftForLater
from cstool.storage.counts import Counts, largest, total
from cstool.storage.manifest import Manifest, Source
from cstool.storage.ownership import refuse_damage
from cstool.storage.paragraphs import gather
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import SENTENCES
from cstool.wikitext.fast_path import COMPILED
from cstool.wikitext.language_check import SAMPLE, LanguageMismatch, mismatch
from cstool.wikitext.page import reader
from cstool.wikitext.redirects import whole_page
from cstool.wikitext.rule_tables import check_rules
from cstool.wikitext.sentences import segmenter
from cstool.wikitext.site_identity import identity_note, whole_site
from cstool.wikitext.titles import TEMPLATE, namespaces_of
from cstool.wikitext.wikis import in_language

# Templates may be redirects to templates that have a rule.
_NAMESPACES = frozenset({MAIN, TEMPLATE})
_HOLES_KEPT = 1000
# Limit of CPU time per page: a thousand times that of the longest articles.
_PAGE_SECONDS = 60.0


@dataclass(frozen=True)
class ExtractOptions:
    """The options of `cstool extract`.

    `templates`: "known" renders the templates that have a rule, "none" renders none.
    `all_sentences` also keeps sentences without a mention. `wiki` and `language` override those in
    the dump. Pages with more than `largest_page` bytes of text are dropped. `keep_going` keeps the
    readable part of a truncated dump. `rules`: content of a file of template rules; `rules_name`:
    its name, for messages. `limit`: read only this number of pages, without redirects and those of
    other namespaces.
    """

    templates: Literal["known", "none"] = "known"
    all_sentences: bool = False
    language: str | None = None
    largest_page: int = LARGEST_TEXT
    keep_going: bool = False
    rules: str = ""
    rules_name: str = ""
    wiki: str | None = None
    limit: int | None = None

    @property
    def render(self) -> bool:
        """Whether templates are rendered."""
        return self.templates == "known"


def extract(
    dumps: Sequence[str],
    out: Path,
    options: ExtractOptions,
    running: RunOptions,
    on_message: Callable[[str], None] = lambda message: None,
) -> Manifest:
    """Extract the sentences of page dumps of one wiki into the folder `out`; return the manifest.

    `dumps`: paths of files, of folders, or `-` (see `dump_files`). `on_message` is called with
    messages about the input. Raises InputError for a damaged, empty or invalid dump and for errors
    in rules, OutputError if `out` cannot be used.
    """
    if options.language is not None:
        language = need_language(options.language, "--language")
        options = replace(options, language=language)
    parameters = {
        "templates": options.templates,
        "all_sentences": options.all_sentences,
        "language": options.language,
        "largest_page": options.largest_page,
        "rules": xxhash.xxh3_128_hexdigest(options.rules.encode()) if options.rules else None,
        "segmenter": segmenter(),
        "part_size": running.part_size,
    }
    given = {"wiki": options.wiki, "limit": options.limit}
    parameters |= {name: value for name, value in given.items() if value is not None}
    dumps, notes = dump_files(dumps)
    for note in notes:
        on_message(note)
    inputs = [describe_dump(dump) for dump in dumps]
    with open_run(
        out,
        stage="extract",
        parameters=parameters,
        inputs=inputs,
        options=running,
        calls=read_pages,
    ) as run:
        if run.finished:
            refuse_damage(out, run.finished.counts, keep_going=options.keep_going)
        return run.finished or _fill(run, dumps, running.part_size, options, on_message)


def _fill(
    run: Run,
    dumps: Sequence[str],
    part_size: int | None,
    options: ExtractOptions,
    on_message: Callable[[str], None],
) -> Manifest:
    damage = Damage() if options.keep_going else None
    paths = [absolute(dump) for dump in dumps]
    dump = open_pages(
        paths,
        part_size,
        damage,
        sample=SAMPLE,
        largest_text=options.largest_page,
        namespaces=_NAMESPACES,
        site_of=partial(whole_site, wiki=options.wiki, language=options.language),
        limit=PageLimit(options.limit, partial(_is_article, options)) if options.limit else None,
    )
    options = _checked(dump, dumps[0], options, on_message)
    site = in_language(dump.site, options.language)
    if not COMPILED:
        on_message(
            "the compiled extension is missing (cstool was installed without a C compiler): "
            "the output is the same, but extraction takes 1.6 times as long"
        )
    check_rules(options.rules, options.rules_name, site.language)
    made = run.map(
        read_pages, options, dump.tasks, PartSpec(SENTENCES, label="extract"), size=dump.size
    )
    made = drop_superseded(run, made)
    paragraphs = gather(run, made)
    counts = total(m.counts for m in made)
    refuse_damage(run.out, counts, keep_going=options.keep_going)
    if damage:
        damage.count(counts)
    if "holes" in counts.details:
        holes = {name: number for name, number in counts.details["holes"].items() if number}
        counts.details["holes"] = largest(holes, _HOLES_KEPT)
    source = Source(dump.site.wiki, site.language)
    run.read |= {i: dump.read[path] for i, path in enumerate(paths) if path in dump.read}
    return run.finish([*made, *paragraphs], counts, source=source)


def _checked(
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


def _is_article(options: ExtractOptions, page: Page, site: Site) -> bool:
    """Return whether a page counts for the limit: of the main namespace, and no redirect."""
    page = whole_page(page, namespaces_of(in_language(site, options.language)))
    return page.namespace == MAIN and page.redirect is None


def read_pages(slice_: PageSlice, options: ExtractOptions) -> Batches:
    """Yield the sentences of the pages of a slice; return counts with the reasons for drops."""
    with seldom_collecting():
        return (yield from _read_pages(slice_, options))


def _read_pages(slice_: PageSlice, options: ExtractOptions) -> Batches:
    site = in_language(slice_.site, options.language)
    counts = Counts()
    tally = counts.tally("pages")
    rows = SentenceRows(counts)
    left = LeftForLater()
    versions = VersionLog()
    damage = Damage() if options.keep_going else None
    read = reader(site, render=options.render, extra=options.rules)
    namespaces = namespaces_of(site)
    note = noter()
    for page in (whole_page(page, namespaces) for page in pages_of(slice_, damage)):
        if note:
            note(f"page {page.title!r}, id {page.id}")
        reason = _reason_to_skip(page)
        if reason:
            tally.drop(reason)
            versions.add(page, None)
            left.note(page)
            continue
        try:
            with at_most(_PAGE_SECONDS):
                # Paragraphs do not wait yet: redirects between templates are not followed.
                reading = read.read_at_once(
                    page.text or "", page.title, every=options.all_sentences
                )
        except TookTooLong:
            tally.drop("took too long")
            versions.add(page, None)
            continue
        except Exception as fault:
            fault.add_note(f"in the page {page.title!r}, id {page.id}")
            raise
        tally.keep()
        versions.add(page, rows.add(page, reading))
        if len(rows.texts) >= ROWS_A_GROUP:
            yield from rows.take()
    if rows.texts:
        yield from rows.take()
    yield from left.beside()
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
