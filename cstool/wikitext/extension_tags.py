"""Remove comments and extension tags, the first step, from left to right.

After Preprocessor_Hash::preprocessToObj (MediaWiki REL1_39): a comment that is alone on a line
removes the line; an unclosed comment extends to the end of the page, and so does <includeonly> in
lower case; an extension's tag ends at its first closing tag, and is plain text if there is none.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from cstool.wikitext.markers import BLOCK, NOTHING, Markers, protect
from cstool.wikitext.scan import pass_notes


@cache
def tags() -> dict[str, Any]:
    """Return the table of tags."""
    return tomllib.loads((files("cstool.wikitext") / "data" / "tags.toml").read_text("utf-8"))


@cache
def _kinds() -> dict[str, str]:
    return {name: kind for kind, names in tags()["extension"].items() for name in names}


_TAG = re.compile(r"<([a-z-]+)(?=[\s/>])([^>]*)>", re.IGNORECASE | re.ASCII)
# Preprocessor_Hash ($xmlishAllowMissingEndTag) compares the name as it is written.
_OPEN_ENDED = "includeonly"


@cache
def _names() -> frozenset[str]:
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
    at = pass_notes(text, 0, end, True, _names(), out)
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
            out.append(_shown(tag, "", marks))
        elif close is None and tag[1] == _OPEN_ENDED:
            break
        elif close is None:
            out.append(marks.hole(f"unclosed <{name}>"))
        else:
            out.append(_shown(tag, text[at : close.start()], marks))
            at = close.end()
        at = pass_notes(text, at, end, "ref" not in unclosed, _names(), out)
    return "".join(out)


def _shown(tag: re.Match[str], content: str, marks: Markers) -> str:
    """Return the text that replaces an extension's tag."""
    name = tag[1].lower()
    if name == "nowiki":
        marks.protects = True
        return NOTHING + protect(content) + NOTHING if content else NOTHING
    kind = _kinds()[name]
    if kind == "silent":
        return NOTHING
    if kind == "block":
        return BLOCK
    if kind == "hole-within" and "block" not in tag[2]:
        marks.within.add(len(marks.holes))
    return marks.hole(f"<{name}>")
