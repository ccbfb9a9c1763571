"""Lines of words and links, read in one go: most are such, and speed is decided here.

What this reads, it reads as the long way does (links → quotes → inline → read_line); what has
anything else in it is left to that one. A test holds that the two agree.
"""

import re
from functools import cache, lru_cache

from cstool.wikitext.entities import REFERENCE, decode_entities
from cstool.wikitext.inline import INLINE
from cstool.wikitext.links import Links, own_anchor
from cstool.wikitext.marks import HOLE, HOLE_MARK, NOTHING, OBJECT
from cstool.wikitext.sentences import Line, Mention

# What shows nothing matters only where it keeps a trail or a prefix away from a link, …
_LOOSE = re.compile(rf"{NOTHING}(?:(?<![\w\]]{NOTHING})|(?![\w\[]))")
_TWICE = NOTHING * 2
# … or apostrophes from each other, or stands in a target. Apostrophes are no markup in a target.
_ODD = re.compile(rf"'{NOTHING}+'|\[\[[^\[\]|]*(?:''|{NOTHING})")
_RUNS = re.compile("'{2,}")
# What a decoded reference must not become: markup, or white space and marks that are taken out.
_MARKUP = frozenset("[]{}|'<>=:_&#\n\t\u00a0\u00ad\ufeff\u200b\u2060" + OBJECT)
_MENTION, _TEXT = True, False
_KINDS = {"page": _MENTION, "here": _TEXT, "other": _TEXT, "project": _TEXT}
_TARGETS_KEPT = 1 << 16


class Plainly:
    """Reads the plain lines of a wiki."""

    def __init__(self, links: Links) -> None:
        self._split = links.pattern.split
        self._target_of = links.target
        self._entry = lru_cache(maxsize=_TARGETS_KEPT)(self._make_entry)

    def _make_entry(self, raw: str) -> tuple[bool, str, str] | None:
        """Return whether a target makes a mention, its title, and what it shows by itself.

        None for a target that is not plain.
        """
        kind, title = self._target_of(raw)
        if kind not in _KINDS or OBJECT in raw or NOTHING in raw:
            return None
        return _KINDS[kind], title, own_anchor(raw)

    def read(self, line: str, title: str, holes: list[str]) -> Line | None:
        """Return a line's text and mentions, None when it holds more than words and links.

        `title` is the page's own, `holes` the names of its holes by their numbers.
        """
        names: list[str] = []
        if HOLE in line:
            names = [holes[int(number)] for number in HOLE_MARK.findall(line)]
            line = HOLE_MARK.sub(OBJECT, line)
        source = _bare(line)
        if source is None:
            return None
        pieces = self._split(source)
        if len(pieces) == 1:
            return _line(source.replace(NOTHING, ""), [], names)
        if NOTHING in source:
            pieces[::5] = [piece.replace(NOTHING, "") for piece in pieces[::5]]
        return self._joined(pieces, title, names)

    def _joined(self, pieces: list[str], title: str, names: list[str]) -> Line | None:
        """Return a line from its texts and links, None when a link is not plain."""
        entry_of = self._entry
        out = [pieces[0]]
        at = len(pieces[0])
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
        return _line("".join(out), mentions, names)


def _bare(line: str) -> str | None:
    """Return a line with nothing but words and links left in it, None when there is more."""
    if "__" in line or "-{" in line or "\n" in line:
        return None
    if "<" in line:
        line = INLINE.sub(NOTHING, line)
        if "<" in line:
            return None
    if "&" in line:
        if not all(_is_plain(match[0]) for match in REFERENCE.finditer(line)):
            return None
        line = decode_entities(line)
    nothing, quoted = NOTHING in line, "''" in line
    if (nothing or quoted) and _ODD.search(line):
        return None
    if quoted:
        if "'''" in line and not _are_pairs(_RUNS.findall(line)):
            return None
        line = line.replace("'''", NOTHING).replace("''", NOTHING)
    if nothing or quoted:
        while _TWICE in line:
            line = line.replace(_TWICE, NOTHING)
        line = _LOOSE.sub("", line)
    if "\t" in line:
        line = line.replace("\t", " ")
    while "  " in line:
        line = line.replace("  ", " ")
    return line.strip()


def _line(text: str, mentions: list[Mention], names: list[str]) -> Line | None:
    """Return a line, None when there is markup in its text that found no partner."""
    if "[" in text or "]" in text or "{" in text or "}" in text or "  " in text:
        return None
    return None if text[:1] == " " else Line(text.rstrip(), mentions, names)


def _are_pairs(runs: list[str]) -> bool:
    """Whether all apostrophes of a line are marks of italics and bold, none of them odd."""
    lengths = [len(run) for run in runs]
    if not {2, 3, 5}.issuperset(lengths):
        return False
    fives = lengths.count(5)
    return (lengths.count(2) + fives) % 2 == 0 or (lengths.count(3) + fives) % 2 == 0


@cache
def _is_plain(reference: str) -> bool:
    """Whether a character reference is one, and stands for text that is not markup."""
    return decode_entities(reference)[0] not in _MARKUP
