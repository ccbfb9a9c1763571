"""Links to pictures: `[[File:A.jpg|thumb|caption]]` → a mark; captions are removed.

After Parser::handleInternalLinks2 and Parser::makeImage (MediaWiki REL1_39).
"""

import re
from collections.abc import Callable
from functools import lru_cache

from cstool.wikitext.markers import APART, BESIDE, CONTINUES, ENDLESS, INSIDE, PICTURE, Markers
from cstool.wikitext.scan import prefixed
from cstool.wikitext.tables import of_language
from cstool.wikitext.titles import FILE, Namespaces, normal_prefix

# A picture whose caption contains no markup but links, like nearly all captions.
_PLAIN = re.compile(
    r"[ _]*+[^\[\]|\n<>{}_ ][^\[\]|\n<>{}]*+"
    r"(?:\|[^\[\]]++(?:\[\[[^\[\]]*+\]\][^\[\]]*+)*+)?+\]\](?!\])"
)
_INNER = re.compile(r"\[\[.*?\]\]", re.DOTALL)
_NAME = re.compile(r"[^\[\]|\n<>{}]*")
_HEADS = ("", "\n", CONTINUES)
# Options of pictures that are displayed as blocks (Parser::makeImage), by their magic words.
_BLOCK_OPTIONS = frozenset(
    {"img_thumbnail", "img_framed", "img_left", "img_right", "img_center", "img_none"}
)
_THUMB_OPTION = "img_manualthumb"
_PREFIXES_KEPT = 1 << 12
_WHITE = f" \t\n{CONTINUES}"


class PictureParser:
    """The pictures of a wiki."""

    def __init__(self, namespaces: Namespaces) -> None:
        words = [(i, w) for i, w, _ in of_language("magicwords.tsv", namespaces.site.language)]
        self._blocks = {word for id_, word in words if id_ in _BLOCK_OPTIONS}
        self._thumbs = tuple(word[:-2] for id_, word in words if id_ == _THUMB_OPTION)
        names = frozenset(namespaces.names(FILE))
        self._is_file = lru_cache(maxsize=_PREFIXES_KEPT)(
            lambda prefix: normal_prefix(prefix) in names
        )

    def with_marks(self, text: str) -> str:
        """Return the text with each picture, and its caption, replaced by a mark.

        A picture without an end is displayed as it is written: a mark replaces its prefix.
        """
        out: list[str] = []
        at = 0
        ends = _Ends(text)
        for start, colon in prefixed(text):
            if start < at or not self._is_file(text[start + 2 : colon]):
                continue
            end = ends.of(start, colon + 1)
            out.append(text[at:start])
            if end < 0:
                out.append(ENDLESS)
                at = colon + 1
            else:
                out.append(BESIDE if self._is_block(text[colon + 1 : end - 2]) else INSIDE)
                at = end
        return "".join([*out, text[at:]]) if out else text

    def _is_block(self, options: str) -> bool:
        """Return whether a picture is displayed as a block, which ends the paragraph."""
        if self._blocks.intersection(options.split("|", 2)[1:-1]):  # as usual, `thumb` comes first
            return True
        if "[[" in options:
            options = _INNER.sub("", options)
        return any(
            option.strip(_WHITE) in self._blocks or option.startswith(self._thumbs)
            for option in options.split("|")[1:]
        )


class _Ends:
    """The ends of the pictures of a text; asked from left to right, each part is read once."""

    def __init__(self, text: str) -> None:
        self._text = text
        # Between these starts of links, all links are closed once.
        self._from = self._to = 0
        self._end = -1
        self._dead = -1

    def of(self, start: int, name: int) -> int:
        """Return the end of the picture that begins at `start`, -1 if it does not end.

        `name` is the start of the file's name.
        """
        text = self._text
        plain = _PLAIN.match(text, name) if start != self._dead else None
        if plain:
            return plain.end()
        bar = _NAME.match(text, name).end()  # type: ignore[union-attr]
        if start == self._dead or not text[name:bar].strip(" _"):
            return -1
        if text.startswith("]]", bar):
            return bar + 2
        if not text.startswith("|", bar):
            return -1
        following = text.find("[[", bar)
        close = text.find("]]", bar + 2, following if following >= 0 else len(text))
        if close < 0:
            return self._after(following)
        # The first of three brackets ends an external link: [[File:x|[http://…]]].
        within = text.startswith("]", close + 2) and text.find("[", bar, close) >= 0
        return close + 2 + within

    def _after(self, link: int) -> int:
        """Return where a caption with links ends whose first link begins at `link`.

        Between two starts of links, one end closes the inner link, a second one the picture;
        without one the picture does not end, nor does another picture up to there.
        """
        if self._from <= link <= self._to:
            return self._end
        text, self._from, self._end = self._text, link, -1
        while link >= 0:
            following = text.find("[[", link + 2)
            until = following if following >= 0 else len(text)
            first = text.find("]]", link + 2, until)
            second = text.find("]]", first + 2, until) if first >= 0 else -1
            if first < 0 or second >= 0:
                self._end = second + 2 if second >= 0 else -1
                break
            link = following
        self._to = link if link >= 0 else len(text)
        if self._end < 0:
            self._dead = link
        return self._end


def with_breaks(text: str, marks: Markers) -> str:
    """Return the text with the breaks and holes that pictures make in place of their marks.

    A picture beside the text ends the paragraph.
    """
    text = _replaced(text.replace(INSIDE, PICTURE), BESIDE, _apart)
    return _replaced(text, ENDLESS, lambda *_: marks.hole("unclosed [["))


def _apart(text: str, start: int, _: int) -> str:
    return APART if text[start - 1 : start] in _HEADS else f"{APART}\n{APART}"


def _replaced(text: str, mark: str, shown: Callable[[str, int, int], str]) -> str:
    """Return the text with each mark replaced by what is shown for it: its text, start, end."""
    out: list[str] = []
    at = 0
    found = text.find(mark)
    while found >= 0:
        out += (text[at:found], shown(text, found, found + 1))
        at = found + 1
        found = text.find(mark, at)
    return "".join([*out, text[at:]]) if at else text
