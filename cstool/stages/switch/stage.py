"""`cstool switch`: linked sentences → the same in other languages, entity by entity.

A sentence may go into each language in which all its entities have a name; some of these are drawn,
and all entities of the sentence go into the same one. Source sentences are kept. What is asked:
`switch_options`; which name an entity has: `languages.labels`; how it fits: `languages.fitting`.
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
from cstool.languages.codes import current, is_known, resolve
from cstool.languages.labels import LabelRules
from cstool.stages.switch.batch import (
    MentionInfo,
    SentenceBatch,
    count_mentions,
    study,
    take,
    with_grammar,
)
from cstool.stages.switch.counts import count_rows, count_sentences
from cstool.stages.switch.labels import LabelNeeds, make_store
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.rewrite import MIXED, joined, mixed_rows, sources, switched, write
from cstool.stages.switch.round_robin import CENSUS, asked, census, weigh
from cstool.stages.switch.sampling import LanguageSampling, candidates, mixed
from cstool.stages.switch.weights import weights_of
from cstool.storage.checksums import open_part, read_part
from cstool.storage.counts import Counts, total
from cstool.storage.label_store import LabelStore
from cstool.storage.manifest import ATTRIBUTION, Manifest, beside_part, describe_folder, need_stage
from cstool.storage.paragraphs import hand_on
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ATTRIBUTION as PAGE_ROWS
from cstool.storage.schemas import SWITCHED
from cstool.storage.tasks import Task

# Rows that are made at a time, about.
_ROWS_AT_ONCE = 6 * 4096
_CENSUS = "census"


@dataclass(frozen=True)
class _Work:
    """What a worker needs to know.

    `print`: of the run, that no other's store is taken; `sentences`: how many there are in all.
    """

    linked: str
    store: str
    print: str
    source_language: str
    sentences: int
    lots: LanguageSampling
    options: SwitchOptions

    @property
    def at_once(self) -> int:
        """The number of sentences that are looked at together."""
        languages = len(self.lots.codes)
        each = 1 if self.options.mix else min(self.lots.most or languages, languages)
        return max(64, _ROWS_AT_ONCE // (1 + each))


def switch(
    linked: Path, entities: Path, out: Path, options: SwitchOptions, running: RunOptions
) -> Manifest:
    """Code-switch the sentences in `linked` with the labels in `entities`.

    Raises InputError for an unknown language or a folder of another stage.
    """
    read = need_stage(linked, "link")
    store = need_stage(entities, "entities")
    if read.source is None:
        raise InputError(f"{linked}: its manifest names no source language; make it again")
    source = read.source.language
    present = store.counts.details.get("languages", {})
    languages = _languages(options, present, source)
    _need_labels(entities, store, languages)
    if options.inflected != "keep":
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
        needs = LabelNeeds(rules, options.fit, known_in, options.types)
        labels, counted = make_store(run, (linked, read), (entities, store), needs)
        sentences = sum(part.rows for part in read.tables)
        most = None if options.policy == "all" else options.max_languages
        lots = LanguageSampling(tuple(languages), options.seed, most)
        fingerprint = run.claim.fingerprint()
        work = _Work(str(linked), str(labels), fingerprint, source, sentences, lots, options)
        work = replace(work, lots=replace(lots, weights=_weights(run, work, read, counted)))
        made = _map(run, switch_part, work, read)
        counts = total([counted, *(m.counts for m in made)])
        rows = [*([MIXED] if options.mix else languages), source]
        counts.add("languages", dict.fromkeys(rows, 0))
        unknown = {code: number for code, number in present.items() if not is_known(code)}
        counts.add("labels in unknown languages", unknown)
        beside = [*_attribute(run, linked, read), *hand_on(run, linked, read)]
        return run.finish([*made, *beside], counts, source=read.source)


def _languages(options: SwitchOptions, present: dict[str, int], of_text: str) -> list[str]:
    """Return the languages to switch into: those named, but for the text's own."""
    source = current(of_text)
    languages = [code for code in resolve(options.languages, present) if code != source]
    if options.languages == "all":  # English into British English is no switch
        languages = [c for c in languages if not c.startswith(source + "-")]
    if not languages:
        raise InputError(f"--languages: leaves none but the text's own, {of_text}; name others")
    if options.weights is None:
        return languages
    weights = weights_of(options.weights, languages)
    return [code for code, weight in zip(languages, weights, strict=True) if weight]


def _need_labels(entities: Path, store: Manifest, languages: list[str]) -> None:
    """Raise InputError when the entities were made without the labels of these languages."""
    kept = store.parameters.get("languages")
    missing = sorted(set(languages) - set(kept)) if kept is not None else []
    if missing:
        raise InputError(
            f"{entities}: was made with --languages, and without {', '.join(missing[:9])}; make it "
            "again with all that you want, or switch into those that it has"
        )


def _attribute(run: Run, linked: Path, read: Manifest) -> list[FinishedPart]:
    """Write down which pages, in which revisions, the sentences are from."""
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
    """Yield the pages that a part's sentences are from."""
    table = read_part(file, PAGE_ROWS.names)
    yield table.group_by(PAGE_ROWS.names, use_threads=False).aggregate([]).cast(PAGE_ROWS)
    return Counts()


def _map(
    run: Run, function: Callable[[str, _Work], Batches], work: _Work, read: Manifest
) -> list[FinishedPart]:
    """Make a part of each part that is read: the rows, or their census."""
    tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
    if function is census_part:
        spec = PartSpec(CENSUS, label="switch: census", phase=_CENSUS)
    else:
        spec = PartSpec(SWITCHED, label="switch")
    return run.map(function, work, tasks, spec)


def _weights(run: Run, work: _Work, read: Manifest, counted: Counts) -> tuple[float, ...] | None:
    """Return the weights that languages are drawn by; None: all alike."""
    options, codes = work.options, work.lots.codes
    if options.weights is not None:
        return weights_of(tuple(w for w in options.weights if w[0] in codes), codes)
    if options.smoothing is not None:
        labels = counted.details.get("labels", {})
        return tuple(max(1, labels.get(code, 0)) ** options.smoothing for code in codes)
    if options.policy == "round-robin":
        made = _map(run, census_part, work, read)
        return weigh([run.work(_CENSUS) / part.part.file for part in made], work.lots)
    return None


def switch_part(file: str, work: _Work) -> Batches:
    """Yield a part's sentences and their code-switched versions."""
    counts = Counts()
    store, options = _store(work), work.options
    codes = [*work.lots.codes, MIXED, work.source_language]
    for batch in _batches(work, file):
        read, seen = _look(batch, store, work, counts)
        counts.tally("sentences").keep(read.number)
        counts.tally("source sentences")
        if not read.number:
            continue
        if options.mix:
            drawn, found = mixed(read, seen, store, options, work.lots)
            rows, poor = mixed_rows(read, seen, store, drawn, options)
            counts.add("rows that change too little", {MIXED: poor} if poor else {})
        else:
            found = candidates(read, seen, store, options)
            lots = work.lots.draw(read.ids)
            rows, vain = switched(read, seen, store, found, lots, work.lots.most, options)
            told = Counter(codes[language] for language in vain.tolist())
            counts.add("rows that change too little", told)
        count_sentences(read, found, rows, counts)
        rows = joined([sources(read), rows])
        count_rows(rows, codes, counts)
        yield write(read, rows, codes)
    return counts


def census_part(file: str, work: _Work) -> Batches:
    """Yield which languages some of a part's sentences may go into."""
    store = _store(work)
    for batch in _batches(work, file):
        ids = batch.column("id").to_numpy().astype(np.uint64)
        some = batch.filter(pa.array(asked(ids, work.sentences, work.options.seed)))
        read, seen = _look(some, store, work, Counts())
        if read.number:
            yield census(read.ids, candidates(read, seen, store, work.options).may)
    return Counts()


def _batches(work: _Work, file: str) -> Iterator[pa.RecordBatch]:
    linked = open_part(Path(work.linked) / file)
    yield from linked.iter_batches(work.at_once, use_threads=False)


@lru_cache(maxsize=1)
def _open(folder: str, fingerprint: str, languages: tuple[str, ...]) -> LabelStore:
    del fingerprint
    return LabelStore(Path(folder), languages)


def _store(work: _Work) -> LabelStore:
    """Return the store of labels, opened once a process."""
    return _open(work.store, work.print, work.lots.codes)


def _look(
    batch: pa.RecordBatch, store: LabelStore, work: _Work, counts: Counts
) -> tuple[SentenceBatch, MentionInfo]:
    """Return the sentences that are taken, and what is known of them; count the others."""
    batch, dropped = take(batch, work.options.filter)
    read = SentenceBatch.of(batch)
    seen = study(read, store, work.options, work.source_language)
    if work.options.inflected == "skip-sentence" and (odd := with_grammar(read, seen)).any():
        dropped["an anchor carries grammar"] += int(odd.sum())
        read = SentenceBatch.of(batch.filter(pa.array(~odd)))
        seen = study(read, store, work.options, work.source_language)
    for reason, number in dropped.items():
        counts.tally("sentences").drop(reason, number)
    tally = counts.tally("mentions")
    for reason, number in count_mentions(read, seen).items():
        if reason:
            tally.drop(reason, number)
        else:
            tally.keep(number)
    return read, seen
