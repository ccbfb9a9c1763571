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
    """Read the lines of a page's text; None for those that hold more than words and links.

    `title` is the page's own, `holes` the names of its holes by their numbers. `wiki`: what each
    character is; what makes the entry of a target, those made so far; what decodes a reference,
    those decoded so far; the names of inline tags; the type of the lines.
    """
