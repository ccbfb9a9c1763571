"""MediaWiki's page export, in all its forms."""

from itertools import pairwise
from xml.sax.saxutils import escape

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dumps.page_slices import same_wiki
from cstool.dumps.xml import NO_NAMESPACE, Page, PageParser, Site
from cstool.errors import CutInputError, InputError
from tests.support import Source, dump_xml, header_xml

SITE = (
    "<siteinfo><sitename>W</sitename><dbname>dewiki</dbname><base>https://x</base>"
    '<case>first-letter</case><namespaces><namespace key="-2" case="first-letter">Medium'
    '</namespace><namespace key="0" case="first-letter" /><namespace case="first-letter" '
    'key="14">Kategorie</namespace></namespaces></siteinfo>'
)
SLOTS = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11"
  xml:lang="de">%s
<page><title>A &amp; B</title><ns>0</ns><id>7</id>
 <revision><id>70</id><parentid>69</parentid><timestamp>2020-01-01T00:00:00Z</timestamp>
  <contributor><username>U</username><id>999</id></contributor><origin>70</origin>
  <model>wikitext</model><format>text/x-wiki</format>
  <text bytes="4" sha1="x" xml:space="preserve">main</text><sha1>x</sha1>
  <content><role>mediainfo</role><origin>70</origin><model>other</model><format>j</format>
   <text bytes="2">{}</text></content>
 </revision></page></mediawiki>"""


def read(xml: str | bytes, size: int = 1 << 18) -> tuple[Site | None, list[Page]]:
    parser = PageParser("d.xml")
    data = xml.encode() if isinstance(xml, str) else xml
    pages = [p for i in range(0, len(data), size) for p in parser.feed(data[i : i + size])]
    parser.close()
    return parser.site, pages


def page_of(inner: str) -> Page:
    """Return the only page of an export that holds these elements in a page."""
    _, pages = read(f'<mediawiki xml:lang="de">{SITE}<page>{inner}</page></mediawiki>')
    (page,) = pages
    return page


HEAD = "<title>T</title><ns>0</ns><id>7</id>"


def test_the_site_has_its_wiki_and_namespaces() -> None:
    site, _ = read(SLOTS % SITE)
    assert site == Site(
        "dewiki", "de", "first-letter", ((-2, "Medium"), (0, ""), (14, "Kategorie"))
    )


def test_other_slots_and_the_contributor_s_id_are_skipped() -> None:
    _, pages = read(SLOTS % SITE)
    assert pages == [Page(7, 0, "A & B", 70, None, "wikitext", "main")]


def test_schema_0_10_reads_the_same() -> None:
    old = (SLOTS % SITE).replace("0.11", "0.10").replace("<origin>70</origin>", "")
    assert read(old) == read(SLOTS % SITE)


def test_white_space_and_a_namespace_prefix_change_nothing() -> None:
    plain = SLOTS % SITE
    spread = plain.replace("><", ">\r\n\t <").replace("<id>7</id>", "<id>\n 7 </id>")
    assert read(spread) == read(plain)
    prefixed = plain.replace("<", "<m:").replace("<m:/", "</m:").replace("xmlns=", "xmlns:m=")
    assert read(prefixed) == read(plain)


def test_case_sensitive_wikis_are_recognised() -> None:
    site, _ = read(dump_xml([], wiki="enwiktionary", case="case-sensitive"))
    assert site and site.case == "case-sensitive"


def test_a_redirect_names_its_target() -> None:
    page = page_of(HEAD + '<redirect title="&quot;A&quot; b" /><revision><text/></revision>')
    assert page.redirect == '"A" b'


def test_underscores_in_titles_are_spaces() -> None:
    page = page_of("<title>A_b </title><ns>0</ns><id>7</id><redirect title='C_d' />")
    assert (page.title, page.redirect) == ("A b", "C d")
    site, _ = read(SLOTS % SITE.replace("Kategorie", "Kategorie_x"))
    assert site is not None
    assert site.namespaces[-1] == (14, "Kategorie x")


def test_deleted_empty_and_missing_texts_differ() -> None:
    assert page_of(HEAD + '<revision><text deleted="deleted" /></revision>').text is None
    assert page_of(HEAD + '<revision><text bytes="0" /></revision>').text == ""
    assert page_of(HEAD + "<revision><text></text></revision>").text == ""
    assert page_of(HEAD + "<revision></revision>").text is None


def test_the_last_of_several_revisions_is_used() -> None:
    first = '<revision><id>1</id><model>json</model><text deleted="deleted" /></revision>'
    page = page_of(HEAD + first + "<revision><id>2</id><text>new</text></revision>")
    assert page == Page(7, 0, "T", 2, None, "wikitext", "new")
    page = page_of(HEAD + "<revision><id>2</id><text>new</text></revision>" + first)
    assert (page.revision_id, page.model, page.text) == (1, "json", None)


def test_titles_are_decoded() -> None:
    page = page_of("<title>&quot;R&amp;B&quot; &#x2013; &lt;x&gt;</title><ns>0</ns><id>1</id>")
    assert page.title == '"R&B" – <x>'


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)


@given(
    pages=st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
    cuts=st.lists(st.integers(0, 5000), max_size=8),
)
@settings(max_examples=50, deadline=None)
def test_any_chunking_gives_the_same_pages(pages: list[tuple[str, str]], cuts: list[int]) -> None:
    sources = [Source(f"T{title}.", text, redirect=title or None) for title, text in pages]
    data = dump_xml(sources).encode()
    parser = PageParser("d")
    places = sorted({0, *(c for c in cuts if c < len(data)), len(data)})
    pieces = [data[a:b] for a, b in pairwise(places)]
    found = [p for piece in pieces for p in parser.feed(piece)]
    parser.close()
    assert [(p.title, p.text, p.redirect) for p in found] == [
        (s.title.replace("_", " "), s.text, s.redirect and s.redirect.replace("_", " "))
        for s in sources
    ]


def test_byte_by_byte_gives_the_same_pages() -> None:
    assert read(SLOTS % SITE, 1) == read(SLOTS % SITE)


def test_truncation_is_detected_and_the_pages_before_it_are_kept() -> None:
    data = dump_xml([Source("One", "ä"), Source("Two", "text")]).rstrip().encode()
    ends = [i for i in range(len(data)) if data[:i].endswith(b"</page>")]
    for cut in range(len(data)):
        parser = PageParser("d.xml")
        pages = list(parser.feed(data[:cut]))
        with pytest.raises(CutInputError, match=r"d\.xml: truncated: the XML ends "):
            parser.close()
        assert len(pages) == sum(end <= cut for end in ends)


def test_truncation_inside_a_page_names_it() -> None:
    data = dump_xml([Source("One"), Source("Two", "text")])
    parser = PageParser("d.xml")
    list(parser.feed(data[: data.index("text</text>")].encode()))
    assert parser.in_page
    with pytest.raises(CutInputError, match="in page 'Two'"):
        parser.close()


def test_broken_xml_comes_after_the_pages_before_it() -> None:
    data = dump_xml([Source("One"), Source("Two", "BREAK"), Source("Three")])
    parser = PageParser("d.xml")
    found = []
    with pytest.raises(CutInputError, match=r"line \d+, byte [\d,]+ of the XML, in page 'Two'"):
        for page in parser.feed(data.replace("BREAK", "</wrong>").encode()):
            found.append(page.title)  # noqa: PERF401 - kept although the loop ends in an error
    assert found == ["One"]


def test_a_fault_before_the_end_of_a_title_names_no_page() -> None:
    parser = PageParser("d")
    parts = (b"<mediawiki><page><title>T", b"wo</titel></page></mediawiki>")
    with pytest.raises(CutInputError, match="in a page before the end of its title"):
        for part in parts:
            list(parser.feed(part))


def test_the_byte_offset_of_an_error_is_that_in_the_xml() -> None:
    data = dump_xml([Source("One", "BREAK")]).replace("BREAK", "\x01").encode()
    with pytest.raises(CutInputError, match=f"byte {data.index(1):,} of the XML"):
        read(data)
    inside = PageParser("d.xml", inside=True)
    with pytest.raises(CutInputError, match="byte 6 of the XML"):
        list(inside.feed(b"<page>\x01"))


@pytest.mark.parametrize("data", ["no xml at all", "<html></html>", "{}", "\0\0\0"])
def test_a_file_that_is_not_an_export_is_reported(data: str) -> None:
    with pytest.raises(InputError, match="not a MediaWiki XML export"):
        read(data)


def test_two_exports_in_one_file_are_reported() -> None:
    with pytest.raises(CutInputError, match="unexpected data after </mediawiki>"):
        read(dump_xml([Source("A")]) * 2)
    inside = PageParser("d.xml", inside=True)
    with pytest.raises(InputError, match="more than one export"):
        list(inside.feed(dump_xml([Source("A")]).encode()))


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("<dbname>dewiki</dbname>", "wiki"),
        (' xml:lang="de"', "language"),
        (SITE[SITE.index("<namespaces>") : SITE.index("</siteinfo>")], "namespaces"),
    ],
)
def test_what_a_header_lacks_is_empty(part: str, field: str) -> None:
    xml = f'<mediawiki xml:lang="de">{SITE}<page>{HEAD}</page></mediawiki>'
    whole, pages = read(xml)
    lacking, same = read(xml.replace(part, ""))
    assert whole is not None
    empty = () if field == "namespaces" else ""
    assert lacking == msgspec.structs.replace(whole, **{field: empty})
    assert same == pages


def test_an_export_may_have_no_siteinfo() -> None:
    page = f"<page>{HEAD}<revision><text>x</text></revision></page>"
    for root, language in (('mediawiki xml:lang="sw"', "sw"), ("mediawiki", ""), ("pages", "")):
        site, pages = read(f"<{root}>{page}</{root.split()[0]}>")
        assert site == Site("", language, "", ())
        assert pages == [Page(7, 0, "T", 0, None, "wikitext", "x")]
    parser = PageParser("d.xml")
    list(parser.feed(b'<mediawiki xml:lang="sw">'))
    assert (parser.site, parser.header) == (None, Site("", "sw", "", ()))


def test_the_case_of_titles_is_that_of_the_main_namespace() -> None:
    named = SITE.replace('key="0" case="first-letter"', 'key="0" case="case-sensitive"')
    for xml, case in (
        (named.replace("<case>first-letter</case>", ""), "case-sensitive"),
        (named, "first-letter"),
        (SITE.replace("<case>first-letter</case>", ""), "first-letter"),
    ):
        site, _ = read(f"<mediawiki>{xml}</mediawiki>")
        assert site is not None
        assert site.case == case


@pytest.mark.parametrize("size", [1, 7, 1 << 18])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Q&A", "Q&A"),
        ("A & B", "A & B"),
        ("&nbsp;x&;", "&nbsp;x&;"),
        ("A &amp; B&#33;", "A & B!"),
        ("1 < 2 <3", "1 < 2 <3"),
    ],
)
def test_names_in_the_siteinfo_need_not_be_escaped(name: str, expected: str, size: int) -> None:
    header = SITE.replace("Kategorie", name).replace("<sitename>W", "<sitename>W & V")
    page = f"<page>{HEAD}<revision><text>R&amp;B</text></revision></page>"
    site, (found,) = read(f'<mediawiki xml:lang="de">{header}{page}</mediawiki>', size)
    assert site is not None
    assert site.namespaces[-1] == (14, expected)
    assert found.text == "R&B"


@pytest.mark.parametrize("size", [1, 1 << 18])
def test_names_of_elements_may_have_a_prefix_and_the_siteinfo_may_be_empty(size: int) -> None:
    page = f"<page>{HEAD}<revision><text>x</text></revision></page>"
    xml = f'<mediawiki xmlns="urn:m">{SITE.replace("Kategorie", "Q&A")}{page}</mediawiki>'
    prefixed = xml.replace("<", "<m:").replace("<m:/", "</m:").replace("xmlns=", "xmlns:m=")
    assert read(prefixed, size) == read(xml, size)
    for empty in ("<siteinfo/>", "<siteinfo />", "<siteinfo></siteinfo>"):
        site, pages = read(f'<mediawiki xml:lang="sw">{empty}{page}</mediawiki>', size)
        assert site == Site("", "sw", "", ())
        assert len(pages) == 1


@given(name=st.text("aB1&;< é", min_size=1, max_size=12), size=st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_any_name_without_markup_is_read_as_it_is_and_if_it_is_escaped(
    name: str, size: int
) -> None:
    for written in (name, escape(name)):
        site, _ = read(f"<mediawiki>{SITE.replace('Kategorie', written)}</mediawiki>", size)
        assert site is not None
        assert site.namespaces[-1] == (14, name.strip())


def test_only_the_siteinfo_is_escaped_and_offsets_stay_those_of_the_file() -> None:
    header = SITE.replace("Kategorie", "Q&A & B")
    data = f"<mediawiki>{header}<page>{HEAD}<revision><text>R&B</text>".encode()
    with pytest.raises(CutInputError, match=r"malformed XML .* in page 'T'") as fault:
        read(data)
    assert f"byte {data.index(b'R&B') + 3:,} of the XML" in str(fault.value)


def test_an_unclosed_siteinfo_is_reported_as_before() -> None:
    with pytest.raises(CutInputError, match="truncated: the XML ends between pages"):
        read("<mediawiki><siteinfo><dbname>a & b")
    parser = PageParser("d.xml")
    with pytest.raises(CutInputError, match="malformed XML"):
        list(parser.feed(b"<mediawiki><siteinfo>a & b" + b" " * (5 << 20)))


def test_the_order_of_namespaces_does_not_matter() -> None:
    names = [f'<namespace key="{n}" case="first-letter">N{n}</namespace>' for n in (2, -1, 10, 0)]
    sites = [
        read(f"<mediawiki><siteinfo><namespaces>{''.join(order)}</namespaces></siteinfo>"
             "</mediawiki>")[0]
        for order in (names, names[::-1])
    ]  # fmt: skip
    assert sites[0] == sites[1]


def test_a_page_without_ns_says_so() -> None:
    for ns in ("", "<ns/>", "<ns> </ns>"):
        assert page_of(f"<title>Talk:T</title>{ns}<id>7</id>").namespace == NO_NAMESPACE


def test_an_unknown_content_model_is_that_of_articles() -> None:
    for model in ("", "<model/>", "<model>error-no-model</model>"):
        page = page_of(f"{HEAD}<revision>{model}<text>x</text></revision>")
        assert page.model == "wikitext"


def test_a_revision_with_hidden_user_comment_and_text_is_read() -> None:
    hidden = (
        "<revision><id>8</id><parentid>7</parentid><timestamp>2025-01-01T00:00:00Z</timestamp>"
        '<contributor deleted="deleted" /><minor /><comment deleted="deleted" /><origin>8</origin>'
        "<model>wikitext</model><format>text/x-wiki</format>{}<sha1 /></revision>"
    )
    assert page_of(HEAD + hidden.format('<text bytes="-1" deleted="deleted" />')).text is None
    assert page_of(HEAD + hidden.format('<text bytes="0" />')).text == ""
    slot = (
        "<content><role>a</role><model>json</model><text bytes='-1' deleted='deleted' /></content>"
    )
    text = '<text bytes="1" xml:space="preserve">x</text>'
    for both in (slot + text, text + slot):
        page = page_of(HEAD + hidden.format(both))
        assert (page.text, page.model, page.revision_id) == ("x", "wikitext", 8)


def test_a_namespace_without_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="namespace key 'x' in <siteinfo> is not a number"):
        read(header_xml().replace('key="14"', 'key="x"'))


@pytest.mark.parametrize(
    "inner", ["<id>1</id>", "<title>T</title>", "<title/><id>1</id>", "<title>T</title><id>x</id>"]
)
def test_a_page_without_a_valid_title_or_id_is_refused(inner: str) -> None:
    with pytest.raises(InputError, match="has no valid title, id or ns"):
        page_of(inner)


def test_two_wikis_are_refused() -> None:
    one, other = (Site(w, "en", "first-letter", ()) for w in ("enwiki", "enwikivoyage"))
    same_wiki(one, one, "b.xml")
    with pytest.raises(InputError, match=r"b\.xml: dump of enwikivoyage, .* of enwiki;"):
        same_wiki(one, other, "b.xml")
