"""Find the files of a page dump: a folder, or files given by name, are read as one dump."""

import os
import re
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cstool.dumps.streams import STDIN
from cstool.errors import InputError
from cstool.published.dump_names import DumpName, published_name, stem_of
from cstool.published.set_lists import PART, RECORD, SUCCESS, SUMS, checksum_lines

_LISTS = (SUMS, "*-sha1sums.txt", "*-md5sums.txt")
# Bytes of a list of checksums that are read.
_LARGEST_LIST = 16 << 20


class FolderListing(NamedTuple):
    """The files of a folder: `names` with pages, and names that lists of checksums or the record
    of a download have. `unfinished`: names of files whose download is not finished. `is_marked`:
    False if the folder has checksums of a content export without the mark of a complete one.
    """

    folder: str
    names: Sequence[str]
    listed: Collection[str] = ()
    unfinished: Collection[str] = ()
    is_marked: bool = True


class DumpFiles(NamedTuple):
    """The paths of a dump's files, in the order in which they are read, and notes on them."""

    paths: list[str]
    notes: list[str]


def dump_files(given: Sequence[str]) -> DumpFiles:
    """Return the files that these paths of files and folders stand for.

    Files of one set are sorted by their first page; other files stay in the order given. Raises
    InputError for a folder without the files of exactly one dump, or with an incomplete set, and
    for a file that is given twice.
    """
    files: list[str] = []
    notes: list[str] = []
    named: list[str] = []
    for path in given:
        if path != STDIN and os.path.isdir(path):  # noqa: PTH112 - False for a name too long
            found = files_of_folder(read_folder(path))
            files += found.paths
            notes += found.notes
        else:
            files.append(path)
            named.append(path)
    _refuse_repeated(files)
    names = [Path(path).name for path in files]
    pieces = [path for path in named if (name := published_name(Path(path).name)) and name.place]
    for folder in dict.fromkeys(str(Path(path).parent) for path in pieces):
        with suppress(InputError):  # of a folder that need not be readable
            notes += _left_out(read_folder(folder), names)
    return DumpFiles(in_order(files), notes)


def in_order(paths: Sequence[str]) -> list[str]:
    """Return paths by their first page if all files are of one set, else as they are."""
    named = [(published_name(Path(path).name), path) for path in paths]
    editions = {name.edition if name else None for name, _ in named}
    if len(editions) > 1 or None in editions:
        return [*paths]
    return [path for _, path in sorted(named, key=lambda pair: (pair[0] or ("",))[-1])]


def read_folder(path: str) -> FolderListing:
    """Read which files a folder has, and which it should have.

    Raises InputError if the folder or the record of its downloads cannot be read.
    """
    folder = Path(path)
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.is_dir())
        listed = _recorded(folder / RECORD) if RECORD in names else set()
        for name in names:
            if any(fnmatch(name, pattern) for pattern in _LISTS):
                listed |= _checksummed(folder / name)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); check its permissions"
        ) from error
    unfinished = {
        name.removesuffix(PART)
        for name in names
        if name.endswith(PART) and name.removesuffix(PART) not in names
    }
    return FolderListing(
        path,
        [name for name in names if stem_of(name)],
        {name for name in listed if stem_of(name)},
        {name for name in unfinished if stem_of(name)},
        is_marked=SUCCESS in names or SUMS not in names,
    )


class _Record(msgspec.Struct):
    """The part of the record that lists sets of files."""

    sets: dict[str, list[str]] = {}


def _recorded(path: Path) -> set[str]:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=_Record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a valid download record ({error}); remove it, then run `cstool download` "
            "again to verify the existing files"
        ) from error
    return {name for names in record.sets.values() for name in names}


def _checksummed(path: Path) -> set[str]:
    """Return the names in a list of checksums."""
    with path.open("rb") as file:
        text = file.read(_LARGEST_LIST).decode(errors="replace")
    return {name for name, _ in checksum_lines(text)}


def files_of_folder(listing: FolderListing) -> DumpFiles:
    """Return the files of the dump that a folder contains. Errors as in `dump_files`."""
    folder = listing.folder
    if not listing.names:
        unfinished = ", ".join(sorted(listing.unfinished))
        raise InputError(
            f"{folder}: the download of {unfinished} is not finished; run the same `cstool "
            "download` command again"
            if unfinished
            else f"{folder}: contains no page XML (….xml.bz2); give the folder or the files of a "
            "page dump"
        )
    named = {name: published for name in listing.names if (published := published_name(name))}
    _refuse_several(folder, named)
    _refuse_copies(folder, listing.names)
    editions = {published.edition for published in named.values()}
    _refuse_missing(listing, editions)
    ordered = in_order(listing.names) if len(named) == len(listing.names) else None
    names = ordered or sorted(listing.names, key=_natural)
    title = next(iter(named.values())).title if named else folder
    notes = (
        []
        if listing.is_marked
        else [
            f"{folder}: has no file {SUCCESS}, which marks a complete export; if files of {title} "
            "are missing, download it again"
        ]
    )
    if not listing.listed and (gap := _gap(named.values())):
        notes.append(
            f"{folder}: no file name contains pages {gap[0]:,} to {gap[1]:,}; if a file of {title} "
            "is missing, download it"
        )
    return DumpFiles([str(Path(folder) / name) for name in names], notes)


def _gap(names: Iterable[DumpName]) -> tuple[int, int] | None:
    """Return the first range of pages that is missing between the ranges of a set."""
    ranges = sorted(name.place for name in names if len(name.place) == 2)
    for before, after in pairwise(ranges):
        if after[0] > before[1] + 1:
            return before[1] + 1, after[0] - 1
    return None


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers in names by value."""
    return [
        (int(piece), "") if piece.isdecimal() else (0, piece) for piece in re.split(r"(\d+)", name)
    ]


def _refuse_several(folder: str, named: dict[str, DumpName]) -> None:
    """Raise InputError unless all published files of a folder are of one set."""
    names = sorted(named.values())
    for what, values in (
        ("dumps of the wikis", {name.wiki: name.wiki for name in names}),
        ("dumps of the dates", {name.date.replace("-", ""): name.date for name in names}),
        ("the dumps", {name.title: name.title for name in names}),
    ):
        if len(values) > 1:
            *first, last = values.values()
            raise InputError(
                f"{folder}: contains {what} {', '.join(first)} and {last}; give the files of one "
                f"dump, such as {Path(folder) / names[-1].pattern}"
            )
    whole = [name for name, published in named.items() if not published.place]
    pieces = [name for name, published in named.items() if published.place]
    if whole and pieces:
        raise InputError(
            f"{folder}: contains the dump {whole[0]} and pieces of it, such as {pieces[0]}; give "
            f"{Path(folder) / whole[0]}, or only the pieces"
        )


def _refuse_copies(folder: str, names: Iterable[str]) -> None:
    """Raise InputError for two files of a folder that differ in their compression only."""
    stems: dict[str | None, str] = {}
    for name in names:
        other = stems.setdefault(stem_of(name), name)
        if other != name:
            raise InputError(
                f"{folder}: contains the same pages twice, in {other} and {name}; move one of them "
                "to another folder"
            )


def _refuse_missing(listing: FolderListing, editions: Collection[Any]) -> None:
    """Raise InputError for an unfinished file, and for one that should be in the folder."""

    def is_ours(name: str) -> bool:
        published = published_name(name)
        return published.edition in editions if published else not editions

    folder = listing.folder
    for name in sorted(filter(is_ours, listing.unfinished)):
        raise InputError(
            f"{folder}: the download of {name} is not finished; run the same `cstool download` "
            "command again, or give the files to read by name"
        )
    if missing := _missing(listing.listed, listing.names, editions):
        raise InputError(
            f"{folder}: {missing[0]} is missing ({len(missing):,} of the files of this dump); "
            "download it, or give the files to read by name"
        )


def _missing(wanted: Iterable[str], names: Iterable[str], editions: Collection[Any]) -> list[str]:
    """Return the names of these editions' pieces that are not among `names`, in order.

    Files may be compressed in another way. A whole dump and its pieces replace each other.
    """
    present = {stem_of(name) for name in names}
    are_pieces = {
        (published.edition, bool(published.place))
        for name in names
        if (published := published_name(name))
    }
    found = [
        (published.place, name)
        for name in dict.fromkeys(wanted)
        if (published := published_name(name))
        and published.edition in editions
        and (published.edition, bool(published.place)) in are_pieces
        and stem_of(name) not in present
    ]
    return [name for _, name in sorted(found)]


def _left_out(listing: FolderListing, names: Sequence[str]) -> list[str]:
    """Return notes on pieces of the named files' sets that are known but not given."""
    notes = []
    editions = {published.edition for name in names if (published := published_name(name))}
    for edition in sorted(editions):
        missing = _missing([*listing.names, *listing.listed], names, [edition])
        if missing and (published := published_name(missing[0])) and published.place:
            stems = len({stem_of(name) for name in missing})
            notes.append(
                f"{published.title}: other files of this dump are not read, such as "
                f"{missing[0]} ({stems:,} in all)"
            )
    return notes


def _refuse_repeated(paths: Sequence[str]) -> None:
    """Raise InputError for a file that is given twice, under any name, or in two compressions."""
    files: dict[Any, str] = {}
    for path in paths:
        status = _status(path)
        if path != STDIN and (status is None or not stat.S_ISREG(status.st_mode)):
            continue  # reported when it is opened
        key = (status.st_dev, status.st_ino) if status else STDIN
        if key in files:
            also = f" (also as {files[key]})" if files[key] != path else ""
            raise InputError(f"{path}: given twice{also}; give each file once")
        files[key] = path
    stems: dict[str, str] = {}
    for path in files.values():
        stem = stem_of(Path(path).name)
        if stem is None or published_name(stem) is None:
            continue
        if stem in stems:
            raise InputError(
                f"{path}: the same pages as {stems[stem]}, by their names; give one of them"
            )
        stems[stem] = path


def _status(path: str) -> os.stat_result | None:
    try:
        return None if path == STDIN else Path(path).stat()
    except OSError:
        return None
