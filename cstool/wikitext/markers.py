"""Marks that stand in a page's text while it is worked on.

They are made of control characters, which XML 1.0 does not allow: no page can hold one.
A link: \\x01 number \\x02 anchor \\x03. A hole: \\x04 number \\x05. Numbers count the page's
links (their targets) and holes (their names) as they are found. What shows nothing: \\x06.
What no paragraph runs through: \\x07. A new line that a paragraph runs over: \\x08.
"""

import re
from dataclasses import dataclass, field

LINK = "\x01"
ANCHOR = "\x02"
LINK_END = "\x03"
HOLE = "\x04"
HOLE_END = "\x05"
# Where something stood that shows nothing (MediaWiki: a strip marker). What stands on its two
# sides does not touch: no table, list, trail or run of apostrophes forms across it.
NOTHING = "\x06"
# A block within a line, a picture beside the text: no paragraph goes on before or after its line.
APART = "\x07"
# What a block leaves: it ends the line; what follows it is no preformatted text for the space
# before it.
BLOCK = f"{APART}\n{NOTHING}{APART}"
# Stands for a new line that is white space in a paragraph.
CONTINUES = "\x08"

# Characters that nobody sees: soft hyphens, marks of byte order, spaces and joiners of no width.
INVISIBLE = "\u00ad\ufeff\u200b\u2060"

# What stands for a hole in a line's text; holes are told apart by their order.
OBJECT = "\ufffc"

HOLE_MARK = re.compile("\x04([0-9]+)\x05")
# A link with a plain anchor, a hole, or one of the marks of a link that holds a hole.
MARK = re.compile("\x01([0-9]+)\x02([^\x01-\x05]*)\x03|\x04([0-9]+)\x05|\x01([0-9]+)\x02|\x03")

# What <nowiki> keeps from being read as markup stands as another control character. A list's
# marks need none: `NOTHING` stands before them.
_PLAIN = "[]{}|'<=:_"
_PROTECT = {ord(c): 0x0E + i for i, c in enumerate(_PLAIN)}
_UNPROTECT = {mark: ord(c) for c, mark in ((chr(c), m) for c, m in _PROTECT.items())}
PROTECTED = re.compile("[\x0e-\x1f]")


@dataclass
class Markers:
    """The targets of a page's links and the names of its holes, by their numbers.

    `calls` has the wikitext of those holes that are templates which no rule knows.
    `within` has the numbers of those that are no blocks for certain: formulas.
    `protects` tells that some of the page's text stands there as `protect` made it.
    """

    targets: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)
    calls: dict[int, str] = field(default_factory=dict)
    within: set[int] = field(default_factory=set)
    protects: bool = False

    def hole(self, name: str, call: str = "") -> str:
        """Return the mark of a new hole; `call` is the unknown template's."""
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
    """Return what to leave for `text[start:end]`, which shows nothing.

    A mark, but not where one stands already, nor where within a line something follows that no
    trail begins with: there it keeps nothing apart. (A footnote that follows leaves its own.)
    """
    before = text[start - 1] if start else "\n"
    if before == NOTHING or (before != "\n" and text.startswith(_APART, end)):
        return ""
    return NOTHING


def protect(text: str) -> str:
    """Return text in which no character reads as markup any more."""
    return text.replace("\n", " ").translate(_PROTECT)


def unprotect(text: str) -> str:
    """Return the characters that `protect` has hidden."""
    return text.translate(_UNPROTECT) if PROTECTED.search(text) else text
