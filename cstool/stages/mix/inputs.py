"""The folders of a recipe, the kind of their rows, and the pages that they hold out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cstool.arrays import Array
from cstool.arrays.arrow import distinct
from cstool.arrays.hashing import page_hashes
from cstool.errors import InputError
from cstool.stages.mix.recipe import MixRecipe, SourceRecipe, StageRecipe
from cstool.stages.mix.rows import MixPart
from cstool.storage.checksums import read_footer, read_part
from cstool.storage.manifest import Manifest, Part, describe_folder, need_stage
from cstool.storage.older_folders import need_columns
from cstool.storage.row_kinds import RowKind, kind_of
from cstool.storage.schemas import PAIRED, TALLIES
from cstool.storage.tasks import part_name

# A token has at least a byte, except for what a tokenizer adds to a text or writes in full (a
# ligature as its letters). So no text has more tokens than this times its bytes.
_TOKENS_A_BYTE = 8


@dataclass(frozen=True)
class MixFolder:
    """A folder of the recipe: its path and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def paired(self) -> bool:
        """Whether `pair` wrote it."""
        return self.manifest.stage == "pair"

    @property
    def training(self) -> list[Part]:
        """The parts whose rows may be used: of a corpus, those of the training split."""
        parts = self.manifest.tables
        return parts if self.paired else [p for p in parts if "/train-" in f"/{p.file}"]

    @property
    def held_out(self) -> list[Part]:
        """The parts of a corpus that are held out for validation."""
        training = {part.file for part in self.training}
        return [part for part in self.manifest.tables if part.file not in training]


@dataclass(frozen=True)
class MixInputs:
    """What a recipe reads.

    `folders`: each once. `of_source`: for each stage, the index of the folder of each source.
    `kind`: of the mixture's rows.
    """

    folders: tuple[MixFolder, ...]
    of_source: tuple[tuple[int, ...], ...]
    kind: RowKind

    @property
    def parts(self) -> list[tuple[MixPart, Part]]:
        """The parts with rows to use, of all folders in order."""
        found: list[tuple[MixPart, Part]] = []
        for number, folder in enumerate(self.folders):
            for part in folder.training:
                index = len(found)
                file = str(folder.path / part.file)
                found.append((MixPart(index, part_name(index), file, number, folder.paired), part))
        return found


class SourceUse(NamedTuple):
    """A source of a recipe: the number of its stage, from 1, and the index of its folder."""

    stage: int
    source: SourceRecipe
    folder: int


def uses_of(recipe: MixRecipe, inputs: MixInputs) -> Iterator[SourceUse]:
    """Yield the sources of all stages, in order."""
    for number, (stage, folders) in enumerate(zip(recipe.stages, inputs.of_source, strict=True)):
        for source, folder in zip(stage.sources, folders, strict=True):
            yield SourceUse(number + 1, source, folder)


def read_inputs(recipe: MixRecipe) -> MixInputs:
    """Return the folders of a recipe.

    Raises InputError for a folder of another stage, format or version, for two copies of a folder,
    for folders whose rows differ in unit, and for sources of a stage that have rows in common.
    """
    folders: dict[Path, MixFolder] = {}
    first: dict[Path, SourceRecipe] = {}
    of_source = []
    for stage in recipe.stages:
        of_stage = []
        for source in stage.sources:
            path = source.folder.absolute().resolve()
            if path not in folders:
                folders[path] = _folder(source, path)
                first[path] = source
            of_stage.append([*folders].index(path))
        _refuse_common_rows(recipe, stage, of_stage)
        of_source.append(tuple(of_stage))
    read = tuple(folders.values())
    _refuse_copies(recipe, [*first.values()], read)
    named = [first[path].folder for path in folders]
    return MixInputs(read, tuple(of_source), _common_kind(recipe, named, read))


def _folder(source: SourceRecipe, path: Path) -> MixFolder:
    manifest = need_stage(source.folder, "shard", "pair")
    if manifest.stage == "pair":
        need_columns(source.folder, manifest, PAIRED)
        return MixFolder(path, manifest)
    form = manifest.parameters.get("format", "cstool")
    if form != "cstool":
        raise InputError(
            f"{source.folder}: corpus in the format {form}, which cannot be mixed; make one with "
            "`cstool shard --format cstool`"
        )
    need_columns(source.folder, manifest, kind_of(manifest).schema)
    return MixFolder(path, manifest)


def _refuse_copies(
    recipe: MixRecipe, sources: Sequence[SourceRecipe], folders: Sequence[MixFolder]
) -> None:
    """Raise InputError if two folders are copies of each other; `sources`: the first of each."""
    first: dict[str | None, SourceRecipe] = {}
    for source, folder in zip(sources, folders, strict=True):
        other = first.setdefault(describe_folder(folder.path, folder.manifest).identity, source)
        if other is not source:
            raise InputError(
                f"{recipe.file}, line {source.line}: {source.folder} has the same content as "
                f"{other.folder} (line {other.line}); give one of them"
            )


def _common_kind(recipe: MixRecipe, named: Sequence[Path], folders: Sequence[MixFolder]) -> RowKind:
    """Return the kind of rows of all folders: romanized, if all of them are.

    Raises InputError if their units differ.
    """
    kinds = [kind_of(folder.manifest) for folder in folders]
    for path, kind in zip(named, kinds, strict=True):
        if kind.unit != kinds[0].unit:
            raise InputError(
                f"{recipe.file}: {path} contains {TALLIES[kind.unit]}, but {named[0]} contains "
                f"{TALLIES[kinds[0].unit]}; mix folders of one unit"
            )
    of_corpora = [kind for kind, folder in zip(kinds, folders, strict=True) if not folder.paired]
    styles = {(kind.style, kind.side, kind.marks) for kind in kinds}
    style, side, marks = styles.pop() if len(styles) == 1 else ("replace", "right", ("", ""))
    return RowKind(
        kinds[0].unit,
        style,
        side,
        marks,
        max(kind.passes for kind in kinds),
        mixed=True,
        romanized=all(kind.romanized for kind in kinds),
        names=any(kind.names for kind in of_corpora) or not of_corpora,
        words=any(kind.words for kind in of_corpora),
    )


def _refuse_common_rows(recipe: MixRecipe, stage: StageRecipe, folders: Sequence[int]) -> None:
    """Raise InputError if two sources of a stage choose rows of the same kind from a folder."""
    for (one, folder), (other, its) in combinations(zip(stage.sources, folders, strict=True), 2):
        either = one.languages is None or other.languages is None
        languages = either or {*(one.languages or ())} & {*(other.languages or ())}
        kinds = "all" in (one.rows, other.rows) or one.rows == other.rows
        if folder == its and languages and kinds:
            raise InputError(
                f"{recipe.file}, line {other.line}: {other.folder} is a source of stage "
                f"{stage.name!r} already (line {one.line}), with rows of the same kind and "
                "language; give them different `rows` or `languages`"
            )


def refuse_large_budgets(recipe: MixRecipe, inputs: MixInputs) -> None:
    """Raise InputError if a budget is larger than any number of words or tokens in the text.

    Only the sizes of the texts are known, from the footers of the parts.
    """
    most = [_most(folder, recipe.count == "tokens") for folder in inputs.folders]
    for _, source, folder in uses_of(recipe, inputs):
        if source.budget is not None and source.budget > most[folder]:
            raise InputError(
                f"{recipe.file}, line {source.line}: a budget of {source.budget:,} "
                f"{recipe.count}, but the text of {source.folder} can have at most "
                f"{most[folder]:,}; give a smaller budget"
            )
    for stage, of_stage in zip(recipe.stages, inputs.of_source, strict=True):
        there = sum(most[folder] for folder in set(of_stage))
        if stage.budget is not None and stage.budget > there:
            raise InputError(
                f"{recipe.file}, line {stage.line}: stage {stage.name!r} has a budget of "
                f"{stage.budget:,} {recipe.count}, but the text of its sources can have at most "
                f"{there:,}; give a smaller budget"
            )


def _most(folder: MixFolder, tokens: bool) -> int:
    """Return an upper bound of the words or tokens in a folder."""
    size = 0
    for part in folder.training:
        metadata = read_footer(folder.path / part.file)
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            columns = (group.column(i) for i in range(group.num_columns))
            size += sum(c.total_uncompressed_size for c in columns if c.path_in_schema == "text")
    return size * _TOKENS_A_BYTE if tokens else size


def held_out_pages(inputs: MixInputs) -> Array:
    """Return uint64[p]: hashes of the pages that any corpus holds out, sorted."""
    columns = ["wiki", "source_language", "page_id"]
    pages = [
        distinct(page_hashes(read_part(folder.path / part.file, columns), 0))
        for folder in inputs.folders
        for part in folder.held_out
    ]
    return distinct(np.concatenate([np.zeros(0, np.uint64), *pages]))


def has_pages(hashes: Array, pages: Array) -> Array:
    """Return bool[n]: whether each hash is among the sorted `pages`."""
    if not len(pages):
        return np.zeros(len(hashes), bool)
    at = np.minimum(np.searchsorted(pages, hashes), len(pages) - 1)
    found: Array = pages[at] == hashes
    return found
