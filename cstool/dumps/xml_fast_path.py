"""Parse pages in the exact form that MediaWiki writes, without an XML parser.

All pages of a dump come from one writer: MediaWiki's XmlDumpWriter, or that of Wikimedia's content
file exports (Revision.scala in analytics/refinery/source). Both use a few character references and
a fixed order of elements. Pages in that form are matched by patterns; others, such as pages with
several revisions, are parsed by `PageParser`. A test checks that both return the same pages.
"""

import html
import re
from collections.abc import Set

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
    source = source.replace(b"VALUE", rb"[^<\x00-\x08\x0b-\x1f]*")
    source = source.replace(b"ATTRIBUTES", _ATTRIBUTES)
    return re.compile(source.replace(rb"\s", rb"[ \t\r\n]"))


_DELETED = rb" deleted=\"deleted\" ?/>"
_ATTRIBUTES = (
    rb"(?: xml:space=\"preserve\")?(?: bytes=\"-?\d*\")?(?: sha1=\"\w*\")?(?: deleted=\"deleted\")?"
    rb"|(?: bytes=\"-?\d*\")?(?: sha1=\"\w*\")?(?: xml:space=\"preserve\")?"
)
# Up to the start tag of the text; its last group is "/" if the text is empty.
_HEAD = _pattern(
    rb"\s*<page>\s*<title>(VALUE)</title>\s*<ns>(\d{1,9})</ns>\s*<id>(\d{1,9})</id>\s*"
    rb"(?:<redirect title=\"([^\"<\x00-\x1f]*)\" ?/>\s*)?(?:<restrictions>VALUE</restrictions>\s*)?"
    rb"<revision>\s*<id>(\d{1,18})</id>\s*(?:<parentid>-?\d+</parentid>\s*)?"
    rb"(?:<timestamp>VALUE</timestamp>\s*)?"
    rb"(?:<contributor(?:" + _DELETED + rb"|>\s*"
    rb"(?:<username(?: ?/|>VALUE</username)>\s*<id>-?\d+</id>|<ip(?: ?/|>VALUE</ip)>)\s*"
    rb"</contributor>)\s*)?"
    rb"(?:<minor ?/>\s*)?(?:<comment(?:" + _DELETED + rb"| ?/>|>VALUE</comment>)\s*)?"
    rb"(?:<origin>-?\d+</origin>\s*)?<model>([\w.-]+)</model>\s*<format>[\w/.+-]+</format>\s*"
    rb"<text(ATTRIBUTES) ?(/?)>"
)
# From the text's end tag on, with the slots beside the main one.
_TAIL = _pattern(
    rb"\s*((?:<content>\s*<role>VALUE</role>\s*<origin>-?\d+</origin>\s*<model>VALUE</model>\s*"
    rb"<format>VALUE</format>\s*<text(?:ATTRIBUTES) ?(?:/>|>VALUE</text>)\s*</content>\s*)*)"
    rb"(?:<sha1(?: ?/>|>\w*</sha1>)\s*)?</revision>\s*</page>\s*"
)
_TEXT_END = b"</text>"
# A page with any other reference is left to the parser. In attributes, characters beyond ASCII are
# written as references; those below U+D000 are decoded here.
_OTHER_REFERENCE = re.compile(
    rb"&(?!(?:lt|gt|amp|quot|#039|"
    rb"#x(?:[A-F][\dA-F]|[1-9A-F][\dA-F]{2}|[1-9A-C][\dA-F]{3}));)"
)
_NONCHARACTER = re.compile("[\ufffe\uffff]")
_SPACES = b" _\t\r\n"


# A page in the plain form: its head, the byte offset of its text's end, and its tail.
_Match = tuple[re.Match[bytes], int, re.Match[bytes]]


def plain_page(
    data: bytes,
    position: int = 0,
    *,
    largest_text: int = bounds.LARGEST_TEXT,
    namespaces: Set[int] | None = None,
) -> tuple[Page, int] | None:
    """Return the page at a byte offset, and the offset behind it and white space.

    None if the page is incomplete or not in the plain form, or its text is too long as for
    `PageParser`. A page of other `namespaces` than these (None: all are wanted) is returned with
    its ids and namespace only; the characters of its values are not checked.
    """
    found = _match(data, position)
    if found is None:
        return None
    head, _, tail = found
    if namespaces is not None and int(head[2]) not in namespaces:
        if not head[1].strip(_SPACES):
            return None
        page = Page(int(head[3]), int(head[2]), "", int(head[5]), None, "", None)
        return page, tail.end()
    wanted = _page(found, data) if COMPILED else None
    if wanted is None or bounds.is_larger(wanted.text or "", largest_text):
        return None
    return wanted, tail.end()


def _match(data: bytes, position: int) -> _Match | None:
    head = _HEAD.match(data, position)
    if head is None:
        return None
    end = start = head.end()
    if not head[8]:
        end = data.find(b"<", end)
        if not data.startswith(_TEXT_END, end):
            return None
        start = end + len(_TEXT_END)
    tail = _TAIL.match(data, start)
    return (head, end, tail) if tail else None


def _page(found: _Match, data: bytes) -> Page | None:
    head, end, tail = found
    if len(head[0]) > bounds.LARGEST_VALUE or not (_is_valid(head[0]) and _is_valid(tail[1])):
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
        text=None if b"deleted" in head[7] else text,
    )


def _is_valid(values: bytes) -> bool:
    """Return whether the bytes around the text are valid XML, including skipped values."""
    if b"]]>" in values:
        return False
    if b"&" in values and _OTHER_REFERENCE.search(values):
        return False
    if values.isascii():
        return True
    try:
        return _NONCHARACTER.search(values.decode()) is None
    except UnicodeDecodeError:
        return False
