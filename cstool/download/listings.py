"""Parse the HTML listings of web folders."""

import re
from datetime import date as day
from html import unescape
from urllib.parse import unquote

# A link's address. Repetitions are limited, so that matching takes linear time on any page: no tag
# has so much before its address, and no file so long a name (with escapes of up to six bytes).
_LINK = re.compile(
    r"""<a\s[^<>]{0,500}?(?<=\s)href\s{0,9}=\s{0,9}"""
    r"""(?:"([^"<>]{1,2000})"|'([^'<>]{1,2000})'|([^\s"'<>]{1,2000}))""",
    re.IGNORECASE,
)
_DATE = re.compile(r"([0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})/")
# File systems allow 255 bytes, of which some are needed for temporary prefixes and suffixes.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")


def names_in(listing: str) -> list[str]:
    """Return the entries that a folder's listing links to: file names, and folder names with a `/`.

    Links that lead out of the folder (to its parent, other hosts, or other sort orders of the
    listing) are ignored: only `name` and `name/` count, with or without a leading `./`.
    """
    links = ("".join(groups) for groups in _LINK.findall(listing))
    names = (_name(link) for link in links)
    return [name for name in dict.fromkeys(names) if is_file_name(name.removesuffix("/"))]


def _name(link: str) -> str:
    try:
        return unquote(unescape(link)).strip().removeprefix("./")
    except ValueError:  # "&#" with more digits than a number can have
        return ""


def is_file_name(name: str) -> bool:
    """Return whether the name is valid for a file in the download folder."""
    return bool(_NAME.fullmatch(name))


def dates_in(names: list[str]) -> list[str]:
    """Return the dates (YYYYMMDD or YYYY-MM-DD) among the names of folders, newest first."""
    found = (_DATE.fullmatch(name) for name in names)
    return sorted({match[1] for match in found if match and _is_date(match[1])}, reverse=True)


def _is_date(digits: str) -> bool:
    try:
        day.fromisoformat(digits)
    except ValueError:
        return False
    return True
