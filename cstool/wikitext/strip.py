"""Comments and extension tags, taken out first, from left to right.

After Preprocessor_Hash::preprocessToObj (MediaWiki REL1_39): a comment that has a line for
itself takes the line with it; an unclosed comment runs to the end of the page; an extension's
tag ends at its first closing tag, and is plain text when there is none.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from cstool.wikitext.marks import NOTHING, Marks, nothing, protect


@cache
def tags() -> dict[str, Any]:
    """Return the table of tags."""
    return tomllib.loads((files("cstool.wikitext") / "data" / "tags.toml").read_text("utf-8"))


@cache
def _kinds() -> dict[str, str]:
    return {name: kind for kind, names in tags()["extension"].items() for name in names}


@cache
def _opening(*, closed: bool) -> re.Pattern[str]:
    """Return the pattern of what begins here; footnotes, which most are, it matches whole.

    `closed`: those with a closing tag, too; where none follows, to look for it at each footnote
    would cost a scan of the rest of the page.
    """
    names = "|".join(["nowiki", *_kinds()])
    end = r"|(?:[^<]++|<(?!/ref\s*>))*+</ref\s*+>" if closed else ""
    return re.compile(
        rf"<!--|<ref(?=[\s/>])[^>]*+>(?:(?<=/>){end})|<({names})(?=[\s/>])([^>]*)>",
        re.IGNORECASE,
    )


@cache
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}\s*>", re.IGNORECASE)


def strip(text: str, marks: Marks) -> str:
    """Return the page's text without comments and extension tags; holes for those that show."""
    if "<" not in text:
        return text
    out: list[str] = []
    at = 0
    search = _opening(closed=True).search
    unclosed: set[str] = set()
    # Behind the last ">" no tag ends; searching there would cost a scan for each "<".
    end = text.rfind(">") + 1
    while match := search(text, at, end):
        start, after = match.span()
        if match.lastindex is None:
            if after - start == len("<!--"):
                start, after = _comment(text, start)
                out.append(text[at:start])
            else:
                out += (text[at:start], nothing(text, start, after))
            at = after
            continue
        out.append(text[at:start])
        at = after
        name = match[1].lower()
        if match[2].endswith("/"):
            out.append(_shown(name, "", marks))
            continue
        close = None if name in unclosed else _closing(name).search(text, after)
        if close is None:
            unclosed.add(name)
            if name == "ref":
                search = _opening(closed=False).search
            out.append(marks.hole(f"unclosed <{name}>"))
            continue
        out.append(_shown(name, text[after : close.start()], marks))
        at = close.end()
    rest = text[at:]
    comment = rest.find("<!--")
    out.append(rest if comment < 0 else rest[:comment])
    return "".join(out)


def _comment(text: str, start: int) -> tuple[int, int]:
    """Return where to cut for the comment that begins at `start`."""
    after = _comment_end(text, start)
    before = start
    while before and text[before - 1] in " \t":
        before -= 1
    if before and text[before - 1] != "\n":
        return start, after
    end = after
    while True:
        while end < len(text) and text[end] in " \t":
            end += 1
        if not text.startswith("<!--", end):
            break
        end = _comment_end(text, end)
    if end < len(text) and text[end] == "\n":
        return before, end + 1
    return start, after


def _comment_end(text: str, start: int) -> int:
    end = text.find("-->", start + 4)
    return len(text) if end < 0 else end + 3


def _shown(name: str, content: str, marks: Marks) -> str:
    """Return what stands in the text for an extension's tag."""
    if name == "nowiki":
        marks.protects = True
        return NOTHING + protect(content) + NOTHING if content else NOTHING
    kind = _kinds()[name]
    if kind == "silent":
        return NOTHING
    # A block ends the line; what follows it is no preformatted text for the space before it.
    return "\n" + NOTHING if kind == "block" else marks.hole(f"<{name}>")
