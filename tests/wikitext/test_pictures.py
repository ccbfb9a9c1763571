"""Pictures within text, and what they leave."""

import time

import pytest

from tests.wikitext.reading import links_of, read, reader_of, text_of

P = "[[File:A.png|20px]]"


@pytest.mark.parametrize(
    "source",
    [
        f"The letter dalet ({P}), a door.", f"zayin <{P}> and", f"mem «{P}», water", f'"{P}" is a',
        f"it is {P}, for", f"the sign {P}.", f"Uranus ({P}, {P}) has", f"( {P} )", f"(Birman: {P})",
        f"the sign: {P} is", f"a{P}b", f"字{P}は", f"( {P} a)", f"a = {P} + b", f"a ''{P}'', b",
        f"a ({P}<ref>b</ref>) c", f"a (<small>{P}</small>) c", f"a {P}&nbsp;, b", f"a ({P} {P}) b",
        f"the {P}'s eye", f"the {P}’s [[eye]]",
    ],
)  # fmt: skip
def test_text_that_needs_a_picture_has_a_hole(source: str) -> None:
    (line,) = reader_of().lines(source, "Page")
    assert set(line.holes) == {"picture within text"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"An icon {P} stands in it.", "An icon stands in it."),
        (f"Baku, {P} Iran", "Baku, Iran"),
        (f"of {P} [[Iran]] and [[Iraq]] {P}", "of Iran and Iraq"),
        (f"[[Iran]] {P} (b), [[Iraq]]{P}, c", "Iran (b), Iraq, c"),
        (f"({P} [[Iran]]) a {P}[[b]]", "( Iran) a b"),
        (f"Baku{P} is. {P} it", "Baku is. it"),
        (f"{P} Order of Merit", "Order of Merit"),
        (f"a<br>{P} b<br>c {P}", "a\nb\nc"),
        (f"mot {P} : suite", "mot : suite"),
        (f"a {P}{{{{b}}}}", "a ▢"),
        (f"a\n{P} b", "a b"),
        (f"an {P} 'a' and [[Iran]]{P}'s", "an 'a' and Iran's"),
    ],
)
def test_other_text_is_whole_without_its_pictures(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize("dash", [" - ", "&nbsp;– ", "\u00a0—\u00a0", ": ", "-", "：", " −&#160;"])
def test_a_dash_behind_an_icon_is_a_list_mark(dash: str) -> None:
    source = f"* {P}{dash}[[Paris]] - b\n'''{P} {P}'''{dash}[[Paris]]<br>{P}{dash}''[[Paris]]''"
    assert text_of(source) == "Paris - b\nParis\nParis"


def test_a_dash_that_is_text_stays() -> None:
    assert text_of(f"{P}-5 degrees") == "-5 degrees"
    assert text_of(f"{P} a - b") == "a - b"
    assert text_of(f"a\n{P} - b") == "a - b"


def test_a_template_of_a_picture_is_one() -> None:
    source = "* {{flagicon|FRA}} - [[Paris]] ({{flagicon|FRA}}) b"
    (sentence,) = reader_of(render=True).sentences(source, "Page")
    assert sentence.text == "Paris (\ufffc) b"
    assert text_of(source) == "▢ - Paris (▢) b"


def test_a_link_around_a_picture_is_none() -> None:
    assert links_of(f"[[a|b {P}]] [[c]]") == [("c", "C")]


def test_a_line_of_pictures_is_a_block() -> None:
    (first, second) = reader_of(render=True).lines("a\n{{flagicon|b}}\nc", "Page")
    assert (first.text, second.text) == ("a", "c")


def test_many_pictures_take_linear_time() -> None:
    before = time.process_time()
    for piece in (P, f"{P} ", f"a {P}", f"a{' ' * 50}", f"{P}&nbsp;", f"<br>{P}-", f"{P}''"):
        read(piece * (200_000 // len(piece)))
    assert time.process_time() - before < 5
