"""The files of Wikidata's entities, `wikidatawiki/entities/YYYYMMDD/`.

Since March 2026 the date in a file's name may be later than that of its folder, so files are found
in the listing, not by a name that is made from the date.
"""

import re
from collections.abc import Mapping, Sequence

from cstool.download.addresses import Kind
from cstool.download.catalogue import Edition
from cstool.download.checksum_files import read_checksums
from cstool.download.client import HttpClient
from cstool.download.dumps_layout import with_digest
from cstool.download.listings import names_in
from cstool.published.dump_names import WIKIDATA, entities_name

_LEXEMES = re.compile(rf"{WIKIDATA}-[0-9]{{8}}-lexemes\.json\.(gz|bz2)")


def read_entities(date: str, url: str, http: HttpClient) -> Edition | None:
    """Return the edition in the folder `url` (which ends with a `/`), None if there is none."""
    listing = http.read(url)
    if listing is None:
        return None
    names = names_in(listing.decode(errors="replace"))
    return edition_of_entities(date, url, names, read_checksums(url, names, http))


def edition_of_entities(
    date: str, url: str, names: Sequence[str], sums: Mapping[str, str]
) -> Edition:
    """Return the edition that a folder's listing and its checksum files describe.

    Its one file is the newest one with a checksum. Of both compressions, `.gz` is taken, which
    decompresses fifteen times as fast. Without any checksum the file is not finished.
    """
    found = {name: its for name in names if (its := entities_name(name))}
    lexemes = tuple(name for name in names if _LEXEMES.fullmatch(name))
    if not found:
        missing = f"no {WIKIDATA}-DATE-all.json.gz or .bz2"
        return Edition(WIKIDATA, date, (), missing, Kind.ENTITIES, others=lexemes)
    name = max(found, key=lambda one: (one in sums, found[one].date, one.endswith(".gz")))
    return Edition(
        WIKIDATA,
        date,
        (with_digest(name, url, sums.get(name)),),
        "" if name in sums else f"{name} has no checksum yet",
        Kind.ENTITIES,
        f"its file is dated {found[name].date}" if found[name].date != date else "",
        lexemes,
    )


def file_date(edition: Edition) -> str | None:
    """Return the date in the name of the edition's file, None if it has no file."""
    names = (entities_name(file.name) for file in edition.files)
    return next((name.date for name in names if name), None)
