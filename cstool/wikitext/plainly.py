"""Lines of words and links, read in one go: most are such, and speed is decided here.

What this reads, it reads as the long way does (links → quotes → inline → read_line); what has
anything else in it is left to that one. A test holds that the two agree.
"""

import re
from functools import cache, lru_cache

from cstool.wikitext.entities import REFERENCE, decode_entities
from cstool.wikitext.links import Links, own_anchor
from cstool.wikitext.marks import HOLE, HOLE_MARK, NOTHING, OBJECT
from cstool.wikitext.sentences import Line, Mention

# What shows nothing matters only where it keeps a trail or a prefix away from a link.
_LOOSE = re.compile(rf"{NOTHING}(?:(?<!\]\]{NOTHING})|(?!\w))(?!\[\[)")
_ODD_TARGET = re.compile(rf"\[\[[^\[\]|]*(?:''|{NOTHING})")
_RUNS = re.compile("'{2,}")
# What a decoded reference must not become: markup, or white space and marks that are taken out.
_MARKUP = frozenset("[]{}|'<>=:_&#\n\t\u00a0\u00ad\ufeff\u200b\u2060" + OBJECT)
_MENTION, _TEXT, _HIDDEN = range(3)
_KINDS = {
    "page": _MENTION, "here": _TEXT, "other": _TEXT, "project": _TEXT,
    "language": _HIDDEN, "category": _HIDDEN, "file": _HIDDEN,
}  # fmt: skip


class Plainly:
    """Reads the plain lines of a wiki."""

    def __init__(self, links: Links) -> None:
        self._split = links.pattern.split
        self._target_of = links.target
        self._entry = lru_cache(maxsize=1 << 16)(self._make_entry)

    def _make_entry(self, raw: str) -> tuple[int, str, str] | None:
        """Return a target's kind, title, and what it shows without an anchor; None: not plain."""
        kind, title = self._target_of(raw)
        if kind not in _KINDS or OBJECT in raw or NOTHING in raw:
            return None
        return _KINDS[kind], title, own_anchor(raw)

    def read(self, line: str, title: str, holes: list[str]) -> Line | None:
        """Return a line's text and mentions, None when it holds more than words and links.

        `title` is the page's own, `holes` the names of its holes by their numbers.
        """
        if "<" in line or "__" in line or "-{" in line or "\n" in line:
            return None
        names: list[str] = []
        if HOLE in line:
            names = [holes[int(number)] for number in HOLE_MARK.findall(line)]
            line = HOLE_MARK.sub(OBJECT, line)
        if "&" in line:
            if not all(_is_plain(match[0]) for match in REFERENCE.finditer(line)):
                return None
            line = decode_entities(line)
        nothing, quoted = NOTHING in line, "''" in line
        if (nothing or quoted) and _ODD_TARGET.search(line):
            return None
        if nothing:
            line = _LOOSE.sub("", line)
        if quoted:
            if "'''" in line and not _are_pairs(_RUNS.findall(line)):
                return None
            line = line.replace("'''", "").replace("''", "")
        line = line.strip()
        if "\t" in line:
            line = line.replace("\t", " ")
        while "  " in line:
            line = line.replace("  ", " ")
        pieces = self._split(line)
        if NOTHING in line:
            pieces[::5] = [piece.replace(NOTHING, "") for piece in pieces[::5]]
        mentions: list[Mention] | None = []
        text = pieces[0]
        if len(pieces) > 1:
            text, mentions = self._joined(pieces, title)
            if mentions is None:
                return None
        if "[" in text or "]" in text or "{" in text or "}" in text or "  " in text:
            return None
        if text[:1] == " ":
            return None
        return Line(text.rstrip(), mentions, names)

    def _joined(self, pieces: list[str], title: str) -> tuple[str, list[Mention] | None]:
        """Return the text of a line and its mentions, None when a link is not plain."""
        entry_of = self._entry
        out = [pieces[0]]
        at = len(pieces[0])
        mentions: list[Mention] = []
        for i in range(1, len(pieces), 5):
            prefix, raw, anchor, trail, after = pieces[i : i + 5]
            entry = entry_of(raw)
            if entry is None:
                return "", None
            kind, target, own = entry
            if anchor is None:
                anchor = own
            elif NOTHING in anchor:
                return "", None
            if kind == _HIDDEN:
                anchor = ""
            elif not anchor or anchor != anchor.strip():
                return "", None
            if prefix or trail:
                anchor = prefix + anchor + trail
            end = at + len(anchor)
            if kind == _MENTION and (target != title or "#" in raw):
                mentions.append((at, end, target))
            out += (anchor, after)
            at = end + len(after)
        return "".join(out), mentions


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
