"""What `cstool entities` keeps of a dump: `--languages`, `--sites`, `--only`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from cstool.errors import WrongCallError
from cstool.languages.codes import languages, resolve
from cstool.languages.fallbacks import chain
from cstool.stages.entities.rows import EntityFilter
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import save_array
from cstool.storage.qid_lists import Qids, qids_of

# What Wikibase falls back to when a language's chain has nothing
# (https://www.wikidata.org/wiki/Help:Default_values_for_labels_and_aliases).
LAST_FALLBACKS = ("mul", "en")

_SITE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class EntitySelection:
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

    def choice(self, file: Path) -> EntityFilter:
        """Return the same for workers, with the QIDs in that file, which is written."""
        if self.qids is None:
            return EntityFilter(self.languages, self.sites)
        with whole_file(file) as temporary:
            save_array(temporary, self.qids)
        return EntityFilter(self.languages, self.sites, str(file))


def find_wanted(codes: str | None, sites: str | None, only: Path | None) -> EntitySelection:
    """Return what the options name. Raises InputError when they name nothing, or what is none."""
    return EntitySelection(
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
