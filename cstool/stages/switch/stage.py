"""`cstool switch`: switches the entities of linked sentences into other languages, and words.

The candidate languages of a sentence are those with a label for every entity to be switched, or of
a sentence without one those with a translation of a word. Some of them are sampled, and the
entities and words of the sentence are switched into each of these. The source sentences of these
rows are also written. Options: `options`; label selection: `languages.labels`; adaptation:
`languages.fitting`; words: `dictionaries`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from cstool.dictionaries.dictionary_files import Dictionaries, find_dictionaries
from cstool.dictionaries.dictionary_languages import target_languages
from cstool.dictionaries.make_dictionary import make_dictionary
from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.languages.codes import current, is_all, is_known, language_wiki, resolve
from cstool.languages.labels import LabelRules
from cstool.romanization.romanizers import need_romanizer
from cstool.stages.switch.draws import MIXED
from cstool.stages.switch.gather_labels import LabelNeeds, make_store
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.part_rows import SwitchWork, census_part, switch_part
from cstool.stages.switch.romanized_names import need_latin
from cstool.stages.switch.round_robin import CENSUS, weigh
from cstool.stages.switch.row_columns import with_coded
from cstool.stages.switch.sampling import LanguageSampling
from cstool.stages.switch.weights import weights_of
from cstool.storage.checksums import layout_of, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.label_store import is_store, write_store
from cstool.storage.manifest import (
    ATTRIBUTION,
    Manifest,
    Source,
    beside_part,
    describe_folder,
    need_stage,
)
from cstool.storage.paragraphs import hand_on
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ATTRIBUTION as PAGE_ROWS
from cstool.storage.tasks import Task

_CENSUS = "census"
# Columns that are written without a dictionary.
UNIQUE = ("id", "text", "sentences.list.element")


@dataclass(frozen=True)
class _Entities:
    """A complete folder of `entities`."""

    folder: Path
    manifest: Manifest


def switch(
    linked: Path, entities: Path | None, out: Path, options: SwitchOptions, running: RunOptions
) -> Manifest:
    """Switch the rows of text in `linked` with the labels in `entities`; return the manifest.

    `entities`: None if only words are switched; then `linked` may be a folder of `extract`. Raises
    InputError for an unknown language or a folder of another stage.
    """
    stages = ["link"] if options.switches_entities else ["link", "extract"]
    read = need_stage(linked, *stages)
    source = _source(linked, read).language
    options = options.resolved(read.row_unit)
    store = _entities(entities, options)
    languages = _languages(options, store, source)
    inputs = [describe_folder(linked, read)]
    linked, reads = linked.absolute(), [linked.absolute()]
    if store is not None:
        _check_entities(store, options, languages, source)
        inputs.append(describe_folder(store.folder, store.manifest))
        reads.append(store.folder.absolute())
    romanizing = {}
    if options.romanize_names:
        romanizing["libraries"] = need_romanizer(options.romanize_names, "--romanize-names")
    words = None
    if options.words:
        words = find_dictionaries(options.words, source, languages, every=not options.switch_rate)
        inputs += words.inputs
        reads += words.folders
    with open_run(
        out,
        stage="switch",
        parameters=options.parameters() | {"languages": languages} | romanizing,
        inputs=inputs,
        options=running,
        reads=reads,
    ) as run:
        return run.finished or _fill(run, (linked, read), store, words, options, languages)


def _entities(folder: Path | None, options: SwitchOptions) -> _Entities | None:
    """Return the folder of entities, None if there is none because only words are switched."""
    if options.switches_entities and folder is None:
        raise WrongCallError(
            "--entities: missing; give a folder written by `cstool entities`, or switch only words "
            "with --switch-rate 0"
        )
    if folder is None:
        return None
    if not options.switches_entities:
        raise WrongCallError(
            "--entities: with --switch-rate 0, no entity is switched; leave out one of them"
        )
    return _Entities(folder, need_stage(folder, "entities"))


def _check_entities(
    store: _Entities, options: SwitchOptions, languages: list[str], source: str
) -> None:
    """Raise InputError if the entities were made without the names that are needed."""
    _need_labels(store, languages)
    if options.compare_names:
        _need_labels(store, [current(source)])
    if options.romanize_names:
        need_latin(current(source))
    if options.labels != "label":
        _need_titles(store, languages)


def _fill(
    run: Run,
    linked: tuple[Path, Manifest],
    store: _Entities | None,
    words: Dictionaries | None,
    options: SwitchOptions,
    languages: list[str],
) -> Manifest:
    """Gather the labels and the words, and write the rows and their side tables."""
    folder, read = linked
    source = _source(*linked)
    labels, counted = _labels(run, linked, store, options, languages)
    dictionary = None
    if words is not None:
        made_words, read_words = make_dictionary(run, words)
        dictionary, counted = str(made_words), total([counted, read_words])
    number = sum(part.rows for part in read.tables)
    most = None if options.policy == "all" else options.max_languages
    sampling = LanguageSampling(tuple(languages), options.seed, most)
    work = SwitchWork(
        str(folder),
        str(labels),
        run.claim.fingerprint(),
        source.wiki,
        source.language,
        number,
        sampling,
        options,
        read.row_unit,
        dictionary,
    )
    weights = _weights(run, work, read, counted)
    work = replace(work, sampling=replace(sampling, weights=weights))
    made = _map(run, switch_part, work, read)
    counts = total([counted, *(m.counts for m in made)])
    rows = [*([MIXED] if options.mix else languages), source.language]
    counts.add("languages", dict.fromkeys(rows, 0))
    kinds = ["entities by language", "names by origin", "names fitted"]
    for kind in [*kinds, "words by language"] if words else kinds:
        counts.add(kind, {})
    if store is not None:
        present = store.manifest.counts.details.get("languages", {})
        unknown = {code: number for code, number in present.items() if not is_known(code)}
        counts.add("labels in unknown languages", unknown)
    beside = [*_attribute(run, *linked), *hand_on(run, *linked)]
    return run.finish([*made, *beside], counts, source=source, unit=read.row_unit)


def _labels(
    run: Run,
    linked: tuple[Path, Manifest],
    store: _Entities | None,
    options: SwitchOptions,
    languages: list[str],
) -> tuple[Path, Counts]:
    """Gather the labels of the entities to be switched; return their store and counts."""
    if store is None:
        folder = run.work("store")
        if not is_store(folder):
            write_store(folder, [], languages)
        return folder, Counts()
    rules = LabelRules.of(languages, options.fallback, options.labels)
    known_in = current(_source(*linked).language) if options.need_known else None
    named = options.anchors == "named"
    needs = LabelNeeds(rules, options.fit, known_in, options.types, named, options.romanize_names)
    return make_store(run, linked, (store.folder.absolute(), store.manifest), needs)


def _source(linked: Path, read: Manifest) -> Source:
    """Return the wiki of a folder. Raises InputError if its manifest does not name it."""
    if read.source is None:
        raise InputError(
            f"{linked}: no source language in the manifest; make the folder again with --overwrite"
        )
    return read.source


def _languages(options: SwitchOptions, store: _Entities | None, of_text: str) -> list[str]:
    """Return the target languages: those of the option, without the source language."""
    source = current(of_text)
    present: Iterable[str] = ()
    if store is not None:
        present = store.manifest.counts.details.get("languages", {})
    elif is_all(options.languages):
        present = target_languages(options.words)
    languages = [code for code in resolve(options.languages, present) if code != source]
    if is_all(options.languages):  # English to British English is not a switch
        languages = [c for c in languages if not c.startswith(source + "-")]
    if not languages:
        raise InputError(
            f"--languages: only the source language, {of_text}; give other languages to switch into"
        )
    if options.weights is None:
        return languages
    weights = weights_of(options.weights, languages)
    return [code for code, weight in zip(languages, weights, strict=True) if weight]


def _need_labels(store: _Entities, languages: list[str]) -> None:
    """Raise InputError if the entities were made without labels in these languages."""
    kept = store.manifest.parameters.get("languages")
    missing = sorted(set(languages) - set(kept)) if kept is not None else []
    if missing:
        raise InputError(
            f"{store.folder}: made without labels in {', '.join(missing[:9])}; make the folder "
            "again with these in --languages, or give other languages to switch into"
        )


def _need_titles(store: _Entities, languages: list[str]) -> None:
    """Raise InputError if the entities were made without titles in all of these languages."""
    kept = store.manifest.parameters.get("sites")
    wikis = {wiki for code in languages if (wiki := language_wiki(code))}
    if kept is not None and not wikis & {*kept}:
        raise InputError(
            f"{store.folder}: made without page titles of {', '.join(sorted(wikis)[:9])}; make the "
            "folder again with these in --sites, or give --labels label"
        )


def _attribute(run: Run, linked: Path, read: Manifest) -> list[FinishedPart]:
    """Make the side table of attribution: the pages and revisions of the sentences."""
    tasks = [
        Task(beside_part(ATTRIBUTION, part.file), str(linked / part.file), part.checksum)
        for part in read.tables
    ]
    return run.map(
        page_rows,
        None,
        tasks,
        PartSpec(PAGE_ROWS, label="switch: attribution", unit="part"),
    )


def page_rows(file: str, _: None) -> Batches:
    """Yield the pages of the sentences of a part."""
    table = read_part(file, PAGE_ROWS.names)
    yield table.group_by(PAGE_ROWS.names, use_threads=False).aggregate([]).cast(PAGE_ROWS)
    return Counts()


def rows_spec(schema: pa.Schema) -> PartSpec:
    """Return what the parts of rows with this schema are."""
    layout = layout_of(schema, UNIQUE)
    return PartSpec(schema, label="switch", layout=layout, dictionaries=with_coded(schema))


def _map(
    run: Run, function: Callable[[str, SwitchWork], Batches], work: SwitchWork, read: Manifest
) -> list[FinishedPart]:
    """Make one part from each part of the input: the rows, or their census."""
    tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
    if function is census_part:
        spec = PartSpec(CENSUS, label="switch: census", phase=_CENSUS)
    else:
        spec = rows_spec(work.schema)
    return run.map(function, work, tasks, spec)


def _weights(
    run: Run, work: SwitchWork, read: Manifest, counted: Counts
) -> tuple[float, ...] | None:
    """Return the sampling weights of languages; None: uniform."""
    options, codes = work.options, work.sampling.codes
    if options.weights is not None:
        return weights_of(tuple(w for w in options.weights if w[0] in codes), codes)
    if options.smoothing is not None:
        labels = counted.details.get("labels", {})
        return tuple(max(1, labels.get(code, 0)) ** options.smoothing for code in codes)
    if options.policy == "round-robin":
        made = _map(run, census_part, work, read)
        return weigh([run.work(_CENSUS) / part.part.file for part in made], work.sampling)
    return None
