"""`_manifest.json`: parts, parameters, inputs and counts of a complete folder; written last."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from cstool.errors import InputError
from cstool.storage.counts import Counts, largest
from cstool.storage.file_hashes import FileRead, sha256
from cstool.storage.schemas import Unit

MANIFEST = "_manifest.json"
# Folders of side tables: the page and the paragraph of each sentence. Programs that read all
# Parquet files of a folder have to skip them: Arrow ignores names that begin with _, Polars and
# datasets ignore files whose names do not end with .parquet.
ATTRIBUTION = "_attribution/"
PARAGRAPHS = "_paragraphs/"
_BESIDE = ".pq"
# Name endings of Parquet files: parts and side tables.
PARQUET = (".parquet", _BESIDE)
# In a folder of `titles`: the items that are pages and not entities.
NOT_ENTITIES = "not_entities.parquet"
# The hash index of titles: the common beginning of its file names.
TITLE_INDEX = "index"
_SAMPLE = 1 << 20
STANDARD_INPUT = "-"
# Paths of stages' manifests in a folder of folders; `make corpus` has one subfolder per wiki.
_NESTED = (f"*/{MANIFEST}", f"*/*/{MANIFEST}")
_MOST_INSIDE = 12
_MOST_NAMES = 1000  # in a detail that is copied into later manifests: all languages


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input of a stage.

    `name`: the stage's name for a folder, the file name for a file. `bytes`: size, None for
    standard input before it is read. `fingerprint`: the sha256 of a folder's manifest, or the xxh3
    of a file's bytes (None before it is read). `sample`: the xxh3 of a file's size and of 18 byte
    ranges; None for folders and standard input.
    """

    name: str
    bytes: int | None
    fingerprint: str | None
    sample: str | None = None

    def as_claimed(self) -> "Input":
        """Return the input as known before it is read, which identifies the run."""
        if self.name == STANDARD_INPUT:
            return Input(self.name, None, None)
        if (self.fingerprint or "").startswith("xxh3:"):  # of cstool 0.1: a sample
            return Input(self.name, self.bytes, None, self.fingerprint)
        return self if self.sample is None else Input(self.name, self.bytes, None, self.sample)

    @property
    def identity(self) -> str | None:
        """The value that distinguishes inputs of one run; None for standard input."""
        return self.sample or self.fingerprint


class Part(msgspec.Struct, frozen=True):
    """One output file: its path in the folder, rows, size in bytes, and sha256."""

    file: str
    rows: int
    bytes: int
    checksum: str


class Source(msgspec.Struct, frozen=True):
    """The wiki of the text and its language, copied from stage to stage."""

    wiki: str
    language: str


class Queried(msgspec.Struct, frozen=True):
    """When a server was asked: the times of the first and the last reply (UTC, ISO 8601)."""

    first: str
    last: str


class Ancestor(msgspec.Struct, frozen=True):
    """A preceding stage: its manifest without the parts.

    A detail has its 1,000 largest numbers and the sum of the others.
    """

    stage: str
    version: str
    parameters: dict[str, Any]
    inputs: list[Input]
    counts: Counts
    source: Source | None = None
    queried: Queried | msgspec.UnsetType = msgspec.UNSET


class Manifest(msgspec.Struct, frozen=True):
    """The content of `_manifest.json`, which is independent of time and machine.

    `lineage`: the preceding stages, from the dumps on, each once. `checksum`: the xxh3 of the other
    fields as JSON, "" if cstool 0.1 wrote the manifest. `queried`: only of a server's data. `unit`:
    what a row of text contains; unset for other rows, and by cstool 0.1 for sentences.
    """

    stage: str
    version: str
    parameters: dict[str, Any]
    inputs: list[Input]
    parts: list[Part]
    counts: Counts
    source: Source | None = None
    lineage: list[Ancestor] = []
    checksum: str = ""
    queried: Queried | msgspec.UnsetType = msgspec.UNSET
    unit: Unit | msgspec.UnsetType = msgspec.UNSET

    @property
    def row_unit(self) -> Unit:
        """What a row of text contains."""
        return self.unit or "sentence"

    @property
    def tables(self) -> list[Part]:
        """The parts with the stage's rows: without side tables, indexes and cards."""
        return [
            part
            for part in self.parts
            if part.file.endswith(".parquet") and part.file != NOT_ENTITIES
        ]

    def beside(self, folder: str) -> list[Part]:
        """Return the side tables in `folder` (ATTRIBUTION or PARAGRAPHS)."""
        return [part for part in self.parts if part.file.startswith(folder)]


def beside_part(folder: str, part: str) -> str:
    """Return the path of a part's side table in `folder` (ATTRIBUTION or PARAGRAPHS)."""
    return folder + part.removesuffix(".parquet") + _BESIDE


def read_manifest(folder: Path) -> Manifest | None:
    """Return the folder's manifest, or None if it has none.

    Raises InputError if the file exists but is invalid, damaged, or cannot be read.
    """
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); fix this and run again"
        ) from error
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: is not a manifest of cstool ({error}); list all damaged files with `cstool "
            "verify`, then make the folder again with --overwrite"
        ) from error
    if manifest.checksum and manifest.checksum != _checksum_of(manifest):
        raise InputError(
            f"{path}: is damaged (checksum mismatch), or was written by a newer cstool; list all "
            "damaged files with `cstool verify`, then make the folder again with --overwrite"
        )
    for part in manifest.parts:
        if not is_inside(part.file):
            raise InputError(
                f"{path}: lists {part.file!r}, which is not a path inside the folder, so cstool "
                "did not write this manifest; make the folder again elsewhere"
            )
    return manifest


def with_checksum(manifest: Manifest) -> Manifest:
    """Return the manifest with the checksum of its other fields."""
    return msgspec.structs.replace(manifest, checksum=_checksum_of(manifest))


def _checksum_of(manifest: Manifest) -> str:
    bare = msgspec.structs.replace(manifest, checksum="")
    return f"xxh3:{xxhash.xxh3_128_hexdigest(msgspec.json.encode(bare))}"


def is_inside(file: str) -> bool:
    """Whether a part's path is inside its folder: relative, without `..`, not too long."""
    names = file.split("/")
    invalid = any(name in ("", ".", "..") or "\0" in name for name in names)
    return not invalid and max(len(name.encode()) for name in names) < 256 and len(file) < 1024


def lineage_of(folders: Iterable[Path]) -> list[Ancestor]:
    """Return the stages of these folders and all preceding ones, each after its inputs.

    A folder without a manifest has no lineage. Raises InputError for an invalid manifest.
    """
    ancestors: dict[bytes, Ancestor] = {}
    for folder in folders:
        manifest = read_manifest(folder)
        if manifest is not None:
            for ancestor in (*manifest.lineage, _as_ancestor(manifest)):
                ancestors.setdefault(msgspec.json.encode(ancestor, order="sorted"), ancestor)
    return [*ancestors.values()]


def _as_ancestor(manifest: Manifest) -> Ancestor:
    details = {
        kind: dict(sorted(largest(numbers, _MOST_NAMES).items()))
        for kind, numbers in manifest.counts.details.items()
    }
    return Ancestor(
        manifest.stage,
        manifest.version,
        manifest.parameters,
        manifest.inputs,
        Counts(manifest.counts.tallies, details),
        manifest.source,
        manifest.queried,
    )


def need_stage(folder: Path, *stages: str) -> Manifest:
    """Return the manifest of a folder that one of these stages has completed.

    Raises InputError if the folder is missing, incomplete, or another stage's; if it contains
    folders of the wanted stages, the message names these.
    """
    wanted = " or ".join(f"`cstool {stage}`" for stage in stages)
    if len(stages) > 2:
        wanted = f"`cstool` {', '.join(stages[:-1])} or {stages[-1]}"
    if not folder.exists():
        raise InputError(f"{folder}: no such folder; give a folder written by {wanted}")
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; give a folder written by {wanted}")
    manifest = read_manifest(folder)
    if manifest is None:
        _suggest_nested(folder, stages)
        raise InputError(
            f"{folder}: has no {MANIFEST}, so it is unfinished or not written by cstool; "
            f"run {wanted} to completion first"
        )
    if manifest.stage not in stages:
        raise InputError(
            f"{folder}: contains output of `cstool {manifest.stage}`; give a folder written by "
            f"{wanted}"
        )
    broken = broken_parts(folder, manifest)
    if broken:
        raise InputError(f"{folder}: {broken}; make the folder again with --overwrite")
    return manifest


def _suggest_nested(folder: Path, stages: tuple[str, ...]) -> None:
    """Raise InputError that names the folders of the wanted stages in the folder, if any."""
    inside = sorted(_inside(folder, stages))
    if inside:
        names = [*inside[:_MOST_INSIDE], *(["…"] if inside[_MOST_INSIDE:] else [])]
        raise InputError(
            f"{folder}: is not the folder of a stage, but contains {', '.join(names)}; "
            f"give {'one of them' if inside[1:] else folder / inside[0]}"
        )


def _inside(folder: Path, stages: tuple[str, ...]) -> Iterator[str]:
    for path in (path for pattern in _NESTED for path in folder.glob(pattern)):
        with suppress(InputError):  # an invalid manifest is reported when its folder is given
            manifest = read_manifest(path.parent)
            if manifest and manifest.stage in stages:
                yield path.parent.relative_to(folder).as_posix()


def broken_parts(folder: Path, manifest: Manifest) -> str:
    """Return a message if parts are missing or have another size than listed, else ""."""
    sizes = {p.file: _size(folder / p.file) for p in manifest.parts}
    broken = [part for part in manifest.parts if sizes[part.file] != part.bytes]
    if not broken:
        return ""
    first = broken[0]
    size = sizes[first.file]
    what = "is missing" if size is None else f"has {size:,} bytes instead of {first.bytes:,}"
    total = len(manifest.parts)
    return f"{first.file} {what} ({len(broken)} of {total} parts differ from the manifest)"


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def describe_file(path: Path) -> Input:
    """Return an input file before it is read: its name, its size, and the xxh3 of a sample.

    A pipe has none of these. The sample (18 byte ranges, including both ends) detects a replaced
    file. A changed byte outside the sample is detected when the whole file is read.
    """
    if not path.is_file():
        return Input(STANDARD_INPUT, None, None)
    size = path.stat().st_size
    digest = xxhash.xxh3_128(str(size).encode())
    with path.open("rb") as file:
        for index in range(18):
            file.seek(max(0, (size - _SAMPLE) * index // 17))
            digest.update(file.read(_SAMPLE if index in (0, 17) else _SAMPLE >> 4))
    return Input(path.name, size, None, f"xxh3:{digest.hexdigest()}")


def describe_part(folder: Path, file: str, rows: int) -> Part:
    """Return a complete file of a stage's folder as a part; `rows`: 0 if it has none."""
    path = folder / file
    return Part(file, rows, path.stat().st_size, sha256(path))


def as_read(given: Input, file: FileRead) -> Input:
    """Return an input with the size and fingerprint of the file that was read."""
    return msgspec.structs.replace(given, bytes=file.bytes, fingerprint=file.fingerprint)


def describe_folder(folder: Path, manifest: Manifest) -> Input:
    """Return a stage's folder as an input: the stage's name, its size, its manifest's sha256.

    The folder's name is left out, because output must not depend on paths.
    """
    return Input(
        manifest.stage,
        sum(part.bytes for part in manifest.parts),
        f"sha256:{sha256(folder / MANIFEST)}",
    )
