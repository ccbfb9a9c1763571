"""Lines of a page's source → those that are running text: paragraphs and list items.

After BlockLevelPass and Parser::handleTables (MediaWiki REL1_39): a table runs from a line that
begins with `{|` to one with `|}`, nested ones within; a line with a space in front is
preformatted; `;` begins a term, a heading of a kind, and its definition follows the colon.
"""

import re

from cstool.wikitext.strip import tags

_HEADING = re.compile(r"(={1,6}).+\1[ \t\x04\x05\d]*$")
_LIST = re.compile(r"[*#:;]+")
_RULE = re.compile(r"-{4,}")
_BLOCK = re.compile(rf"<(/?)({'|'.join(tags()['html']['block'])})(?=[\s/>])[^<>]*>", re.IGNORECASE)


def running_lines(text: str) -> list[str]:
    """Return the lines that hold running text, without the marks of lists."""
    lines = (without_html_blocks(text) if "<" in text else text).split("\n")
    kept: list[str] = []
    tables = 0
    for line in lines:
        if not line:
            continue
        first = line[0]
        if tables or first in "{|!: \t":
            bare = line.lstrip(" \t:")
            if bare.startswith("{|"):
                tables += 1
                continue
            if tables:
                if bare.startswith("|}"):
                    tables -= 1
                    if not tables and bare[2:].strip():
                        kept.append(bare[2:])
                continue
        if first in " \t":
            continue
        if first in "*#:;":
            kept += _items(line)
        elif first == "=" and _HEADING.match(line):
            continue
        elif first == "-":
            kept.append(_RULE.sub("", line, count=1) if line.startswith("----") else line)
        else:
            kept.append(line)
    return kept


def _items(line: str) -> list[str]:
    """Return the texts of a list's line: the item, or what a term is defined as."""
    marks = _LIST.match(line)
    body = line[marks.end() :] if marks else line
    if marks and marks[0].endswith(";"):
        _, colon, definition = body.partition(" :")
        return [definition.strip()] if colon else []
    return [body.strip()]


def without_html_blocks(text: str) -> str:
    """Return the text without HTML tables and headings, nested ones within."""
    out: list[str] = []
    at = depth = 0
    for match in _BLOCK.finditer(text):
        if match[1]:
            depth = max(0, depth - 1)
            if not depth:
                at = match.end()
                out.append("\n")
        else:
            if not depth:
                out.append(text[at : match.start()])
            depth += 1
    if not depth:
        out.append(text[at:])
    return "".join(out)
