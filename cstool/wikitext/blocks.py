"""Remove the blocks that are not running text: tables, HTML headings and terms of HTML lists.

After Parser::handleTables (MediaWiki REL1_39), which makes HTML of a table in wikitext: it extends
from a line that begins with `{|` to one that begins with `|}`, and may contain tables; `</table>`
ends it, too.
"""

import re
from collections.abc import Iterator, Set
from typing import NamedTuple

from cstool.wikitext.markers import APART, BLOCK, HOLE_MARK, NOTHING

HEADING = re.compile(r"(={1,6}).+\1[ \t\x04-\x07\d]*$")
_HEADING_LINE = re.compile(r"\n(?==)[^\n]*")
_TABLE_TAG = re.compile(r"<(/?table)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_TABLE_MARKS = {"{|": " \t:", "|}": " \t"}  # and what may precede them on their lines
_ROW = re.compile(r"(?<=\n)[ \t]*[|!][^\n]*")
_CELL = re.compile(r"<(?:td|th|tr)\b", re.IGNORECASE)
_BEGIN = re.compile(r"<(h[1-6]|dt)(?=[\s>])[^<>]*(?<!/)>", re.IGNORECASE)
# The tags that matter here; most pages have none.
_TAG = re.compile(r"<(?:/?table|h[1-6]|dt)(?=[\s/>])", re.IGNORECASE)
_HEADING_END = re.compile(r"</h[1-6](?=[\s/>])[^<>]*>", re.IGNORECASE)
# A term extends to the next item, or to the end of its list.
_TERM_END = re.compile(r"<(?:/?d[tl]|dd|/[uo]l|/li)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_PARAGRAPH_END = re.compile(r"\n(?=[ \t]*\n|=)")


class _Mark(NamedTuple):
    """Markup that begins or ends a table.

    `kind`: "{|", "|}", "table" or "/table" (tags); or what ends a table that has no end of its own:
    "==" (a heading), "}}" (a template).
    """

    start: int
    end: int
    kind: str


def without_blocks(text: str, ends: Set[int] = frozenset()) -> str:
    """Return the text without tables, HTML headings and terms of HTML lists.

    A table without an end extends to the next template that ends tables (`ends`: the numbers of
    their holes), or to the next heading; an HTML heading or a term, to the end of its
    paragraph.
    """
    tagged = "<" in text and _TAG.search(text) is not None
    marks = _table_marks(text, tagged=tagged)
    unclosed = _unclosed(marks)
    if unclosed:
        marks = sorted([*marks, *_headings(text), *_templates(text, ends)])
    if marks:
        text = _without_tables(text, marks, unclosed)
    return _without_headings(text) if tagged else text


def _table_marks(text: str, *, tagged: bool) -> list[_Mark]:
    """Return the begins and ends of tables by offset; with the blanks before them.

    `tagged`: whether tags may be among them.
    """
    marks: list[_Mark] = []
    if tagged:
        marks += [_Mark(*tag.span(), tag[1].lower()) for tag in _TABLE_TAG.finditer(text)]
    begins = [*_at_heads(text, "{|")]
    if begins:
        marks += [*begins, *_at_heads(text, "|}")]
    return sorted(marks)


def _at_heads(text: str, kind: str) -> Iterator[_Mark]:
    """Yield the marks of this kind that begin a line, with the blanks before them."""
    brace = kind.strip("|")  # a single character is found faster
    before = kind.index(brace)
    found = text.find(brace)
    while found >= 0:
        start = found - before
        if text.startswith(kind, start):
            while start and text[start - 1] in _TABLE_MARKS[kind]:
                start -= 1
            if not start or text[start - 1] == "\n":
                yield _Mark(start, found - before + 2, kind)
        found = text.find(brace, found + 1)


def _unclosed(marks: list[_Mark]) -> set[int]:
    """Return the starts of the tables that do not end."""
    opened: list[int] = []
    rows = 0
    for start, _, kind in marks:
        if kind in ("table", "{|"):
            opened.append(start)
            rows += kind == "{|"
        elif kind == "/table" or rows:
            rows -= kind == "|}"
            del opened[-1:]
    return set(opened)


def _headings(text: str) -> Iterator[_Mark]:
    """Yield the headings in wikitext, from the line break before them."""
    for line in _HEADING_LINE.finditer(text):
        if HEADING.match(text, line.start() + 1, line.end()):
            yield _Mark(line.start(), line.start(), "==")


def _templates(text: str, ends: Set[int]) -> Iterator[_Mark]:
    """Yield the templates that end tables, where these begin a line."""
    for hole in HOLE_MARK.finditer(text) if ends else ():
        if int(hole[1]) in ends and text[hole.start() - 1] == "\n":
            yield _Mark(*hole.span(), "}}")


def _without_tables(text: str, marks: list[_Mark], unclosed: Set[int]) -> str:
    """Return the text without tables. `unclosed`: the starts of those without an end."""
    out: list[str] = []
    at = rows = 0  # `rows`: the number of tables whose rows are wikitext
    tables: list[int] = []  # the starts of the tables around the text
    resumes = ""
    for start, end, kind in marks:
        if start < at or (kind in ("|}", "}}") and not rows):
            continue
        if kind in ("==", "}}") and not (tables and tables[-1] in unclosed):
            continue
        if kind == "==":
            out += _fostered(text[at:start])
            at, rows = start, 0
            tables.clear()
            continue
        if not tables:
            out += (_shown(text[at:start], rows), BLOCK if "table" in kind else "")
        at = end
        if kind in ("table", "{|"):
            resumes = resumes if tables else "" if kind == "table" else NOTHING + APART
            rows += kind == "{|"
            tables.append(start)
        else:
            rows -= kind != "/table"
            if len(tables) == 1 and text[end : end + 1] != "\n":
                out.append(resumes)
            del tables[-1:]
    out += _fostered(text[at:]) if tables else [_shown(text[at:], rows)]
    return "".join(out)


def _shown(text: str, rows: int) -> str:
    """Return text outside of tables; `</table>` may have ended one with rows that follow."""
    return _ROW.sub("", text) if rows else text


def _fostered(text: str) -> list[str]:
    """Return what an unclosed table displays before it: the text after its last row.

    That is "foster parenting" in HTML.
    """
    _, row_end, rest = text.rpartition("</tr>")
    return [BLOCK, rest] if row_end and not _CELL.search(rest) else []


def _without_headings(text: str) -> str:
    """Return the text without HTML headings, and without the content of terms."""
    out: list[str] = []
    at = 0
    unclosed: set[re.Pattern[str]] = set()
    begin = _BEGIN.search(text)
    while begin:
        is_term = begin[1].lower() == "dt"
        ends = _TERM_END if is_term else _HEADING_END
        end = None if ends in unclosed else ends.search(text, begin.end())
        out += (text[at : begin.end() if is_term else begin.start()], "" if is_term else BLOCK)
        if end is None:
            unclosed.add(ends)
            paragraph_end = _PARAGRAPH_END.search(text, begin.end())
            at = paragraph_end.start() if paragraph_end else len(text)
        else:
            at = end.start() if is_term else end.end()
        begin = _BEGIN.search(text, at)
    return "".join([*out, text[at:]]) if out else text
