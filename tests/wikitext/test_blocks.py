"""Removal of tables, HTML headings and terms: where they end."""

import pytest

from tests.wikitext.reading import text_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a\n{|\n| b\n== c ==\nd", "a\nd"),
        ("{|\n| a\n\nb\n== c ==\nd\n{|\n| e\n|}\nf", "d\nf"),
        ("{|\n| a\n{|\n| b\n== c ==\nd", "d"),
        ("a\n<table><tr><td>b\n== c ==\nd", "a\nd"),
        ("{|\n| a\n<table><tr><td>b\n== c ==\nd", "d"),
        ("{|\n| a\n{|\n| b\n== c ==\nd\n|}\n== e ==\nf", "f"),
    ],
)
def test_a_heading_ends_a_table_without_an_end(source: str, shown: str) -> None:
    assert text_of(source) == shown


@pytest.mark.parametrize(
    "source",
    [
        "{|\n| a\n== b ==\nc\n|}\nd",
        "{|\n| a\n== b ==\nc\n</table>\nd",
        "<table><tr><td>a\n== b ==\nc\n</td></tr></table>\nd",
    ],
)
def test_a_table_with_an_end_may_have_headings(source: str) -> None:
    assert text_of(source) == "d"


@pytest.mark.parametrize(
    ("source", "language", "shown"),
    [
        ("{|\n| a\n{{s-end}}\nb", "en", "b"),
        ("{|\n| a\n{{End}} b", "de", "b"),
        ("{|\n{|\n| a\n{{!)}}\nb\n{{!)}}\nc", "en", "c"),
        ("{|\n| a\n{{cuối hộp}}\nb", "vi", "b"),
        ("{|\n| a\n{{s-start}}\n| b\n{{s-end}}\nc\n|}\nd", "en", "d"),
        ("{|\n| a {{s-end}}\nb", "en", ""),
        ("{|\n| a\n{{other}}\nb", "en", ""),
    ],
)
def test_a_template_may_end_a_table_without_an_end(source: str, language: str, shown: str) -> None:
    assert text_of(source, language) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<dl><dt>a\n\nb", "b"),
        ("<h2>a\n\nb", "b"),
        ("<h2>a\nb\n<dt>c\n== d ==\ne", "e"),
    ],
)
def test_an_unclosed_heading_or_term_ends_with_its_paragraph(source: str, shown: str) -> None:
    assert text_of(source) == shown
