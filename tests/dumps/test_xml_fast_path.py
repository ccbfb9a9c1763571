"""Pages in MediaWiki's own form, matched by pattern, compared with the parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Page, PageParser
from cstool.dumps.xml_fast_path import COMPILED, plain_page
from cstool.errors import InputError

PAGE = """  <page>
    <title>A &amp; b</title>
    <ns>0</ns>
    <id>7</id>
    <redirect title="C &quot;d&#xE9;&quot;" />
    <revision>
      <id>12</id>
      <parentid>11</parentid>
      <timestamp>2026-10-01T00:00:00Z</timestamp>
      <contributor>
        <username>Ann</username>
        <id>3</id>
      </contributor>
      <minor />
      <comment>c &lt; d</comment>
      <origin>12</origin>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="9" sha1="x0" xml:space="preserve">&lt;b&gt; 語 &amp;amp; &quot;x&quot;
[[y]]</text>
      <sha1>x0</sha1>
    </revision>
  </page>
"""
PIECES = (
    "<page>", "</page>", "<title>", "</title>", "<ns>0</ns>", "<ns>-1</ns>", "<id>", "1", "</id>",
    "<revision>", "</revision>", "<minor/>", "<text>", "</text>", '<text deleted="deleted" />',
    '<text xml:space="preserve" />', "<model>wikitext</model>", "&lt;", "&amp;", "&#039;", "&#x41;",
    "&eacute;", "&", "<", ">", "\r\n", "\x0b", "\x00", "\ufffe", "\ufffc", "é", "語", "\n", " ",
    '<redirect title="X_y" />', "_", "<comment>", "</comment>", '<comment deleted="deleted" />',
    "<contributor><ip>::1</ip></contributor>", "<!-- x -->", "<![CDATA[x]]>", "<content/>",
    "]]>",
)  # fmt: skip


def parsed(data: bytes) -> list[Page] | None:
    """Return what the parser makes of pages; None when they are broken."""
    parser = PageParser("x", inside=True)
    try:
        pages = [*parser.feed(data), *parser.finish()]
    except InputError:
        return None
    return None if parser.in_page else pages


def plain_pages(data: bytes) -> list[Page] | None:
    """Return the pages that the bytes consist of; None if not all are plain."""
    pages: list[Page] = []
    position = 0
    while position < len(data):
        found = plain_page(data, position)
        if found is None:
            return None
        page, position = found
        pages.append(page)
    return pages


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Draw some pages, changed in a few places."""
    text = "".join(draw(st.lists(st.just(PAGE), min_size=1, max_size=2)))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 40))
        text = text[:start] + draw(st.sampled_from(("", *PIECES))) + text[end:]
    return text.encode()


@given(changed())
def test_plain_pages_are_the_same_as_the_parsers(data: bytes) -> None:
    plain = plain_pages(data)
    if plain is not None:
        assert plain == parsed(data)


def test_pages_as_mediawiki_writes_them_are_plain() -> None:
    assert COMPILED
    text = '<b> 語 &amp; "x"\n[[y]]'
    page = Page(7, 0, "A & b", 12, 'C "dé"', "wikitext", text)
    assert plain_pages((PAGE * 2).encode()) == [page, page]


def test_what_xml_forbids_is_left_to_the_parser() -> None:
    for piece in ("\x0b", "\ufffe", "&nbsp;", "<!-- -->", "\r"):
        assert plain_pages(PAGE.replace("[[y]]", piece).encode()) is None
    for space in ("\x0b", "\x0c", "\xa0"):
        assert plain_pages(PAGE.replace("  <page>", f"{space} <page>").encode()) is None
        assert plain_pages(PAGE.replace("</page>", f"{space}</page>").encode()) is None
    for broken in (b"\xff", b"]]>", b"&eacute;", b"&#xFFFE;", "\ufffe".encode(), b"&"):
        for place in (b"[[y]]", b"Ann", b"2026-10-01T", b"c &lt; d"):
            assert plain_pages(PAGE.encode().replace(place, broken)) is None
    assert plain_pages(PAGE.replace("<id>7", "<id>99999999999").encode()) is None


CONTENT = """  <page>
    <title>Talk:A_&amp;_b</title>
    <ns>1</ns>
    <id>7</id>
    <revision>
      <id>12</id>
      <parentid>-1</parentid>
      <timestamp>2026-10-01T00:00:00Z</timestamp>
      <contributor>
        <username>Ann</username>
        <id>-1</id>
      </contributor>
      <comment>c</comment>
      <origin>-1</origin>
      <model>Json.JsonConfig</model>
      <format>text/x-wiki</format>
      <text bytes="9" sha1="x0" xml:space="preserve">&lt;b&gt; é</text>
      <sha1>x0</sha1>
    </revision>
  </page>
"""
TEXT = CONTENT[CONTENT.index("<text") : CONTENT.index("</text>") + 7]
SLOT = f"""
      <content>
        <role>mediainfo</role>
        <origin>12</origin>
        <model>wikibase-mediainfo</model>
        <format>application/json</format>
        {TEXT}
      </content>"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        (TEXT, '<text bytes="0" />'),
        (TEXT, '<text bytes="-1" deleted="deleted" />'),
        (TEXT, '<text bytes="9" sha1="x0" deleted="deleted" />'),
        (TEXT, TEXT + SLOT),
        (TEXT, TEXT + SLOT + SLOT.replace(TEXT, '<text bytes="0" />')),
        (TEXT, TEXT.replace(' bytes="9" sha1="x0" xml:space="preserve"', "")),
        ("<sha1>x0</sha1>", "<sha1 />"),
        ("      <sha1>x0</sha1>\n", ""),
        ("<comment>c</comment>", '<comment deleted="deleted" />'),
        ("<parentid>-1</parentid>", ""),
        ("<origin>-1</origin>", ""),
        ("<username>Ann</username>", "<username />"),
        ("<username>Ann</username>\n        <id>-1</id>", "<ip>::1</ip>"),
        (
            CONTENT[CONTENT.index("<contributor>") : CONTENT.index("<comment>")],
            '<contributor deleted="deleted" />\n',
        ),
    ],
)
def test_pages_of_content_exports_are_plain(old: str, new: str) -> None:
    data = CONTENT.replace(old, new).encode()
    assert plain_pages(data) == parsed(data) is not None
    found = plain_page(data, namespaces={0})
    assert found
    assert (found[0].id, found[0].namespace, found[0].revision_id) == (7, 1, 12)
    assert found[1] == len(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<revision>", "<revision></revision><revision>"),
        ("</text>", "</text><text></text>"),
        ('bytes="9"', 'bytes="9" bytes="9"'),
        ("</text>", "</text>" + SLOT.replace("&lt;", "&none;")),
        ("</text>", "</text>" + SLOT.replace("é", "\ufffe")),
        ("<ns>1</ns>", ""),
    ],
)
def test_other_forms_are_left_to_the_parser(old: str, new: str) -> None:
    assert plain_pages(CONTENT.replace(old, new, 1).encode()) is None
