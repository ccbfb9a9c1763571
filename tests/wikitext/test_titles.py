"""Parsing of a link's target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.titles import CATEGORY, FILE, namespaces_of
from tests.wikitext.reading import site


def target(raw: str, language: str = "en", case: str = "first-letter") -> tuple[str, str]:
    kind, title = namespaces_of(site(language, case)).target(raw)
    return kind, title


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("foo", "Foo"),
        (" Foo__bar_  baz_", "Foo bar baz"),
        ("Foo\u00a0bar", "Foo bar"),
        ("Fo\u200eo", "Foo"),
        ("Foo#Bar", "Foo"),
        ("Foo%20bar", "Foo bar"),
        ("Caf%C3%A9", "Café"),
        ("A%26B", "A&B"),
        ("A%zz", "A%zz"),
        ("A&amp;B", "A&B"),
        ("a&#61;b", "A=b"),
        (":Foo", "Foo"),
        ("e\u0301a", "Éa"),
        ("2001: A Space Odyssey", "2001: A Space Odyssey"),
        ("a//b", "A//b"),
    ],
)
def test_a_title_has_one_normal_form(raw: str, title: str) -> None:
    assert target(raw) == ("page", title)


@pytest.mark.parametrize(
    ("raw", "language", "title"),
    [
        ("istanbul", "tr", "İstanbul"),
        ("ısparta", "tr", "Isparta"),
        ("istanbul", "en", "Istanbul"),
        ("ß", "de", "ß"),
        ("ßa", "de", "ßa"),
        ("дом", "ru", "Дом"),
        ("ა", "ka", "ა"),
    ],
)
def test_the_first_letter_is_upper_as_the_wiki_has_it(raw: str, language: str, title: str) -> None:
    assert target(raw, language) == ("page", title)


def test_a_case_sensitive_wiki_keeps_the_first_letter() -> None:
    assert target("foo", case="case-sensitive") == ("page", "foo")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("#Section", "here"),
        ("File:A.jpg", "file"),
        ("image:A.jpg", "file"),
        ("Category:X", "category"),
        (":Category:X", "other"),
        (":File:X", "other"),
        ("User:X", "other"),
        ("Talk:X", "other"),
        ("de:X", "language"),
        (":de:X", "project"),
        ("wikt:X", "project"),
        ("fandom:X", "project"),
        ("isv:X", "language"),
        ("WIKT : X", "project"),
    ],
)
def test_a_prefix_says_what_a_link_is(raw: str, kind: str) -> None:
    assert target(raw)[0] == kind


@pytest.mark.parametrize(
    "raw",
    ["", " ", ":", "::Foo", "../x", "./x", "a/../b", "A%5BB", "a~~~b", "a" * 256, "http://x.y"],
)
def test_what_is_no_title_is_invalid(raw: str) -> None:
    assert target(raw)[0] == "invalid"


def test_namespaces_are_known_by_all_their_names() -> None:
    names = namespaces_of(site("de")).names(FILE, CATEGORY)
    assert {"file", "image", "datei", "bild", "kategorie", "category"} == set(names)
    assert namespaces_of(site("de")).number("Diskussion:X") == 1
    assert namespaces_of(site("de")).number("X") == 0
    assert namespaces_of(site("de")).number("2001: X") == 0


PIECES = (
    "a", "B", "é", "İ", "i", "ß", "ა", ".", "/", " ", "  ", "_", "%20", "&amp;", "#", "~", "~~~",
    ":", "File:", "de:", "http:", "|", "\u200e", "\u00a0", "ǆ", "e\u0301", "x" * 30, "日" * 20,
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(["en", "tr"]))
def test_the_short_look_at_a_target_sees_the_same(raw: str, language: str) -> None:
    namespaces = namespaces_of(site(language))
    assert namespaces.target(raw) == namespaces.read_closely(raw)
