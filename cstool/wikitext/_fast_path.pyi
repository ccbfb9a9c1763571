from collections.abc import Callable

from cstool.wikitext.sentences import TextLine

Entry = tuple[bool, str, str] | None
Wiki = tuple[
    bytes,
    Callable[[str], Entry],
    dict[str, Entry],
    Callable[[str], str | None],
    dict[str, str | None],
    frozenset[str],
    type[TextLine],
]

def lines(text: str, title: str, holes: list[str], wiki: Wiki) -> list[TextLine | None]:
    """Read the lines of a page's text; None for lines with other markup than words and links.

    `title` is the page's own title; `holes` are the names of its holes, by number. `wiki`: the
    class of each character; a function that makes the entry of a link target, and its cache; a
    function that decodes a character reference, and its cache; the names of inline tags; the type
    of the lines.
    """
