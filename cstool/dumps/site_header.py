"""Mend the <siteinfo> element of an export, whose values are not always escaped.

MediaWiki Content File Exports write the names of a wiki and of its namespaces as they are
(wikimedia/analytics-refinery-source, SiteInfo.scala): a bare `&` or `<` is not XML.
"""

import re

from cstool.dumps import bounds

_START = re.compile(rb"<(siteinfo|page)(?=[\s/>])")
_END = b"</siteinfo>"
# What may be the begin of a start tag, at the end of a piece of XML.
_BEGUN = re.compile(rb"<[a-z]{0,8}\Z")
_BARE_AMPERSAND = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[\dA-Fa-f]+);)")
_NO_TAG = re.compile(
    rb"<(?!/?[A-Za-z_][\w:.-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*\s*/?>|!--)"
)


class HeaderMender:
    """Passes the begin of an export on, with its <siteinfo> mended.

    `done`: whether that element has been passed on, or a page came first. `added`: bytes that the
    mended XML has more than the given one.
    """

    def __init__(self) -> None:
        self.done = False
        self.added = 0
        self._held = b""

    def take(self, data: bytes, *, final: bool = False) -> bytes:
        """Return the XML that can be passed on; the element is held until its end is known."""
        data, self._held = self._held + data, b""
        start = _START.search(data)
        end = data.find(_END, start.end()) if start else -1
        if start is None:
            begun = None if final else _BEGUN.search(data)
            return self._hold(data, begun.start() if begun else len(data))
        if start[1] == b"siteinfo" and end < 0:
            if not final and len(data) - start.start() <= bounds.LONGEST_TOKEN:
                return self._hold(data, start.start())
        elif start[1] == b"siteinfo":
            first = start.start()
            mended = mend(data[first:end])
            self.added = len(mended) - (end - first)
            data = data[:first] + mended + data[end:]
        self.done = True
        return data

    def _hold(self, data: bytes, place: int) -> bytes:
        self._held = data[place:]
        return data[:place]


def mend(element: bytes) -> bytes:
    """Return XML in which `&` and `<` that are no markup are escaped."""
    if b"<![CDATA[" in element:
        return element
    return _NO_TAG.sub(b"&lt;", _BARE_AMPERSAND.sub(b"&amp;", element))
