"""Dumps whose <siteinfo> names another language than that of their pages."""

import bz2
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Page, PageParser, Site
from cstool.languages.codes import names
from cstool.languages.data_tables import rows as language_rows
from cstool.wikitext.language_check import SAMPLE, LanguageMismatch, mismatch
from cstool.wikitext.tables import rows
from tests.conftest import Sample

ENGLISH = Site("enwiki", "en", "first-letter", ((6, "File"), (14, "Category")))
GERMAN = ["[[Datei:A.jpg|mini]] Die [[Stadt]].\n[[Kategorie:Ort]]\n"] * 4


def read(path: Path) -> tuple[Site, list[Page]]:
    data = path.read_bytes()
    parser = PageParser(path.name)
    pages = list(parser.feed(bz2.decompress(data) if path.suffix == ".bz2" else data))
    assert parser.site
    return parser.site, [page for page in pages if not page.namespace and page.redirect is None]


def test_german_pages_under_an_english_head_are_reported() -> None:
    found = mismatch(ENGLISH, GERMAN, "dump.xml")
    assert found == LanguageMismatch("de", 8, 8, "links to files and categories")


def test_a_few_english_names_change_nothing() -> None:
    found = mismatch(ENGLISH, [*GERMAN, "[[File:B.jpg]] [[category:x]]"], "-")
    assert found == LanguageMismatch("de", 8, 10, "links to files and categories")
    assert mismatch(ENGLISH, [*GERMAN, "[[File:B.jpg]]" * 5], "-") is None


def test_categories_alone_tell_when_files_have_english_names() -> None:
    texts = ["[[File:A.jpg]] " * 20 + "[[หมวดหมู่:ก]] " * 5]
    assert mismatch(ENGLISH, texts, "-") == LanguageMismatch("th", 5, 5, "links to categories")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[Datei:A.jpg]] [[Kategorie:B]] " * 2,  # too few
        "[[Datei:A]] [[Soubor:A]] [[Fichier:A]] " * 9,  # of no one language
        "[[Stadt: Land]] [[de:Datei:A]] [[:de:Kategorie:A]] " * 9,
        "[[Category:A]] " * 20 + "[[Kategorie:B]] " * 5,
        "你好。" * 9,
        "The word 你好 is “hello”. It is read so. " * 40,
    ],
)
def test_little_evidence_is_none(text: str) -> None:
    assert mismatch(ENGLISH, [text], "de.xml") is None


def test_a_wiki_s_own_names_are_no_evidence_against_it() -> None:
    for language in ("de", "bar", "nds", "de-at", "ksh"):
        assert mismatch(Site("w", language, "first-letter", ()), GERMAN, "de.xml") is None
    small = Site("xxwiki", "xx", "first-letter", ((6, "Datei"), (14, "Kategorie")))
    assert mismatch(small, GERMAN, "-") is None


@pytest.mark.parametrize("language", ["pcm", "ha", "so", "simple", "en", "xx"])
def test_small_wikis_with_english_names_are_left_alone(language: str) -> None:
    site = Site(f"{language}wiki", language, "first-letter", ENGLISH.namespaces)
    assert mismatch(site, ["[[File:A.jpg]] a [[Image:B.png]] [[Category:C]]"] * 20, "-") is None


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("barwiki-20261001-pages-articles-multistream.xml.bz2", "bar"),
        ("/dumps/fr/bar.xml", "bar"),
        ("alswiki-20261001.xml", "gsw"),
        ("dewiktionary-20261001.xml.bz2", "de"),
        ("fr.xml", "de"),  # no language of these names
        ("dump.xml", "de"),
        ("-", "de"),
    ],
)
def test_the_file_s_name_decides_between_languages_of_the_same_names(
    path: str, language: str
) -> None:
    found = mismatch(ENGLISH, GERMAN, path)
    assert found and found.language == language


def test_words_decide_where_no_language_rests_on_the_other() -> None:
    names_alone = "[[Файл:А]] [[Категория:Б]] "
    bulgarian = "Това е град, който се намира в България. Тя са през годината. "
    for words, language in ((bulgarian, "bg"), ("Это был город, что он не для по из. ", "ru")):
        found = mismatch(ENGLISH, [(names_alone + words) * 9], "-")
        assert found and found.language == language
    found = mismatch(ENGLISH, [names_alone * 9], "-")
    assert found and found.language is None


@pytest.mark.parametrize(
    ("text", "language"), [("这是一个城市。", "zh"), ("これは都市である。", "ja")]
)
def test_chinese_and_japanese_are_reported_by_their_full_stops(text: str, language: str) -> None:
    texts = [("[[File:A.jpg]] [[Category:B]] " + text) * 30]
    assert mismatch(ENGLISH, texts, "-") == LanguageMismatch(language, 30, 30, "full stops")
    own = Site("w", "wuu", "first-letter", ())
    assert mismatch(own, texts, "-") is None
    named = Site("xxwiki", "xx", "first-letter", ((14, "分類"),))
    assert mismatch(named, texts, "-") is None


def test_the_file_s_name_tells_the_kind_of_chinese() -> None:
    for path, language in (("zh_yuewiki-1.xml", "yue"), ("wuu.xml", "wuu"), ("ja.xml", "zh")):
        found = mismatch(ENGLISH, ["这是一个城市。" * 30], path)
        assert found and found.language == language


def test_no_more_is_read_than_the_sample() -> None:
    texts = iter(["x" * (SAMPLE // 4)] * 9 + GERMAN)
    assert mismatch(ENGLISH, texts, "-") is None
    assert len(list(texts)) == 4 + len(GERMAN)


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_and_any_name_are_read(text: str, path: str) -> None:
    assert mismatch(ENGLISH, [text * 50], path) is None or "[[" in text or "。" in text


def test_the_sample_is_not_contradicted(sample: Sample) -> None:
    for path in (sample.pages, sample.japanese, sample.swahili):
        site, pages = read(path)
        assert mismatch(site, [page.text or "" for page in pages], path.name) is None


def test_the_tables_know_their_languages() -> None:
    assert {row[0] for row in rows("words.tsv")} <= set(names())
    assert all(row[1].split() for row in language_rows("cstool.languages", "fallbacks.tsv"))


def test_real_pages_under_an_english_head_are_reported_with_and_without_a_name(
    shared: Path,
) -> None:
    for path in sorted((shared / "realdata/wikipedia").glob("*.xml.bz2")):
        site, pages = read(path)
        assert site.language == "en"
        language = path.name.split(".")[0]
        for name in (path.name, "-"):
            found = mismatch(site, [page.text or "" for page in pages], name)
            assert (found.language if found else "en") == language
