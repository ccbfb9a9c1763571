"""What plain web folders say: their listing's links, and the files of checksums in them."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

_DATE = re.compile(r"(\d{8})/")
# `sha1sum` and `md5sum`: the digest, two spaces (or a space and `*`), the name.
_SUM = re.compile(r"([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40})[ \t]+\*?(\S+)")
SHA1, MD5 = 40, 32  # digits of a digest


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.names += [unquote(value) for key, value in attrs if key == "href" and value]


def names_in(listing: str) -> list[str]:
    """Return what a folder's listing links to: file names, and names of folders with a `/`.

    Links that lead out of the folder (to its parent, to other hosts, to other orders of the
    listing) are left out: only `name` and `name/`, with or without `./` before it.
    """
    parser = _Links()
    parser.feed(listing)
    parser.close()
    names = (name.removeprefix("./") for name in parser.names)
    return [name for name in dict.fromkeys(names) if is_file_name(name.removesuffix("/"))]


def is_file_name(name: str) -> bool:
    """Whether the name can be a file's in our folder, and nothing else."""
    return bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name))


def dates_in(names: list[str]) -> list[str]:
    """Return the dates (YYYYMMDD) that folders among the names are called by, newest first."""
    found = (_DATE.fullmatch(name) for name in names)
    return sorted({match[1] for match in found if match}, reverse=True)


def checksums_in(text: str) -> dict[str, str]:
    """Return the digests of a file that `sha1sum` or `md5sum` wrote, in hex, by file name.

    Other lines are passed over. A name may stand after a folder's: its last piece counts.
    """
    found = (_SUM.fullmatch(line.strip()) for line in text.splitlines())
    return {match[2].rsplit("/", 1)[-1]: match[1].lower() for match in found if match}
