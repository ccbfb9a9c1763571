"""Links to pictures: where their captions end, and what they are replaced by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.markers import BESIDE, ENDLESS, INSIDE
from cstool.wikitext.picture_links import PictureParser
from cstool.wikitext.titles import namespaces_of
from tests.wikitext.reading import links_of, read, site, text_of

PICTURES = PictureParser(namespaces_of(site()))
PIECES = (
    "[[File:a|thumb|", "[[File:b|", "[[File:c]]", "[[File:|", "[[File:d", "[[File:{e}|", "[[f]]",
    "[[f|", "[[", "]]", "]]", "]", "[", "|", " g ", "\n", "[[:File:h|",
)  # fmt: skip


def marked(text: str) -> str:
    """Return the text with its pictures replaced by letters: inline, beside, unclosed."""
    marks = {ord(INSIDE): "I", ord(BESIDE): "B", ord(ENDLESS): "U"}
    return PICTURES.with_marks(text).translate(marks)


def as_in_the_parser(text: str) -> str:
    """Return what `marked` does, by the steps of Parser::handleInternalLinks2."""
    first, *pieces = text.split("[[")
    out = [first]
    while pieces:
        piece = pieces.pop(0)
        name = re.match(r"File:([^\[\]<>{}|\n]*)(.*)", piece, re.DOTALL)
        if out[-1].endswith("[") or name is None:
            out.append(f"[[{piece}")
            continue
        if not name[1].strip():
            out.append(f"U{piece[5:]}")
            continue
        whole = re.match(r"(?:\|(.+?))?\]\](.*)", name[2], re.DOTALL)
        if whole:
            caption, rest = whole[1] or "", whole[2]
            rest = rest[1:] if "[" in caption and rest.startswith("]") else rest
            out.append(("B" if caption.startswith("thumb|") else "I") + rest)
            continue
        caption, end = name[2], None
        examined = []
        while name[2].startswith("|") and end is None and pieces:
            examined.append(pieces.pop(0))
            inner, *ends = examined[-1].split("]]", 2)
            if not ends:
                break
            caption += f"[[{inner}]]{ends[0]}"
            end = ends[1] if len(ends) == 2 else None
        if end is None:
            within = "[[".join(["", *examined])
            out.append(f"U{name[1]}{name[2]}{as_in_the_parser(within)}")
        else:
            out.append(("B" if caption.startswith("|thumb|") else "I") + end)
    return "".join(out)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_picture_ends_where_it_does_in_the_parser(text: str) -> None:
    text = text.replace("[[[", "[[ [")
    assert marked(text) == as_in_the_parser(text)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a [[File:b|thumb|c]] d", "a B d"),
        ("a [[File:b|20px|c\n\nd [[e]] f]] g", "a I g"),
        ("a [[File:b|[[File:c|d]] e]] f", "a I f"),
        ("a [[File:b|[[c]] d [[e]] f", "a Ub|[[c]] d [[e]] f"),
        ("a [[File:b|c [[d]] e\n\nf [[g]] ]] h", "a I h"),
        ("a [[File:b|c [[d e [[f]] ]] g", "a Ub|c [[d e [[f]] ]] g"),
        ("a [[File:b|c [[File:d|e]] f", "a Ub|c I f"),
        ("a [[File:b|c [[File:d|e [[f]] g]] h]] i", "a Ub|c Ud|e [[f]] g]] h]] i"),
        ("a [[File:b|[http://x y]]] c", "a I c"),
        ("a [[File:b|[[c]] [http://x y]]] d", "a I] d"),
        ("a [[File:b{c}|d]] e", "a Ub{c}|d]] e"),
        ("a [[File:|b]] c", "a U|b]] c"),
        ("a [[File:b", "a Ub"),
    ],
)
def test_a_caption_with_links_ends_at_two_ends_in_a_row(source: str, shown: str) -> None:
    assert marked(source) == shown


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("До [[Файл:A.jpg|міні|усіх [[X|y]]\n\nДалі [[b]].\n\nІ ще [[c]].", "uk"),
        ("До [[Файл:A.jpg|міні|усіх\n\nДалі [[b]].\n\n[[Файл:B.jpg|d]]\nІ ще [[c]].", "uk"),
        ("До [[Image:A.jpg|thumb|<center>усіх]]\n\nДалі [[b]].\n\nІ ще [[c]].", "uk"),
        ("До <center>[[Image:A.jpg|thumb|усіх</center>]]\n\nДалі [[b]].\n\nІ ще [[c]].", "uk"),
    ],
)
def test_what_follows_an_unclosed_picture_or_box_is_read(source: str, language: str) -> None:
    whole = [sentence.text for sentence in read(source, language) if not sentence.holes]
    assert whole[-2:] == ["Далі b.", "І ще c."]


def test_an_unclosed_picture_is_a_hole() -> None:
    (first, _) = read("a [[File:b|c [[d]]\n\ne")
    assert first.holes == ["unclosed [["]


@pytest.mark.parametrize(
    "caption", ["<center>c", "<div>c", "c</div>", "<h2>c", "<table><tr><td>c", "\n{|\n| c", "<dt>c"]
)
def test_markup_in_a_caption_does_not_affect_the_text(caption: str) -> None:
    assert text_of(f"[[File:a|thumb|{caption}]] [[d]]\n\ne <div>f</div>\ng") == "d\ne\ng"


def test_a_caption_in_a_box_is_removed_with_its_lines() -> None:
    source = "<center>[[File:b|thumb|\n\nc [[d]].\n]]</center>\ne [[f]]."
    assert links_of(source) == [("f", "F")]


@pytest.mark.parametrize(
    "source", ["[[a|<div>b</div>]] c", "[[a|b <center>c]] d", "<div>[[a|b</div> c]] d"]
)
def test_a_link_with_a_box_is_a_hole(source: str) -> None:
    (sentence,) = read(source)
    assert sentence.holes == ["box in a link"]
