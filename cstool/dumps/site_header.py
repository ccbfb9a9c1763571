"""Escape `&` and `<` in the <siteinfo> element of an export, whose values are not always escaped.

MediaWiki Content File Exports write the names of a wiki and of its namespaces as they are
(wikimedia/analytics-refinery-source, SiteInfo.scala): a bare `&` or `<` is not XML.
"""

import re

from cstool.dumps import bounds

_START = re.compile(rb"<([\w.-]+:)?(?:(siteinfo)(?=[\s>])|(?:siteinfo/|page[\s/>]))")
_PAGE = re.compile(rb"<(?:[\w.-]+:)?page[\s/>]")
# What may be the beginning of a start tag, at the end of a piece of XML.
_BEGUN = re.compile(rb"<[\w.:-]{0,64}\Z")
_BARE_AMPERSAND = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[\dA-Fa-f]+);)")
_NO_TAG = re.compile(
    rb"<(?!/?[A-Za-z_][\w:.-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*\s*/?>|!--)"
)


class HeaderEscaper:
    """Passes on the beginning of an export, with the values of its <siteinfo> escaped.

    `done`: whether that element has been passed on, or a page came first. `added`: bytes that the
    escaped XML has more than the given one.
    """

    def __init__(self) -> None:
        self.done = False
        self.added = 0
        self._held = b""

    def take(self, data: bytes, *, final: bool = False) -> bytes:
        """Return the XML that can be passed on; the element is held until its end is known."""
        data, self._held = self._held + data, b""
        start = _START.search(data)
        if start is None:
            begun = None if final else _BEGUN.search(data)
            return self._hold(data, begun.start() if begun else len(data))
        if start[2]:
            first, end = start.start(), data.find(b"</%ssiteinfo" % (start[1] or b""), start.end())
            if end >= 0:
                escaped = escape_values(data[first:end])
                self.added = len(escaped) - (end - first)
                data = data[:first] + escaped + data[end:]
            elif not (final or _PAGE.search(data) or len(data) - first > bounds.LONGEST_TOKEN):
                return self._hold(data, first)
        self.done = True
        return data

    def _hold(self, data: bytes, place: int) -> bytes:
        self._held = data[place:]
        return data[:place]


def escape_values(element: bytes) -> bytes:
    """Return XML in which `&` and `<` that are no markup are escaped."""
    if b"<![CDATA[" in element:
        return element
    return _NO_TAG.sub(b"&lt;", _BARE_AMPERSAND.sub(b"&amp;", element))
