"""Find the dumps of a date that are complete in a folder, by their names, without the server."""

from collections.abc import Iterable, Set
from dataclasses import replace
from pathlib import Path

from cstool.download.addresses import LATEST, compact, dashed
from cstool.download.command import DownloadRequest
from cstool.download.record import read_record
from cstool.errors import InputError
from cstool.published.dump_names import (
    CONTENT,
    PAGES,
    TABLES,
    EntitiesName,
    entities_name,
    pieces,
    published_name,
    table_file,
    whole_file,
)
from cstool.published.set_lists import PART, SUCCESS, SUMS, checksum_lines


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
    sums = folder / SUMS
    try:
        text = sums.read_text("utf-8", "replace")
    except FileNotFoundError:
        return sets
    except OSError as error:
        raise InputError(
            f"{sums}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    return [*sets, {name for name, _ in checksum_lines(text)}]


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
    tables = [table_file(wiki, compact(date), table) for table in TABLES] if sql else []
    return [*pages, *tables] if pages and names >= set(tables) else None


def wikidata_file(names: Set[str], date: str) -> str | None:
    """Return the name of Wikidata's dump of a date, None if there is none."""
    dumps = {found: name for name in names if (found := entities_name(name))}
    forms = (EntitiesName(compact(date), compression) for compression in ("gz", "bz2"))
    return next((dumps[form] for form in forms if form in dumps), None)


def _dump(names: Set[str], wiki: str, date: str, sets: list[Set[str]]) -> list[str] | None:
    """Return the multistream file, or its pieces: their page ranges follow one another."""
    whole = whole_file(wiki, compact(date))
    if whole in names:
        return [whole]
    files = pieces(names, wiki, compact(date), PAGES)
    places = [found.place for name in files if (found := published_name(name))]
    ends = [0, *(place[-1] for place in places)]
    whole_range = all(place[0] == end + 1 for place, end in zip(places, ends, strict=False))
    wanted = pieces(_wanted(files, names, sets), wiki, compact(date), PAGES)
    return files if whole_range and names >= set(wanted) else None


def _content(names: Set[str], wiki: str, date: str, sets: list[Set[str]]) -> list[str] | None:
    """Return the files of a content export; with checksums, it needs the mark of a complete one."""
    files = pieces(names, wiki, dashed(date), CONTENT)
    wanted = pieces(_wanted(files, names, sets), wiki, dashed(date), CONTENT)
    is_marked = SUCCESS in names or SUMS not in names
    return files if is_marked and names >= set(wanted) else None


def _wanted(files: list[str], names: Set[str], sets: list[Set[str]]) -> set[str]:
    """Return the names that are known of the sets of these files, with those that are partial."""
    partial = {name.removesuffix(PART) for name in names if name.endswith(PART)}
    return partial.union(*(one for one in sets if not one.isdisjoint(files)))
