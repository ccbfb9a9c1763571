"""Remove comments and extension tags, the first step, from left to right.

After Preprocessor_Hash::preprocessToObj (MediaWiki REL1_39): a comment that is alone on a line
removes the line; an unclosed comment extends to the end of the page, and so does <includeonly> in
lower case; an extension's tag ends at its first closing tag, and is plain text if there is none.
What a tag displays is inserted before lines are read as paragraphs, except that of <nowiki>
(Parser::internalParseHalfParsed).
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from cstool.wikitext.markers import BLOCK, FORMULA, NOTHING, UNSEEN_TEXT, Markers, protect
from cstool.wikitext.scan import pass_notes


@cache
def tags() -> dict[str, Any]:
    """Return the table of tags."""
    return tomllib.loads((files("cstool.wikitext") / "data" / "tags.toml").read_text("utf-8"))


@cache
def _kinds() -> dict[str, str]:
    return {name: kind for kind, names in tags()["extension"].items() for name in names}


# A line of nothing but footnotes and empty <nowiki>, after another line.
_NOTES = re.compile(rf"{NOTHING}(?<=\n{NOTHING})[{NOTHING} \t]*+$", re.MULTILINE)
# Tags that leave no text at all. At a line's start, the text after them is read as the line's.
_EMPTY = frozenset({"indicator", "section", "templatedata"})
_STARTS = ("*", "#", ":", ";", " ", "\n", "")
_TAG = re.compile(r"<([a-z-]+)(?=[\s/>])([^>]*)>", re.IGNORECASE | re.ASCII)
_FORMULAS = frozenset({"math", "chem", "ce"})
# Ignored tags of a page that is displayed: they leave nothing, and their content is text.
_INCLUSION = re.compile(r"</?(?:noinclude|onlyinclude)(?=\s|/?>)[^>]*>", re.IGNORECASE | re.ASCII)
# Preprocessor_Hash ($xmlishAllowMissingEndTag) compares the name as it is written.
_OPEN_ENDED = "includeonly"


@cache
def names() -> frozenset[str]:
    """Return the names of all tags of wikitext, in lower case."""
    html = (name for kind in tags()["html"].values() for name in kind)
    return extension_names().union(html)


@cache
def extension_names() -> frozenset[str]:
    """Return the names of extension tags, in lower case."""
    return frozenset(["nowiki", *_kinds()])


@cache
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\s*>", re.IGNORECASE | re.ASCII)


def strip(text: str, marks: Markers) -> str:
    """Return the page's text without comments and extension tags; displayed ones become holes."""
    if "<" not in text:
        return text
    out: list[str] = []
    unclosed: set[str] = set()
    # No tag ends after the last ">"; searching there would cost a scan for each "<".
    end = text.rfind(">") + 1
    at = pass_notes(text, 0, end, True, extension_names(), out)
    while at >= 0:
        tag = _TAG.match(text, at)
        assert tag is not None, "pass_notes has found it"
        name = tag[1].lower()
        at = tag.end()
        close = None
        if not tag[2].endswith("/") and name not in unclosed:
            close = _closing(name).search(text, at)
            if close is None:
                unclosed.add(name)
        if tag[2].endswith("/"):
            out.append(_replacement(tag, "", text, at, marks))
        elif close is None and tag[1] == _OPEN_ENDED:
            break
        elif close is None:
            out.append(marks.hole(f"unclosed <{name}>"))
        else:
            end_of_tag = close.end()
            out.append(_replacement(tag, text[at : close.start()], text, end_of_tag, marks))
            at = end_of_tag
        at = pass_notes(text, at, end, "ref" not in unclosed, extension_names(), out)
    text = "".join(out)
    if "<" in text:
        text = _INCLUSION.sub("", text)
    if NOTHING in text:
        text = _NOTES.sub(lambda line: line[0] + UNSEEN_TEXT, text)
    return text


def _replacement(tag: re.Match[str], content: str, text: str, end: int, marks: Markers) -> str:
    """Return what replaces an element; the wikitext of those that become holes is kept."""
    number = len(marks.holes)
    before, after = text[tag.start() - 1 : tag.start()], text[end : end + 1]
    shown = replacement(tag[1].lower(), tag[2], content, before, after, marks)
    if len(marks.holes) > number:
        marks.tags[number] = text[tag.start() : end]
    return shown


def replacement(
    name: str, attributes: str, content: str, before: str, after: str, marks: Markers
) -> str:
    """Return what replaces an extension's element.

    `before` and `after` are the characters beside it, "" at the bounds of the text.
    """
    if name == "nowiki":
        marks.protects = True
        return NOTHING + protect(content) + NOTHING if content else NOTHING
    kind = _kinds()[name]
    if kind == "silent":
        starts = name in _EMPTY and before in ("", "\n")
        leaves_none = name == "includeonly" or (starts and after in _STARTS)
        return "" if leaves_none else NOTHING
    if kind == "block":
        return BLOCK
    formula = formula_text(name, content) if marks.formulas else ""
    if formula or (kind == "hole-within" and "block" not in attributes):
        marks.within.add(len(marks.holes))
    return marks.hole(FORMULA + protect(formula) if formula else f"<{name}>")


def formula_text(name: str, content: str) -> str:
    """Return a formula as text, `$…$`: the source in a tag; "" for other tags and empty ones.

    A chemical formula is an argument of `\\ce`, as in the LaTeX package mhchem.
    """
    source = " ".join(content.split())
    if not source or name not in _FORMULAS:
        return ""
    return f"${source}$" if name == "math" else f"$\\ce{{{source}}}$"
