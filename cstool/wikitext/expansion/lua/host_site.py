"""What `site.lua` needs of Python: the wiki's namespaces."""

from collections.abc import Callable, Mapping
from functools import cache

from cstool.dumps.xml import MAIN, Site
from cstool.wikitext.expansion.full_titles import made_title, parsed_title
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of, unknown
from cstool.wikitext.tables import of_language, rows
from cstool.wikitext.titles import namespaces_of


def site_functions(site: Callable[[], Site]) -> Mapping[str, Callback]:
    """Return the functions of `site.lua`."""
    return {
        "namespaces": lambda: _namespaces(site()),
        "namespace": lambda name: _number(text_of(name), site()),
        "unknown": _unknown,
    }


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def _number(name: str, site: Site) -> int | None:
    return namespaces_of(site).named(" ".join(name.replace("_", " ").split()).lower())


@cache
def _namespaces(site: Site) -> str:
    """Return a line for each namespace: its number, names, properties and aliases."""
    canonical = {MAIN: ""}
    for language, row, text in rows("namespaces.tsv"):
        if language == "*":
            canonical.setdefault(int(row), text)
    aliases: dict[int, list[str]] = {}
    for row, text in of_language("namespaces.tsv", site.language):
        aliases.setdefault(int(row), []).append(text)
    lines = []
    for number, name in sorted(site.namespaces):
        own = canonical.get(number, name)
        others = [a.replace(" ", "_") for a in aliases.get(number, []) if a not in (name, own)]
        has_subpages = len(made_title(number, "a/a", site).parts) > 1
        letter = parsed_title("a", site, number)
        is_capitalised = letter is not None and letter.text == "A"
        flags = (str(int(has_subpages)), str(int(is_capitalised)))
        lines.append("\t".join((str(number), name, own, *flags, *others)))
    return "\n".join(lines)
