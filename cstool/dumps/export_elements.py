"""The elements of MediaWiki's page export whose values are kept, and how values are read."""

from xml.parsers import expat

# The largest numbers that fit the columns of the tables: UInt32 and Int64.
LARGEST_PAGE_ID = (1 << 32) - 1
LARGEST_REVISION_ID = (1 << 63) - 1

ROOT = "mediawiki"
NO_ELEMENTS = expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]
# expat's error codes for a truncated input (xml.parsers.expat.errors has them by message).
CUT = frozenset(
    expat.errors.codes[words]
    for words in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)

# What content exports write for a model that is not known (Revision.scala).
_NO_MODEL = "error-no-model"
_SITE_FIELDS = frozenset({"dbname", "case"})
_PAGE_FIELDS = frozenset({"title", "ns", "id"})
_REVISION_FIELDS = frozenset({"id", "model", "text"})
OF_A_REVISION = ("revision_id", "revision_model", "revision_text", "deleted", "too long")


def model_of(name: str) -> str:
    """Return a content model; wikitext, which is that of articles, if the export has none."""
    return "wikitext" if name in ("", _NO_MODEL) else name


def within(digits: str, largest: int) -> int:
    """Return the number in an element. Raises ValueError if it is malformed or out of range."""
    number = int(digits)
    if not 0 <= number <= largest:
        raise ValueError(digits)
    return number


def is_kept(path: list[str]) -> bool:
    """Return whether the text of the element at the end of the path is kept."""
    depth = len(path)
    if depth == 3:
        if path[1] == "page":
            return path[2] in _PAGE_FIELDS
        return path[1] == "siteinfo" and path[2] in _SITE_FIELDS
    if depth == 4:
        if path[1] == "page":
            return path[2] == "revision" and path[3] in _REVISION_FIELDS
        return path[1] == "siteinfo" and path[3] == "namespace"
    return False
