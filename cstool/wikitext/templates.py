"""Templates: those that show nothing go, those we know are rendered, the others leave a hole.

Braces are matched as Preprocessor_Hash does it (MediaWiki REL1_39): runs of them, three before
two, innermost first; what finds no partner is plain text. Only the outermost call is looked at;
what stands inside one that is not rendered costs nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import mwparserfromhell
from mwparserfromhell.nodes import Template

from cstool.wikitext.marks import NOTHING, Marks
from cstool.wikitext.rules import Rules

_BRACES = re.compile(r"\{\{+|\}\}+")
_SPACES = re.compile(r"[\s_]+")
_DEEPEST = 20


def expand(text: str, marks: Marks, rules: Rules, title: str, *, depth: int = 0) -> str:
    """Return the text with its templates rendered, removed, or marked as holes."""
    if "{{" not in text:
        return text
    out: list[str] = []
    at = 0
    for start, end, braces in calls(text):
        out.append(text[at:start])
        source = text[start:end]
        shown = (
            marks.hole("{{{parameter}}}")
            if braces == 3
            else _shown(source, marks, rules, title, depth)
        )
        if "\n" in source and _is_box(text, start, end):
            shown = "\n"
        out.append(shown)
        at = end
    out.append(text[at:])
    return "".join(out)


def calls(text: str) -> list[tuple[int, int, int]]:
    """Return the outermost pairs of braces: where they begin and end, and 2 or 3 of them."""
    found: list[tuple[int, int, int]] = []
    opened: list[list[int]] = []
    for match in _BRACES.finditer(text):
        start, end = match.span()
        if text[start] == "{":
            opened.append([start, end - start])
            continue
        while opened and end - start >= 2:
            begin, count = opened[-1]
            pair = 3 if min(count, end - start) >= 3 else 2
            start += pair
            count -= pair
            if count >= 2:
                opened[-1][1] = count
            else:
                opened.pop()
            while found and found[-1][0] >= begin + count:
                found.pop()
            found.append((begin + count, start, pair))
    return found


def _is_box(text: str, start: int, end: int) -> bool:
    """Whether a call of several lines stands above the text that follows it on its last line.

    `{{Infobox …\\n}}'''Rome''' is …`: the box is a block; the sentence begins behind it.
    """
    if start and text[start - 1] != "\n":
        return False
    following = text[end : end + 8].lstrip(" ")
    return following.startswith("'''") or following[:1].isupper()


def _shown(source: str, marks: Marks, rules: Rules, title: str, depth: int) -> str:
    """Return what stands in the text for a call."""
    name = call_name(source)
    word = rules.word(name, title) if "|" not in source else None
    if word is not None:
        return word
    if rules.is_silent(name):
        return NOTHING
    rule = rules.text(name)
    if rule is None or depth > _DEEPEST:
        return marks.hole(name)
    given = dict(arguments(source))
    chosen = rule.choose(given)
    if chosen is None:
        return marks.hole(name)
    values = {
        key: expand(value, marks, rules, title, depth=depth + 1) for key, value in given.items()
    }
    return chosen.fill(values)


def call_name(source: str) -> str:
    """Return a call's name in lower case: `{{Use_dmy dates|…}}` → "use dmy dates"."""
    name = source[2:-2]
    cut = min((i for i in (name.find("|"), name.find("{{")) if i >= 0), default=len(name))
    computed = name[cut : cut + 1] == "{"
    name = _SPACES.sub(" ", name[:cut]).strip().lower()
    return f"{name}{{{{…}}}}" if computed else name


@lru_cache(maxsize=4096)
def arguments(source: str) -> tuple[tuple[str, str], ...]:
    """Return a call's arguments; named ones without white space around (as MediaWiki has it)."""
    return tuple(_arguments(source))


def _arguments(source: str) -> Iterator[tuple[str, str]]:
    nodes = mwparserfromhell.parse(source, skip_style_tags=True).nodes
    if not nodes or not isinstance(nodes[0], Template):
        return
    for parameter in nodes[0].params:
        value = str(parameter.value)
        yield str(parameter.name).strip(), value.strip() if parameter.showkey else value
