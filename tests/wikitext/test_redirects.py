"""Redirects that only their text shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.dumps.xml import Page
from cstool.wikitext.redirects import read_redirect
from cstool.wikitext.tables import of_language, rows
from cstool.wikitext.titles import namespaces_of
from tests.wikitext.reading import site

WORDS = sorted({(code, word) for code, id_, word, _ in rows("magicwords.tsv") if id_ == "redirect"})
LANGUAGES = sorted({code for code, _ in WORDS if code != "*"})


def redirect_of(text: str, language: str = "en", **fields: str) -> str | None:
    page = Page(1, 0, "T", 2, None, "wikitext", text)
    page = Page(*(fields.get(name, getattr(page, name)) for name in Page.__struct_fields__))
    return read_redirect(page, namespaces_of(site(language))).redirect


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_spelling_of_a_language_is_a_redirect_in_any_case(language: str) -> None:
    words = [word for id_, word, _ in of_language("magicwords.tsv", language) if id_ == "redirect"]
    assert "#REDIRECT" in words
    for word in words:
        for spelling in (word, word.upper(), word.lower()):
            if len(spelling) == len(word):  # `İ` in small letters is two
                assert redirect_of(f"{spelling} [[x y]]", language) == "X y", (language, spelling)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("#REDIRECT [[Target page]]", "Target page"),
        ("#redirect:[[target_page]]\n\n[[Category:X]]", "Target page"),
        (" \n#Redirect\n : [[Target#Part|shown]] more", "Target"),
        ("#REDIRECT[[A%20b]]", "A b"),
        ("#REDIRECT [[:en:target]]", "Target"),
        ("#REDIRECT [[Template:Foo bar#x]]", "Template:Foo bar"),
        ("#REDIRECT [[:Category:X]]", "Category:X"),
        ("#REDIRECT [[: template_:_foo_bar]]", "template:foo bar"),
        ("#REDIRECT [[Wikipedia\xa0:X]]", "Wikipedia:X"),
        ("#REDIRECT [[de:X]]", "de:X"),
        ("#REDIRECT [[Special:Search]]", "Special:Search"),
        ("#REDIRECT", None),
        ("#REDIRECT Target", None),
        ("#REDIRECT see [[Target]]", None),
        ("#REDIRECT [[#Part]]", None),
        ("#REDIRECT [[a<b]]", None),
        ("#REDIRECT [[Category:]]", None),
        ("#REDIRECT [[Tar\nget]]", None),
        ("#REDIRECTED [[Target]]", None),
        ("# REDIRECT [[Target]]", None),
        ("A #REDIRECT [[Target]]", None),
        ("#WEITERLEITUNG [[Target]]", None),
        ("", None),
    ],
)
def test_a_redirect_is_a_word_and_a_valid_link_after_it(text: str, target: str | None) -> None:
    assert redirect_of(text) == target


def test_a_word_of_another_languages_case_is_no_redirect() -> None:
    assert redirect_of("#YÖNLENDİR [[x]]", "tr") == "X"
    assert redirect_of("#yönlendİr [[x]]", "tr") == "X"
    assert redirect_of("#yönlendir [[x]]", "tr") is None  # as in PCRE, `İ` is no `i`


def test_only_wikitext_is_read_and_an_element_comes_first() -> None:
    assert redirect_of("#REDIRECT [[A]]", model="json") is None
    assert redirect_of("#REDIRECT [[A]]", redirect="B") == "B"
    assert redirect_of("", redirect="") == ""


@given(st.text("#REDIRCT [|]\n:x", max_size=200))
def test_any_text_is_a_redirect_or_not(text: str) -> None:
    target = redirect_of(text)
    assert target is None or text.lstrip().upper().startswith("#REDIRECT")
