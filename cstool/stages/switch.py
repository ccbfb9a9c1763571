"""`cstool switch`: linked sentences → the same in other languages, entity by entity.

The published recipe (EntityCS, Whitehouse et al. 2022): a sentence may go into each language in
which all its linked entities have a label; up to five of these are chosen at random, and all
entities of the sentence go into the same language. Source sentences are kept. Which label an
entity has in a language: `languages.labels`.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.languages.codes import current, is_known, resolve
from cstool.languages.labels import Fallback, Kind, Rules
from cstool.parts.columns import flat
from cstool.parts.counts import Counts, total
from cstool.parts.files import Batches, Made
from cstool.parts.folder import Run, Task, open_run
from cstool.parts.label_store import LabelStore
from cstool.parts.manifest import ATTRIBUTION, Manifest, describe_folder, need_stage
from cstool.parts.schemas import ATTRIBUTION as PAGE_ROWS
from cstool.parts.schemas import SWITCHED
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.label_rows import make_store
from cstool.stages.switching import Choice, Sentences, choose, rewrite

Array = np.ndarray[Any, Any]

_SENTENCES_AT_ONCE = 4096


@dataclass(frozen=True)
class Filter:
    """Which sentences are taken, with the published bounds.

    `longest_anchor`: the share of a sentence's characters that its only mention may take.
    """

    fewest_mentions: int = 1
    most_mentions: int = 10
    more_than_characters: int = 20
    most_words: int = 128
    longest_anchor: float = 0.5


@dataclass(frozen=True)
class SwitchOptions:
    """`languages`: codes, "entitycs" or "all"; at most `max_languages` of them a sentence.

    `labels`: names are labels, or titles of Wikipedia's pages. `fallback`: whose stand in for a
    missing one; "none" (published): the label of just that language, whatever it looks like.
    """

    languages: str = "entitycs"
    max_languages: int = 5
    seed: int = 0
    labels: Kind = "label"
    fallback: Fallback = "all"
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True)
class _Work:
    """What a worker needs to know."""

    linked: str
    store: str
    languages: tuple[str, ...]
    source_language: str
    options: SwitchOptions


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
    present = store.counts.details.get("languages", {})
    source = current(read.source.language)
    languages = [code for code in resolve(options.languages, present) if code != source]
    if options.languages == "all":  # English into British English is no switch
        languages = [c for c in languages if not c.startswith(source + "-")]
    if not languages:
        raise InputError(
            f"--languages: leaves none but the text's own, {read.source.language}; name others"
        )
    _need_labels(entities, store, languages)
    parameters = asdict(options) | {"languages": languages}
    inputs = [describe_folder(linked, read), describe_folder(entities, store)]
    linked, entities = linked.absolute(), entities.absolute()
    with open_run(
        out,
        stage="switch",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=[linked, entities],
    ) as run:
        if run.finished:
            return run.finished
        rules = Rules.of(languages, options.fallback, options.labels)
        labels, counted = make_store(run, (linked, read), (entities, store), rules)
        work = _Work(str(linked), str(labels), tuple(languages), read.source.language, options)
        tasks = [Task(p.file, p.file, p.checksum, p.bytes) for p in read.tables]
        made = run.map(
            switch_part,
            work,
            tasks,
            SWITCHED,
            label="switch",
            size=sum(p.bytes for p in read.tables),
        )
        counts = total([counted, *(m.counts for m in made)])
        counts.add("languages", dict.fromkeys([*languages, read.source.language], 0))
        unknown = {code: number for code, number in present.items() if not is_known(code)}
        counts.add("labels in unknown languages", unknown)
        credits_ = _attribute(run, linked, read)
        return run.finish([*made, *credits_], counts, source=read.source)


def _need_labels(entities: Path, store: Manifest, languages: list[str]) -> None:
    """Raise InputError when the entities were made without the labels of these languages."""
    kept = store.parameters.get("languages")
    missing = sorted(set(languages) - set(kept)) if kept is not None else []
    if missing:
        raise InputError(
            f"{entities}: was made with --languages, and without {', '.join(missing[:9])}; make it "
            "again with all that you want, or switch into those that it has"
        )


def _attribute(run: Run, linked: Path, read: Manifest) -> list[Made]:
    """Write down which pages, in which revisions, the sentences are from."""
    tasks = [
        Task(f"{ATTRIBUTION}{part.file}", str(linked / part.file), part.checksum)
        for part in read.tables
    ]
    return run.map(
        page_rows,
        None,
        tasks,
        PAGE_ROWS,
        label="switch: attribution",
        size=len(tasks),
        unit="part",
    )


def page_rows(file: str, _: None) -> Batches:
    """Yield the pages that a part's sentences are from."""
    table = pq.read_table(file, columns=PAGE_ROWS.names, use_threads=False)
    yield table.group_by(PAGE_ROWS.names, use_threads=False).aggregate([]).cast(PAGE_ROWS)
    return Counts()


def switch_part(file: str, work: _Work) -> Batches:
    """Yield a part's sentences and their code-switched versions."""
    counts = Counts()
    store = LabelStore(Path(work.store), work.languages)
    linked = pq.ParquetFile(Path(work.linked) / file)
    for batch in linked.iter_batches(_SENTENCES_AT_ONCE, use_threads=False):
        sentences = _take(batch, work.options.filter, counts)
        if not sentences.num_rows:
            continue
        read = Sentences.of(sentences)
        chosen = choose(read, store, work.options.max_languages, work.options.seed)
        _count(read, chosen, store, work.source_language, counts)
        yield rewrite(read, chosen, store, work.source_language)
    return counts


def _take(batch: pa.RecordBatch, rules: Filter, counts: Counts) -> pa.RecordBatch:
    """Return the sentences that the filter lets through; count the others by reason."""
    tally = counts.tally("sentences")
    offsets, mentions = flat(batch.column("mentions"))
    number = np.diff(offsets)
    text = batch.column("text")
    characters = pc.utf8_length(text).to_numpy()
    spaces = pc.count_substring_regex(text, r"\S+").to_numpy()
    lengths = mentions.field("end").to_numpy().astype(np.int64) - mentions.field("start").to_numpy()
    only = np.zeros(len(number), np.int64)
    only[number == 1] = lengths[offsets[:-1][number == 1]]
    reasons = (
        ("fewer mentions than asked for", number < rules.fewest_mentions),
        ("more mentions than asked for", number > rules.most_mentions),
        ("too short", characters <= rules.more_than_characters),
        ("too many words", spaces > rules.most_words),
        ("hardly more than one mention", only > rules.longest_anchor * characters),
    )
    kept = np.ones(batch.num_rows, bool)
    for reason, drop in reasons:
        tally.drop(reason, int((kept & drop).sum()))
        kept &= ~drop
    tally.keep(int(kept.sum()))
    return batch.filter(pa.array(kept))


def _count(
    read: Sentences, chosen: Choice, store: LabelStore, source_language: str, counts: Counts
) -> None:
    """Count rows and entities by language, and what became of the sentences."""
    entities = np.diff(read.firsts)
    rows = {source_language: read.number}
    spans = {source_language: int(entities.sum())}
    for number, code in enumerate(store.languages):
        here = chosen.languages == number
        if here.any():
            rows[code] = int(here.sum())
            spans[code] = int(entities[chosen.sentences[here]].sum())
    counts.add("languages", rows)
    counts.add("entities by language", spans)
    switched = len(np.unique(chosen.sentences[chosen.languages >= 0]))
    none = int((entities == 0).sum())
    counts.add(
        "source sentences",
        {
            "code-switched": switched,
            "no linked entity": none,
            "no language has all labels": read.number - switched - none,
        },
    )
