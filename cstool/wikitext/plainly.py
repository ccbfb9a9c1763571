"""Lines of words and links, read in one go: most are such, and speed is decided here.

What this reads, it reads as the long way does (links → quotes → inline → read_line); what has
anything else in it is left to that one. A test holds that the two agree.
"""

import re
from functools import cache, lru_cache

from cstool.wikitext.entities import REFERENCE, decode_entities
from cstool.wikitext.inline import INLINE
from cstool.wikitext.links import Links, own_anchor
from cstool.wikitext.marks import HOLE, HOLE_MARK, INVISIBLE, NOTHING, OBJECT
from cstool.wikitext.sentences import Line, Mention

# What shows nothing matters only where it keeps a trail or a prefix away from a link, or
# apostrophes from each other, …
# (A trail or a prefix may well begin with a quotation mark or a hyphen: in uk, hy, ka, is, …)
_LOOSE = re.compile(rf"{NOTHING}(?:(?=[\s.,;!?()|\]])|\Z|(?<![^\s.,;:!?()|\[]{NOTHING}))")
_TWICE = re.compile(f"{NOTHING}{NOTHING}+")
_SPLIT_BRACKETS = re.compile(rf"{NOTHING}(?:(?<=\[.)(?=\[)|(?<=\].)(?=\]))")
# … or stands in a target: that is none then. Apostrophes are no markup in a target.
_BROKEN_TARGET = re.compile(rf"\[\[[^\[\]|\n{NOTHING}]*+{NOTHING}")
_TAB_IN_TARGET = re.compile(r"(\[\[[^\[\]|\n\t]*+)\t")
_BREAK = "\x07"
_ANCHOR = re.compile(r"(?<![^\[\]])[^\[\]|]*+\|([^\[\]]*+)\]\]")
_QUOTES_BEHIND_TRAIL = re.compile(r"\]\][^\s\[\]'.,;]++''+[^\s'.,;!?()]")
_QUOTED_TARGET = re.compile(r"\[\[[^\[\]|\n']*+(?:'[^\[\]|\n']++)*+''")
_RUNS = re.compile("'{2,}")
# What a decoded reference must not become: markup, or white space and marks that are taken out.
_MARKUP = frozenset("[]{}|'<>=:_&#\n\t\u00a0" + INVISIBLE + OBJECT)
_MENTION, _TEXT = True, False
_KINDS = {"page": _MENTION, "here": _TEXT, "other": _TEXT, "project": _TEXT}
_TARGETS_KEPT = 1 << 16


class Plainly:
    """Reads the plain lines of a wiki."""

    def __init__(self, links: Links) -> None:
        self._split = links.pattern.split
        self._target_of = links.target
        self._has_prefixes = links.has_prefixes
        self._is_edge = links.edge.match
        self._decode = cache(self._decoded)
        self._entry = lru_cache(maxsize=_TARGETS_KEPT)(self._make_entry)

    def _make_entry(self, raw: str) -> tuple[bool, str, str] | None:
        """Return whether a target makes a mention, its title, and what it shows by itself.

        None for a target that is not plain.
        """
        kind, title = self._target_of(raw)
        if kind not in _KINDS or OBJECT in raw or NOTHING in raw:
            return None
        return _KINDS[kind], title, own_anchor(raw)

    def lines(self, lines: list[str], title: str, holes: list[str]) -> list[Line | None]:
        """Return the lines' texts and mentions, None for those that hold more than words and links.

        `title` is the page's own, `holes` the names of its holes by their numbers.
        """
        bare = self._bare("\n".join(lines)).split("\n")
        if len(bare) != len(lines):  # a line has breaks in it
            return [None if "\n" in line else self.lines([line], title, holes)[0] for line in lines]
        read: list[Line | None] = []
        for line, source in zip(bare, lines, strict=True):
            names = [holes[int(n)] for n in HOLE_MARK.findall(source)] if OBJECT in line else []
            read.append(self._line(_spaced(line).strip(), title, names))
        return read

    def _line(self, line: str, title: str, names: list[str]) -> Line | None:
        """Return a line's text and mentions if it is plain."""
        if "''" in line:
            bare = self._unquoted(line)
            if bare is None:
                return None
            line = bare
        if "[[" not in line:
            return _checked(line.replace(NOTHING, ""), [], names)
        pieces = self._split(line)
        if NOTHING in line:
            pieces[::5] = [piece.replace(NOTHING, "") for piece in pieces[::5]]
        entry_of = self._entry
        text = pieces[0]
        out = [text]
        at = len(text)
        mentions: list[Mention] = []
        for i in range(1, len(pieces), 5):
            prefix, raw, anchor, trail, after = pieces[i : i + 5]
            entry = entry_of(raw)
            if entry is None:
                return None
            mentioned, target, own = entry
            if anchor is None:
                anchor = own
            if not anchor or anchor != anchor.strip() or NOTHING in anchor:
                return None
            if prefix or trail:
                anchor = prefix + anchor + trail
            end = at + len(anchor)
            if mentioned and (target != title or "#" in raw):
                mentions.append((at, end, target))
            out += (anchor, after)
            at = end + len(after)
        return _checked("".join(out), mentions, names)

    def _unquoted(self, line: str) -> str | None:
        """Return a line without the marks of italics and bold, None when any is odd."""
        if ("'''" in line and not _are_pairs(line)) or _QUOTED_TARGET.search(line):
            return None
        if self._has_prefixes:
            line = line.replace("'''", NOTHING).replace("''", NOTHING)
            line = _without_nothing(line)
        else:
            # What follows a link's quotes, or those behind its trail, is no trail of it.
            if _QUOTES_BEHIND_TRAIL.search(line):
                return None
            if "]]''" in line:
                line = line.replace("]]'''", "]]" + NOTHING).replace("]]''", "]]" + NOTHING)
            line = line.replace("'''", "").replace("''", "")
        return _spaced(line).strip()

    def _bare(self, text: str) -> str:
        """Return a page's text with what is plain in all its lines out of the way."""
        if HOLE in text:
            # It is no letter, though some languages' prefixes would have it as one.
            text = HOLE_MARK.sub(OBJECT + NOTHING if self._has_prefixes else OBJECT, text)
        if "<" in text:
            text = INLINE.sub(NOTHING, text)
        if "&" in text:
            text = REFERENCE.sub(lambda reference: self._decode(reference[0]), text)
        if "\t" in text:
            text = _TAB_IN_TARGET.sub(r"\1" + _BREAK, text).replace("\t", " ")
        if NOTHING in text:
            text = _SPLIT_BRACKETS.sub(_BREAK, text)
            text = _BROKEN_TARGET.sub(lambda target: target[0].replace(NOTHING, _BREAK), text)
            text = _without_nothing(text)
        return text

    def _decoded(self, reference: str) -> str:
        """Return what a character reference stands for; the reference itself where that is markup.

        A trail or a prefix ends before it.
        """
        decoded = decode_entities(reference)
        if decoded[0] in _MARKUP:
            return reference
        return f"{NOTHING}{decoded}{NOTHING}" if self._is_edge(decoded) else decoded


def _spaced(line: str) -> str:
    while "  " in line:
        line = line.replace("  ", " ")
    return line


def _without_nothing(text: str) -> str:
    """Return the text without marks of what shows nothing, but where they keep words apart."""
    text = _TWICE.sub(NOTHING, text)
    return _LOOSE.sub("", text)


def _checked(text: str, mentions: list[Mention], names: list[str]) -> Line | None:
    """Return a line, None when there is something else than words in its text."""
    if "[" in text or "]" in text or "{" in text or "}" in text or "<" in text:
        return None
    if "&" in text and REFERENCE.search(text):
        return None
    if text[:1].isspace():
        return None
    return Line(text.rstrip(), mentions, names)


def _are_pairs(line: str) -> bool:
    """Whether all apostrophes of a line are marks of italics and bold, none of them odd."""
    bold, italic = _marks(line)
    if bold < 0 or (bold % 2 and italic % 2):
        return False
    # Those of an anchor count for themselves.
    anchors = [anchor for anchor in _ANCHOR.findall(line) if "''" in anchor]
    return not any(count % 2 for anchor in anchors for count in _marks(anchor))


def _marks(text: str) -> tuple[int, int]:
    """Return how many marks of bold and italics there are; -1, -1: and apostrophes beside them."""
    lengths = [len(run) for run in _RUNS.findall(text)]
    if not {2, 3, 5}.issuperset(lengths):
        return -1, -1
    fives = lengths.count(5)
    return lengths.count(3) + fives, lengths.count(2) + fives
