"""Claims, resumes or refuses an output folder.

A run claims an empty folder, resumes one with its own claim, and refuses any other. An incomplete
folder has the claim in `_run.json`, a complete one has `_manifest.json`.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import xxhash

from cstool.errors import InputError, OutputError, writing
from cstool.execution.options import RunOptions
from cstool.storage.atomic import is_scratch, refuse_links, write_bytes
from cstool.storage.checksums import read_part
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.locks import is_lock, lock_files
from cstool.storage.manifest import (
    MANIFEST,
    PARQUET,
    Input,
    Manifest,
    Part,
    broken_parts,
    is_inside,
    read_manifest,
)
from cstool.storage.parts import PartFooter, footer_of
from cstool.storage.timings import TIMINGS, has_timings

RUN = "_run.json"
WORK = "_work"
# In the work folder: records of files that are not Parquet.
RECORDS = "written"
# In the work folder: for each of these files, what it will contain.
_NOTES = "files"
# In messages, in place of the value of a parameter that an older cstool did not record.
_NOT_RECORDED = "not recorded"


class Claim(msgspec.Struct, frozen=True):
    """The identity of a run: a run with an equal claim resumes the folder, others are refused."""

    stage: str
    version: str
    parameters: dict[str, Any]
    inputs: list[Input]

    def fingerprint(self) -> str:
        """Return the xxh3 (128 bits, hex) of the claim as JSON."""
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(self, order="sorted"))


def claim_of(manifest: Manifest) -> Claim:
    """Return the claim of the run that completed a folder."""
    inputs = [given.as_claimed() for given in manifest.inputs]
    return Claim(manifest.stage, manifest.version, manifest.parameters, inputs)


def finished_run(out: Path, claim: Claim, options: RunOptions) -> Manifest | None:
    """Return the manifest if this run has already completed the folder, else None.

    The folder needs neither a lock nor write access. Raises OutputError if it contains anything
    but output of this run, complete or not, and if the options conflict.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file; give a folder with -o")
    if options.overwrite and options.array_task:
        raise OutputError(
            f"{out}: --overwrite with --task would remove the parts of other array tasks; remove "
            "the folder, then run the array tasks without --overwrite"
        )
    manifest = None if options.overwrite else read_manifest(out)
    if manifest is None:
        _refuse_foreign(out)
        return None
    theirs = claim_of(manifest)
    _refuse_other(out, theirs, claim, same_version=False)
    broken = broken_parts(out, manifest)
    if broken:
        raise OutputError(f"{out}: {broken}; start over with --overwrite")
    return manifest


def claim_folder(out: Path, claim: Claim, options: RunOptions) -> Manifest | None:
    """Claim a locked folder for this run; return its manifest if it is already complete.

    Other array tasks of the same run may be in the folder; they write the same claim. Raises
    OutputError if the folder contains anything but output of this run.
    """
    if options.overwrite:
        with writing(out):
            _clear(out)
        # First the claim: if this run is killed here, the same command can resume it.
        write_bytes(out / RUN, msgspec.json.encode(claim))
        with writing(out / MANIFEST):
            (out / MANIFEST).unlink(missing_ok=True)
        return None
    manifest = finished_run(out, claim, options)
    if manifest is not None:
        tidy(out)  # in case the run was killed after it wrote the manifest
        return manifest
    path = out / RUN
    refuse_links(out, out / WORK)
    if path.exists() and ((out / WORK).exists() or _own_parts(out, None)):
        _refuse_other(out, _read_claim(path), claim, same_version=True)
    elif not path.exists() or path.read_bytes() != msgspec.json.encode(claim):
        write_bytes(path, msgspec.json.encode(claim))  # the run of an older claim made no part
    return None


def refuse_damage(out: Path, counts: Counts, *, keep_going: bool) -> None:
    """Raise InputError if the folder was made from damaged input, unless `keep_going` is set.

    An earlier run with `--keep-going` may have made it.
    """
    faults = list(counts.details.get("damaged inputs", {}))
    if faults and not keep_going:
        raise InputError(
            f"{out}: was made with --keep-going ({faults[0]}); give the option again, or start "
            "over with --overwrite"
        )


def refuse_inputs(out: Path, reads: Iterable[Path], inputs: list[Input]) -> None:
    """Refuse an output folder that is an input, and an input that is given twice.

    Raises OutputError and InputError, respectively.
    """
    folders: set[Path] = set()
    for path in reads:
        if out.resolve() == path.resolve():
            raise OutputError(f"{out}: is an input folder; give another output folder with -o")
        if path.resolve() in folders:
            raise InputError(f"{path}: given twice; give each folder once")
        folders.add(path.resolve())
    names: dict[str, str] = {}
    for given in inputs:
        if given.identity and (other := names.get(given.identity)):
            how = "given twice" if other == given.name else f"has the same content as {other}"
            raise InputError(f"{given.name}: {how}; give each input once")
        names[given.identity or ""] = given.name


def _refuse_foreign(out: Path) -> None:
    """Raise OutputError if the folder has files but no claim or manifest of a run.

    An invalid manifest or claim counts as damaged if the folder has parts of cstool; otherwise as
    another program's file. A work folder without a claim is not cstool's.
    """
    if not out.exists():
        return
    names = {path.name for path in out.iterdir()} - ({TIMINGS} if has_timings(out) else set())
    foreign = sorted(n for n in names if not is_scratch(n) and not is_lock(n))
    # List first, then look for the claim: other array tasks write files after their claim.
    if foreign and _is_claimed(out):
        foreign = [] if (out / RUN).exists() else [n for n in foreign if n == WORK]
    if foreign:
        raise OutputError(
            f"{out}: contains files not written by cstool ({', '.join(foreign[:3])}"
            f"{', …' if len(foreign) > 3 else ''}); choose an empty folder with -o"
        )


def _is_claimed(out: Path) -> bool:
    for name, type_ in ((MANIFEST, Manifest), (RUN, Claim)):
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            msgspec.json.decode((out / name).read_bytes(), type=type_)
            return True
    marked = (out / MANIFEST).exists() or (out / RUN).exists()
    return marked and any(True for _ in _parts_in(out, out))


def _read_claim(path: Path) -> Claim:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Claim)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OutputError(
            f"{path}: cannot be read ({error}); start over with --overwrite"
        ) from error


def tidy(out: Path) -> None:
    """Remove the work folder and then the claim from a complete folder."""
    if not (out / RUN).exists():
        return
    shutil.rmtree(out / WORK, ignore_errors=True)
    with suppress(OSError):  # on a read-only disk it remains
        (out / RUN).unlink(missing_ok=True)


def remove_unlisted(out: Path, run: str, listed: Set[str]) -> None:
    """Remove the parts of this run that are not listed; `run`: the claim's fingerprint."""
    own = _own_parts(out, run)
    _remove([path for path in own if path.relative_to(out).as_posix() not in listed], out)


def _refuse_other(out: Path, theirs: Claim, ours: Claim, *, same_version: bool) -> None:
    if theirs.stage != ours.stage:
        what = f"contains output of `cstool {theirs.stage}`"
    elif theirs.inputs != ours.inputs:
        old, new = _names(theirs.inputs), _names(ours.inputs)
        what = f"was made from another version of {_names(_only_in(theirs.inputs, ours.inputs))}"
        if {i.name for i in theirs.inputs} == {i.name for i in ours.inputs} and old != new:
            count = f"{len(theirs.inputs)} × `{theirs.inputs[0].name}`"  # `shard`: several folders
            what = f"was made from {count} (now {len(ours.inputs)})"
        elif old != new:
            what = f"was made from {old} (now {new})"
    elif theirs.parameters != ours.parameters:
        what = "was made with other parameters: " + ", ".join(
            f"{name}: {_parameter(old)} (now {_parameter(new)})"
            for name, old, new in _differences(theirs.parameters, ours.parameters)
        )
    elif same_version and theirs.version != ours.version:
        what = f"was started by cstool {theirs.version} (this is {ours.version})"
    else:
        return
    raise OutputError(
        f"{out}: {what}; choose another folder with -o, or start over with --overwrite"
    )


def _only_in(inputs: list[Input], others: list[Input]) -> list[Input]:
    """Return the inputs that are not among the others; all if only their order differs."""
    return [given for given in inputs if given not in others] or inputs


def _names(inputs: list[Input]) -> str:
    return ", ".join(i.name for i in inputs)


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parameters that differ: name and both values.

    Those within lists of tables, as in the recipe of a mixture, are named `stages 2 name`.
    """
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key, _NOT_RECORDED), new.get(key, _NOT_RECORDED)
        tables = _are_tables(one) and _are_tables(other) and len(one) == len(other)
        if not tables:
            if old.get(key) != new.get(key):
                yield key, one, other
            continue
        for number, pair in enumerate(zip(one, other, strict=True), 1):
            for name, *values in _differences(*pair):
                yield f"{key} {number} {name}", *values


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _parameter(value: Any) -> str:
    """Return a parameter's value in words."""
    if value is None:
        return "none"
    if isinstance(value, list):
        named = [one.get("name", one) if isinstance(one, dict) else one for one in value]
        text = ",".join(map(str, named))
    else:
        text = str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _clear(out: Path) -> None:
    """Remove the files of the run that claimed the folder, and no others.

    The caller removes the manifest and the claim, so that an interrupted call can be repeated.
    """
    if not (out / MANIFEST).exists() and not (out / RUN).exists():
        return
    refuse_links(out, out / WORK)
    run: str | None = None
    with suppress(InputError, OutputError):  # --overwrite also replaces a damaged manifest or claim
        manifest = read_manifest(out)
        run = (claim_of(manifest) if manifest else _read_claim(out / RUN)).fingerprint()
        _remove([out / part.file for part in manifest.parts] if manifest else [], out)
    if run is None:  # the run of most parts: a user may have copied parts of other runs here
        runs = Counter(footer.run for _, footer in _parts_in(out, out))
        run = max(runs, key=lambda one: runs[one], default="")
    _remove(_own_parts(out, run), out)
    _remove([*_recorded_files(out)], out)
    if (out / RUN).exists():
        shutil.rmtree(out / WORK, ignore_errors=True)
    (out / TIMINGS).unlink(missing_ok=True)


def note_file(out: Path, part: Part) -> None:
    """Note a file that is not Parquet before it gets its name, so that it is known to be ours.

    Its record follows only after all files of its task.
    """
    path = out / WORK / _NOTES / f"{part.file}.json"
    write_bytes(path, msgspec.json.encode(part))


def _recorded_files(out: Path) -> Iterator[Path]:
    """Yield the files of an unfinished run that are not Parquet, unless they were changed.

    Records in the work folder list them (`formats/written_files.py`), or notes.
    """
    found: list[Part] = []
    for record in (out / WORK / RECORDS).rglob("*.parquet"):
        with suppress(InputError, OSError, pa.ArrowException):
            found += [Part(**row) for row in read_part(record).to_pylist()]
    for note in (out / WORK / _NOTES).rglob("*.json"):
        with suppress(msgspec.DecodeError, OSError):
            found.append(msgspec.json.decode(note.read_bytes(), type=Part))
    for part in dict.fromkeys(found):
        path = out / part.file
        if not is_inside(part.file) or not path.is_file():
            continue
        if path.stat().st_size == part.bytes and sha256(path) == part.checksum:
            yield path


def _own_parts(out: Path, run: str | None) -> list[Path]:
    """Return the parts with their original paths; `run`: of the run with this fingerprint only."""
    return [
        path
        for path, footer in _parts_in(out, out)
        if footer.file == path.relative_to(out).as_posix() and run in (None, footer.run)
    ]


def _parts_in(folder: Path, out: Path) -> Iterator[tuple[Path, PartFooter]]:
    """Yield the parts in a folder, recursively.

    Symbolic links, folders of other stages and intermediate parts are skipped.
    """
    try:
        if folder != out and is_stage(folder):
            return
        entries = sorted(folder.iterdir())
    except PermissionError:  # this user's runs have not written there
        return
    for path in entries:
        if path.is_symlink():
            continue
        if not path.is_dir():
            footer = footer_of(path) if path.suffix in PARQUET else None
            if footer is not None:
                yield path, footer
        elif path != out / WORK and not is_scratch(path.name):
            yield from _parts_in(path, out)


def is_stage(folder: Path) -> bool:
    """Whether the folder is the output folder of a stage, complete or not."""
    return any((folder / name).exists() for name in (MANIFEST, RUN)) or bool(lock_files(folder))


def _remove(paths: Iterable[Path], out: Path) -> None:
    """Remove files of `out`, and folders that become empty.

    Files behind a symbolic link or in another stage's folder are kept.
    """
    foreign: dict[Path, bool] = {}
    for path in paths:
        folders = [out / folder for folder in path.relative_to(out).parents if folder != Path()]
        for folder in folders:
            if folder not in foreign:
                foreign[folder] = folder.is_symlink() or is_stage(folder)
        if any(foreign[folder] for folder in folders):
            continue
        path.unlink(missing_ok=True)
        for folder in folders:
            if not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
