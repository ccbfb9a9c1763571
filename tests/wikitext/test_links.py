"""Wikilinks, pictures, categories."""

import pytest

from tests.wikitext.reading import links_of, read, text_of


@pytest.mark.parametrize(
    ("source", "language", "anchor"),
    [
        ("[[Foo]]s", "en", "Foos"),
        ("[[Foo|bar]]baz", "en", "barbaz"),
        ("[[Foo]]Bar", "en", "Foo"),
        ("[[Foo]]é", "en", "Foo"),
        ("[[Foo]]straße", "de", "Foostraße"),
        ("[[Foo]]а", "ru", "Fooа"),
        ("[[Foo]]s", "ru", "Foos"),
        ("[[Foo]]市", "zh", "Foo"),
        ("[[Foo]]s", "zh", "Foo"),
    ],
)
def test_a_trail_belongs_to_the_anchor_as_the_language_has_it(
    source: str, language: str, anchor: str
) -> None:
    assert links_of(source, language) == [(anchor, "Foo")]


def test_a_prefix_belongs_to_the_anchor_where_the_language_has_one() -> None:
    assert links_of("في و[[هامبورغ]])", "ar") == [("وهامبورغ", "هامبورغ")]
    assert links_of("al[[Razi]] [[A]]b[[C]]", "ar") == [("alRazi", "Razi"), ("Ab", "A"), ("C", "C")]
    assert links_of("al[[Razi]]", "en") == [("Razi", "Razi")]


@pytest.mark.parametrize(
    ("source", "anchor", "target"),
    [
        ("[[Foo]]", "Foo", "Foo"),
        ("[[foo bar]]", "foo bar", "Foo bar"),
        ("[[Foo|a|b]]", "a|b", "Foo"),
        ("[[Foo|[bar] baz]]", "[bar] baz", "Foo"),
        ("[[Foo|a [b]]]", "a [b]", "Foo"),
        ("[[Foo|a]b]]", "a]b", "Foo"),
        ("[[Foo|a\nb]]", "a b", "Foo"),
        ("[[Foo|a<br>b]]", "a b", "Foo"),
        ("[[Foo|''a'' b]]", "a b", "Foo"),
        ("[[Foo|<b>a</b>]]", "a", "Foo"),
        ("[[Foo|&lt;a&gt;]]", "<a>", "Foo"),
        ("[[Foo|<nowiki>]]</nowiki>]]", "]]", "Foo"),
        ("[[Foo#Bar]]", "Foo#Bar", "Foo"),
        ("[[Foo#Bar|x]]", "x", "Foo"),
        ("[[:Foo]]", "Foo", "Foo"),
        ("[[Foo| bar ]]", "bar", "Foo"),
        ("[[Caf%C3%A9]]", "Café", "Café"),
        ("[[A&amp;B]]", "A&B", "A&B"),
        ("[[/sub]]", "/sub", "/sub"),
        ("[[a:b]]", "a:b", "A:b"),
    ],
)
def test_a_link_is_its_anchor_and_its_target(source: str, anchor: str, target: str) -> None:
    assert links_of(f"x {source} y") == [(anchor, target)]


def test_a_link_that_shows_only_spaces_is_no_mention() -> None:
    assert links_of("a [[b|&nbsp;]] c [[d|\u00a0 ]][[e]]") == [("e", "E")]


def test_spaces_at_an_anchors_ends_are_the_texts() -> None:
    assert text_of("a[[Foo| bar ]]b") == "a bar b"
    assert links_of("[[Foo|\u3000bar]]. [[Foo| Baz]]") == [("bar", "Foo"), ("Baz", "Foo")]


def test_a_link_to_the_page_itself_is_text() -> None:
    source = "[[T]] and [[t|me]] and [[#S]] and [[#S|here]]"
    (sentence,) = read(source, title="T")
    assert sentence.text == "T and me and #S and here"
    assert not sentence.mentions


def test_a_link_to_a_section_of_the_page_by_its_name_is_one() -> None:
    assert links_of("[[T#S|there]]", title="T") == [("there", "T")]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a [[:Category:X]] b", "a Category:X b"),
        ("a [[:Category:X|y]] b", "a y b"),
        ("a [[User:X|u]] b", "a u b"),
        ("a [[:de:X]] b", "a de:X b"),
        ("a [[wikt:X|y]] b", "a y b"),
        ("a [[:File:A.jpg]] b", "a File:A.jpg b"),
        ("a [[Media:A.jpg|m]] b", "a m b"),
    ],
)
def test_links_to_elsewhere_are_text(source: str, shown: str) -> None:
    assert text_of(source) == shown
    assert not links_of(source)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a\n[[Category:X]]\nb [[Category:Z|k]]c", "a bc"),
        ("a [[de:X]]\nb", "a b"),
        ("[[category: X]]a", "a"),
    ],
)
def test_categories_and_interlanguage_links_do_not_show(source: str, shown: str) -> None:
    assert text_of(source) == shown


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("x [[File:A.jpg]] y", "en"),
        ("x [[File:A.jpg|20px|cap [[Foo]]]] y", "en"),
        ("x [[ file : A.jpg]] y", "en"),
        ("x [[ファイル:A.jpg|c]] y", "ja"),
        ("x [[Fichier:A.jpg|c]] y", "fr"),
        ("x [[File:A.jpg|c]] y", "fr"),
        ("x [[קו:A.jpg|c]] y", "he"),
    ],
)
def test_a_picture_goes_with_its_caption(source: str, language: str) -> None:
    assert text_of(source, language) == "x y"
    assert not links_of(source, language)


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("x [[Image:A.jpg|thumb|cap [[Foo]] [[Bar|baz]] c]] y", "en"),
        ("x [[File:A.jpg|thumb|a [[b|[c]]] d]] y", "en"),
        ("x [[File:A.jpg|thumb|[http://x.y z]]] y", "en"),
        ("x [[File:A.jpg|thumb|[[File:B.jpg]] a\n\nb]] y", "en"),
        ("x [[File:A.jpg|right]]\ny", "en"),
        ("x [[File:A.jpg|thumb=B.jpg]] y", "en"),
        ("x [[Datei:A.jpg|mini|c]] y", "de"),
        ("x [[Bild:A.jpg|mini|[[c]]]] y", "de"),
    ],
)
def test_a_picture_beside_the_text_ends_the_paragraph(source: str, language: str) -> None:
    assert text_of(source, language) == "x\ny"
    assert not links_of(source, language)


@pytest.mark.parametrize(
    "source",
    [
        "[[Foo|a [[b]]",
        "[[File:A.jpg|a",
        "[[]]",
        "[[Foo|]]",
        "[[../x]]",
        "[[Foo<ref>r</ref>]]",
        "[[http://x.y z]]",
        "[[[Foo]]]",
        "[[[File:A.jpg]]]",
        "[[A%5BB]]",
        "[[::Foo]]",
        "[[Foo\nbar]]",
    ],
)
def test_what_is_no_link_leaves_a_hole(source: str) -> None:
    assert any(sentence.holes for sentence in read(f"x {source} y"))
    assert ("Foo", "Foo") not in links_of(f"x {source} y")
