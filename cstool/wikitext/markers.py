"""Marks that are inserted into a page's text while it is processed.

They are control characters, which XML 1.0 does not allow, so no page can contain them. A link:
\\x01 number \\x02 anchor \\x03. A hole: \\x04 number \\x05. The numbers are indices into the page's
lists of links (their targets) and holes (their names). Removed text: \\x06. The end of a paragraph:
\\x07. A line break inside a paragraph: \\x08. The place of a heading: \\x18 number \\x18. A picture
within a line: \\x19. Pictures until the lines are known: \\x1b, \\x1a and \\x00.
"""

import re
from dataclasses import dataclass, field

LINK = "\x01"
ANCHOR = "\x02"
LINK_END = "\x03"
HOLE = "\x04"
HOLE_END = "\x05"
# The position of removed text that is not displayed (MediaWiki: a strip marker). No table, list,
# trail or run of apostrophes extends across it.
NOTHING = "\x06"
# A block within a line, or a picture beside the text: paragraphs end before and after its line.
APART = "\x07"
# Replaces a block: ends the line, and keeps a space after the block from being preformatted text.
BLOCK = f"{APART}\n{NOTHING}{APART}"
# A picture within a line.
PICTURE = "\x19"
# A line break that is white space in a paragraph.
CONTINUES = "\x08"
# The first character of the name of a formula's hole whose source is known: that is its name.
# While calls are expanded, tags are text, like MediaWiki's strip markers: this is around the number
# of a tag's hole, or around `x` and the name of a formula's, as hexadecimal digits.
FORMULA = "\x17"
FORMULA_MARK = re.compile("\x17(?:([0-9]+)|[xX]([0-9a-fA-F]+))\x17")
# In the wikitext of a pending paragraph: the end of a line that a broken link extends over.
BROKEN_LINE = "\x0b"
# Text that is not displayed, of a line that has nothing else, and yet is part of a paragraph.
UNSEEN_TEXT = "\u2060"
# Pictures until the lines are known: one within a line, one beside the text, the brackets of one
# without an end.
INSIDE = "\x1b"
BESIDE = "\x1a"
ENDLESS = "\x00"

# Around the number of a heading, at its place.
HEADING_MARK = "\x18"
HEADING_PLACE = re.compile("\x18([0-9]+)\x18")

# Invisible characters: soft hyphen, byte order mark, zero-width space, word joiner.
INVISIBLE = "\u00ad\ufeff\u200b\u2060"

# Replaces a hole in a line's text; holes are identified by their order.
OBJECT = "\ufffc"

HOLE_MARK = re.compile("\x04([0-9]+)\x05")
# A link with a plain anchor, a hole, or one of the marks of a link that contains a hole.
MARK = re.compile("\x01([0-9]+)\x02([^\x01-\x05]*)\x03|\x04([0-9]+)\x05|\x01([0-9]+)\x02|\x03")

# Control characters that replace markup characters inside <nowiki>. Marks of lists need none,
# because `NOTHING` precedes them.
_PLAIN = "[]{}|'<=:_"
_PROTECT = {ord(c): 0x0E + i for i, c in enumerate(_PLAIN)}
_UNPROTECT = {mark: ord(c) for c, mark in ((chr(c), m) for c, m in _PROTECT.items())}
PROTECTED = re.compile("[\x0e-\x1f]")


def formula_mark(name: str) -> str:
    """Return the mark of a formula in the definition of a template; `name` is that of its hole.

    Functions that change the case of letters do not change it.
    """
    return f"{FORMULA}x{name.encode().hex()}{FORMULA}"


@dataclass
class Markers:
    """The targets of a page's links and the names of its holes, by number.

    `calls`: the wikitext of holes that are templates without a rule, or that wait; `tags`: that of
    holes that are extensions' tags. `within`: the numbers of holes that are certainly not blocks:
    formulas, and calls of templates that show text. `protects`: whether some of the page's text was
    changed by `protect`. `formulas`: whether the names of formulas are their sources, `$…$`,
    protected, after `FORMULA`.
    """

    targets: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    calls: dict[int, str] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    within: set[int] = field(default_factory=set)
    protects: bool = False
    formulas: bool = False

    def hole(self, name: str, call: str = "") -> str:
        """Return the mark of a new hole; `call` is the wikitext of an unknown template."""
        if call:
            self.calls[len(self.holes)] = call
        self.holes.append(name)
        return f"{HOLE}{len(self.holes) - 1}{HOLE_END}"

    def link(self, target: str, anchor: str) -> str:
        """Return an anchor between the marks of a new link."""
        self.targets.append(target)
        return f"{LINK}{len(self.targets) - 1}{ANCHOR}{anchor}{LINK_END}"


_APART = (" ", "\n", CONTINUES, ".", ",", ";", ")", "<ref")


def nothing(text: str, start: int, end: int) -> str:
    """Return the mark that replaces `text[start:end]`, which is not displayed.

    "" if there is a mark already, or if the text after it on the line cannot be part of a trail, so
    that a mark would separate nothing. (A footnote that follows has its own mark.)
    """
    before = text[start - 1] if start else "\n"
    if before == NOTHING or (before != "\n" and text.startswith(_APART, end)):
        return ""
    return NOTHING


def protect(text: str) -> str:
    """Return text in which no character is read as markup."""
    return text.replace("\n", " ").translate(_PROTECT)


def unprotect(text: str) -> str:
    """Return text with the characters that `protect` replaced."""
    return text.translate(_UNPROTECT) if PROTECTED.search(text) else text
