"""`cstool mix`: writes one training set of several corpora, by a recipe.

Phases: count the words or tokens of each row (`count`); sort records of the rows into buckets
by their texts, and choose the rows of each stage from these (`choose`, `plan`); send the rows to
their files (`scatter`), and write each file in random order (`gather`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from cstool.execution.options import RunOptions
from cstool.formats.attribution import (
    PAGES_FILE,
    cells_of_file,
    cells_of_tables,
    merge_attribution,
)
from cstool.formats.corpus_formats import FORMATS, CorpusFormat, FormatName, format_of
from cstool.formats.encode_texts import read_encoder
from cstool.formats.format_options import NO_OPTIONS, FormatOptions
from cstool.formats.make_files import make_files, remove_strays
from cstool.formats.table_sizes import IN_MEMORY
from cstool.formats.token_sequences import TOKEN_IDS, TOKENS, encoding_parameters
from cstool.languages.segmentation import icu_version
from cstool.masking.vocabulary import need_library
from cstool.stages.mix.card import MixtureCardData, mixture_card
from cstool.stages.mix.check_recipe import need_valid
from cstool.stages.mix.choose import Selection
from cstool.stages.mix.count import ClassFilter, CountWork, class_of, count_rows
from cstool.stages.mix.inputs import (
    MixFolder,
    MixInputs,
    held_out_pages,
    read_inputs,
    refuse_large_budgets,
    uses_of,
)
from cstool.stages.mix.numbers import details_of, mixture_of, rows_of_folders, tally_of
from cstool.stages.mix.plan import choices_of, filter_of, refuse_empty_stages
from cstool.stages.mix.recipe import MixRecipe
from cstool.stages.mix.rows import MixPart
from cstool.stages.mix.select_rows import SelectedRows, select_rows
from cstool.stages.mix.shuffle import (
    FileToWrite,
    GatherWork,
    PartToScatter,
    ScatterWork,
    gather,
    scatter,
)
from cstool.stages.mix.tokenizer_choice import with_tokenizer
from cstool.storage.atomic import whole_file, write_bytes
from cstool.storage.checksums import QUICK, is_sound, read_part, save_array
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import (
    ATTRIBUTION,
    Manifest,
    Part,
    describe_file,
    describe_folder,
    describe_part,
)
from cstool.storage.mixture import MIXTURE, Mixture
from cstool.storage.parts import FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment
from cstool.storage.tasks import Task

__all__ = ["MixOptions", "mix"]

# Of a file, in bytes of `text`.
_BYTES_A_FILE = 100_000_000


@dataclass(frozen=True)
class MixOptions:
    """The options of `cstool mix`.

    `rows_per_shard`: about the number of rows of a file, which has at most about 100 MB of text.
    `files`: options of the format. Its tokenizer, if given, takes the place of the recipe's.
    """

    rows_per_shard: int = 500_000
    format: FormatName = "cstool"
    files: FormatOptions = NO_OPTIONS


def mix(recipe: MixRecipe, out: Path, options: MixOptions, running: RunOptions) -> Manifest:
    """Write the mixture of a recipe into `out`; return the manifest.

    Raises InputError for an invalid recipe, for folders that do not go together, and for a budget
    beyond what there is, WrongCallError for options that do not go together, OutputError if `out`
    cannot be used.
    """
    need_valid(recipe)
    files = with_tokenizer(recipe, FORMATS[options.format], options.files)
    if files.tokenizer:
        read_encoder(files.tokenizer, files.document_end)  # raises an error if it cannot be used
        # A worker of a cluster may have another working directory.
        files = replace(files, tokenizer=files.tokenizer.absolute())
    options = replace(options, files=files)
    inputs = read_inputs(recipe)
    refuse_large_budgets(recipe, inputs)
    given = [describe_folder(folder.path, folder.manifest) for folder in inputs.folders]
    given += [describe_file(path) for path in _files_of(options)]
    with open_run(
        out,
        stage="mix",
        parameters=_parameters(recipe, inputs, options),
        inputs=given,
        options=running,
        reads=[folder.path for folder in inputs.folders],
    ) as run:
        return run.finished or _fill(run, recipe, inputs, options)


def _files_of(options: MixOptions) -> list[Path]:
    return [options.files.tokenizer] if options.files.tokenizer else []


def _parameters(recipe: MixRecipe, inputs: MixInputs, options: MixOptions) -> dict[str, Any]:
    """Return the parameters of the run: the recipe, without the paths of its folders."""
    stages = [
        {
            "name": stage.name,
            "budget": stage.budget,
            "sources": [
                {
                    "input": folder,
                    "corpus": source.name,
                    "share": source.share,
                    "budget": source.budget,
                    "languages": None if source.languages is None else [*source.languages],
                    "rows": source.rows,
                    "smoothing": source.smoothing,
                }
                for source, folder in zip(stage.sources, of_stage, strict=True)
            ],
        }
        for stage, of_stage in zip(recipe.stages, inputs.of_source, strict=True)
    ]
    parameters: dict[str, Any] = {
        "seed": recipe.seed,
        "count": recipe.count,
        "dedup": recipe.dedup,
        "stages": stages,
        "rows_per_shard": options.rows_per_shard,
        "format": options.format,
        "document_end": options.files.document_end,
        "pack": options.files.pack,
        "whole_samples": options.files.whole_samples,
    }
    if inputs.kind.romanized:
        parameters["romanized"] = True
    if recipe.count == "words":
        parameters["icu"] = icu_version()
    if options.files.tokenizer:
        parameters["tokenizers"] = need_library()
    if FORMATS[options.format].tokens:
        parameters |= encoding_parameters(options.files)
    return parameters


def _fill(run: Run, recipe: MixRecipe, inputs: MixInputs, options: MixOptions) -> Manifest:
    parts = [Task(part.name, part, listed.checksum, listed.bytes) for part, listed in inputs.parts]
    folders = [task.slice.folder for task in parts]
    counted = _count(run, recipe, inputs, options, parts)
    found = rows_of_folders(inputs, folders, counted)
    classes = [set(of_folder.rows) for of_folder in found]
    languages = tuple(sorted({class_of(name)[0] for names in classes for name in names}))
    choices = choices_of(recipe, inputs, languages, classes)
    selection = Selection(
        tuple(choices), languages, np.array(folders, np.int64), recipe.dedup == "exact"
    )
    selected = select_rows(run, recipe, selection, parts, counted)
    mixture = mixture_of(recipe, inputs, found, languages, map(read_part, selected.used))
    refuse_empty_stages(recipe, [stage.rows for stage in mixture.stages])
    shards = _scatter(run, recipe, inputs, mixture, options, parts, selected)
    form = format_of(options.format, inputs.kind)
    schema = _schema(recipe, inputs, options)
    work = GatherWork(str(run.out), form.name, inputs.kind, options.files, schema)
    written, counts, _ = make_files(run, form, gather, work, shards, "file")
    run.leave_the_rest()
    remove_strays(run, {part.file for part in written})
    _complete(mixture, options, shards)
    written_rows = counts.tallies["rows"].written
    counts.tallies["rows"] = tally_of(inputs, found, mixture, written_rows)
    by_split = counts.details.pop(IN_MEMORY, {})
    in_memory = {split.split("/")[0]: size for split, size in by_split.items()}
    tokens = sum(counts.details.get(TOKENS, {}).values())
    extra = _describe(run, inputs, mixture, form, written, in_memory, tokens)
    given = enumerate(_files_of(options), len(inputs.folders))
    run.read |= {index: hash_file(path) for index, path in given}
    made = [FinishedPart(part, Counts()) for part in written]
    counts = total([counts, details_of(mixture)])
    return run.finish(made, counts, files=extra, unit=inputs.kind.unit)


def _count(
    run: Run,
    recipe: MixRecipe,
    inputs: MixInputs,
    options: MixOptions,
    parts: list[Task[MixPart]],
) -> list[FinishedPart]:
    """Count the words or tokens of all rows."""
    pages = run.work("held_out.npy")
    if not (pages.exists() and is_sound(pages)):
        with whole_file(pages) as temporary:
            save_array(temporary, held_out_pages(inputs))
    filters: list[list[ClassFilter]] = [[] for _ in inputs.folders]
    for _, source, folder in uses_of(recipe, inputs):
        filters[folder].append(filter_of(source))
    tokenizer = str(options.files.tokenizer) if recipe.count == "tokens" else None
    work = CountWork(
        tuple(map(tuple, filters)),
        str(pages),
        recipe.dedup == "exact",
        tokenizer,
        options.files.document_end,
        _keeps_tokens(recipe, options),
    )
    spec = PartSpec(work.schema, label=f"mix: count {recipe.count}", phase="counted", layout=QUICK)
    return run.map(count_rows, work, parts, spec)


def _keeps_tokens(recipe: MixRecipe, options: MixOptions) -> bool:
    """Whether the files contain the tokens that are counted, so that texts are encoded once."""
    return recipe.count == "tokens" and FORMATS[options.format].tokens


def _schema(recipe: MixRecipe, inputs: MixInputs, options: MixOptions) -> pa.Schema:
    """Return the columns of the rows on their way to the files."""
    schema = inputs.kind.schema
    return schema.append(TOKEN_IDS) if _keeps_tokens(recipe, options) else schema


def _scatter(
    run: Run,
    recipe: MixRecipe,
    inputs: MixInputs,
    mixture: Mixture,
    options: MixOptions,
    parts: list[Task[MixPart]],
    selected: SelectedRows,
) -> list[Task[FileToWrite]]:
    """Send the rows to their files; return the files that have rows."""
    size = [sum(n.bytes for n in mixture.numbers if n.stage == i) for i in _numbers(mixture)]
    files = tuple(
        max(-(-stage.rows // options.rows_per_shard), -(-its_bytes // _BYTES_A_FILE))
        for stage, its_bytes in zip(mixture.stages, size, strict=True)
    )
    names = tuple(tuple(source.name for source in stage.sources) for stage in recipe.stages)
    segments = run.work("segments")
    counted, schema = str(run.work("counted")), _schema(recipe, inputs, options)
    work = ScatterWork(selected.selection, names, files, counted, str(segments), schema)
    tasks = [
        Task(
            task.file,
            PartToScatter(task.slice, selected.duplicates.get(number, ())),
            task.fingerprint,
            task.weight,
        )
        for number, task in enumerate(parts)
    ]
    written = write_segments(
        run, scatter, work, tasks, label="mix: shuffle", phase="scattered", files=segments
    )
    return _files(mixture, files, written.by_destination)


def _numbers(mixture: Mixture) -> range:
    return range(1, len(mixture.stages) + 1)


def _files(
    mixture: Mixture, files: tuple[int, ...], by_file: dict[int, tuple[Segment, ...]]
) -> list[Task[FileToWrite]]:
    """Return tasks for the files that have rows, numbered within their stage."""
    tasks = []
    first = 0
    for stage, number in zip(mixture.stages, files, strict=True):
        filled = [index for index in range(first, first + number) if index in by_file]
        for position, index in enumerate(filled):
            name = f"{stage.folder}/train-{position:05d}-of-{len(filled):05d}"
            tasks.append(Task(name, FileToWrite(name, by_file[index]), str(index)))
        first += number
    return tasks


def _complete(mixture: Mixture, options: MixOptions, shards: list[Task[FileToWrite]]) -> None:
    """Add to the numbers what describes the files."""
    mixture.format = options.format
    if mixture.unit == "tokens" and options.files.tokenizer:
        mixture.tokenizer = options.files.tokenizer.name
    for stage in mixture.stages:
        stage.files = sum(task.file.startswith(f"{stage.folder}/") for task in shards)


def _describe(
    run: Run,
    inputs: MixInputs,
    mixture: Mixture,
    form: CorpusFormat,
    files: list[Part],
    in_memory: dict[str, int],
    tokens: int,
) -> list[Part]:
    """Write the card, the numbers and the attribution; return them as parts.

    `files`: those with the rows; `in_memory`: bytes of the rows of each stage; `tokens`: in them.
    """
    found = {one.source for one in run.lineage if one.source}
    sources = tuple(sorted(found, key=lambda source: source.wiki))
    data = MixtureCardData(
        mixture,
        form,
        inputs.kind,
        sources,
        run.lineage,
        run.claim.parameters,
        files,
        in_memory,
        tokens,
    )
    write_bytes(run.out / "README.md", mixture_card(data).encode())
    encoded = msgspec.json.format(msgspec.json.encode(mixture), indent=1)
    write_bytes(run.out / MIXTURE, encoded + b"\n")
    rows = merge_attribution(run.out / PAGES_FILE, map(_pages, inputs.folders))
    described = (("README.md", 0), (MIXTURE, 0), (PAGES_FILE, rows))
    return [describe_part(run.out, file, number) for file, number in described]


def _pages(folder: MixFolder) -> Iterator[pa.Table]:
    """Return the pages of a folder, as cells."""
    if folder.paired:
        return cells_of_tables(
            folder.path / part.file for part in folder.manifest.beside(ATTRIBUTION)
        )
    return cells_of_file(folder.path / PAGES_FILE)
