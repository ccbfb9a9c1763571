"""Text in addresses and wikitext: escapes of titles and URLs, and names of servers.

After MediaWiki's wfEscapeWikiText and wfUrlencode (REL1_39, GlobalFunctions.php) and PHP's
urlencode.
"""

import re
from urllib.parse import quote, quote_plus

from cstool.dumps.xml import Site
from cstool.wikitext.wikis import known_wikis

_MARKUP = "\"&'<=>[]{|};"
_MAGIC_LINKS = ("ISBN", "PMID", "RFC")
_AT_LINE_START = {
    "#": "&#35;",
    "*": "&#42;",
    ":": "&#58;",
    " ": "&#32;",
    "\t": "&#9;",
    "\n": "&#10;",
    "----": "&#45;---",
}
_REPLACEMENTS = {
    **{c: f"&#{ord(c)};" for c in _MARKUP},
    "://": "&#58;//",
    "__": "_&#95;",
    **{f"\n{mark}": f"\n{escape}" for mark, escape in _AT_LINE_START.items()},
    **{f"{word} ": f"{word}&#32;" for word in _MAGIC_LINKS},
}
_ESCAPED = re.compile(
    "|".join(map(re.escape, sorted(_REPLACEMENTS, key=lambda mark: (-len(mark), mark))))
)
# Protocols without `//` ($wgUrlProtocols).
_PROTOCOL = re.compile(
    r"\b(bitcoin|geo|magnet|mailto|matrix|news|sip|sips|sms|tel|urn|xmpp):", re.IGNORECASE
)


def escape_wikitext(text: str) -> str:
    """Return the text with what would be markup as character references (wfEscapeWikiText)."""
    escaped = _ESCAPED.sub(lambda match: _REPLACEMENTS[match[0]], f"\n{text}")[1:]
    return _PROTOCOL.sub(r"\1&#58;", escaped) if ":" in escaped else escaped


def title_in_url(title: str) -> str:
    """Return a title as it is in the path of an address (wfUrlencode)."""
    return quote(title.replace(" ", "_"), safe=";@$!*(),/~:")


def url_query(text: str) -> str:
    """Return a text as PHP's urlencode does."""
    return quote_plus(text, safe="").replace("~", "%7E")


def url_path(text: str) -> str:
    """Return a text as PHP's rawurlencode does."""
    return quote(text, safe="~")


_IN_ATTRIBUTE = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "{": "&#123;",
    "}": "&#125;",
    "[": "&#91;",
    "]": "&#93;",
    "'": "&#039;",
    "ISBN": "&#73;SBN",
    "RFC": "&#82;FC",
    "PMID": "&#80;MID",
    "|": "&#124;",
    "＿": "&#xFF3F;",
}
_UNSAFE = re.compile("|".join(map(re.escape, _IN_ATTRIBUTE)))


def encoded_attribute(text: str) -> str:
    """Return a text as a section's name in a link (Sanitizer::safeEncodeAttribute)."""
    encoded = _UNSAFE.sub(lambda match: _IN_ATTRIBUTE[match[0]], text)
    encoded = encoded.replace("://", "&#58;//") if "://" in encoded else encoded
    return _PROTOCOL.sub(r"\1&#58;", encoded) if ":" in encoded else encoded


# Wikipedias whose address is no longer that of the database.
_RENAMED = {"be-x-old": "be-tarask"}


def wikipedia_host(site: Site) -> str | None:
    """Return the name of a Wikipedia's server, None for another wiki."""
    if site.wiki not in known_wikis():
        return None
    code = site.wiki.removesuffix("wiki").replace("_", "-")
    return f"{_RENAMED.get(code, code)}.wikipedia.org"
