"""The folders that a corpus is made from, and the kind of rows on which they have to agree."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cstool.errors import InputError
from cstool.formats.corpus_formats import SENTENCE_FORMATS, FormatName
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.older_folders import need_columns
from cstool.storage.row_kinds import RowKind, kind_of
from cstool.storage.schemas import TALLIES


class SwitchedFolder(NamedTuple):
    """An input folder and its manifest."""

    folder: Path
    manifest: Manifest


def read_folders(
    folders: Sequence[Path], format_: FormatName
) -> tuple[list[SwitchedFolder], RowKind]:
    """Return the folders with their manifests, and the kind of their rows.

    Raises InputError for a folder of another stage, for folders whose rows differ in unit or style,
    and for rows that the format cannot have.
    """
    read = [SwitchedFolder(folder, _need_switched(folder)) for folder in folders]
    kinds = [kind_of(one.manifest) for one in read]
    for one, kind in zip(read, kinds, strict=True):
        need_columns(one.folder, one.manifest, kind.schema)
        if format_ in SENTENCE_FORMATS and (other := _no_plain_sentences(kind)):
            raise InputError(
                f"{one.folder}: contains {other}, and --format {format_} takes only sentences "
                "whose entities were replaced once; give --format cstool or jsonl"
            )
        if format_ == "translico" and not kind.romanized:
            raise InputError(
                f"{one.folder}: is not romanized, and --format translico needs text in Latin "
                "letters; give a folder made from it by `cstool romanize`"
            )
    _need_equal(folders, kinds, lambda kind: TALLIES[kind.unit])
    _need_equal(folders, kinds, _style)
    _need_equal(folders, kinds, _letters)
    one_of = replace(
        max(kinds, key=lambda kind: kind.passes),
        names=any(kind.names for kind in kinds),
        words=any(kind.words for kind in kinds),
    )
    return [one._replace(folder=one.folder.absolute()) for one in read], one_of


def _need_switched(folder: Path) -> Manifest:
    """Return the manifest of a folder of `switch`, or of `romanize` that was made from one."""
    manifest = need_stage(folder, "switch", "romanize")
    if manifest.stage == "romanize" and (made_from := manifest.inputs[0].name) != "switch":
        raise InputError(
            f"{folder}: romanized output of `cstool {made_from}`; give that of `cstool switch`"
        )
    return manifest


def _no_plain_sentences(kind: RowKind) -> str:
    """Return what rows are, if they are not sentences that were replaced in one pass, else ""."""
    if kind.unit != "sentence":
        return TALLIES[kind.unit]
    if kind.annotated:
        return "annotated sentences"
    return f"{kind.passes} passes" if kind.passes > 1 else ""


def _style(kind: RowKind) -> str:
    marks = f" in {kind.marks[0]!r} and {kind.marks[1]!r}" if any(kind.marks) else ""
    if not kind.annotated:
        return f"replaced entities{marks}"
    return f"entities annotated on the {kind.side}{marks}"


def _letters(kind: RowKind) -> str:
    return "romanized rows" if kind.romanized else "rows that are not romanized"


def _need_equal(
    folders: Sequence[Path], kinds: Sequence[RowKind], described: Callable[[RowKind], str]
) -> None:
    """Raise InputError if a description of rows differs between folders."""
    first = described(kinds[0])
    for folder, kind in zip(folders, kinds, strict=True):
        if described(kind) != first:
            raise InputError(
                f"{folder}: contains {described(kind)}, but {folders[0]} contains {first}; make a "
                "corpus of each"
            )
