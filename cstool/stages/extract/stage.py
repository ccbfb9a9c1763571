"""`cstool extract`: extracts sentences with their wikilinks from page XML.

Two phases: `read_slice` reads pages, without the paragraphs that contain templates; when all pages
and so all definitions of templates are known, `render_slice` reads these paragraphs.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import xxhash

from cstool.distribution import install_hint
from cstool.dumps.dump_sets import dump_files
from cstool.dumps.page_limit import PageLimit
from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage
from cstool.dumps.streams import absolute, describe_dump
from cstool.dumps.xml import MAIN
from cstool.execution.options import RunOptions
from cstool.languages.codes import need_language
from cstool.stages.extract.definition_store import DEFINED
from cstool.stages.extract.dump_language import checked
from cstool.stages.extract.entity_items import EntityFolder, entity_folder
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.read_slice import is_article, read_pages
from cstool.stages.extract.render_slice import ReadPart, render_paragraphs
from cstool.stages.extract.renderers import TemplateSources
from cstool.stages.extract.rows import READ_SENTENCES
from cstool.stages.extract.superseded_pages import drop_superseded
from cstool.stages.extract.template_sources import read_template_pages, template_sources
from cstool.stages.extract.waiting import WAITING_FOLDER
from cstool.storage.checksums import content_digest
from cstool.storage.counts import largest, total
from cstool.storage.manifest import Manifest, Source
from cstool.storage.ownership import refuse_damage
from cstool.storage.paragraphs import gather
from cstool.storage.parts import FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import SENTENCES, for_unit
from cstool.storage.tasks import Task
from cstool.wikitext.expansion.lua.version import lua_version
from cstool.wikitext.fast_path import COMPILED
from cstool.wikitext.language_check import SAMPLE
from cstool.wikitext.rule_tables import check_rules
from cstool.wikitext.site_identity import whole_site
from cstool.wikitext.titles import TEMPLATE
from cstool.wikitext.wikis import in_language

# Intermediate parts, which are read once.
_QUICK = {"compression": "lz4", "use_dictionary": ["title"], "write_statistics": False}
_READ = "read"
_NAMESPACES = frozenset({MAIN, TEMPLATE})
_HOLES_KEPT = 1000


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
    lua = lua_version() if options.by_definition else None
    dumps, notes = dump_files(dumps)
    definitions, more_notes = dump_files(options.template_pages)
    options = replace(options, template_pages=tuple(definitions))
    entities = entity_folder(options.entities) if options.entities else None
    folders = [entities.described] if entities else []
    for note in notes + more_notes:
        on_message(note)
    with open_run(
        out,
        stage="extract",
        parameters=options.parameters(running.part_size, lua),
        inputs=[*map(describe_dump, (*dumps, *definitions)), *folders],
        options=running,
        reads=[options.entities] if options.entities else [],
        calls=read_pages,
    ) as run:
        if run.finished:
            refuse_damage(out, run.finished.counts, keep_going=options.keep_going)
        return run.finished or _fill(run, dumps, definitions, entities, options, on_message)


def _fill(
    run: Run,
    dumps: Sequence[str],
    definitions: Sequence[str],
    entities: EntityFolder | None,
    options: ExtractOptions,
    on_message: Callable[[str], None],
) -> Manifest:
    damage = Damage() if options.keep_going else None
    paths = [absolute(dump) for dump in dumps]
    dump = open_pages(
        paths,
        run.options.part_size,
        damage,
        sample=SAMPLE,
        largest_text=options.largest_page,
        namespaces=_NAMESPACES | (DEFINED if options.by_definition else frozenset()),
        site_of=partial(whole_site, wiki=options.wiki, language=options.language),
        limit=PageLimit(options.limit, partial(is_article, options)) if options.limit else None,
    )
    options = checked(dump, dumps[0], options, on_message)
    site = in_language(dump.site, options.language)
    check_rules(options.rules, options.rules_name, site.language)
    if not COMPILED:
        on_message(
            "the compiled extension is missing (cstool was installed without a C compiler): "
            "the output is the same, but extraction takes 2.3 times as long"
        )
    if options.by_definition and lua_version() is None:
        on_message(
            "lupa is not installed, so Lua modules are not run, and templates that call one leave "
            f"holes; to run them, install it with {install_hint('lua')} before you start"
        )
    spec = PartSpec(READ_SENTENCES, label="extract: read", phase=_READ, layout=_QUICK)
    read = run.map(read_pages, options, dump.tasks, spec, size=dump.size)
    read = drop_superseded(run, read, spec)
    more = read_template_pages(run, definitions, site, options) if options.by_definition else None
    sources = template_sources(run, site, options, read, more, entities, on_message)
    made = _render(run, read, sources)
    paragraphs = gather(run, made)
    counts = total([*(m.counts for m in (*read, *made)), *(more.counts() if more else ())])
    refuse_damage(run.out, counts, keep_going=options.keep_going)
    if damage:
        damage.count(counts)
    if "holes" in counts.details:
        counts.details["holes"] = largest(counts.details["holes"], _HOLES_KEPT)
    if sources.overridden:
        counts.add("rules not used", dict.fromkeys(sources.overridden, 1))
    run.read |= {i: dump.read[path] for i, path in enumerate(paths) if path in dump.read}
    if more:
        run.read |= {len(paths) + i: file for i, file in more.read.items()}
    source = Source(dump.site.wiki, site.language)
    return run.finish([*made, *paragraphs], counts, source=source, unit=options.unit)


def _render(run: Run, read: Sequence[FinishedPart], sources: TemplateSources) -> list[FinishedPart]:
    """Write the parts of the output from those of the first phase."""
    rendered_by = xxhash.xxh3_128_hexdigest(repr(sources.identity()).encode())
    tasks = []
    for made in read:
        file = made.part.file
        pages = made.counts.tally("pages").written
        slice_ = ReadPart(run.work(_READ) / file, run.work(WAITING_FOLDER) / file, pages)
        digests = [content_digest(path) for path in slice_[:2] if path.is_file()]
        fingerprint = xxhash.xxh3_128_hexdigest(" ".join([rendered_by, *digests]).encode())
        tasks.append(Task(file, slice_, fingerprint))
    spec = PartSpec(for_unit(SENTENCES, sources.options.unit), label="extract", unit="part")
    return run.map(render_paragraphs, sources, tasks, spec)
