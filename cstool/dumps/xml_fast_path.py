"""Parse pages in the exact form that MediaWiki writes, without an XML parser.

All pages of a dump come from one writer (MediaWiki's XmlDumpWriter), which uses five character
references and a fixed order of elements. Pages in that form are matched by a pattern; others, such
as pages with a deleted text or a second slot, are parsed by `PageParser`. A test checks that both
return the same pages.
"""

import html
import re

from cstool.dumps import bounds
from cstool.dumps.displayed_titles import with_spaces
from cstool.dumps.export_elements import model_of
from cstool.dumps.xml import Page

try:
    from cstool.dumps._xml_fast_path import unescaped

    COMPILED = True
except ImportError:  # installed without a C compiler: patterns in Python are no faster than expat
    COMPILED = False


def _pattern(source: bytes) -> re.Pattern[bytes]:
    """Compile a pattern in which \\s is XML's white space: Python's includes \\v and \\f."""
    return re.compile(source.replace(rb"\s", rb"[ \t\r\n]"))


_VALUE = rb"[^<\x00-\x08\x0b-\x1f]*"
_HEAD = _pattern(
    rb"\s*<page>\s*<title>(%(value)s)</title>\s*<ns>(\d{1,9})</ns>\s*<id>(\d{1,9})</id>\s*"
    rb"(?:<redirect title=\"([^\"<\x00-\x1f]*)\" ?/>\s*)?"
    rb"<revision>\s*<id>(\d{1,18})</id>\s*(?:<parentid>\d+</parentid>\s*)?"
    rb"<timestamp>%(value)s</timestamp>\s*<contributor>\s*"
    rb"(?:<username>%(value)s</username>\s*<id>\d+</id>|<ip>%(value)s</ip>)\s*</contributor>\s*"
    rb"(?:<minor ?/>\s*)?(?:<comment>%(value)s</comment>\s*)?(?:<origin>\d+</origin>\s*)?"
    rb"<model>([\w-]+)</model>\s*<format>[\w/-]+</format>\s*"
    rb"<text(?: (?:bytes|sha1|xml:space)=\"\w*\")*>" % {b"value": _VALUE}
)
_TAIL = _pattern(rb"</text>\s*<sha1>\w*</sha1>\s*</revision>\s*</page>\s*")
# A page with any other reference is left to the parser. In attributes, characters beyond ASCII are
# written as references; those below U+D000 are decoded here.
_OTHER_REFERENCE = re.compile(
    rb"&(?!(?:lt|gt|amp|quot|#039|"
    rb"#x(?:[A-F][\dA-F]|[1-9A-F][\dA-F]{2}|[1-9A-C][\dA-F]{3}));)"
)
_NONCHARACTER = re.compile("[\ufffe\uffff]")


def plain_pages(data: bytes, largest_text: int = bounds.LARGEST_TEXT) -> list[Page] | None:
    """Return the pages that the bytes consist of; None if any of them is not in the plain form.

    Also None if a text is too long, as for `PageParser`.
    """
    if not COMPILED:
        return None
    pages: list[Page] = []
    position = 0
    while position < len(data):
        head = _HEAD.match(data, position)
        if head is None:
            return None
        end = data.find(b"<", head.end())
        tail = _TAIL.match(data, end)
        page = _page(head, data, end) if tail else None
        if tail is None or page is None or bounds.is_larger(page.text or "", largest_text):
            return None
        pages.append(page)
        position = tail.end()
    return pages


def _page(head: re.Match[bytes], data: bytes, end: int) -> Page | None:
    if len(head[0]) > bounds.LARGEST_VALUE or not _is_valid(head[0]):
        return None
    title = unescaped(data, *head.span(1))
    text = unescaped(data, head.end(), end)
    redirect = None
    if head[4] is not None:
        if not head[4].isascii():
            return None
        redirect = with_spaces(html.unescape(head[4].decode()))
    title = with_spaces(title or "").strip()
    if text is None or not title:
        return None
    return Page(
        id=int(head[3]),
        namespace=int(head[2]),
        title=title,
        revision_id=int(head[5]),
        redirect=redirect,
        model=model_of(head[6].decode()),
        text=text,
    )


def _is_valid(head: bytes) -> bool:
    """Return whether the bytes before the text are valid XML, including skipped values."""
    if b"&" in head and _OTHER_REFERENCE.search(head):
        return False
    if head.isascii():
        return True
    try:
        return _NONCHARACTER.search(head.decode()) is None
    except UnicodeDecodeError:
        return False
