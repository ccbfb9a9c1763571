"""`cstool verify`: are folders, and what they were made from, as they were written?"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.download.lock import LOCK
from cstool.download.record import PART, RECORD, CompleteFile, DownloadRecord, read_record
from cstool.errors import InputError
from cstool.report.verify.lineage import Artifact, Dependency, links
from cstool.storage.locks import is_lock
from cstool.storage.manifest import (
    MANIFEST,
    PARQUET,
    STANDARD_INPUT,
    FileHash,
    Input,
    Manifest,
    Part,
    describe_file,
    describe_folder,
    hash_file,
    read_manifest,
)
from cstool.storage.ownership import WORK, is_stage
from cstool.storage.timings import TIMINGS

_BLOCK = 1 << 20
# Names of dumps in a folder that no `cstool download` made.
_DUMP = re.compile(r"\.(xml(-p\d+p\d+)?|json|sql)\.(bz2|gz|zst|xz)$|\.(xml|sql)$")
# Takes the number of bytes that were read.
ReadBytes = Callable[[int], object]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, where: `missing`, `changed`, `foreign`, or `unfinished`."""

    kind: str
    place: str
    what: str


class CheckedFolder(msgspec.Struct, frozen=True):
    """A folder that was looked at: what it is, its files and their bytes."""

    place: str
    what: str
    files: int
    bytes: int


class VerifyResult(msgspec.Struct, frozen=True):
    """What was looked at, what is wrong with it, and what could not be followed any further."""

    sound: bool
    folders: list[CheckedFolder]
    wrong: list[Problem]
    unchecked: list[str]


class CheckTargets(msgspec.Struct, frozen=True):
    """What there is to look at: folders of stages, folders of downloads, single dumps."""

    stages: list[Path]
    downloads: list[Path]
    dumps: list[Path]


def targets(paths: Sequence[Path]) -> CheckTargets:
    """Return what the paths hold: themselves, or what lies below a folder that is no stage's.

    Raises InputError for a path that is not there, or holds nothing of cstool's.
    """
    found = CheckTargets([], [], [])
    for path in paths:
        before = sum(map(len, msgspec.structs.astuple(found)))
        if path.is_file():
            found.dumps.append(path)
        elif path.is_dir():
            _look_below(path, found)
        else:
            raise InputError(f"{path}: no such file or folder")
        if before == sum(map(len, msgspec.structs.astuple(found))):
            raise InputError(
                f"{path}: holds nothing that cstool wrote (no {MANIFEST}, no {RECORD}); give the "
                "folders of stages and downloads, or the dumps themselves"
            )
    return CheckTargets(*(list(dict.fromkeys(kind)) for kind in msgspec.structs.astuple(found)))


def _look_below(folder: Path, found: CheckTargets) -> None:
    """Find stages, one inside another, too, downloads and plain dumps; folders are no links."""
    stage, downloads = is_stage(folder), (folder / RECORD).exists()
    if stage:
        found.stages.append(folder)
    elif downloads:
        found.downloads.append(folder)
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.is_symlink() and not path.name.startswith(".") and path.name != WORK:
                _look_below(path, found)
        elif not stage and not downloads and _DUMP.search(path.name) and path.is_file():
            found.dumps.append(path)


def bytes_to_read(found: CheckTargets) -> int:
    """Return how many bytes are to be read, as far as manifests and records tell."""
    total = 0
    for folder in [*found.stages, *found.downloads]:
        try:
            manifest, record = read_manifest(folder), read_record(folder)
        except InputError:  # told when the folder is looked at
            continue
        total += sum(part.bytes for part in manifest.parts) if manifest else 0
        total += sum(kept.bytes for kept in record.files.values()) if record else 0
    return total + sum(path.stat().st_size for path in found.dumps)


def verify(
    found: CheckTargets, *, quick: bool = False, read: ReadBytes = lambda n: None
) -> VerifyResult:
    """Look at all of it. With `quick`, checksums are left out, and files hardly read."""
    wrong: list[Problem] = []
    checked: list[CheckedFolder] = []
    things: list[Artifact] = []
    for folder in found.stages:
        manifest = _manifest_of(folder, wrong)
        if manifest:
            described = describe_folder(folder, manifest)
            inputs = tuple(map(_of_today, manifest.inputs))
            name, source = manifest.stage, manifest.source
            things.append(Artifact(str(folder), name, described.fingerprint, inputs, source))
            wrong += _look_at_parts(folder, manifest, read, quick=quick)
            checked.append(
                CheckedFolder(
                    str(folder), manifest.stage, len(manifest.parts), described.bytes or 0
                )
            )
    for folder in found.downloads:
        record = _record_of(folder, wrong)
        hashes: dict[str, str] = {}
        wrong += _look_at_downloads(folder, record, read, hashes, quick=quick)
        for name, kept in record.files.items():
            known = hashes.get(name)
            things.append(Artifact(str(folder / name), name, known, sample=kept.fingerprint))
        size = sum(kept.bytes for kept in record.files.values())
        checked.append(CheckedFolder(str(folder), "download", len(record.files), size))
    for path in found.dumps:
        given = describe_file(path)
        fingerprint = None if quick else hash_file(path, read).fingerprint
        things.append(Artifact(str(path), given.name, fingerprint, sample=given.sample))
        checked.append(CheckedFolder(str(path), "dump", 1, given.bytes or 0))
    chain = links(things)
    wrong += [_broken(link) for link in chain if link.instead]
    open_ends = (_unchecked(link) for link in chain if not link.found and not link.instead)
    return VerifyResult(not wrong, checked, wrong, list(dict.fromkeys(open_ends)))


def _of_today(given: Input) -> Input:
    """Return an input as today's manifests have it: cstool 0.1 called the sample a fingerprint."""
    return given.as_claimed() if (given.fingerprint or "").startswith("xxh3:") else given


def _manifest_of(folder: Path, wrong: list[Problem]) -> Manifest | None:
    try:
        manifest = read_manifest(folder)
    except InputError as fault:
        wrong.append(Problem("changed", str(folder / MANIFEST), str(fault)))
        return None
    if manifest is None:
        what = f"has no {MANIFEST}: the same command as before finishes it"
        wrong.append(Problem("unfinished", str(folder), what))
    return manifest


def _record_of(folder: Path, wrong: list[Problem]) -> DownloadRecord:
    try:
        return read_record(folder) or DownloadRecord()
    except InputError as fault:
        wrong.append(Problem("changed", str(folder / RECORD), str(fault)))
        return DownloadRecord()


# ---- a stage's folder ----


def _look_at_parts(
    folder: Path, manifest: Manifest, read: ReadBytes, *, quick: bool
) -> Iterator[Problem]:
    for part in manifest.parts:
        path = folder / part.file
        if not path.is_file():
            yield Problem("missing", str(path), f"is not there; it had {part.bytes:,} bytes")
        elif what := _change(path, part, read, quick=quick):
            yield Problem("changed", str(path), what)
    listed = {part.file for part in manifest.parts} | {MANIFEST, TIMINGS}
    for path in _files_in(folder):
        name = path.relative_to(folder).as_posix()
        if name not in listed and not is_lock(name):
            yield Problem("foreign", str(path), f"is not in {MANIFEST}")


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and those below it, but for other stages' folders."""
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or path.is_symlink():
            yield path
        elif not is_stage(path) and not (path / RECORD).exists():
            yield from _files_in(path)


def _change(path: Path, part: Part, read: ReadBytes, *, quick: bool) -> str:
    """Return in what a part is not as its manifest has it; "" when it is."""
    size = path.stat().st_size
    if size != part.bytes:
        return f"has {size:,} bytes, not its {part.bytes:,}"
    if not quick and _digest(path, "sha256", read) != part.checksum:
        return "its bytes are not those that were written (by their sha256)"
    if path.suffix in PARQUET:
        try:
            rows = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowInvalid):
            return "is no Parquet any more"
        if rows != part.rows:
            return f"has {rows:,} rows, not its {part.rows:,}"
    return ""


def _digest(path: Path, kind: str, read: ReadBytes) -> str:
    digest = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            read(len(block))
    return digest.hexdigest()


# ---- downloads ----


def _look_at_downloads(
    folder: Path, record: DownloadRecord, read: ReadBytes, hashes: dict[str, str], *, quick: bool
) -> Iterator[Problem]:
    """Yield what is wrong with downloads; note the fingerprint of each file that is read."""
    for name, kept in record.files.items():
        path = folder / name
        if not path.is_file():
            what = f"is not there; it was fetched from {kept.url}"
            yield Problem("missing", str(path), what)
        elif what := _change_of_dump(path, kept, read, hashes, quick=quick):
            yield Problem("changed", str(path), what)
    begun = {name + PART for name in record.begun}
    for path in sorted(folder.iterdir()):
        if path.name in begun:
            what = "is being fetched: the same `cstool download` as before finishes it"
            yield Problem("unfinished", str(path), what)
        elif path.is_file() and path.name not in {*record.files, RECORD, LOCK}:
            yield Problem("foreign", str(path), f"is not in {RECORD}")


def _change_of_dump(
    path: Path, kept: CompleteFile, read: ReadBytes, hashes: dict[str, str], *, quick: bool
) -> str:
    size = path.stat().st_size
    if size != kept.bytes:
        return f"has {size:,} bytes, not its {kept.bytes:,}"
    if quick:
        same = describe_file(path).sample == kept.fingerprint
        return "" if same else "its bytes are not those that were fetched (by samples)"
    hashed = FileHash(path)

    def hash_too(number: int) -> None:
        hashed.reach(hashed.bytes + number)
        read(number)

    sha1 = _digest(path, "sha1", hash_too)
    hashed.close()
    hashes[path.name] = hashed.fingerprint
    if sha1 != kept.sha1:
        return "its bytes are not those that were fetched (by their sha1)"
    return ""


# ---- the chain ----


def _broken(link: Dependency) -> Problem:
    there = ", ".join(link.instead)
    what = f"was made from another {_named(link)} than {there}, as that is now"
    return Problem("changed", link.place, what)


def _unchecked(link: Dependency) -> str:
    if link.input.name == STANDARD_INPUT:
        return f"{link.place}: was made from standard input"
    return f"{link.place}: was made from {_named(link)}, which was not given"


def _named(link: Dependency) -> str:
    by_manifest = (link.input.fingerprint or "").startswith("sha256:")
    return f"`{link.input.name}`" if by_manifest else link.input.name
