"""`cstool titles`: maps a wiki's page titles to QIDs and resolves redirects.

The QID of a title is that of its item. A redirect gets the QID of its target, following chains of
redirects, unless it has its own item on Wikidata. The input is sitelinks and page dumps
(`from_xml`), or the wiki's SQL tables (`from_sql`). With both, the result is that of the SQL
tables, and the other result is compared with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cstool.dumps.dump_sets import dump_files
from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import Damage
from cstool.dumps.streams import absolute, describe_dump
from cstool.dumps.xml import MAIN, Site
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.titles.compare import compare, write_differences
from cstool.stages.titles.from_sql import SqlListing, SqlTables, list_tables
from cstool.stages.titles.from_xml import DumpListing, list_dumps
from cstool.stages.titles.resolve import ResolvedTitles, index_titles, resolve
from cstool.stages.titles.wiki import language_of, named_site, site_of
from cstool.stages.titles.write_non_entities import write_not_entities
from cstool.storage.checksums import load_array
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import FileRead
from cstool.storage.hash_index import HashIndex
from cstool.storage.manifest import (
    TITLE_INDEX,
    Manifest,
    Part,
    Source,
    describe_folder,
    describe_part,
    need_stage,
)
from cstool.storage.ownership import refuse_damage
from cstool.storage.run import Run, open_run
from cstool.wikitext.language_check import SAMPLE
from cstool.wikitext.wikis import settings_of

# Suffix of the counts of sitelinks and page dumps if both inputs are given.
DUMPS = "entities and pages"


@dataclass(frozen=True)
class _Ways:
    """The lists of both inputs; None for an input that was not given."""

    source: Source
    listed: DumpListing | None
    joined: SqlListing | None

    def read(self, files: Sequence[str], first: int) -> dict[int, FileRead]:
        """Return the records of the files that were read, by the index of the input."""
        by_path = {
            path: one for way in (self.listed, self.joined) if way for path, one in way.read.items()
        }
        return {first + i: by_path[absolute(path)] for i, path in enumerate(files)}


def titles(
    wiki: str,
    entities: Path | None,
    pages: Sequence[str],
    out: Path,
    running: RunOptions,
    *,
    sql: SqlTables | None = None,
    keep_going: bool = False,
    on_message: Callable[[str], None] = lambda message: None,
) -> Manifest:
    """Map the titles of `wiki`, from `entities` and page dumps, or from its SQL tables, or both.

    `pages`: paths of files or of folders (see `dump_files`). `on_message` is called with messages
    about the input. Raises InputError for dumps that are damaged or from another wiki, OutputError
    if `out` cannot be used.
    """
    if (entities is None) != (not pages) or (entities is None and sql is None):
        raise InputError(
            "--entities, --pages: incomplete input; give both, the three SQL tables, or all of them"
        )
    manifest = _need_entities(entities, wiki) if entities is not None else None
    pages, notes = dump_files(pages)
    for note in notes:
        on_message(note)
    folders = [describe_folder(entities, manifest)] if entities and manifest else []
    files = [*pages, *(sql.paths if sql else ())]
    with open_run(
        out,
        stage="titles",
        parameters={"wiki": wiki, "part_size": running.part_size},
        inputs=[*folders, *map(describe_dump, files)],
        options=running,
        reads=[entities] if entities else [],
    ) as run:
        if run.finished:
            refuse_damage(out, run.finished.counts, keep_going=keep_going)
            return run.finished
        damage = Damage() if keep_going else None
        joined = listed = None
        source = Source(wiki, language_of(wiki))
        if sql:
            faults = damage.messages if damage else None
            site = Site(wiki, source.language, settings_of(wiki).case, ())
            joined = list_tables(run, sql, site, running.part_size, faults)
        if entities and manifest:
            paths = [absolute(path) for path in pages]
            dump = open_pages(
                paths,
                running.part_size,
                damage,
                sample=SAMPLE,
                namespaces=frozenset({MAIN}),
                site_of=partial(named_site, wiki=wiki),
            )
            site = site_of(wiki, dump, pages[0], on_message)
            # The name that `extract` uses for this dump's wiki, which `link` compares.
            source = Source(dump.site.wiki, site.language)
            listed = list_dumps(run, entities, manifest, dump, site, keep_going=keep_going)
        ways = _Ways(source, listed, joined)
        run.read |= ways.read(files, len(folders))
        return _finish(run, ways, damage)


def _need_entities(entities: Path, wiki: str) -> Manifest:
    """Return the folder's manifest. Raises InputError if it was made without this wiki."""
    manifest = need_stage(entities, "entities")
    sites = manifest.parameters.get("sites")
    if sites is not None and wiki not in sites:
        raise InputError(
            f"{entities}: made with --sites {','.join(sites)}, so it has no sitelinks to {wiki}; "
            f"make it again with --sites {','.join([*sites, wiki])}"
        )
    return manifest


def _finish(run: Run, ways: _Ways, damage: Damage | None) -> Manifest:
    """Resolve the lists, compare the results if there are two, write the files for `link`."""
    listed, joined = ways.listed, ways.joined
    files: list[Part] = []
    if joined:
        taken = joined.lists
        resolved = resolve(run, taken, "titles")
        counts = total([joined.counts, *(m.counts for m in resolved.made)])
        if listed:
            files += _compare(run, resolved, listed, counts)
    else:
        assert listed is not None
        taken = listed.lists
        resolved = resolve(run, taken, "titles")
        counts = total(m.counts for m in [*listed.made, *resolved.made])
    refuse_damage(run.out, counts, keep_going=damage is not None)
    if damage:
        damage.count(counts)
    run.leave_the_rest()
    index_titles(resolved, taken.pages, run.out, TITLE_INDEX)
    files += [_index_part(run.out, file) for file in HashIndex.files(TITLE_INDEX)]
    # Types come first: unlike page properties, they also identify list articles.
    lists = [path for way in (listed, joined) if way for path in way.not_entities]
    part, reasons = write_not_entities(run.out, lists)
    counts.add("items that are no entities", reasons)
    return run.finish(resolved.made, counts, source=ways.source, files=[*files, part])


def _compare(run: Run, resolved: ResolvedTitles, listed: DumpListing, counts: Counts) -> list[Part]:
    """List the titles whose result from the dumps differs; add the counts of the dumps."""
    other = resolve(run, listed.lists, "titles: again", phase="again")
    made = compare(run, resolved, other)
    second = total(m.counts for m in [*listed.made, *other.made])
    counts.tallies |= {f"{unit} ({DUMPS})": tally for unit, tally in second.tallies.items()}
    for kind, numbers in total(
        [Counts({}, second.details), *(m.counts for m in made)]
    ).details.items():
        counts.add(kind, numbers)
    return [write_differences(run, made)]


def _index_part(folder: Path, file: str) -> Part:
    return describe_part(folder, file, len(load_array(folder / file, check=False)))
