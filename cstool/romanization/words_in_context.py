"""Romanizes words, each once: what a word becomes does not depend on the words beside it.

The characters beside a word, a space, a line break, or the beginning or end of the text, are given
to the romanizer, because rules for the beginning and end of words, and spaces in what a punctuation
mark becomes, depend on them. So a text becomes what the romanizer makes of the whole, but for a
Thai vowel (U+0E2D) before which uroman also reads letters of the preceding word; its command line,
which romanizes word by word, does not.
"""

from typing import Literal, NamedTuple

from cstool.romanization.romanizers import Romanizer

# What can be beside a word, by its index in a context: nothing, or a character.
BESIDE = ("", " ", "\n")
# Words whose romanization is kept; then all are forgotten.
_MOST_WORDS = 1 << 18

Side = Literal["start", "end"]
# How the offset of a span in a romanized word was found.
BY_PIECES = "word cut at the span's end"
BY_EDGES = "offsets of uroman"
BY_PREFIX = "common beginning"


class WordContext(NamedTuple):
    """A word, the code of the rules for it, and what is beside it: indices in BESIDE."""

    word: str
    lcode: str
    before: int
    after: int


class WordOffset(NamedTuple):
    """An offset in a romanized word, and how it was found."""

    offset: int
    found: str


class WordRomanizer:
    """Romanizes words, and keeps what they became."""

    def __init__(self, romanizer: Romanizer) -> None:
        self.romanizer = romanizer
        self._words: dict[WordContext, str] = {}
        self._offsets: dict[tuple[WordContext, int, Side], WordOffset] = {}

    def romanize(self, word: WordContext) -> str:
        """Return the word in Latin letters, without what is beside it."""
        known = self._words.get(word)
        if known is None:
            if len(self._words) >= _MOST_WORDS:
                self._words.clear()
            known = self._words[word] = self._romanized(word)
        return known

    def offset(self, word: WordContext, cut: int, side: Side) -> WordOffset:
        """Return where a span that starts or ends after `cut` characters does so in Latin letters.

        If the word's pieces become something else than the word, the offset is that of uroman's
        edges; within an edge, a span starts before it and ends after it.
        """
        key = word, cut, side
        known = self._offsets.get(key)
        if known is None:
            if len(self._offsets) >= _MOST_WORDS:
                self._offsets.clear()
            known = self._offsets[key] = self._found(word, cut, side)
        return known

    def _romanized(self, word: WordContext) -> str:
        before, after = BESIDE[word.before], BESIDE[word.after]
        text = self.romanizer.romanize(f"{before}{word.word}{after}", word.lcode)
        if not (text.startswith(before) and text.endswith(after)):
            return self.romanizer.romanize(word.word, word.lcode)
        return text[len(before) : len(text) - len(after)]

    def _found(self, word: WordContext, cut: int, side: Side) -> WordOffset:
        whole = self.romanize(word)
        left = self._romanized(word._replace(word=word.word[:cut], after=0))
        right = self._romanized(word._replace(word=word.word[cut:], before=0))
        if left + right == whole:
            return WordOffset(len(left), BY_PIECES)
        by_edges = self._by_edges(word, cut, side, whole)
        if by_edges is not None:
            return WordOffset(by_edges, BY_EDGES)
        return WordOffset(_common(left, whole), BY_PREFIX)

    def _by_edges(self, word: WordContext, cut: int, side: Side, whole: str) -> int | None:
        before, after = BESIDE[word.before], BESIDE[word.after]
        edges = self.romanizer.edges(f"{before}{word.word}{after}", word.lcode)
        if edges is None or "".join(edge.text for edge in edges) != f"{before}{whole}{after}":
            return None
        at = cut + len(before)
        if side == "start":
            inside = [edge for edge in edges if edge.end <= at]
        else:
            inside = [edge for edge in edges if edge.start < at]
        offset = sum(len(edge.text) for edge in inside) - len(before)
        return min(max(offset, 0), len(whole))


def _common(one: str, other: str) -> int:
    """Return the length of the common beginning of two strings."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
