"""Page exports as written by other programs, and contents that no export should have."""

import codecs
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Page, PageParser, Site
from cstool.errors import CutInputError, InputError

SITE = "<siteinfo><dbname>dewiki</dbname><case>first-letter</case></siteinfo>"
HEAD = "<title>T</title><ns>0</ns><id>7</id>"


def export(pages: str, *, before: str = "", site: str = SITE, root: str = "") -> str:
    return f'{before}<mediawiki xml:lang="de"{root}>{site}{pages}</mediawiki>'


def page(text: str, head: str = HEAD) -> str:
    return f"<page>{head}<revision><id>70</id>{text}</revision></page>"


def read(xml: str | bytes, size: int = 1 << 18) -> tuple[Site | None, list[Page]]:
    parser = PageParser("d.xml")
    data = xml.encode() if isinstance(xml, str) else xml
    pages = [p for i in range(0, len(data), size) for p in parser.feed(data[i : i + size])]
    pages += parser.finish()
    parser.close()
    return parser.site, pages


def text_of(text: str) -> str | None:
    """Return the text of an export's only page, whose <text> is this."""
    _, (found,) = read(export(page(text)))
    return found.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<text xml:space='preserve'>a \"b\" 'c'</text>", "a \"b\" 'c'"),
        ("<text sha1 = 'x'\n\tbytes\r\n=\r\n'3' >a\n b</text >", "a\n b"),
        ("<text><![CDATA[[[a]] & <b>]]></text>", "[[a]] & <b>"),
        ("<text>a<![CDATA[b]]>c<![CDATA[]]></text>", "abc"),
        ("<text>a<!-- <text>no</text> -->b<?php no ?>c</text>", "abc"),
        ("<text>a&#10;b&#x9;c&#xA;</text>", "a\nb\tc\n"),
        ("<text>a\r\nb\rc</text>", "a\nb\nc"),
        ("<text>&amp;nbsp; &lt;b&gt; &apos;&quot;</text>", "&nbsp; <b> '\""),
        ("<text>&amp;lt;!--</text>", "&lt;!--"),
        ("<text xml:space='preserve'/>", ""),
        ("<text  deleted = 'deleted'  bytes='3'/>", None),
        ("<text deleted='deleted'></text>", None),
        ("<text>\U0001f600&#x1F600;</text>", "\U0001f600\U0001f600"),
        ("<text>\x7f\x85\u2028</text>", "\x7f\x85\u2028"),
    ],
)
def test_text_is_decoded_as_in_xml(text: str, shown: str | None) -> None:
    assert text_of(text) == shown


def test_deleted_contributors_and_comments_leave_the_text() -> None:
    around = (
        '<timestamp>x</timestamp><contributor deleted="deleted" /><minor/>'
        '<comment deleted="deleted" />%s<sha1 />'
    )
    assert text_of(around % "<text>a</text>") == "a"
    named = around.replace('<comment deleted="deleted" />', "<comment>&lt;text&gt;</comment>")
    assert text_of(named % "<text>a</text>") == "a"


def test_slots_may_come_before_or_after_the_text() -> None:
    slot = (
        "<content><role>mediainfo</role><origin>1</origin><model>json</model>"
        '<format>f</format><text location="tt:1" deleted="deleted" /></content>'
    )
    text = "<model>wikitext</model><text>main</text>"
    for order in (slot + text, text + slot, slot + text + slot):
        _, (found,) = read(export(page(order)))
        assert (found.model, found.text) == ("wikitext", "main")


def test_unknown_elements_are_skipped() -> None:
    odd = "<x:odd xmlns:x='urn:x'><id>9</id><title>No</title><text>no</text></x:odd>"
    _, (found,) = read(export(odd + page("<text>a</text>", head=odd + HEAD + odd) + odd))
    assert found == Page(7, 0, "T", 70, None, "wikitext", "a")


def test_fields_may_come_in_any_order() -> None:
    revision = "<revision><text>a</text><id>70</id></revision>"
    xml = f"<page>{revision}<id>7</id><ns>0</ns><title>T</title></page>"
    _, found = read(export(xml))
    assert found == [Page(7, 0, "T", 70, None, "wikitext", "a")]


def test_white_space_is_trimmed_except_in_texts() -> None:
    head = "<title>\n  A  b\t</title><ns>\r\n0 </ns><id>\t7\n</id>"
    site = SITE.replace("dewiki", "\n dewiki ").replace("first-letter", " case-sensitive\n")
    model = "<model> wikitext\n</model><text> a </text>"
    told, found = read(export(page(model, head), site=site))
    assert told == Site("dewiki", "de", "case-sensitive", ())
    assert found == [Page(7, 0, "A  b", 70, None, "wikitext", " a ")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("size", [1, 3, 1 << 18])
def test_byte_order_marks_set_the_encoding(encoding: str, size: int) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    data = mark + export(page("<text>añ\U0001f600</text>")).encode(encoding)
    _, (found,) = read(data, size)
    assert found.text == "añ\U0001f600"


def test_an_xml_declaration_sets_the_encoding() -> None:
    before = "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n<!-- a dump -->\n"
    _, (found,) = read(export(page("<text>ñ</text>"), before=before).encode("latin-1"))
    assert found.text == "ñ"


BOMB = "<!DOCTYPE mediawiki [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        "<!DOCTYPE mediawiki [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE mediawiki [<!ENTITY % p SYSTEM 'http://x/y'> %p;]>",
        "<!DOCTYPE mediawiki [<!ATTLIST text deleted CDATA 'deleted'>]>",
        "<!DOCTYPE mediawiki SYSTEM 'http://x/y.dtd'>",
        "<!DOCTYPE mediawiki PUBLIC 'x' 'http://x/y.dtd'>",
    ],
)
def test_a_document_type_that_declares_something_is_refused(doctype: str) -> None:
    with pytest.raises(InputError, match="document type with declarations") as caught:
        read(export(page("<text>&b;</text>"), before=doctype))
    assert not isinstance(caught.value, CutInputError)


def test_a_document_type_that_declares_nothing_changes_nothing() -> None:
    xml = export(page("<text>a</text>"))
    assert read("<!DOCTYPE mediawiki>" + xml) == read(xml)


@pytest.mark.parametrize(
    "text",
    [
        "\x01", "\x0b", "\x00", "\ufffe", "&#1;", "&#0;", "&#xFFFE;", "&#xD800;",
        "&nbsp;", "&", "<", "<b>", "</b>", "]]>", "<!-- a -- b -->",
    ],
)  # fmt: skip
def test_invalid_xml_is_reported_after_the_pages_before_it(text: str) -> None:
    parser = PageParser("d.xml")
    first, second = page("<text>a</text>"), page(f"<text>b{text}</text>")
    found = []
    with pytest.raises(CutInputError, match=r"malformed XML .* in page 'T'"):
        for each in parser.feed(export(first + second).encode()):
            found.append(each.text)  # noqa: PERF401 - kept although the loop ends in an error
    assert found == ["a"]


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88", b"\xc3"])
def test_invalid_utf_8_is_reported(bad: bytes) -> None:
    data = export(page("<text>BAD</text>")).encode().replace(b"BAD", b"b" + bad + b"c")
    with pytest.raises(CutInputError, match="malformed XML"):
        read(data)


@pytest.mark.parametrize("tail", ["<page>", "</mediawiki>", "text", "<?xml version='1.0'?>"])
def test_trailing_data_is_reported_after_the_pages(tail: str) -> None:
    parser = PageParser("d.xml")
    found = []
    with pytest.raises(CutInputError, match="unexpected data after </mediawiki>"):
        for each in parser.feed((export(page("<text>a</text>")) + tail).encode()):
            found.append(each.text)  # noqa: PERF401 - kept although the loop ends in an error
    assert found == ["a"]


def test_trailing_white_space_and_comments_are_accepted() -> None:
    xml = export(page("<text>a</text>"))
    assert read(xml + "\n\n<!-- made by x -->\n") == read(xml)


@pytest.mark.parametrize("field", ["<id>4294967296</id>", "<id>-1</id>", "<id>1e3</id>"])
def test_a_page_id_out_of_range_is_refused(field: str) -> None:
    with pytest.raises(InputError, match="has no valid title, id or ns"):
        read(export(page("<text>a</text>", head="<title>T</title>" + field)))


@pytest.mark.parametrize("number", [1 << 63, -1])
def test_a_revision_id_out_of_range_is_refused(number: int) -> None:
    xml = export(page("<text>a</text>")).replace("<id>70</id>", f"<id>{number}</id>")
    with pytest.raises(InputError, match="has no valid title, id or ns"):
        read(xml)


def test_a_page_of_4_megabytes_is_a_page() -> None:
    line = "'''Long''' & [[link]] <b>…</b>\n" * 10
    times = 4_000_000 // len(escape(line).encode())
    _, (found,) = read(export(page(f"<text>{escape(line) * times}</text>")))
    assert found.text == line * times


def test_an_export_without_pages_has_none() -> None:
    site, found = read(export(""))
    assert site and site.wiki == "dewiki"
    assert found == []


@given(st.binary(max_size=200), st.integers(1, 20))
def test_random_bytes_are_an_input_error(data: bytes, size: int) -> None:
    with pytest.raises(InputError):
        read(data, size)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_any_damage_gives_valid_pages_or_an_input_error(place: int, bad: bytes) -> None:
    data = export(page("<text bytes='3'>abc</text>") * 3, before="<?xml version='1.0'?>").encode()
    place %= len(data)
    try:
        _, found = read(data[:place] + bad + data[place + len(bad) :])
    except InputError:
        return
    assert all(each.title and each.id >= 0 for each in found)
