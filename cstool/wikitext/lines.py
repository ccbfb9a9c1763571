"""Find the lines of a page's wikitext that are running text: paragraphs and list items.

After BlockLevelPass (MediaWiki REL1_39): a line with a leading space is preformatted unless it is
quoted, or inside an HTML block; text beside a <div> on its line is not a paragraph, nor is that
within it; `;` begins a term, which is a kind of heading, and its definition follows the colon;
adjacent lines of text are one paragraph.
"""

import re
from collections.abc import Set
from dataclasses import dataclass

from cstool.wikitext.blocks import HEADING, without_blocks
from cstool.wikitext.braces import links
from cstool.wikitext.headings import TERM_LEVEL, Heading, heading_of, join_lines, place_of
from cstool.wikitext.inline import BOX
from cstool.wikitext.markers import (
    APART,
    BESIDE,
    CONTINUES,
    ENDLESS,
    HOLE,
    HOLE_MARK,
    NOTHING,
    PICTURE,
)
from cstool.wikitext.scan import pass_lines

# Kinds of lines: a list item; one inside an HTML block in which leading spaces are not markup.
ITEM = "item"
FREE = "free"
_MARKS = "*#:;"
_LIST = re.compile(r"[*#:;]+")
_RULE = re.compile(r"^-{4,}")
# BlockLevelPass::execute: tags that begin a block without paragraphs, and tags that end it.
_OPENS = re.compile(
    r"<(?:table|h[1-6]|pre|p|ul|ol|dl|/t[dh]|/?(?:tr|caption|dt|dd|li))\b", re.IGNORECASE
)
_CLOSES = re.compile(
    r"<(?:/(?:table|h[1-6]|pre|p|ul|ol|dl)|t[dh]|/?(?:center|blockquote|div|hr|aside|figure))\b",
    re.IGNORECASE,
)
_OWN_BLOCK = re.compile(r"<(?:p|ul|ol|dl|li|dd)\b", re.IGNORECASE)
_QUOTE = re.compile(r"<(/?)(blockquote|poem)(?=[\s/>])", re.IGNORECASE)
_OF_BLOCKS = re.compile(rf"{_OPENS.pattern}|{_CLOSES.pattern}|{_QUOTE.pattern}", re.IGNORECASE)
# Characters that are not displayed in text.
_UNSEEN = f" \t{NOTHING}{APART}{PICTURE}"
# A line that interrupts a paragraph: a row or the end of a table that a template may have begun;
# only templates, which may be blocks; a behaviour switch followed by the line's end or by a space,
# which then begins the line.
_OWN = f"|!_\uff3f<{HOLE}{_UNSEEN}"
_OWN_AND_HEADINGS = f"{_OWN}="
_OWN_LINE = re.compile(
    rf"[|!]|(?:{HOLE_MARK.pattern}|[{_UNSEEN}])*$"
    rf"|(?:__|\uff3f\uff3f)\S+(?:[{_UNSEEN}]|$)",
    re.IGNORECASE,
)
# Between two lines of a poem, in which a colon only indents.
_VERSE = f"{CONTINUES}<br>"
# A colon ends a term, except inside links, tags, the content of tags, and URLs.
_TERM = re.compile(
    r"\[\[[^\[\]]*\]\]|\[[a-z]*:?//[^\[\]]*\]|<([a-z]++)[^<>]*>[^<]*</\1>|<[^<>]*>|://[^\s\[\]]*[^\s\[\].,;:!?]|-\{[^{}]*\}-|(:)"
)


def running_lines(
    text: str,
    within: Set[int] = frozenset(),
    ends: Set[int] = frozenset(),
    *,
    free: bool = False,
    kinds: dict[int, str] | None = None,
    headings: list[Heading] | None = None,
) -> str:
    """Return the lines that are running text, without list marks.

    Lines of a paragraph are joined by `CONTINUES`. `within`: the numbers of holes that are not
    blocks; `ends`: those of templates that end tables. `free`: the text is inside a block, in
    which leading spaces are not markup. `kinds` is filled with the kinds of lines (`ITEM`, `FREE`)
    of the holes in list items and inside such blocks; `headings` with the headings, whose places
    are marked in the text (`take_out`).
    """
    text = without_blocks(text, ends)
    kept: list[str] = []  # each line after the mark before it, which is "\n" or `CONTINUES`
    own = _OWN if headings is None else _OWN_AND_HEADINGS
    blocks = _Blocks(around=free, within=free)
    begun = was_raw = in_verse = False
    before = ""  # the previous line, if its paragraph may continue
    at = 0
    while at <= len(text):
        if not (begun or was_raw or blocks.around or blocks.within or blocks.verses):
            at, before = pass_lines(text, at, before, own, kinds is None, kept)
            if at > len(text):
                break
        end = text.find("\n", at)
        source = text[at:end] if end >= 0 else text[at:]
        at += len(source) + 1
        line, raw, verse = source, blocks.within, in_verse
        in_verse = False
        tagged = "<" in source or BESIDE in source
        if tagged:
            line = blocks.enter(source)
            raw = raw or blocks.here
        if line[:1] == ":" and (verse or blocks.verses):
            line = line.lstrip(":").strip()
        first = line[:1]
        if not first or (first in "|!" and begun):
            before = ""
            continue
        # A template on a line of its own may begin a table, whose rows follow.
        begun = first == HOLE and not HOLE_MARK.sub("", line).strip()
        if first not in "*#:;=- ":
            kept.append("\n" + line)
        elif not _keep_marked(
            line, kept, headings, free=blocks.around or (tagged and blocks.tagged)
        ):
            _fill(kinds, line, ITEM if first in _MARKS else "")
            before = ""
            continue
        _fill(kinds, line, FREE if blocks.around else "")
        alone = blocks.verses or line != source or (first in _OWN and _is_own(line, within))
        # Beside tags of blocks, and inside some blocks, MediaWiki makes no paragraphs, but HTML
        # does.
        if verse:
            kept[-1] = _VERSE + line
        elif before and not alone and raw == was_raw and not _is_cut(before, kept[-2]):
            kept[-1] = CONTINUES + line
        in_verse = blocks.verses
        before = "" if alone else line
        was_raw = raw
    return "".join(kept)[1:] if headings is None else join_lines(kept)


def _keep_marked(line: str, kept: list[str], headings: list[Heading] | None, *, free: bool) -> bool:
    """Keep the texts of a line that begins with markup, and the place of its heading.

    Return whether it is text, whose paragraph may continue.
    """
    heading, items = _read(line, free=free)
    if heading is not None and headings is not None:
        kept.append(place_of(len(headings)))
        headings.append(heading)
    kept += ["\n" + item for item in items]
    return line[0] not in _MARKS and items == [line]


def _fill(kinds: dict[int, str] | None, line: str, kind: str) -> None:
    """Add the holes of a line to `kinds`, if it is of a kind."""
    if kinds is not None and kind and HOLE in line:
        kinds |= dict.fromkeys(map(int, HOLE_MARK.findall(line)), kind)


def _is_own(line: str, within: Set[int]) -> bool:
    """Return whether a line may be a block, or part of one. Holes in `within` count as text."""
    if within and line[0] not in "|!":
        line = HOLE_MARK.sub(lambda hole: "x" if int(hole[1]) in within else hole[0], line)
    return _OWN_LINE.match(line) is not None


def _is_cut(before: str, kept: str) -> bool:
    """Return whether a line is separated from the one before it, by the end of a link.

    `kept` is the text kept of the line before. If it does not continue a paragraph, but a link ends
    in it, it may be part of a list.
    """
    starts = before.count("[[") + before.count(ENDLESS)
    return kept[0] != CONTINUES and before.count("]]") > starts


def parted(text: str) -> str:
    """Return lines with paragraphs ended before and after each line that has a block."""
    out: list[str] = []
    at = 0
    found = text.find(APART)
    while found >= 0:
        line = text.rfind("\n", at, found) + 1 or at
        begin = text.rfind(CONTINUES, line, found)
        if begin >= 0:
            out += (text[at:begin], "\n")
            at = begin + 1
        out.append(text[at:found])
        at = found + 1
        end = text.find("\n", at)
        after = text.find(CONTINUES, at, end if end >= 0 else None)
        found = text.find(APART, at)
        if after >= 0 and not 0 <= found < after:
            out += (text[at:after], "\n")
            at = after + 1
    out.append(text[at:])
    return "".join(out)


def _is_in(tags_here: list[tuple[str, str]], *, before: bool) -> bool:
    """Return whether the text after these tags, which may be end tags, is inside such a block."""
    return not tags_here[-1][0] if tags_here else before


@dataclass
class _Blocks:
    """HTML blocks around a line, and whether it has a tag of one: then spaces are not markup.

    Inside a block (`within`), and in a line that has a tag of one (`here`), there are no
    paragraphs.
    """

    around: bool = False
    tagged: bool = False
    quoted: bool = False
    verses: bool = False
    within: bool = False
    here: bool = False
    boxes: int = 0

    def enter(self, line: str) -> str:
        """Process a line's tags; return it without the contents of <div> and <center>."""
        if BESIDE not in line and not _OF_BLOCKS.search(line):  # inline tags
            self.here = False
            self.tagged = self.quoted
            self.around = self.quoted or self.within
            return line
        opens = _OPENS.search(line) is not None
        closes = BESIDE in line or _CLOSES.search(line) is not None
        quotes = _QUOTE.findall(line)
        self.quoted = _is_in(quotes, before=self.quoted)
        self.here = opens or closes or bool(quotes)
        self.verses = _is_in([q for q in quotes if q[1].lower() == "poem"], before=self.verses)
        self.tagged = self.quoted or ((opens or closes) and line[0] not in "*#:;")
        if self.tagged and (opens or closes):
            self.within = not closes
        self.around = self.quoted or self.within
        if closes and BOX.search(line):
            bare, self.boxes = _without_boxes(line, self.boxes)
            # Text with a block of its own is a paragraph, even inside a box.
            line = line if line[0] in "*#:;" or _OWN_BLOCK.search(line) else bare
        return line


def _without_boxes(line: str, boxes: int) -> tuple[str, int]:
    """Return a line without the contents of <div> and <center>, and how many of them are open.

    A box that begins or ends inside a link is not cut, because nothing of a link may be.
    """
    inside = links(line) if "[[" in line else []
    kept: list[str] = []
    at = 0
    whole = False
    for match in BOX.finditer(line):
        whole = whole or any(start < match.start() < end for start, end in inside)
        if not boxes:
            kept.append(line[at : match.start()])
        boxes = max(0, boxes - 1) if match[1] else boxes + 1
        at = match.end()
    if not boxes:
        kept.append(line[at:])
    return line if whole else "\n".join(kept).strip("\n"), boxes


def _read(line: str, *, free: bool) -> tuple[Heading | None, list[str]]:
    """Return the heading in a line that begins with markup, and its texts; a term is a heading.

    `free`: leading spaces are not markup.
    """
    first = line[0]
    if first == " ":
        return None, [line] if free else []
    if first == "=":
        return heading_of(line), [] if HEADING.match(line) else [line]
    if first == "-":
        return None, [_RULE.sub("", line, count=1)]
    marks = _LIST.match(line)
    if marks is None or not marks[0].endswith(";"):
        text = line.lstrip("*#:;").strip()
        # A category removes the white space before it, which may include the item's own line break.
        return None, [NOTHING + text if text.startswith("[[") else text]
    colon = next((m for m in _TERM.finditer(line, marks.end()) if m[2]), None)
    term = line[marks.end() : colon.start() if colon else None].strip()
    heading = Heading(TERM_LEVEL, term) if term else None
    return heading, [line[colon.end() :].strip()] if colon else []
