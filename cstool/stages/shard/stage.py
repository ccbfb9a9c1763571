"""`cstool shard`: writes a corpus of switched sentences, one folder per language.

Phases: find the sentences to drop, if requested (`dedup`); `census` counts the rows of each
language and finds the pages to hold out (`plan`); `scatter` sends the rows of each part to their
shards, and `gather` writes each shard in random order (`shuffle`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from cstool.cards.card_metadata import SplitSize
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.formats.attribution import PAGES_FILE, PageTable, write_attribution
from cstool.formats.corpus_formats import FORMATS, check_options, format_of
from cstool.formats.make_files import make_files, remove_strays
from cstool.formats.table_sizes import IN_MEMORY
from cstool.formats.token_sequences import TOKENS, encoding_parameters
from cstool.languages.segmentation import icu_version
from cstool.stages.shard.contamination import SHORT, TestTexts
from cstool.stages.shard.dataset_card import CardData, dataset_card
from cstool.stages.shard.dedup import PartToRead, find_drops
from cstool.stages.shard.inputs import SwitchedFolder, read_folders
from cstool.stages.shard.minhash import ALGORITHM, need_library
from cstool.stages.shard.page_rows import PAGES
from cstool.stages.shard.plan import ShardOptions, ShardPlan, census, plan_of
from cstool.stages.shard.read_test_sets import texts_of
from cstool.stages.shard.shuffle import (
    DICTIONARY_WORDS,
    ROWS,
    GatherTask,
    ScatterTask,
    ShardToWrite,
    gather,
    scatter,
    split_name,
)
from cstool.stages.shard.statistics import (
    FACTS,
    FileFacts,
    numbers_by_language,
    read_facts,
    sample_sentences,
    top_entities,
)
from cstool.storage.atomic import whole_file, write_bytes
from cstool.storage.checksums import QUICK, is_sound
from cstool.storage.counts import Counts, Tally, total
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import (
    ATTRIBUTION,
    Input,
    Manifest,
    Part,
    describe_file,
    describe_folder,
    describe_part,
)
from cstool.storage.paragraphs import of_corpus
from cstool.storage.parts import FinishedPart, PartSpec
from cstool.storage.row_kinds import RowKind
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import TALLIES
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment
from cstool.storage.statistics import STATISTICS, Statistics
from cstool.storage.tasks import Task, part_name

__all__ = ["ShardOptions", "shard"]


def shard(
    switched: Sequence[Path], out: Path, options: ShardOptions, running: RunOptions
) -> Manifest:
    """Write a corpus of the switched folders into `out`; return the manifest.

    Raises InputError for a folder of another stage or an invalid test set, OutputError if `out`
    cannot be used, CstoolError if the library for --dedup is missing.
    """
    form = FORMATS[options.format]
    check_options(form, options.files)
    read, kind = read_folders(switched, options.format)
    tests = [path.absolute() for path in options.decontaminate]
    inputs = [describe_folder(*one) for one in read] + [_describe_tests(path) for path in tests]
    tokenizers = [options.files.tokenizer.absolute()] if options.files.tokenizer else []
    inputs += map(describe_file, tokenizers)
    parameters: dict[str, Any] = {
        "rows_per_shard": options.rows_per_shard,
        "validation": options.validation,
        "seed": options.seed,
        "format": options.format,
        "dedup": options.dedup,
        "decontaminate": len(tests),
        # Words of scripts without spaces, which the code-mixing measures count.
        "icu": icu_version(),
    }
    if form.tokens:
        parameters |= encoding_parameters(options.files)
        # A Dask worker may have another working directory.
        options = replace(options, files=replace(options.files, tokenizer=tokenizers[0]))
    if options.dedup == "minhash":
        need_library()
        parameters["minhash"] = {"library": "rensa", "algorithm": ALGORITHM}
    with open_run(
        out,
        stage="shard",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=[one.folder for one in read],
    ) as run:
        if run.finished:
            return run.finished
        files = enumerate([*options.decontaminate, *tokenizers], len(read))
        run.read |= {number: hash_file(path) for number, path in files}
        return _fill(run, read, kind, options)


def _describe_tests(path: Path) -> Input:
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; give a test set (text, CSV, TSV, JSON lines, Parquet)"
        )
    return describe_file(path)


def _fill(run: Run, read: list[SwitchedFolder], kind: RowKind, options: ShardOptions) -> Manifest:
    files = [
        (str(folder / part.file), number, part.checksum)
        for number, (folder, manifest) in enumerate(read)
        for part in manifest.tables
    ]
    tasks = [
        Task(part_name(i), PartToRead(part_name(i), file, number, kind.unit), checksum)
        for i, (file, number, checksum) in enumerate(files)
    ]
    rows = sum(part.rows for one in read for part in one.manifest.tables)
    tests = _collect_tests(run, options.decontaminate)
    sentences = sum(_sentences(one.manifest) for one in read)
    tasks = find_drops(run, tasks, sentences, options.dedup, tests)
    censuses = run.map(
        census,
        (options, kind),
        tasks,
        PartSpec(PAGES, label="shard: count", phase="census", unit="part", layout=QUICK),
    )
    names = ", ".join(str(one.folder) for one in read)
    plan = plan_of(run.work("census"), censuses, options, kind, names)
    segments = run.work("segments")
    by_shard, sizes, scattered = write_segments(
        run,
        scatter,
        ScatterTask(plan, str(segments)),
        tasks,
        label="shard: shuffle",
        phase="scattered",
        files=segments,
        unit="part",
    )
    form = format_of(options.format, kind)
    shards = _shards(plan, by_shard, sizes)
    work = GatherTask(str(run.out), form.name, kind, options.files)
    written, counts, parts_of_files = make_files(run, form, gather, work, shards, "shard")
    facts = [read_facts(run.work(FACTS) / file) for file in parts_of_files]
    paragraphs = of_corpus(run, _once_each(read))
    dropped = total(m.counts for m in scattered).tallies["rows"].dropped
    # What was read is known from the input, so that a lost row is noticed.
    counts.tallies["rows"] = Tally(rows, sum(sizes.values()), dropped)
    run.leave_the_rest()
    remove_strays(run, {part.file for part in written})
    extra = _describe(run, read, written, counts, facts, options, kind)
    made = [FinishedPart(part, Counts()) for part in written]
    return run.finish([*made, *paragraphs], counts, files=extra, unit=kind.unit)


def _once_each(read: list[SwitchedFolder]) -> list[SwitchedFolder]:
    """Return one folder for each run of `extract` that the folders were made from."""
    by_run: dict[object, SwitchedFolder] = {}
    for number, one in enumerate(read):
        extracted = [a for a in one.manifest.lineage if a.stage == "extract"]
        key = msgspec.json.encode(extracted, order="sorted") if extracted else number
        by_run.setdefault(key, one)
    return [*by_run.values()]


def _sentences(manifest: Manifest) -> int:
    """Return the maximum number of source sentences, paragraphs or pages in a folder."""
    tally = manifest.counts.tallies.get(TALLIES[manifest.row_unit])
    return tally.written if tally else sum(part.rows for part in manifest.tables)


def _collect_tests(run: Run, files: Sequence[Path]) -> Path | None:
    """Write the word sequences of the test sets to a file, once; return its path."""
    if not files:
        return None
    path = run.work("tests.npz")
    if not (path.exists() and is_sound(path)):
        for file in files:
            if not TestTexts.of(texts_of(file)).size:
                raise InputError(
                    f"{file}: no text has {SHORT} or more words; give the texts of a test set"
                )
        tests = TestTexts.of(some for file in files for some in texts_of(file))
        with whole_file(path) as temporary:
            tests.save(temporary)
    return path


def _shards(
    plan: ShardPlan, by_shard: dict[int, tuple[Segment, ...]], rows: dict[int, int]
) -> list[Task[ShardToWrite]]:
    """Return tasks for the shards that have rows, numbered within their language and split."""
    filled: dict[tuple[str, str], list[tuple[int, tuple[Segment, ...]]]] = {}
    for destination, one in enumerate(plan.shards()):
        if destination in by_shard:
            shards_of_split = filled.setdefault((one.language, one.split), [])
            shards_of_split.append((destination, by_shard[destination]))
    return [
        Task(name, ShardToWrite(name, rows[destination], segments), str(destination))
        for (language, split), shards in filled.items()
        for number, (destination, segments) in enumerate(shards)
        for name in [f"{language}/{split}-{number:05d}-of-{len(shards):05d}"]
    ]


def _describe(
    run: Run,
    read: list[SwitchedFolder],
    files: list[Part],
    counts: Counts,
    facts: list[FileFacts],
    options: ShardOptions,
    kind: RowKind,
) -> list[Part]:
    """Write the dataset card, the statistics and the attribution; return them as parts."""
    splits: dict[str, dict[str, SplitSize]] = {}
    form = format_of(options.format, kind)
    for part in (part for part in files if form.is_data(part.file)):
        *_, language, _ = part.file.split("/")
        split = splits.setdefault(language, {}).setdefault(split_name(part.file), SplitSize())
        split.files += 1
        split.examples += part.rows
        split.rows += 0 if form.tokens else part.rows
        split.bytes += part.bytes
    for detail, attribute in ((IN_MEMORY, "in_memory"), (ROWS, "rows")):
        for name, number in counts.details.pop(detail, {}).items():
            language, split_of_it = name.split("/")
            setattr(splits[language][split_of_it], attribute, number)
    languages = numbers_by_language(facts)
    for language, numbers in languages.items():
        numbers.rows = {name: split.rows for name, split in splits[language].items()}
        numbers.estimate_words()
        numbers.entities = counts.details["entities"].get(language, 0)
        if DICTIONARY_WORDS in counts.details:
            numbers.dictionary_words = counts.details[DICTIONARY_WORDS].get(language, 0)
    counts.add("source rows", {code: n.source_rows for code, n in languages.items()})
    sources = sorted({m.source for _, m in read if m.source}, key=lambda source: source.wiki)
    dropped = counts.tallies["rows"].dropped
    statistics = Statistics(
        languages,
        [source.wiki for source in sources],
        dropped,
        top_entities(facts),
        sample_sentences(facts),
    )
    tests = tuple(path.name for path in options.decontaminate)
    card = CardData(
        form,
        tuple(sources),
        options.dedup,
        tests,
        dropped,
        languages,
        run.lineage,
        run.claim.parameters,
        kind,
        sum(counts.details.get(TOKENS, {}).values()),
    )
    data = msgspec.json.format(msgspec.json.encode(statistics), indent=1)
    write_bytes(run.out / "README.md", dataset_card(splits, card).encode())
    write_bytes(run.out / STATISTICS, data + b"\n")
    rows = write_attribution(run.out / PAGES_FILE, _pages(read))
    return [
        describe_part(run.out, "README.md", 0),
        describe_part(run.out, STATISTICS, 0),
        describe_part(run.out, PAGES_FILE, rows),
    ]


def _pages(read: list[SwitchedFolder]) -> Iterator[PageTable]:
    for folder, manifest in _once_each(read):
        wiki = manifest.source.wiki if manifest.source else ""
        for part in manifest.beside(ATTRIBUTION):
            yield PageTable(wiki, folder / part.file)
