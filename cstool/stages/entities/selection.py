"""What `cstool entities` keeps of a dump: `--languages`, `--sites`, `--only`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from cstool.arrays.arrow import flat, one_chunk
from cstool.errors import InputError, WrongCallError
from cstool.languages.codes import languages, resolve
from cstool.languages.fallbacks import chain
from cstool.stages.entities.rows import Choice
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import open_part, save_array
from cstool.storage.manifest import need_stage

# What Wikibase falls back to when a language's chain has nothing
# (https://www.wikidata.org/wiki/Help:Default_values_for_labels_and_aliases).
LAST_FALLBACKS = ("mul", "en")

Qids = np.ndarray[Any, np.dtype[np.uint32]]
_SITE = re.compile(r"[a-z][a-z0-9_]*")
_QID = re.compile(rb"[Qq]([1-9][0-9]{0,9})")


@dataclass(frozen=True)
class Wanted:
    """The languages, sites and QIDs (sorted) that are asked for; None is all."""

    languages: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    qids: Qids | None = None

    def parameters(self) -> dict[str, Any]:
        """Return those that are given, for the manifest; of the QIDs number and xxh3."""
        found: dict[str, Any] = {}
        if self.languages is not None:
            found["languages"] = list(self.languages)
        if self.sites is not None:
            found["sites"] = list(self.sites)
        if self.qids is not None:
            digest = xxhash.xxh3_64_hexdigest(self.qids.astype("<u4").tobytes())
            found["only"] = f"{len(self.qids)} items, xxh3:{digest}"
        return found

    def choice(self, file: Path) -> Choice:
        """Return the same for workers, with the QIDs in that file, which is written."""
        if self.qids is None:
            return Choice(self.languages, self.sites)
        with whole_file(file) as temporary:
            save_array(temporary, self.qids)
        return Choice(self.languages, self.sites, str(file))


def find_wanted(codes: str | None, sites: str | None, only: Path | None) -> Wanted:
    """Return what the options name. Raises InputError when they name nothing, or what is none."""
    return Wanted(
        None if codes is None else languages_of(codes),
        None if sites is None else sites_of(sites),
        None if only is None else qids_of(only),
    )


def languages_of(spec: str) -> tuple[str, ...]:
    """Return the codes to keep for these languages: their own, and those they fall back to.

    Both as they are written today and were before. `spec`: codes with commas between, or
    "entitycs" for its 93. Raises InputError for others.
    """
    codes = resolve(spec, ())
    kept = {*codes, *LAST_FALLBACKS, *(other for code in codes for other in chain(code))}
    return tuple(sorted(kept | {old for code in kept for old in languages()[code].old}))


def sites_of(spec: str) -> tuple[str, ...]:
    """Return the site names between commas, such as enwiki. Raises WrongCallError for others."""
    names = [word.strip() for word in spec.split(",") if word.strip()]
    for name in names:
        if not _SITE.fullmatch(name) or "wik" not in name:
            hint = "give database names such as enwiki, zh_min_nanwiki"
            raise WrongCallError(f"--sites: {name!r} is no name of a wiki; {hint}")
    if not names:
        raise WrongCallError("--sites: names no wiki; give names such as enwiki,dewiki")
    return tuple(sorted(set(names)))


# Bytes: a QID and a remark. The rest of a longer line is read as the next one.
_LONGEST_LINE = 1 << 16


def qids_of(path: Path) -> Qids:
    """Return the QIDs in a file (one a line, `#` begins a remark), or those a folder links to.

    Sorted, each once. Raises InputError for a line that is none, and when there are none at all.
    """
    qids = _linked(path) if path.is_dir() else np.fromiter(_listed(path), np.uint32)
    if not len(qids):
        raise InputError(f"{path}: names no items; give a file with a QID a line")
    return np.unique(qids)


def _listed(path: Path) -> Iterator[int]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                word = line.partition(b"#")[0].strip().removeprefix(b"\xef\xbb\xbf")
                match = _QID.fullmatch(word)
                if match and int(match[1]) < 1 << 32:
                    yield int(match[1])
                elif word:
                    raise InputError(
                        f"{path}: line {number:,} is no QID: {word[:40]!r}; give one a line, "
                        "such as Q42"
                    )
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); give a file with a QID a line, "
            "or a folder that `cstool link` wrote"
        ) from error


def _linked(folder: Path) -> Qids:
    """Return the QIDs of the mentions in a folder of `cstool link`, a row group at a time."""
    found: Qids = np.zeros(0, np.uint32)
    pending: list[Qids] = []
    for part in need_stage(folder, "link").tables:
        file = open_part(folder / part.file)
        for index in range(file.num_row_groups):
            table = file.read_row_group(index, columns=["mentions"], use_threads=False)
            _, mentions = flat(one_chunk(table.column("mentions")))
            qids = mentions.field("qid").drop_null().to_numpy()
            pending.append(np.unique(qids))
        if sum(map(len, pending)) > 1 << 24:
            found, pending = np.unique(np.concatenate([found, *pending])), []
    return np.unique(np.concatenate([found, *pending]))
