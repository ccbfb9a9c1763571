"""Templates: silent ones are removed, known ones rendered, the others become holes.

Only outermost calls are parsed; calls inside one that is not rendered cost nothing.
"""

from collections.abc import Iterator
from functools import lru_cache

from cstool.wikitext.braces import links
from cstool.wikitext.markers import BLOCK, NOTHING, PICTURE, Markers, nothing
from cstool.wikitext.rule_tables import SHOWS_PICTURE, SILENT, TemplateRules, normal_name
from cstool.wikitext.scan import calls
from cstool.wikitext.template_rules import STAR

_DEEPEST = 20
_NAMES_KEPT = 1 << 16


def expand(text: str, marks: Markers, rules: TemplateRules, title: str, *, depth: int = 0) -> str:
    """Return the text with its templates rendered, removed, or replaced by holes."""
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
            shown = BLOCK
        elif shown == NOTHING:
            shown = nothing(text, start, end)
        out.append(shown)
        at = end
    out.append(text[at:])
    return "".join(out)


def _is_box(text: str, start: int, end: int) -> bool:
    """Return whether a call over several lines is a block above the text that follows it.

    `{{Infobox …\\n}}'''Rome''' is …`: the box is a block; the sentence begins after it.
    """
    if start and text[start - 1] != "\n":
        return False
    following = text[end : end + 8].lstrip(" ")
    return following.startswith("'''") or following[:1].isupper()


def _shown(source: str, marks: Markers, rules: TemplateRules, title: str, depth: int) -> str:
    """Return the text that replaces a call."""
    name = call_name(source)
    word = rules.word(name, title) if "|" not in source else None
    if word is not None:
        return word
    found = rules.find(name)
    if found is None:
        return marks.hole(name, "" if name.startswith("#") or "{" in name else source)
    if depth > _DEEPEST:
        return marks.hole(name)
    rule, star = found
    if rule is SILENT:
        return NOTHING
    if rule is SHOWS_PICTURE:
        return PICTURE
    given = {
        key: expand(value, marks, rules, title, depth=depth + 1) if "{{" in value else value
        for key, value in arguments(source)
    }
    if star:
        given[STAR] = star
    shown = rule.shown(given, rules.language)
    if shown is None or (shown and not rules.render):
        return marks.hole(name)
    return shown or NOTHING


def call_name(source: str) -> str:
    """Return a call's name in lower case: `{{Use_dmy dates|…}}` → "use dmy dates"."""
    bar = source.find("|")
    return _name_in(source[2 : bar if bar >= 0 else -2])


@lru_cache(maxsize=_NAMES_KEPT)
def _name_in(head: str) -> str:
    name, computed, _ = head.partition("{{")
    return f"{normal_name(name)}{{{{…}}}}" if computed else normal_name(name)


@lru_cache(maxsize=4096)
def arguments(source: str) -> tuple[tuple[str, str], ...]:
    """Return a call's arguments; named ones without surrounding white space, as in MediaWiki."""
    flat = "{{" not in source[2:] and "[[" not in source
    inner = source[2:-2]
    return tuple(_split(inner, inner if flat else _masked(inner)))


def _split(inner: str, shown: str) -> Iterator[tuple[str, str]]:
    """Yield the arguments between a call's braces; `shown` is the result of `_masked`.

    An argument follows each bar; the first `=` in it ends its name (Preprocessor_Hash).
    """
    number = 0
    start = shown.find("|") + 1
    while start:
        bar = shown.find("|", start)
        end = bar if bar >= 0 else len(shown)
        equals = shown.find("=", start, end)
        if equals >= 0:
            yield inner[start:equals].strip(), inner[equals + 1 : end].strip()
        else:
            number += 1
            yield str(number), inner[start:end]
        start = bar + 1


def _masked(text: str) -> str:
    """Return text of the same length, without bars and equals signs inside calls and links."""
    text = _blank(text, [(start, end) for start, end, _ in calls(text)])
    return _blank(text, links(text))


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    out: list[str] = []
    at = 0
    for start, end in spans:
        out += (text[at:start], NOTHING * (end - start))
        at = end
    out.append(text[at:])
    return "".join(out)
