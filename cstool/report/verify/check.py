"""Verifies that folders are unchanged, and that their inputs are the ones in their manifests."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from cstool.download.lock import LOCK
from cstool.download.record import CompleteFile, DownloadRecord, read_record
from cstool.errors import InputError
from cstool.published.set_lists import PART, RECORD
from cstool.report.verify.lineage import Artifact, Dependency, links
from cstool.report.verify.row_rules import broken_rules
from cstool.storage.file_hashes import FileHash, hash_file
from cstool.storage.locks import is_lock
from cstool.storage.manifest import (
    MANIFEST,
    PARQUET,
    STANDARD_INPUT,
    Input,
    Manifest,
    Part,
    describe_file,
    describe_folder,
    read_manifest,
)
from cstool.storage.ownership import WORK, is_stage
from cstool.storage.timings import TIMINGS

_BLOCK = 1 << 20
# File names of dumps, in folders that `cstool download` did not make.
_DUMP = re.compile(r"\.(xml(-p\d+p\d+)?|json|sql)\.(bz2|gz|zst|xz)$|\.(xml|sql)$")
# Called with the number of bytes that were read.
ReadBytes = Callable[[int], object]


class Problem(msgspec.Struct, frozen=True):
    """A problem. `place`: a path.

    `kind`: `missing`, `changed`, `foreign`, `unfinished`, or `invalid`, for a row that breaks a
    rule.
    """

    kind: str
    place: str
    what: str


class CheckedFolder(msgspec.Struct, frozen=True):
    """A verified folder or dump: its path, its kind, its number of files and their bytes."""

    place: str
    what: str
    files: int
    bytes: int


class VerifyResult(msgspec.Struct, frozen=True):
    """The verified folders, the problems, and the inputs that could not be checked."""

    sound: bool
    folders: list[CheckedFolder]
    wrong: list[Problem]
    unchecked: list[str]


class CheckTargets(msgspec.Struct, frozen=True):
    """The paths to verify: folders of stages, folders of downloads, single dumps."""

    stages: list[Path]
    downloads: list[Path]
    dumps: list[Path]


def targets(paths: Sequence[Path]) -> CheckTargets:
    """Return the paths to verify: the given ones, and those below them.

    Raises InputError for a missing path, and for a folder without output of cstool.
    """
    selected = CheckTargets([], [], [])
    for path in paths:
        before = sum(map(len, msgspec.structs.astuple(selected)))
        if path.is_file():
            selected.dumps.append(path)
        elif path.is_dir():
            _look_below(path, selected)
        else:
            raise InputError(f"{path}: no such file or folder; give an existing one")
        if before == sum(map(len, msgspec.structs.astuple(selected))):
            raise InputError(
                f"{path}: contains no output of cstool (no {MANIFEST}, no {RECORD}); give the "
                "folders of stages and downloads, or dumps"
            )
    return CheckTargets(*(list(dict.fromkeys(kind)) for kind in msgspec.structs.astuple(selected)))


def _look_below(folder: Path, selected: CheckTargets) -> None:
    """Find folders of stages (also nested), downloads and dumps; do not follow symbolic links."""
    stage, downloads = is_stage(folder), (folder / RECORD).exists()
    if stage:
        selected.stages.append(folder)
    elif downloads:
        selected.downloads.append(folder)
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not path.is_symlink() and not path.name.startswith(".") and path.name != WORK:
                _look_below(path, selected)
        elif not stage and not downloads and _DUMP.search(path.name) and path.is_file():
            selected.dumps.append(path)


def bytes_to_read(selected: CheckTargets) -> int:
    """Return the number of bytes to read, according to manifests and records."""
    total = 0
    for folder in [*selected.stages, *selected.downloads]:
        try:
            manifest, record = read_manifest(folder), read_record(folder)
        except InputError:  # reported when the folder is verified
            continue
        total += sum(part.bytes for part in manifest.parts) if manifest else 0
        total += sum(kept.bytes for kept in record.files.values()) if record else 0
    return total + sum(path.stat().st_size for path in selected.dumps)


def verify(
    selected: CheckTargets, *, quick: bool = False, read: ReadBytes = lambda n: None
) -> VerifyResult:
    """Verify all targets. `quick`: without checksums, so most of the bytes are not read."""
    wrong: list[Problem] = []
    checked: list[CheckedFolder] = []
    things: list[Artifact] = []
    partly: list[tuple[str, Input]] = []
    for folder in selected.stages:
        manifest = _manifest_of(folder, wrong)
        if manifest:
            described = describe_folder(folder, manifest)
            inputs = tuple(map(_of_today, manifest.inputs))
            name, source = manifest.stage, manifest.source
            if manifest.parameters.get("limit"):
                partly += [(str(folder), given) for given in inputs if given.fingerprint is None]
            things.append(Artifact(str(folder), name, described.fingerprint, inputs, source))
            parts = [*_look_at_parts(folder, manifest, read, quick=quick)]
            wrong += parts
            if not quick and not parts:
                wrong += [
                    Problem("invalid", str(folder / one.file), one.what)
                    for one in broken_rules(folder, manifest)
                ]
            checked.append(
                CheckedFolder(
                    str(folder), manifest.stage, len(manifest.parts), described.bytes or 0
                )
            )
    for folder in selected.downloads:
        record = _record_of(folder, wrong)
        hashes: dict[str, str] = {}
        wrong += _look_at_downloads(folder, record, read, hashes, quick=quick)
        for name, kept in record.files.items():
            known = hashes.get(name)
            things.append(Artifact(str(folder / name), name, known, sample=kept.fingerprint))
        size = sum(kept.bytes for kept in record.files.values())
        checked.append(CheckedFolder(str(folder), "download", len(record.files), size))
    for path in selected.dumps:
        given = describe_file(path)
        fingerprint = None if quick else hash_file(path, read).fingerprint
        things.append(Artifact(str(path), given.name, fingerprint, sample=given.sample))
        checked.append(CheckedFolder(str(path), "dump", 1, given.bytes or 0))
    chain = links(things)
    wrong += [_broken(link) for link in chain if link.instead]
    open_ends = [_unchecked(link) for link in chain if not link.found and not link.instead]
    open_ends += [
        f"{link.place}: made from the first part of {_named(link)}, of which a sample was compared"
        for link in chain
        if link.found and (link.place, link.input) in partly
    ]
    return VerifyResult(not wrong, checked, wrong, list(dict.fromkeys(open_ends)))


def _of_today(given: Input) -> Input:
    """Return an input in the current form; cstool 0.1 stored the sample as its fingerprint."""
    return given.as_claimed() if (given.fingerprint or "").startswith("xxh3:") else given


def _manifest_of(folder: Path, wrong: list[Problem]) -> Manifest | None:
    try:
        manifest = read_manifest(folder)
    except InputError as fault:
        wrong.append(Problem("changed", str(folder / MANIFEST), str(fault)))
        return None
    if manifest is None:
        what = f"no {MANIFEST}; run the same command again to finish the folder"
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
            yield Problem("missing", str(path), f"file of {part.bytes:,} bytes not found")
        elif what := _change(path, part, read, quick=quick):
            yield Problem("changed", str(path), what)
    listed = {part.file for part in manifest.parts} | {MANIFEST, TIMINGS}
    for path in _files_in(folder):
        name = path.relative_to(folder).as_posix()
        if name not in listed and not is_lock(name):
            yield Problem("foreign", str(path), f"not listed in {MANIFEST}")


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, recursively, except folders of other stages and downloads."""
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or path.is_symlink():
            yield path
        elif not is_stage(path) and not (path / RECORD).exists():
            yield from _files_in(path)


def _change(path: Path, part: Part, read: ReadBytes, *, quick: bool) -> str:
    """Return how a part differs from its manifest, "" if it does not."""
    size = path.stat().st_size
    if size != part.bytes:
        return f"{size:,} bytes instead of {part.bytes:,}"
    if not quick and _digest(path, "sha256", read) != part.checksum:
        return "content changed (different sha256)"
    if path.suffix in PARQUET:
        try:
            rows = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowInvalid):
            return "not a valid Parquet file"
        if rows != part.rows:
            return f"{rows:,} rows instead of {part.rows:,}"
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
    """Yield the problems of downloads; store the fingerprints of the files in `hashes`."""
    for name, kept in record.files.items():
        path = folder / name
        if not path.is_file():
            what = f"file not found; it was downloaded from {kept.url}"
            yield Problem("missing", str(path), what)
        elif what := _change_of_dump(path, kept, read, hashes, quick=quick):
            yield Problem("changed", str(path), what)
    for group, names in record.sets.items():
        for name in names:
            if name not in record.files and not (folder / (name + PART)).exists():
                what = f"not downloaded; {group} has {len(names)} files"
                yield Problem("missing", str(folder / name), what)
    begun = {name + PART for name in record.begun}
    for path in sorted(folder.iterdir()):
        if path.name in begun:
            what = "incomplete download; run the same `cstool download` command again to finish it"
            yield Problem("unfinished", str(path), what)
        elif path.is_file() and path.name not in {*record.files, RECORD, LOCK}:
            yield Problem("foreign", str(path), f"not listed in {RECORD}")


def _change_of_dump(
    path: Path, kept: CompleteFile, read: ReadBytes, hashes: dict[str, str], *, quick: bool
) -> str:
    size = path.stat().st_size
    if size != kept.bytes:
        return f"{size:,} bytes instead of {kept.bytes:,}"
    if quick:
        same = describe_file(path).sample == kept.fingerprint
        return "" if same else "content changed (different sample)"
    hashed = FileHash(path)

    def hash_too(number: int) -> None:
        hashed.reach(hashed.bytes + number)
        read(number)

    kind, expected = ("sha256", kept.sha256) if kept.sha256 else ("sha1", kept.sha1)
    digest = _digest(path, kind, hash_too)
    hashed.close()
    hashes[path.name] = hashed.fingerprint
    return "" if digest == expected else f"content changed (different {kind})"


# ---- inputs ----


def _broken(link: Dependency) -> Problem:
    there = ", ".join(link.instead)
    what = f"made from another version of {_named(link)} than {there}"
    return Problem("changed", link.place, what)


def _unchecked(link: Dependency) -> str:
    if link.input.name == STANDARD_INPUT:
        return f"{link.place}: made from standard input"
    return f"{link.place}: made from {_named(link)}, which was not given"


def _named(link: Dependency) -> str:
    by_manifest = (link.input.fingerprint or "").startswith("sha256:")
    return f"`{link.input.name}`" if by_manifest else link.input.name
