"""Limits on the contents of an input: some kilobytes can expand to more than fits into memory.

Each limit is far above what valid files contain, and low enough that a process needs less than
1 GB.
"""

# Bytes of a page's text in UTF-8, by default; MediaWiki's own limit is 2 MiB ($wgMaxArticleSize).
LARGEST_TEXT = 32 << 20
# Bytes that the same text takes in XML at most, for each of its bytes (&quot;).
XML_BYTES_A_BYTE = 6
# Bytes of a title, a namespace's name and similar values; MediaWiki allows 255.
LARGEST_VALUE = 1 << 16
# Bytes of a tag with its attributes, or of a comment.
LONGEST_TOKEN = 4 << 20
# Depth of nested elements.
DEEPEST = 100
# Elements of a page, or between two pages; a page with one revision has 15.
MOST_ELEMENTS = 2_000_000
# Distinct names of elements and attributes: expat keeps each until the end of the file.
MOST_NAMES = 10_000
MOST_NAMESPACES = 1000
# Characters of titles and other values outside the text in a slice of pages.
LARGEST_HEADS = 64 << 20
# bz2 streams of a file; the English Wikipedia has a quarter of a million.
MOST_STREAMS = 4_000_000
# Bytes of XML in a slice of bz2 streams: LARGEST_SLICE, or LARGEST_RATIO times the compressed size
# if that is more.
LARGEST_SLICE = 256 << 20
LARGEST_RATIO = 128

_SHOWN = 80


def shown(text: str) -> str:
    """Return text for a message: quoted, on one line, shortened if it is long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def is_larger(text: str, size: int) -> bool:
    """Return whether a text takes more than `size` bytes in UTF-8."""
    return len(text) > size or (len(text) * 4 > size and len(text.encode()) > size)


def megabytes(size: int) -> str:
    """Return a number of bytes for a message: 64 kB, 4 MB."""
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} kB"
