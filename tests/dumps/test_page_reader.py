"""Pages read with and without an XML parser."""

from collections.abc import Iterable, Set
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps import page_reader, xml_fast_path
from cstool.dumps.page_reader import ExportReader, XmlPageReader
from cstool.dumps.xml import Page, PageParser
from cstool.errors import CutInputError, InputError
from tests.dumps.test_xml_fast_path import PAGE, PIECES

OTHER = PAGE.replace("<ns>0</ns>", "<ns>3</ns>").replace("<id>7</id>", "<id>8</id>")


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places)]


def outcome(reader: XmlPageReader | PageParser, data: list[bytes]) -> tuple[list[Page], str]:
    """Return the pages and how reading ends: "", "in page" or the kind of error."""
    pages: list[Page] = []
    try:
        for piece in data:
            pages += reader.feed(piece)
        pages += reader.finish()
    except InputError as error:
        return pages, type(error).__name__
    return pages, "in page" if reader.in_page else "ended" if reader.ended else ""


@st.composite
def exports(draw: st.DrawFn, changes: int = 3) -> bytes:
    """Draw some pages and the end of an export, changed in a few places."""
    pages = draw(st.lists(st.sampled_from([PAGE, OTHER]), min_size=1, max_size=4))
    text = "".join([*pages, draw(st.sampled_from(["", "</mediawiki>\n"]))])
    for _ in range(draw(st.integers(0, changes))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 1, 7, 40]))
        text = text[:start] + draw(st.sampled_from(("", *PIECES))) + text[end:]
    return text.encode()


@given(exports(), st.sets(st.integers(0, 3000), max_size=6))
@settings(deadline=None, max_examples=300)
def test_pages_are_those_of_the_parser_whatever_the_pieces(data: bytes, cuts: set[int]) -> None:
    cut = {place % (len(data) + 1) for place in cuts}
    found = outcome(XmlPageReader("x"), pieces(data, cut))
    wanted = outcome(PageParser("x", inside=True), [data])
    assert found == wanted


HEADS = (
    '<mediawiki version="0.11" xml:lang="en">\n  <siteinfo>\n    <sitename>A & b</sitename>\n'
    "    <dbname>xwiki</dbname>\n    <case>first-letter</case>\n  </siteinfo>\n",
    '<?xml version="1.0" encoding="utf-8"?>\n<mediawiki>\n',
    '<?xml version="1.0" encoding="latin-1"?>\n<mediawiki>\n',
    '<!DOCTYPE mediawiki [<!ENTITY none "x">]>\n<mediawiki>\n',
    '<m:mediawiki xmlns:m="http://www.mediawiki.org/xml/export-0.11/">\n',
    "<other>\n",
    "<mediawiki>\n  <siteinfo>\n",
    "<mediawiki></mediawiki>",
    "<mediawiki><other>",
    "",
)


@st.composite
def whole_exports(draw: st.DrawFn) -> bytes:
    """Draw an export with its head, with a few changes."""
    return draw(st.sampled_from(HEADS)).encode() + draw(exports())


def whole_outcome(
    reader: ExportReader | PageParser, data: list[bytes]
) -> tuple[list[Page], object, str]:
    """Return the pages, what the header says, and the message of the error that ends reading."""
    pages: list[Page] = []
    fault = ""
    try:
        for piece in data:
            pages += reader.feed(piece)
        pages += reader.finish()
        reader.close()
    except InputError as error:
        fault = f"{type(error).__name__}: {error}"
    return pages, reader.header, fault


@given(whole_exports(), st.sets(st.integers(0, 3000), max_size=6))
@settings(deadline=None, max_examples=300)
def test_whole_exports_are_read_as_by_the_parser(data: bytes, cuts: set[int]) -> None:
    cut = {place % (len(data) + 1) for place in cuts}
    found = whole_outcome(ExportReader("x"), pieces(data, cut))
    assert found == whole_outcome(PageParser("x"), [data])


@given(exports(0), st.sets(st.integers(0, 3000), max_size=6), st.sets(st.sampled_from([0, 3])))
def test_only_the_ids_of_other_namespaces_are_read(
    data: bytes, cuts: set[int], namespaces: Set[int]
) -> None:
    cut = {place % (len(data) + 1) for place in cuts}
    reader = XmlPageReader("x", namespaces=namespaces)
    found, end = outcome(reader, pieces(data, cut))
    wanted, wanted_end = outcome(PageParser("x", inside=True), [data])
    assert end == wanted_end
    for page, whole in zip(found, wanted, strict=True):
        if page.namespace in namespaces:
            assert page == whole
        else:
            assert page == Page(whole.id, whole.namespace, "", whole.revision_id, None, "", None)


@given(exports(0), st.integers(0, 3000))
def test_seeking_begins_with_the_first_page_in_the_xml(data: bytes, start: int) -> None:
    cut = data[start % len(data) :]
    found, _ = outcome(XmlPageReader("x", seeking=True), pieces(cut, range(1, len(cut), 100)))
    first = cut.find(b"<page>")
    wanted = outcome(PageParser("x", inside=True), [cut[first:]])[0] if first >= 0 else []
    assert found == wanted


def test_without_the_extension_pages_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (PAGE + OTHER + PAGE + "</mediawiki>").encode()
    found = outcome(XmlPageReader("x", namespaces={0}), [data])
    monkeypatch.setattr(xml_fast_path, "COMPILED", False)
    assert outcome(XmlPageReader("x", namespaces={0}), [data]) == found


def test_reading_goes_on_behind_a_malformed_page() -> None:
    reader = XmlPageReader("x")
    broken = PAGE.replace("[[y]]", "&none;")
    read = reader.feed((PAGE + broken + PAGE).encode())
    assert next(read).id == 7
    with pytest.raises(CutInputError, match=r"malformed XML .*in page 'A & b'"):
        next(read)
    before = reader.in_page
    reader.resume(lost=False)
    assert (before, reader.in_page) == (True, False)
    assert [page.id for page in [*reader.feed(b""), *reader.finish()]] == [7]


def test_large_pages_are_parsed_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_reader, "_LARGEST_BUFFER", 1500)
    large = PAGE.replace("[[y]]", "word " * 2000)
    data = (PAGE + large + PAGE + "</mediawiki>").encode()
    reader = XmlPageReader("x")
    found = outcome(reader, pieces(data, range(300, len(data), 300)))
    assert found == outcome(PageParser("x", inside=True), [data])
    assert len(reader._rest) <= 1500
    limited = outcome(XmlPageReader("x", largest_text=300), [data])
    assert limited == outcome(PageParser("x", inside=True, largest_text=300), [data])
    assert [page.too_long for page in limited[0]] == [False, True, False]
