from collections.abc import Callable
from typing import Literal

from cstool.wikitext.sentences import TextLine

Entry = tuple[bool, str, str] | None
Wiki = tuple[
    bytes,
    Callable[[str], Entry],
    dict[str, Entry],
    Callable[[str], str | None],
    dict[str, str | None],
    frozenset[str],
    frozenset[str],
    type[TextLine],
    Callable[[Literal["NFC"], str], str],
    Callable[[str], str],
    dict[str, str],
]

def lines(text: str, title: str, holes: list[str], wiki: Wiki) -> list[TextLine | str]:
    """Read the lines of a page's text; the source of lines with markup that is not read here.

    `title` is the page's own title; `holes` are the names of its holes, by number. `wiki`: the
    class of each character; a function that makes the entry of a link target, and its cache; a
    function that decodes a character reference, and its cache; the names of inline tags, and of
    tags that end a line; the type of the lines; `unicodedata.normalize`; a function that converts
    the first letter of a title, and its cache.
    """
