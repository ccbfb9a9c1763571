"""The selection of `cstool entities`: `--languages`, `--sites` and `--only`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from cstool.errors import WrongCallError
from cstool.languages.codes import current, is_all, languages, names, resolve
from cstool.languages.fallbacks import chain
from cstool.stages.entities.rows import EntityFilter
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import save_array
from cstool.storage.manifest import Source, need_stage
from cstool.storage.qid_lists import Qids, qids_of

# The last fallback languages of Wikibase, after those of the language itself
# (https://www.wikidata.org/wiki/Help:Default_values_for_labels_and_aliases).
LAST_FALLBACKS = ("mul", "en")

# Bytes of JSON per selected item in a part: 32,768 items, one row group, for the default part size.
_BYTES_AN_ITEM = 2 << 10
# A part is held in memory while it is sorted.
_LARGEST_PART = 128 << 20

_SITE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class EntitySelection:
    """The selected languages, sites and QIDs (sorted); None selects all."""

    languages: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    qids: Qids | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the given options for the manifest; of QIDs, their number and an xxh3 hash."""
        parameters: dict[str, Any] = {}
        if self.languages is not None:
            parameters["languages"] = list(self.languages)
        if self.sites is not None:
            parameters["sites"] = list(self.sites)
        if self.qids is not None:
            digest = xxhash.xxh3_64_hexdigest(self.qids.astype("<u4").tobytes())
            parameters["only"] = f"{len(self.qids)} items, xxh3:{digest}"
        return parameters

    def cuts(self, part_size: int) -> list[int] | None:
        """Return the boundaries of the parts' QIDs; None without a list of QIDs.

        A part has the selected items between every n-th QID of the list, so that equal rows are
        written to equal parts, wherever they come from.
        """
        if self.qids is None:
            return None
        each = max(1, min(part_size, _LARGEST_PART) // _BYTES_AN_ITEM)
        return [*self.qids[::each].tolist(), int(self.qids[-1]) + 1]

    def choice(self, file: Path) -> EntityFilter:
        """Return the filter for workers; write its QIDs to `file`."""
        if self.qids is None:
            return EntityFilter(self.languages, self.sites)
        with whole_file(file) as temporary:
            save_array(temporary, self.qids)
        return EntityFilter(self.languages, self.sites, str(file))


def find_wanted(
    codes: str | None, sites: str | None, only: Sequence[Path] | None
) -> EntitySelection:
    """Return the selection of the options. Raises InputError for an empty or invalid value.

    `only`: files of QIDs and folders of `link`; None selects all items. The languages and the wikis
    of these folders' text are selected, too: `switch` compares anchors with names in them.
    """
    sources = [source for path in only or () if (source := _source_of(path))]
    kept_sites = None if sites is None else sites_of(sites)
    if kept_sites is not None:
        kept_sites = tuple(sorted({*kept_sites, *(source.wiki for source in sources)}))
    return EntitySelection(
        None if codes is None or is_all(codes) else languages_of(codes, sources),
        kept_sites,
        None if only is None else np.unique(np.concatenate([*map(qids_of, only)])),
    )


def _source_of(path: Path) -> Source | None:
    return need_stage(path, "link").source if path.is_dir() else None


def languages_of(spec: str, sources: Sequence[Source] = ()) -> tuple[str, ...]:
    """Return the codes to keep for these languages: their own and those of their fallbacks.

    Includes former codes of the same languages. `spec`: comma-separated codes, or "entitycs" for
    the 93 languages of EntityCS; `sources`: wikis whose languages to keep, too. Raises InputError
    for an unknown code.
    """
    codes = {*resolve(spec, ()), *(current(source.language) for source in sources)} & names().keys()
    kept = {*codes, *LAST_FALLBACKS, *(other for code in codes for other in chain(code))}
    return tuple(sorted(kept | {old for code in kept for old in languages()[code].old}))


def sites_of(spec: str) -> tuple[str, ...]:
    """Return comma-separated site names, given in any case, sorted.

    Raises WrongCallError for an invalid name.
    """
    wikis = [word.strip().lower() for word in spec.split(",") if word.strip()]
    for name in wikis:
        if not _SITE.fullmatch(name) or "wik" not in name:
            hint = "give names such as enwiki or zh_min_nanwiki"
            raise WrongCallError(f"--sites: {name!r} is not a wiki's database name; {hint}")
    if not wikis:
        raise WrongCallError("--sites: no wiki given; give names such as enwiki,dewiki")
    return tuple(sorted(set(wikis)))
