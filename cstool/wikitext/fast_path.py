"""Fast path for lines of words and links, which most lines are; it decides the speed of extraction.

The implementation is compiled (`_fast_path.c`). Its result is the same as that of
`PageReader.read_closely`, which reads lines with other markup. A test checks that both agree.
"""

import re
from functools import cache
from unicodedata import normalize

from cstool.wikitext.character_references import REFERENCE, decode_entities
from cstool.wikitext.extension_tags import tags
from cstool.wikitext.links import LinkParser, own_anchor
from cstool.wikitext.markers import INVISIBLE, OBJECT
from cstool.wikitext.sentences import TextLine
from cstool.wikitext.titles import ODD_LETTER

try:
    from cstool.wikitext import _fast_path

    COMPILED = True
except ImportError:  # installed without a C compiler: all lines take the slow path
    COMPILED = False

# Classes of characters, as in `_fast_path.c`.
_SPECIAL, _TRAIL, _PREFIX, _ODD, _INVOLVED = 1, 2, 4, 8, 16
_MARKUP = "".join(map(chr, range(32))) + "'&<>[]_{}|\u00a0\uff3f" + INVISIBLE + OBJECT
# Characters that make a trail more than a run of letters in some languages: bol, br, ca, kaa, se.
_IN_ODD_TRAILS = "'’ʼ:"
_CHARACTERS = 0x10000
_BEYOND = "\U00010000"
_KINDS_OF_LINKS = {"page": True, "here": False, "other": False, "project": False}
# Characters that decoded text must not contain: those that are markup, or removed, in later steps.
_NOT_PLAIN = re.compile(rf"[\[\]{{}}|\x00-\x1f{INVISIBLE}{OBJECT}]")
_NO_ANCHOR = re.compile(rf"[<>]|''|{REFERENCE.pattern}")


class FastPath:
    """Reads the plain lines of a wiki."""

    def __init__(self, links: LinkParser) -> None:
        self._target_of = links.target
        html = tags()["html"]
        self._wiki = (
            kinds(links.trail, links.prefix),
            self._entry,
            dict[str, tuple[bool, str, str] | None](),
            _decoded,
            dict[str, str | None](),
            frozenset(html["inline"]),
            frozenset(html["break"]),
            TextLine,
            normalize,
            links.normalised,
            dict[str, str](),
        )

    def lines(self, text: str, title: str, holes: list[str]) -> list[TextLine | str]:
        """Return each line's text and mentions; the wikitext of those that are read closely.

        `title` is the page's own title, `holes` the names of its holes by number. The lines of a
        paragraph are read as one.
        """
        if not COMPILED:
            return [*text.split("\n")]
        return _fast_path.lines(text, title, holes, self._wiki)

    def _entry(self, raw: str) -> tuple[bool, str, str] | None:
        """Return whether a target makes a mention, its title, and the link's default text.

        None for a target that is not plain.
        """
        kind, title = self._target_of(raw)
        own = own_anchor(raw)
        if kind not in _KINDS_OF_LINKS or _NOT_PLAIN.search(own) or _NO_ANCHOR.search(own):
            return None
        return _KINDS_OF_LINKS[kind], title, own


def _decoded(reference: str) -> str | None:
    """Return the text of a character reference, None if that is not plain."""
    text = decode_entities(reference)
    return None if _NOT_PLAIN.search(text) else text


@cache
def kinds(trail: str, prefix: str) -> bytes:
    """Return the class of each character of the basic plane, and last that of all others.

    `trail` and `prefix` are the language's patterns.
    """
    classes = bytearray(_CHARACTERS + 1)
    characters = [*map(chr, range(_CHARACTERS)), _BEYOND]
    lines = "\n".join(characters)
    odd = set()
    for pattern, kind in ((trail, _TRAIL), (prefix, _PREFIX)):
        # One search of a line for each character is faster than a match of each.
        for letter in re.findall(f"^(?:{pattern})$", lines, re.MULTILINE) if pattern else ():
            classes[min(ord(letter), _CHARACTERS)] |= kind
            # Later steps trim white space in a trail (hi has U+2028 in a range) from the anchor's
            # end, and remove invisible characters (U+200B).
            if kind == _TRAIL and (letter.isspace() or letter in INVISIBLE):
                odd.add(letter)
    odd |= set(_IN_ODD_TRAILS) & set(trail)
    involved = ODD_LETTER.findall("".join(characters))
    for characters_, kind in ((_MARKUP, _SPECIAL), (odd, _ODD), (involved, _INVOLVED)):
        for character in characters_:
            classes[min(ord(character), _CHARACTERS)] |= kind
    return bytes(classes)
