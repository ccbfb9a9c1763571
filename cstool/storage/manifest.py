"""`_manifest.json`: what a folder holds and how it came to be; written last."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import msgspec
import xxhash

from cstool.errors import InputError
from cstool.storage.counts import Counts, largest

MANIFEST = "_manifest.json"
# Folders of tables beside the rows: which pages a text is from, in which paragraph of its page a
# sentence stands. What reads a folder of Parquet files whole is to pass them over: Arrow does so
# for names with _ in front, Polars and datasets for files that are not called .parquet.
ATTRIBUTION = "_attribution/"
PARAGRAPHS = "_paragraphs/"
_BESIDE = ".pq"
# How the names of Parquet files end, rows and tables beside them.
PARQUET = (".parquet", _BESIDE)
# Of a folder of titles: the items that are pages and no entities.
NOT_ENTITIES = "not_entities.parquet"
# The hash index of titles: the base of its files' names.
TITLE_INDEX = "index"
_SAMPLE = 1 << 20
STANDARD_INPUT = "-"
# How the fingerprint of all bytes of a file begins.
_ALL_BYTES = "xxh3-128:"
_HASHED_AT_ONCE = 1 << 20
# Where stages' folders lie in one that holds them: `make corpus` has a wiki's a folder deeper.
_PLACES = (f"*/{MANIFEST}", f"*/*/{MANIFEST}")
_MOST_INSIDE = 12
# Names of a detail that a later stage's manifest keeps: more than there are languages.
_DETAILS_HANDED_ON = 1000


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input of a stage.

    `fingerprint`: of a folder its manifest's sha256, of a file the xxh3 of all its bytes, which is
    known when they have been read: None before that. `sample`: of a file, the xxh3 of its size and
    of 18 ranges of bytes; None for standard input, whose `bytes` are unknown before it is read.
    """

    name: str
    bytes: int | None
    fingerprint: str | None
    sample: str | None = None

    def as_claimed(self) -> "Input":
        """Return what is known of the input before it is read, by which a run is recognised."""
        if self.name == STANDARD_INPUT:
            return Input(self.name, None, None)
        if (self.fingerprint or "").startswith("xxh3:"):  # of cstool 0.1: a sample
            return Input(self.name, self.bytes, None, self.fingerprint)
        return self if self.sample is None else Input(self.name, self.bytes, None, self.sample)

    @property
    def identity(self) -> str | None:
        """What tells two inputs of one run apart; None for standard input."""
        return self.sample or self.fingerprint


class Part(msgspec.Struct, frozen=True):
    """One output file: its path in the folder, its size, and its sha256."""

    file: str
    rows: int
    bytes: int
    checksum: str


class Source(msgspec.Struct, frozen=True):
    """The wiki that the text comes from, handed on from stage to stage."""

    wiki: str
    language: str


class Ancestor(msgspec.Struct, frozen=True):
    """A stage before this one: what its manifest told, without its parts.

    Of a detail of more than a thousand names, the largest and the sum of the others.
    """

    stage: str
    version: str
    parameters: dict[str, Any]
    inputs: list[Input]
    counts: Counts
    source: Source | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What `_manifest.json` holds. Nothing in it depends on when or where it was made.

    `lineage`: the stages that led here, from the dumps on, each once. `checksum`: the xxh3 of all
    the other fields as JSON; "" if cstool 0.1 wrote it.
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

    @property
    def tables(self) -> list[Part]:
        """The parts that hold the stage's rows; not what tells more of them, indexes, cards."""
        return [
            part
            for part in self.parts
            if part.file.endswith(".parquet") and part.file != NOT_ENTITIES
        ]

    def beside(self, folder: str) -> list[Part]:
        """Return the parts in ATTRIBUTION or PARAGRAPHS."""
        return [part for part in self.parts if part.file.startswith(folder)]


def beside_part(folder: str, part: str) -> str:
    """Return the file in ATTRIBUTION or PARAGRAPHS that belongs to a part."""
    return folder + part.removesuffix(".parquet") + _BESIDE


def read_manifest(folder: Path) -> Manifest | None:
    """Return the folder's manifest, or None when it has none.

    Raises InputError when the file is there and is no manifest.
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
    """Whether a part's path is one inside its folder: relative, without `..`, not too long."""
    pieces = file.split("/")
    odd = any(piece in ("", ".", "..") or "\0" in piece for piece in pieces)
    return not odd and max(len(piece.encode()) for piece in pieces) < 256 and len(file) < 1024


def lineage_of(folders: Iterable[Path]) -> list[Ancestor]:
    """Return the stages that led to these folders, theirs included: each after those it read.

    A folder without a manifest (one that is no stage's) has none. Raises InputError for a bad one.
    """
    found: dict[bytes, Ancestor] = {}
    for folder in folders:
        manifest = read_manifest(folder)
        if manifest is not None:
            for ancestor in (*manifest.lineage, _as_ancestor(manifest)):
                found.setdefault(msgspec.json.encode(ancestor, order="sorted"), ancestor)
    return [*found.values()]


def _as_ancestor(manifest: Manifest) -> Ancestor:
    details = {
        kind: dict(sorted(largest(numbers, _DETAILS_HANDED_ON).items()))
        for kind, numbers in manifest.counts.details.items()
    }
    return Ancestor(
        manifest.stage,
        manifest.version,
        manifest.parameters,
        manifest.inputs,
        Counts(manifest.counts.tallies, details),
        manifest.source,
    )


def need_stage(folder: Path, *stages: str) -> Manifest:
    """Return the manifest of a folder that one of these stages has completed.

    Raises InputError when the folder is missing, unfinished, or another stage's; of one that holds
    such stages' folders it names these.
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
        _tell_of_those_inside(folder, stages)
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


def _tell_of_those_inside(folder: Path, stages: tuple[str, ...]) -> None:
    """Raise InputError that names the wanted stages' folders in the folder, if it holds any."""
    inside = sorted(_inside(folder, stages))
    if inside:
        names = [*inside[:_MOST_INSIDE], *(["…"] if inside[_MOST_INSIDE:] else [])]
        raise InputError(
            f"{folder}: is not the folder of a stage, but contains {', '.join(names)}; "
            f"give {'one of them' if inside[1:] else folder / inside[0]}"
        )


def _inside(folder: Path, stages: tuple[str, ...]) -> Iterator[str]:
    for path in (path for place in _PLACES for path in folder.glob(place)):
        with suppress(InputError):  # a bad one is told when it is given
            manifest = read_manifest(path.parent)
            if manifest and manifest.stage in stages:
                yield path.parent.relative_to(folder).as_posix()


def broken_parts(folder: Path, manifest: Manifest) -> str:
    """Return in words that parts are missing or of another size; "" when all are as listed."""
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


def sha256(path: Path) -> str:
    """Return the file's sha256 in hex, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_file(path: Path) -> Input:
    """Return an input before it is read: its name, its size, and the xxh3 of a sample of it.

    A pipe has neither. The sample (18 ranges of bytes, head and tail among them) notices a file
    that was replaced, not one that was changed in places: that is noticed when all is read.
    """
    if not path.is_file():
        return Input(STANDARD_INPUT, None, None)
    size = path.stat().st_size
    digest = xxhash.xxh3_128(str(size).encode())
    with path.open("rb") as file:
        for place in range(18):
            file.seek(max(0, (size - _SAMPLE) * place // 17))
            digest.update(file.read(_SAMPLE if place in (0, 17) else _SAMPLE >> 4))
    return Input(path.name, size, None, f"xxh3:{digest.hexdigest()}")


class FileHash:
    """The xxh3 (128 bits) of a file's bytes, taken while somebody else reads the file.

    `path` None: of a pipe, whose bytes are handed over.
    """

    def __init__(self, path: Path | None) -> None:
        self._digest = xxhash.xxh3_128()
        self._file = path.open("rb", buffering=0) if path is not None else None
        self._lock = Lock()
        self.bytes = 0

    def take(self, data: bytes, position: int) -> None:
        """Add bytes that were read; `position`: where they end. Known ones are passed over."""
        if position - len(data) == self.bytes:
            self._digest.update(data)
            self.bytes += len(data)

    def reach(self, position: int | None) -> None:
        """Add a file's bytes up to a position (None: all), which were read just now.

        They come from the system's cache, not from the disk once more.
        """
        with self._lock:
            while self._file and (position is None or self.bytes < position):
                left = _HASHED_AT_ONCE if position is None else position - self.bytes
                block = os.pread(self._file.fileno(), min(_HASHED_AT_ONCE, left), self.bytes)
                if not block:
                    return
                self.take(block, self.bytes + len(block))

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the bytes so far, as manifests have it."""
        return all_bytes(self._digest.hexdigest())


class FileRead(NamedTuple):
    """What is known of a file when it has been read: its bytes, and their fingerprint."""

    bytes: int
    fingerprint: str


def all_bytes(digest: str) -> str:
    """Return the fingerprint of a file, given the xxh3 (128 bits, hex) of all its bytes."""
    return _ALL_BYTES + digest


def hash_file(path: Path, read: Callable[[int], object] = lambda n: None) -> FileRead:
    """Return the size and the fingerprint of a file; `read` gets the bytes of each block."""
    hashed = FileHash(path)
    try:
        size = path.stat().st_size
        while hashed.bytes < size:
            before = hashed.bytes
            hashed.reach(min(size, before + _HASHED_AT_ONCE))
            if hashed.bytes == before:
                break
            read(hashed.bytes - before)
        return FileRead(hashed.bytes, hashed.fingerprint)
    finally:
        hashed.close()


def as_read(given: Input, found: FileRead) -> Input:
    """Return an input with what is known when it has been read."""
    return msgspec.structs.replace(given, bytes=found.bytes, fingerprint=found.fingerprint)


def describe_folder(folder: Path, manifest: Manifest) -> Input:
    """Return a stage's folder as an input: the stage's name, its bytes, its manifest's sha256.

    Not the folder's name: what is written must not depend on where things lie.
    """
    return Input(
        manifest.stage,
        sum(part.bytes for part in manifest.parts),
        f"sha256:{sha256(folder / MANIFEST)}",
    )
