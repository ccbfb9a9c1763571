"""Templates: silent ones are removed, known ones rendered, the others become holes.

Only outermost calls are parsed; calls inside one that is not rendered cost nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cstool.wikitext.braces import links
from cstool.wikitext.hidden_elements import without_hidden
from cstool.wikitext.markers import (
    BLOCK,
    FORMULA,
    FORMULA_MARK,
    HOLE,
    HOLE_END,
    HOLE_MARK,
    NOTHING,
    PICTURE,
    Markers,
    nothing,
)
from cstool.wikitext.rule_tables import (
    SHOWS_BLOCK,
    SHOWS_PICTURE,
    SILENT,
    TemplateRules,
    normal_name,
)
from cstool.wikitext.scan import calls
from cstool.wikitext.template_rules import STAR, Rule

_DEEPEST = 20
_NAMES_KEPT = 1 << 16
_CALLS_KEPT = 4096
_ANY_HOLE = re.compile(f"{HOLE}([^{HOLE}{HOLE_END}]*){HOLE_END}")
_CUT_FORMULA = re.compile(f"{FORMULA}[0-9a-fxA-FX]*")
_ANY_FORMULA = "<math>"
# Output that may change where lines and paragraphs begin and end: line breaks and tags of blocks,
# and at the start of a line the markup of lines.
_BLOCK_TAG = re.compile(
    r"</?(?:table|caption|t[rhd]|h[1-6r]|pre|p|[uod]l|li|d[td]|center|blockquote|div|aside|figure"
    r"|poem|br)(?=[\s/>])",
    re.IGNORECASE,
)
_LINE_MARKUP = "*#:;=-|!{ _\uff3f"


class Expansion(Protocol):
    """Expands calls by the definitions of the wiki: `expansion.evaluate.Expander`."""

    def expand(self, source: str, title: str, *, starts_line: bool) -> str:
        """Return the wikitext that a call shows on the page `title`, without templates.

        What is unknown is \\x04 name \\x05. `starts_line`: the call begins a line.
        """


@dataclass
class Rendering:
    """How the calls of a page are rendered.

    `waits`: calls that show something become holes for now, whose wikitext is kept. Otherwise the
    rules are used first, but not for the names in `overridden`; then `expander`, if there is one.
    `late`: the text is a paragraph that has waited, so no call is a block above it; `parts_lines`
    is set if a call in it shows something that may begin or end a line or paragraph.
    """

    rules: TemplateRules
    title: str
    waits: bool = False
    expander: Expansion | None = None
    overridden: frozenset[str] = frozenset()
    late: bool = False
    parts_lines: bool = False


def expand(
    text: str, marks: Markers, how: Rendering, *, depth: int = 0, starts_line: bool = True
) -> str:
    """Return the text with its templates rendered, removed, or replaced by holes.

    `starts_line`: whether the text begins at the start of a line.
    """
    if "{{" not in text:
        return text
    out: list[str] = []
    at = 0
    for start, end, braces in calls(text):
        out.append(text[at:start])
        at_head = (text[start - 1] == "\n") if start else starts_line
        if not how.late and _is_box(text, start, end):
            shown = BLOCK
        elif braces == 3:
            shown = marks.hole("{{{parameter}}}")
        else:
            shown = _shown(text[start:end], marks, how, depth, at_head)
            if shown == NOTHING:
                shown = nothing(text, start, end)
            elif shown == BLOCK and at_head and text[end : end + 1] in ("", "\n"):
                shown = NOTHING  # a line that shows nothing parts paragraphs, too
        if how.late and not depth and not how.parts_lines:
            how.parts_lines = _parts_lines(shown, at_head=at_head)
        out.append(shown)
        at = end
    out.append(text[at:])
    return "".join(out)


def _parts_lines(shown: str, *, at_head: bool) -> bool:
    """Return whether what a call shows may begin or end a line; `at_head`: it begins one."""
    if "\n" in shown or ("<" in shown and _BLOCK_TAG.search(shown)):
        return True
    return at_head and (shown[:1] in _LINE_MARKUP or not shown.strip(NOTHING + " \t"))


def _is_box(text: str, start: int, end: int) -> bool:
    """Return whether a call over several lines is a block above the text that follows it.

    `{{Infobox …\\n}}'''Rome''' is …`: the box is a block; the sentence begins after it.
    """
    if (start and text[start - 1] != "\n") or text.find("\n", start, end) < 0:
        return False
    following = text[end : end + 8].lstrip(" ")
    return following.startswith("'''") or following[:1].isupper()


def _shown(source: str, marks: Markers, how: Rendering, depth: int, at_head: bool) -> str:
    """Return the text that replaces a call; `at_head`: it begins a line."""
    head = _head(source)
    name, rule, star = how.rules.of_heads.get(head) or _rule_of(head, how.rules)
    if len(head) == len(source) - 4:
        word = how.rules.word(name, how.title)
        if word is not None:
            return word
    if rule is SILENT:
        return NOTHING
    if rule is SHOWS_BLOCK:
        return BLOCK if depth == 0 else NOTHING
    if rule is SHOWS_PICTURE:
        return PICTURE
    if how.waits:
        hole = marks.hole(name, source)
        if rule is not None:
            marks.within.add(len(marks.holes) - 1)
        return hole
    if rule is not None and depth <= _DEEPEST and name not in how.overridden:
        shown = _by_rule(rule, star, source, marks, how, depth)
        if shown is not None:
            return shown or NOTHING
    if how.expander is not None:
        return _by_definition(source, marks, how, at_head)
    known = rule is not None or name.startswith("#") or "{" in name
    return marks.hole(name, "" if known else source)


def _by_rule(
    rule: Rule, star: str, source: str, marks: Markers, how: Rendering, depth: int
) -> str | None:
    """Return what a call shows by a rule, None if that is unknown or not to be rendered."""
    given = {
        key: expand(value, marks, how, depth=depth + 1, starts_line=False)
        if "{{" in value
        else value
        for key, value in arguments(source)
    }
    if star:
        given[STAR] = star
    shown = rule.shown(given, how.rules.language)
    return None if shown and not how.rules.render else shown


def _by_definition(source: str, marks: Markers, how: Rendering, at_head: bool) -> str:
    """Return what a call shows by the wiki's definition, its holes numbered like the page's."""
    assert how.expander is not None
    if marks.tags and HOLE in source:
        source = HOLE_MARK.sub(lambda hole: _as_text(hole, marks), source)
    shown = how.expander.expand(source, how.title, starts_line=at_head)
    if HOLE in shown:
        shown = numbered(shown, marks)
    if FORMULA in shown:
        shown = FORMULA_MARK.sub(lambda mark: _as_hole(mark, marks), shown)
        # A function may have cut a mark.
        shown = _CUT_FORMULA.sub(lambda _: marks.hole(_ANY_FORMULA), shown)
    return without_hidden(shown, marks)


def _as_text(hole: re.Match[str], marks: Markers) -> str:
    """Return the mark of a tag as text, like MediaWiki's strip markers, not as unknown."""
    return f"{FORMULA}{hole[1]}{FORMULA}" if int(hole[1]) in marks.tags else hole[0]


def _as_hole(mark: re.Match[str], marks: Markers) -> str:
    if mark[1]:
        return f"{HOLE}{mark[1]}{HOLE_END}"
    try:
        name = bytes.fromhex(mark[2]).decode()
    except ValueError:
        name = _ANY_FORMULA
    return marks.hole(name if marks.formulas else _ANY_FORMULA)


def numbered(text: str, marks: Markers) -> str:
    """Return text with new holes for those that have names instead of numbers of the page's.

    Tags are not among these: they are marked as text while calls are expanded.
    """

    def mark(hole: re.Match[str]) -> str:
        number = int(hole[1]) if hole[1].isdecimal() else -1
        own = 0 <= number < len(marks.holes) and number not in marks.tags
        return hole[0] if own else marks.hole(hole[1])

    return _ANY_HOLE.sub(mark, text)


def call_name(source: str) -> str:
    """Return a call's name in lower case: `{{Use_dmy dates|…}}` → "use dmy dates"."""
    return _name_in(_head(source))


def _head(source: str) -> str:
    """Return the text of a call before its arguments."""
    bar = source.find("|")
    return source[2 : bar if bar >= 0 else -2]


@lru_cache(maxsize=_NAMES_KEPT)
def _name_in(head: str) -> str:
    name, computed, _ = head.partition("{{")
    return f"{normal_name(name)}{{{{…}}}}" if computed else normal_name(name)


def _rule_of(head: str, rules: TemplateRules) -> tuple[str, Rule | None, str]:
    """Return the name of a call, its rule, and the text that the rule's star matches."""
    name = _name_in(head)
    if len(rules.of_heads) >= _NAMES_KEPT:
        rules.of_heads.clear()
    found = rules.of_heads[head] = (name, *(rules.find(name) or (None, "")))
    return found


@lru_cache(maxsize=_CALLS_KEPT)
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
