"""Find the dumps of a date that are complete in a folder, by their names, without the server."""

import re
from collections.abc import Iterable, Set
from dataclasses import replace
from pathlib import Path

from cstool.download.addresses import LATEST, PAGE_RANGE, compact, dashed
from cstool.download.command import DownloadRequest
from cstool.download.listings import sha256_lines
from cstool.download.record import PART, read_record
from cstool.errors import InputError

# The files that belong together, one name a line after its checksum, in folders of a mirror.
_SUMS = "SHA256SUMS"
_PAGES = "pages-articles-multistream"
_TABLES = ("page", "page_props", "redirect")
_RANGE = re.compile(r"-p([0-9]+)p([0-9]+)")


def split(request: DownloadRequest, folder: Path) -> tuple[list[Path], DownloadRequest | None]:
    """Return the files of the sources that are complete in the folder, and a request for the rest.

    The request is None if nothing is missing. A source whose date is `latest` counts as missing:
    the server knows which date this is. Raises InputError.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    sets = known_sets(folder)
    found: list[str] = []
    missing: list[str] = []
    for wiki in request.wikis:
        files = request.date != LATEST and wiki_files(
            names, wiki, request.date, sets, source=request.source, sql=request.sql
        )
        if files:
            found += files
        else:
            missing.append(wiki)
    date = request.wikidata_date or request.date
    dump = wikidata_file(names, date) if request.wikidata and date != LATEST else None
    rest = replace(request, wikis=tuple(missing), wikidata=request.wikidata and dump is None)
    paths = [folder / name for name in (*found, *([dump] if dump else []))]
    return paths, rest if rest.wikis or rest.wikidata else None


def known_sets(folder: Path) -> list[set[str]]:
    """Return the sets of files that belong together, from `_downloads.json` and `SHA256SUMS`.

    Raises InputError if one of these cannot be read.
    """
    record = read_record(folder)
    sets = [set(names) for names in record.sets.values()] if record else []
    sums = folder / _SUMS
    try:
        text = sums.read_text("utf-8", "replace")
    except FileNotFoundError:
        return sets
    except OSError as error:
        raise InputError(
            f"{sums}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    return [*sets, {name for name, _ in sha256_lines(text)}]


def wiki_files(
    names: Set[str], wiki: str, date: str, sets: Iterable[Set[str]], *, source: str, sql: bool
) -> list[str] | None:
    """Return the names of a wiki's files of a date, None if one is missing.

    `names`: the files of the folder. `source`: `dumps` for XML dumps, `content` for content
    exports, `auto` for the first of these that is complete. Its pages come first, in the order of
    their numbers, then with `sql` its tables page, page_props and redirect.
    """
    kinds = {"dumps": _dump, "content": _content}
    chosen = kinds.values() if source == "auto" else [kinds[source]]
    pages = next(filter(None, (find(names, wiki, date, list(sets)) for find in chosen)), None)
    tables = [f"{wiki}-{compact(date)}-{table}.sql.gz" for table in _TABLES] if sql else []
    return [*pages, *tables] if pages and names >= set(tables) else None


def wikidata_file(names: Set[str], date: str) -> str | None:
    """Return the name of Wikidata's dump of a date, None if there is none."""
    forms = (f"wikidata-{compact(date)}-all.json.{suffix}" for suffix in ("gz", "bz2"))
    return next((name for name in forms if name in names), None)


def _dump(names: Set[str], wiki: str, date: str, sets: list[Set[str]]) -> list[str] | None:
    """Return the multistream file, or its pieces: their page ranges follow one another."""
    whole = f"{wiki}-{compact(date)}-{_PAGES}.xml.bz2"
    if whole in names:
        return [whole]
    form = rf"{re.escape(whole.removesuffix('.xml.bz2'))}[0-9]+\.xml-p[0-9]+p[0-9]+\.bz2"
    pieces = _in_order(names, form)
    ranges = list(map(_range, pieces))
    ends = [0, *(last for _, last in ranges)]
    whole_range = all(first == end + 1 for (first, _), end in zip(ranges, ends, strict=False))
    return pieces if whole_range and _is_complete(pieces, names, form, sets) else None


def _content(names: Set[str], wiki: str, date: str, sets: list[Set[str]]) -> list[str] | None:
    """Return the files of a content export."""
    form = rf"{re.escape(wiki)}-{dashed(date)}-{PAGE_RANGE}\.xml\.bz2"
    files = _in_order(names, form)
    return files if _is_complete(files, names, form, sets) else None


def _in_order(names: Set[str], form: str) -> list[str]:
    return sorted((name for name in names if re.fullmatch(form, name)), key=_range)


def _range(name: str) -> tuple[int, int]:
    found = _RANGE.search(name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _is_complete(files: list[str], names: Set[str], form: str, sets: list[Set[str]]) -> bool:
    """Return whether no file of the set is known to be missing or partial."""
    partial = any(re.fullmatch(form + re.escape(PART), name) for name in names)
    expected = {name for one in sets if not one.isdisjoint(files) for name in one}
    missing = {name for name in expected if re.fullmatch(form, name)} - names
    return bool(files) and not partial and not missing
