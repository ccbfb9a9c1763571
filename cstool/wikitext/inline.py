"""What stands within a line: HTML tags, external links, behaviour switches, references.

After Sanitizer::internalRemoveHtmlTags, Parser::handleExternalLinks and MagicWordFactory's
double-underscore words (MediaWiki REL1_39).
"""

import re
from functools import cache

from cstool.wikitext.entities import decode_entities
from cstool.wikitext.marks import Marks
from cstool.wikitext.strip import tags
from cstool.wikitext.tables import of_language

_INLINE = re.compile(
    rf"</?(?:{'|'.join(tags()['html']['inline'])})(?=[\s/>])[^<>]*>", re.IGNORECASE
)
_BREAK = re.compile(rf"</?(?:{'|'.join(tags()['html']['break'])})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_EXTERNAL = re.compile(
    r"\[(?:(?:https?|ftps?|ircs?|gopher|nntp|worldwind|svn|git|mms|sftp|ssh|redis)://|//"
    r"|mailto:|news:|tel:|sms:|sip:|urn:|geo:|magnet:|xmpp:|bitcoin:)"
    r"[^\[\]<>\"\x00-\x20\x7f\u3000\u00a0]+[ \u3000\u00a0]*([^\]\n]*)\]",
    re.IGNORECASE,
)
_SWITCH = re.compile(r"__[^\W\d_]\w*?__")
_INVISIBLE = re.compile("[\u00ad\ufeff\u200b\u2060]")
_CONVERTER = re.compile(r"-\{([^{}]*)\}-")


def without_breaks(text: str) -> str:
    """Return an anchor in one line: line breaks become spaces."""
    return _BREAK.sub(" ", text).replace("\n", " ") if "<" in text or "\n" in text else text


def plain(text: str, marks: Marks, language: str) -> str:
    """Return lines of text without inline markup; breaks become new lines."""
    if "__" in text:
        text = _SWITCH.sub(lambda m: "" if m[0].lower() in _switches(language) else m[0], text)
    if "[" in text:
        text = _EXTERNAL.sub(lambda m: m[1] or marks.hole("numbered external link"), text)
    if "<" in text:
        text = _INLINE.sub("", _BREAK.sub("\n", text))
    if "-{" in text:
        text = _CONVERTER.sub(lambda m: _converted(m[1], marks), text)
    if "&" in text:
        text = decode_entities(text)
    text = text.replace("\u00a0", " ")
    return _INVISIBLE.sub("", text) if not text.isascii() else text


def _converted(content: str, marks: Marks) -> str:
    """Return what -{…}- shows where that does not depend on the reader's variant."""
    return marks.hole("-{…}-") if "|" in content or ":" in content else content


@cache
def _switches(language: str) -> frozenset[str]:
    return frozenset(name.lower() for (name,) in of_language("switches.tsv", language))
