"""`cstool switch`: switches the entities of linked sentences into other languages.

The candidate languages of a sentence are those with a label for every entity to be switched. Some
of them are sampled, and the entities of the sentence are switched into each of these. The source
sentences of these rows are also written. Options: `options`; label selection: `languages.labels`;
adaptation: `languages.fitting`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.languages.codes import current, is_all, is_known, resolve
from cstool.languages.labels import LabelRules
from cstool.stages.switch.batch import (
    BatchContext,
    SentenceBatch,
    count_mentions,
    study,
    take,
    with_grammar,
)
from cstool.stages.switch.counts import count_rows, count_sentences
from cstool.stages.switch.gather_labels import LabelNeeds, make_store
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.rewrite import (
    MIXED,
    WRITTEN,
    NameOrigins,
    mixed_rows,
    switched,
    with_sources,
    write,
)
from cstool.stages.switch.round_robin import CENSUS, census, in_sample, weigh
from cstool.stages.switch.sampling import LanguageSampling, candidates, mixed
from cstool.stages.switch.weights import weights_of
from cstool.storage.checksums import layout_of, open_part, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.label_store import LabelStore
from cstool.storage.manifest import ATTRIBUTION, Manifest, beside_part, describe_folder, need_stage
from cstool.storage.paragraphs import hand_on
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ATTRIBUTION as PAGE_ROWS
from cstool.storage.schemas import SWITCHED
from cstool.storage.tasks import Task

# Approximate number of rows per batch of output.
_ROWS_AT_ONCE = 6 * 4096
_CENSUS = "census"
# Columns of linked sentences that are read.
_READ = [
    *("id", "page_id", "title", "text"),
    *(f"mentions.list.element.{name}" for name in ("start", "end", "qid")),
]
# Columns that are written without a dictionary.
UNIQUE = ("id", "text")


@dataclass(frozen=True)
class _Work:
    """The parameters of the workers.

    `fingerprint`: of the run; it makes the cached store of another run unequal. `sentences`: number
    of sentences in total.
    """

    linked: str
    store: str
    fingerprint: str
    wiki: str
    source_language: str
    sentences: int
    sampling: LanguageSampling
    options: SwitchOptions

    @property
    def at_once(self) -> int:
        """The number of sentences per batch."""
        languages = len(self.sampling.codes)
        each = 1 if self.options.mix else min(self.sampling.most or languages, languages)
        return max(64, _ROWS_AT_ONCE // (1 + each))


def switch(
    linked: Path, entities: Path, out: Path, options: SwitchOptions, running: RunOptions
) -> Manifest:
    """Switch the sentences in `linked` with the labels in `entities`; return the manifest.

    Raises InputError for an unknown language or a folder of another stage.
    """
    read = need_stage(linked, "link")
    store = need_stage(entities, "entities")
    if read.source is None:
        raise InputError(
            f"{linked}: no source language in the manifest; make the folder again with --overwrite"
        )
    wiki, source = read.source.wiki, read.source.language
    present = store.counts.details.get("languages", {})
    languages = _languages(options, present, source)
    _need_labels(entities, store, languages)
    if options.compare_names:
        _need_labels(entities, store, [current(source)])
    inputs = [describe_folder(linked, read), describe_folder(entities, store)]
    linked, entities = linked.absolute(), entities.absolute()
    with open_run(
        out,
        stage="switch",
        parameters=options.parameters() | {"languages": languages},
        inputs=inputs,
        options=running,
        reads=[linked, entities],
    ) as run:
        if run.finished:
            return run.finished
        rules = LabelRules.of(languages, options.fallback, options.labels)
        known_in = current(source) if options.need_known else None
        named = options.anchors == "named"
        needs = LabelNeeds(rules, options.fit, known_in, options.types, persons=named)
        labels, counted = make_store(run, (linked, read), (entities, store), needs)
        sentences = sum(part.rows for part in read.tables)
        most = None if options.policy == "all" else options.max_languages
        sampling = LanguageSampling(tuple(languages), options.seed, most)
        paths = str(linked), str(labels)
        fingerprint = run.claim.fingerprint()
        work = _Work(*paths, fingerprint, wiki, source, sentences, sampling, options)
        weights = _weights(run, work, read, counted)
        work = replace(work, sampling=replace(sampling, weights=weights))
        made = _map(run, switch_part, work, read)
        counts = total([counted, *(m.counts for m in made)])
        rows = [*([MIXED] if options.mix else languages), source]
        counts.add("languages", dict.fromkeys(rows, 0))
        unknown = {code: number for code, number in present.items() if not is_known(code)}
        counts.add("labels in unknown languages", unknown)
        beside = [*_attribute(run, linked, read), *hand_on(run, linked, read)]
        return run.finish([*made, *beside], counts, source=read.source, unit=read.row_unit)


def _languages(options: SwitchOptions, present: dict[str, int], of_text: str) -> list[str]:
    """Return the target languages: those of the option, without the source language."""
    source = current(of_text)
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


def _need_labels(entities: Path, store: Manifest, languages: list[str]) -> None:
    """Raise InputError if the entities were made without labels in these languages."""
    kept = store.parameters.get("languages")
    missing = sorted(set(languages) - set(kept)) if kept is not None else []
    if missing:
        raise InputError(
            f"{entities}: made without labels in {', '.join(missing[:9])}; make the folder again "
            "with these in --languages, or give other languages to switch into"
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


def rows_spec() -> PartSpec:
    """Return what the parts of rows are."""
    layout = layout_of(SWITCHED, UNIQUE)
    return PartSpec(SWITCHED, label="switch", layout=layout, dictionaries=WRITTEN)


def _map(
    run: Run, function: Callable[[str, _Work], Batches], work: _Work, read: Manifest
) -> list[FinishedPart]:
    """Make one part from each part of the input: the rows, or their census."""
    tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
    if function is census_part:
        spec = PartSpec(CENSUS, label="switch: census", phase=_CENSUS)
    else:
        spec = rows_spec()
    return run.map(function, work, tasks, spec)


def _weights(run: Run, work: _Work, read: Manifest, counted: Counts) -> tuple[float, ...] | None:
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


def switch_part(file: str, work: _Work) -> Batches:
    """Yield the source and switched sentences of a part."""
    counts = Counts()
    store = _store(work)
    codes = [*work.sampling.codes, MIXED, work.source_language]
    rules = LabelRules.of(work.sampling.codes, work.options.fallback, work.options.labels)
    origins = NameOrigins.of(rules, work.source_language)
    for table in _batches(work, file):
        context = _prepare(table, store, work, counts)
        batch = context.batch
        counts.tally("sentences").keep(batch.number)
        counts.tally("source sentences")
        if not batch.number:
            continue
        if work.options.mix:
            drawn, languages = mixed(context, work.sampling)
            rows, poor = mixed_rows(context, drawn)
            counts.add("rows that change too little", {MIXED: poor} if poor else {})
        else:
            languages = candidates(context)
            rows, rejected = switched(context, languages, work.sampling)
            by_language = Counter(codes[language] for language in rejected.tolist())
            counts.add("rows that change too little", by_language)
        count_sentences(batch, languages, rows, counts)
        rows = with_sources(batch, rows, work.options.source_rows)
        count_rows(rows, codes, origins, counts)
        yield write(batch, rows, codes, origins, work.wiki)
    return counts


def census_part(file: str, work: _Work) -> Batches:
    """Yield the possible languages of the sampled sentences of a part."""
    store = _store(work)
    for table in _batches(work, file):
        ids = table.column("id").to_numpy().astype(np.uint64)
        sample = table.filter(pa.array(in_sample(ids, work.sentences, work.options.seed)))
        context = _prepare(sample, store, work, Counts())
        if context.batch.number:
            yield census(context.batch.ids, candidates(context).may)
    return Counts()


def _batches(work: _Work, file: str) -> Iterator[pa.RecordBatch]:
    linked = open_part(Path(work.linked) / file)
    yield from linked.iter_batches(work.at_once, columns=_READ, use_threads=False)


@lru_cache(maxsize=1)
def _open(folder: str, fingerprint: str, languages: tuple[str, ...]) -> LabelStore:
    del fingerprint
    return LabelStore(Path(folder), languages)


def _store(work: _Work) -> LabelStore:
    """Return the label store, opened once per process."""
    return _open(work.store, work.fingerprint, work.sampling.codes)


def _prepare(table: pa.RecordBatch, store: LabelStore, work: _Work, counts: Counts) -> BatchContext:
    """Return the sentences that pass the filter, and their mentions; count both."""
    prose_in = work.source_language if work.options.prose else None
    table, dropped = take(table, work.options.filter, prose_in)
    try:
        batch = SentenceBatch.of(table)
    except InputError as error:
        raise InputError(f"{work.linked}: {error}") from error
    mentions = study(batch, store, work.options, work.source_language)
    if work.options.inflected == "skip-sentence" and (odd := with_grammar(batch, mentions)).any():
        dropped["an anchor carries grammar"] += int(odd.sum())
        batch = SentenceBatch.of(table.filter(pa.array(~odd)))
        mentions = study(batch, store, work.options, work.source_language)
    for reason, number in dropped.items():
        counts.tally("sentences").drop(reason, number)
    tally = counts.tally("mentions")
    for reason, number in count_mentions(batch, mentions).items():
        if reason:
            tally.drop(reason, number)
        else:
            tally.keep(number)
    return BatchContext(batch, mentions, store, work.options)
