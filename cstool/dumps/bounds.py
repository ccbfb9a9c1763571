"""Bounds on what an input may hold: some kilobytes can expand to more than fits into memory.

Each is far beyond what sound files have, and small enough that a process needs less than 1 GB.
"""

# Characters of a page's text: twice MediaWiki's own bound ($wgMaxArticleSize, 2 MiB).
LONGEST_TEXT = 4 << 20
# Bytes of the same in XML, where a character takes 6 at most (&quot;).
LARGEST_TEXT = 6 * LONGEST_TEXT
# Bytes of a title, a namespace's name and so on; MediaWiki's have 255 at most.
LARGEST_VALUE = 1 << 16
# Bytes of a tag with its attributes, of a comment.
LONGEST_TOKEN = 4 << 20
# Elements within elements.
DEEPEST = 100
# Elements of a page, or between two; a page of one revision has 15.
MOST_ELEMENTS = 2_000_000
# Different names of elements and attributes: expat keeps each until the file's end.
MOST_NAMES = 10_000
MOST_NAMESPACES = 1000
# Characters of titles and the like in a slice of pages.
LARGEST_HEADS = 64 << 20
# bz2 streams that a file is cut at; the English Wikipedia has a quarter of a million.
MOST_STREAMS = 4_000_000
# Bytes of XML in a slice of bz2 streams, and how many times its size when that is more.
LARGEST_SLICE = 256 << 20
LARGEST_RATIO = 128

_SHOWN = 80


def shown(text: str) -> str:
    """Return text for a message: quoted, on one line, and cut when it is long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def megabytes(size: int) -> str:
    """Return a number of bytes as it is shown in messages: 64 kB, 4 MB."""
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} kB"
