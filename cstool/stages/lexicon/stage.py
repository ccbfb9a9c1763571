"""`cstool lexicon`: pairs of names of entities in two languages, as a dictionary.

Names: `names`; pairs: `pairs`; Parquet: `part_rows`; text: `text_files`, `text_lines`.
"""

from collections.abc import Sequence
from pathlib import Path

from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.languages.codes import code_list, is_all, language_wiki, resolve
from cstool.stages.lexicon.links import count_links
from cstool.stages.lexicon.names import NameRules
from cstool.stages.lexicon.options import EVERY, LexiconOptions
from cstool.stages.lexicon.part_rows import CODED, LexiconWork, pairs_part
from cstool.stages.lexicon.text_files import write_text_files
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import is_sound, layout_of, save_array
from cstool.storage.counts import total
from cstool.storage.manifest import Manifest, describe_folder, need_stage
from cstool.storage.parts import PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import LEXICON
from cstool.storage.tasks import Task

# Columns that are written without a dictionary.
UNIQUE = ("target",)
_CODES_SHOWN = 9


def lexicon(
    entities: Path,
    linked: Sequence[Path],
    out: Path,
    options: LexiconOptions,
    running: RunOptions,
) -> Manifest:
    """Write the pairs of names of the entities in a folder of `entities`; return the manifest.

    `linked`: folders of `link`, whose mentions are counted. Raises InputError for an unknown
    language or a folder of another stage, WrongCallError for options that exclude each other,
    OutputError if `out` cannot be used.
    """
    if options.only_linked and not linked:
        raise WrongCallError("--only-linked: needs linked text; give a folder with --linked")
    store = need_stage(entities, "entities")
    read = [(folder, need_stage(folder, "link")) for folder in linked]
    languages, sources = languages_of(options, store)
    _need_names(entities, store, options, languages)
    inputs = [describe_folder(entities, store), *(describe_folder(*one) for one in read)]
    parameters = options.parameters() | {"languages": languages, "sources": sources}
    entities = entities.absolute()
    with open_run(
        out,
        stage="lexicon",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=[entities, *(folder.absolute() for folder in linked)],
    ) as run:
        if run.finished:
            return run.finished
        links = _links(run, read) if read else None
        rules = NameRules.of(tuple(languages), options.names, options.fallback)
        work = LexiconWork(
            rules,
            tuple(sources),
            links,
            options.only_linked,
            options.types,
            options.scripts,
            options.identical,
        )
        return _fill(run, entities, store, work, options)


def languages_of(options: LexiconOptions, store: Manifest) -> tuple[list[str], list[str]]:
    """Return all languages and the source languages.

    Raises InputError for unknown codes, WrongCallError for fewer than two languages.
    """
    present = store.counts.details.get("languages", {})
    languages = resolve(options.languages, present)
    if options.sources == EVERY:
        sources = languages
    elif options.sources is not None:
        sources = list(code_list(options.sources, "--source"))
    else:
        first = next(filter(None, map(str.strip, options.languages.split(","))))
        if is_all(first) or first.lower() == "entitycs":
            raise WrongCallError(
                f"--source: missing; --languages {first} does not begin with a language, so give "
                "that of the source names, such as en"
            )
        sources = list(code_list(first, "--languages"))
    languages = [*dict.fromkeys([*sources, *languages])]
    if len(languages) < 2:
        raise WrongCallError(
            f"--languages: only {languages[0]}; give two or more languages, such as en,de,fr"
        )
    return languages, sources


def _need_names(
    entities: Path, store: Manifest, options: LexiconOptions, languages: list[str]
) -> None:
    """Raise InputError if the entities were made without names that are needed."""
    kept = store.parameters.get("languages")
    missing = sorted({*languages} - {*kept}) if kept is not None else []
    if missing and options.names != ("sitelink",):
        raise InputError(
            f"{entities}: made without names in {', '.join(missing[:_CODES_SHOWN])}; make the "
            "folder again with these in --languages, or give other languages"
        )
    sites = store.parameters.get("sites")
    wikis = {wiki for code in languages if (wiki := language_wiki(code))}
    if "sitelink" in options.names and sites is not None and not wikis & {*sites}:
        raise InputError(
            f"{entities}: made without page titles of {', '.join(sorted(wikis)[:_CODES_SHOWN])}; "
            "make the folder again with these in --sites, or omit sitelink from --names"
        )


def _links(run: Run, read: list[tuple[Path, Manifest]]) -> str:
    """Write the table of the numbers of mentions, unless it exists; return its path."""
    table = run.work("links.npy")
    if not (table.exists() and is_sound(table)):
        parts = [folder / part.file for folder, manifest in read for part in manifest.tables]
        with whole_file(table) as temporary:
            save_array(temporary, count_links(parts))
    return str(table)


def _fill(
    run: Run, entities: Path, store: Manifest, work: LexiconWork, options: LexiconOptions
) -> Manifest:
    tasks = [Task(p.file, str(entities / p.file), p.checksum, p.bytes) for p in store.tables]
    if options.format == "cstool":
        spec = PartSpec(
            LEXICON, label="lexicon", layout=layout_of(LEXICON, UNIQUE), dictionaries=CODED
        )
        made = run.map(pairs_part, work, tasks, spec)
        return run.finish(made, total(one.counts for one in made))
    made, files = write_text_files(run, work, options.format, tasks)
    return run.finish([], total(one.counts for one in made), files=files)
