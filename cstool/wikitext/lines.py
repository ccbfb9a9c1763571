"""Lines of a page's source → those that are running text: paragraphs and list items.

After BlockLevelPass and Parser::handleTables (MediaWiki REL1_39): a table runs from a line that
begins with `{|` to one with `|}`, nested ones within; a line with a space in front is
preformatted unless it is quoted, or stands in an HTML block; text beside a <div> on its line is
no paragraph, nor is that within; `;` begins a term, a heading of a kind, and its definition
follows the colon.
"""

import re
from dataclasses import dataclass

from cstool.wikitext.marks import HOLE, HOLE_MARK, NOTHING
from cstool.wikitext.strip import tags

_HEADING = re.compile(r"(={1,6}).+\1[ \t\x04-\x06\d]*$")
_LIST = re.compile(r"[*#:;]+")
_RULE = re.compile(r"^-{4,}")
_BLOCK = re.compile(
    rf"<(/?)(?:(table)|{'|'.join(tags()['html']['heading'])})(?=[\s/>])[^<>]*>", re.IGNORECASE
)
# BlockLevelPass::execute: what begins a block without paragraphs of its own, and what ends it.
_OPENS = re.compile(
    r"<(?:table|h[1-6]|pre|p|ul|ol|dl|/t[dh]|/?(?:tr|caption|dt|dd|li))\b", re.IGNORECASE
)
_CLOSES = re.compile(
    r"<(?:/(?:table|h[1-6]|pre|p|ul|ol|dl)|t[dh]|/?(?:center|blockquote|div|hr|aside|figure))\b",
    re.IGNORECASE,
)
_CELL = re.compile(r"<(?:td|th|tr)\b", re.IGNORECASE)
_BOX = re.compile(r"<(/?)(?:div|center)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_OWN_BLOCK = re.compile(r"<(?:p|ul|ol|dl|li|dd)\b", re.IGNORECASE)
_QUOTE = re.compile(r"<(/?)(?:blockquote|poem)(?=[\s/>])", re.IGNORECASE)
# What ends a term: a colon, but not one within links, tags, what they enclose, and addresses.
_TERM = re.compile(
    r"\[\[[^\[\]]*\]\]|\[[a-z]*:?//[^\[\]]*\]|<([a-z]++)[^<>]*>[^<]*</\1>|<[^<>]*>|://[^\s\[\]]*[^\s\[\].,;:!?]|-\{[^{}]*\}-|(:)"
)


def running_lines(text: str) -> list[str]:
    """Return the lines that hold running text, without the marks of lists."""
    lines = (_without_html_blocks(text) if "<" in text else text).split("\n")
    kept: list[str] = []
    blocks = _Blocks()
    tables = 0
    begun = False
    for source in lines:
        if tables or source.startswith(("{", ":", " ", "\t")):
            # As in the parser, a table's marks come before what tags make of a line.
            bare = source.lstrip(" \t:")
            begins, ends = bare.startswith("{|"), tables > 0 and bare.startswith("|}")
            tables += begins - ends
            if begins or ends or tables:
                rest = bare[2:] if ends else source
                rest = blocks.enter(rest) if "<" in rest else rest
                if not tables and rest.strip():
                    kept.append(rest)
                continue
        line = blocks.enter(source) if "<" in source else source
        if not line:
            continue
        first = line[0]
        if first in "|!" and begun:
            continue
        # A template on a line of its own may begin a table, whose rows follow.
        begun = first == HOLE and not HOLE_MARK.sub("", line).strip()
        if first in "*#:;=- ":
            kept += _items(line, free=blocks.around or ("<" in source and blocks.tagged))
        else:
            kept.append(line)
    return kept


def _is_quoted(line: str, *, before: bool) -> bool:
    """Whether a line, or what follows it, stands in a block of quotation."""
    tags_here = _QUOTE.findall(line)
    return not tags_here[-1] if tags_here else before


@dataclass
class _Blocks:
    """HTML blocks around a line, and whether it has a tag of one: its spaces are no markup."""

    around: bool = False
    tagged: bool = False
    quoted: bool = False
    within: bool = False
    boxes: int = 0

    def enter(self, line: str) -> str:
        """Take in a line's tags; return it without what stands in its <div> and <center>."""
        opens = _OPENS.search(line) is not None
        closes = _CLOSES.search(line) is not None
        self.quoted = _is_quoted(line, before=self.quoted)
        self.tagged = self.quoted or ((opens or closes) and line[0] not in "*#:;")
        if self.tagged and (opens or closes):
            self.within = not closes
        self.around = self.quoted or self.within
        if closes and _BOX.search(line):
            bare, self.boxes = _without_boxes(line, self.boxes)
            # What has a block of its own is a paragraph, in a box or not.
            line = line if line[0] in "*#:;" or _OWN_BLOCK.search(line) else bare
        return line


def _without_boxes(line: str, boxes: int) -> tuple[str, int]:
    """Return a line without what stands in <div> and <center>, and how many of them are open."""
    kept: list[str] = []
    at = 0
    for match in _BOX.finditer(line):
        if not boxes:
            kept.append(line[at : match.start()])
        boxes = max(0, boxes - 1) if match[1] else boxes + 1
        at = match.end()
    if not boxes:
        kept.append(line[at:])
    return "\n".join(kept).strip("\n"), boxes


def _items(line: str, *, free: bool) -> list[str]:
    """Return the texts of a line that begins with markup, perhaps. `free`: of leading spaces."""
    first = line[0]
    if first == " ":
        return [line] if free else []
    if first == "=":
        return [] if _HEADING.match(line) else [line]
    if first == "-":
        return [_RULE.sub("", line, count=1)]
    marks = _LIST.match(line)
    if marks is None or not marks[0].endswith(";"):
        text = line.lstrip("*#:;").strip()
        # A category would take the white space before it along, and what is an item no more.
        return [NOTHING + text if text.startswith("[[") else text]
    colon = next((m for m in _TERM.finditer(line, marks.end()) if m[2]), None)
    return [line[colon.end() :].strip()] if colon else []


def _without_html_blocks(text: str) -> str:
    """Return the text without HTML tables, nested ones within, and headings."""
    out: list[str] = []
    at = tables = 0
    heading = False
    for match in _BLOCK.finditer(text):
        closes, table = match.groups()
        if not tables and not heading:
            out += [text[at : match.start()], "\n", NOTHING]
        at = match.end()
        if table:
            tables = max(0, tables + (-1 if closes else 1))
        elif not tables:
            heading = not closes
    if not tables and not heading:
        out.append(text[at:])
    elif tables:
        # A table that never ends: what follows its last row is shown outside of it (HTML's
        # "foster parenting").
        _, row_end, rest = text[at:].rpartition("</tr>")
        out += ["\n", NOTHING, rest] if row_end and not _CELL.search(rest) else []
    return "".join(out)
