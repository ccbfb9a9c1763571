"""Repeated mentions of entities that a page has linked."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cstool.execution.options import RunOptions
from cstool.stages.link.propagation import (
    PageMention,
    PageMentions,
    further_mentions,
    names_of,
    without_disambiguator,
    without_others,
)
from cstool.stages.link.stage import ADDED, LinkOptions, link
from cstool.stages.link.word_boundaries import is_words
from tests.stages.link.linking import Row, row, write_sentences, write_titles
from tests.support import rows_of

TITLES = {
    "Rome": 220,
    "Roman Forum": 2,
    "Romulus": 3,
    "Beer": 44,
    "New York": 5,
    "New York Times": 6,
    "Germany": 183,
    "German football team": 8,
    "Mercury (planet)": 308,
    "Mercury (god)": 1150,
    "Mercury": 99,
}


def added(folder: Path, *rows: Row, language: str = "en", **options: Any) -> list[tuple[str, int]]:
    """Return the names and QIDs of the mentions that propagation adds to sentences."""
    sentences = write_sentences(folder / "s", rows, language=language, **options)
    known = write_titles(folder / "t", TITLES, {99: "disambiguation page"}, language=language)
    running = RunOptions(jobs=1, quiet=True)
    manifest = link(sentences, known, folder / "l", running, LinkOptions(propagate=True))
    new = []
    for sentence, before in zip(rows_of(folder / "l").to_dicts(), rows, strict=True):
        old = {(m["start"], m["end"]) for m in before["mentions"]}
        spans = [(m["start"], m["end"], m["qid"]) for m in sentence["mentions"]]
        assert spans == sorted(spans, key=lambda span: span[0])
        new += [(sentence["text"][s:e], q) for s, e, q in spans if (s, e) not in old]
    assert manifest.counts.details[ADDED]["mentions"] == len(new)
    return new


def test_later_occurrences_of_an_anchor_and_of_a_title_become_mentions(tmp_path: Path) -> None:
    assert added(
        tmp_path,
        row("The Eternal City is old.", ("Eternal City", "Rome"), position=1),
        row("Rome is large; all love the Eternal City.", position=2),
    ) == [("Rome", 220), ("Eternal City", 220)]


def test_earlier_occurrences_do_not(tmp_path: Path) -> None:
    rows = (
        row("Rome was old.", position=1),
        row("Rome and Rome are one.", position=2),
        row("So Rome it is, Rome.", ("Rome", "Rome"), position=3),
    )
    assert added(tmp_path, *rows) == [("Rome", 220)]


def test_other_pages_do_not(tmp_path: Path) -> None:
    rows = (row("See Rome.", ("Rome", "Rome"), page=1), row("See Rome again.", page=2))
    assert added(tmp_path, *rows) == []


def test_a_page_over_several_row_groups_is_one_page(tmp_path: Path) -> None:
    rows = [row("See Rome.", ("Rome", "Rome"), position=0)]
    rows += [row("Rome again.", position=position) for position in range(1, 8)]
    rows += [row("Rome of another.", page=2)]
    assert added(tmp_path, *rows, rows_a_group=3) == [("Rome", 220)] * 7


def test_names_of_two_entities_are_ambiguous(tmp_path: Path) -> None:
    rows = (
        row("The city by the city.", ("city", "Rome"), ("city", "New York"), position=1),
        row("A city, Rome or New York.", position=2),
    )
    assert added(tmp_path, *rows) == [("Rome", 220), ("New York", 5)]


def test_names_that_also_lead_to_no_entity_are_ambiguous(tmp_path: Path) -> None:
    rows = (
        row("See Smith and Smith.", ("Smith", "Romulus"), ("Smith", "Nobody"), position=1),
        row("Smith once more.", position=2),
    )
    assert added(tmp_path, *rows) == []


def test_names_of_other_pages_are_ambiguous(tmp_path: Path) -> None:
    rows = (
        row("Lost to Germany.", ("Germany", "German football team"), position=1),
        row("Then Mercury rose.", ("Mercury", "Mercury (planet)"), position=2),
        row("So Germany saw Mercury.", position=3),
    )
    assert added(tmp_path, *rows) == []


def test_the_page_itself_is_not_mentioned(tmp_path: Path) -> None:
    rows = (
        row("After Rome it is named.", ("Rome", "Rome"), title="Rome (film)", position=1),
        row("Then Rome was shown.", title="Rome (film)", position=2),
    )
    assert added(tmp_path, *rows) == []


def test_descriptions_are_not_repeated(tmp_path: Path) -> None:
    rows = (
        row("Born in the town of beers.", ("the town", "Rome"), ("beers", "Beer"), position=1),
        row("He left the town for beers.", position=2),
    )
    assert added(tmp_path, *rows) == [("beers", 44)]


def test_the_longest_name_is_taken(tmp_path: Path) -> None:
    rows = (
        row("See New York.", ("New York", "New York"), position=1),
        row("See New York Times.", ("New York Times", "New York Times"), position=2),
        row("The New York Times of New York.", position=3),
    )
    assert added(tmp_path, *rows) == [("New York Times", 6), ("New York", 5)]


def test_existing_mentions_are_not_changed(tmp_path: Path) -> None:
    rows = (
        row("See Rome.", ("Rome", "Rome"), position=1),
        row("The gods of Rome are old.", ("gods of Rome are", "Romulus"), position=2),
    )
    assert added(tmp_path, *rows) == []


@pytest.mark.parametrize(
    ("language", "first", "link_", "then", "new"),
    [
        ("ja", "首都は東京。", "東京", "東京は東京大学のある東京に。", 2),
        ("zh", "他在北京。", "北京", "北京大学在北京。", 2),
        ("ko", "수도는 서울이다.", "서울", "서울은 서울대학교가 있다.", 1),
    ],
)
def test_languages_have_their_own_word_boundaries(
    tmp_path: Path, language: str, first: str, link_: str, then: str, new: int
) -> None:
    rows = (row(first, (link_, "Rome"), position=1), row(then, position=2))
    assert added(tmp_path, *rows, language=language) == [(link_, 220)] * new


def test_without_the_option_nothing_is_added(tmp_path: Path) -> None:
    rows = [row("See Rome.", ("Rome", "Rome")), row("Rome again.", position=1)]
    sentences = write_sentences(tmp_path / "s", rows)
    known = write_titles(tmp_path / "t", TITLES, {})
    link(sentences, known, tmp_path / "l", RunOptions(jobs=1, quiet=True))
    assert rows_of(tmp_path / "l")["mentions"].list.len().to_list() == [1, 0]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Paris (Texas)", "Paris"),
        ("Paris, Texas", "Paris"),
        ("Rom (Film)", "Rom"),
        ("宇宙（映画）", "宇宙"),
        ("Rome", "Rome"),
        ("(I Can't Get No) Satisfaction", "(I Can't Get No) Satisfaction"),
        ("(500)", "(500)"),
    ],
)
def test_titles_lose_their_disambiguator(title: str, name: str) -> None:
    assert without_disambiguator(title) == name


WORDS = st.sampled_from(["Rome", "rome", "New York", "beer", "東京", "Forum", "of", "-", " ", "s"])
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@st.composite
def pages(draw: st.DrawFn) -> PageMentions:
    """Return a page with some of its text linked."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=4))
    mentions = []
    for number, text in enumerate(texts):
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            target = draw(st.sampled_from(["Rome", "New York", "Beer", "Nobody"]))
            mentions.append(PageMention(number, start, end, target, TITLES.get(target, 0)))
    return PageMentions("Own", texts, mentions)


OVERLAPPING_ITSELF = PageMentions(
    "Own",
    ["Rome Rome Rome Rome", "Rome Rome Rome"],
    [PageMention(0, 0, 1, "Rome", 220), PageMention(1, 0, 14, "Rome", 220)],
)


@given(pages(), st.sampled_from(["en", "de", "ja", "zh"]))
@settings(max_examples=200)
def test_repeated_mentions_are_names_that_do_not_overlap(page: PageMentions, language: str) -> None:
    names = without_others(names_of(page), page, {})
    further = further_mentions(page, names, is_words(language))
    spans = [(m.row, m.start, m.end) for m in page.mentions]
    for new in further:
        like = page.mentions[new.like]
        text = page.texts[new.row][new.start : new.end]
        assert text in (like.target, page.texts[like.row][like.start : like.end])
        assert like.qid
        assert any(m.qid == like.qid and (m.row, m.end) <= new[:2] for m in page.mentions)
        assert all(row != new.row or e <= new.start or new.end <= s for row, s, e in spans)
        spans.append(new[:3])
    assert further == sorted(further)


@given(pages(), st.sampled_from(["en", "de", "ja", "zh"]))
@example(OVERLAPPING_ITSELF, "en")
@settings(max_examples=200)
def test_every_later_occurrence_of_an_unambiguous_name_is_found(
    page: PageMentions, language: str
) -> None:
    whole = is_words(language)
    names = without_others(names_of(page), page, {})
    spans = [(m.row, m.start, m.end) for m in page.mentions]
    spans += [new[:3] for new in further_mentions(page, names, whole)]
    places = [
        (number, at, at + len(name), name)
        for number, text in enumerate(page.texts)
        for name in names
        for at in range(len(text))
        if text.startswith(name, at) and whole(text, at, at + len(name))
    ]
    for line, start, end, name in places:
        mentions = [m for m in page.mentions if m.qid == page.mentions[names[name]].qid]
        later = names[name] >= 0 and any((m.row, m.end) <= (line, start) for m in mentions)
        # Of another name, or of the same: "Rome Rome" stands twice in "Rome Rome Rome".
        others = [place[:3] for place in places if place != (line, start, end, name)] + spans
        alone = all(r != line or e <= start or end <= s for r, s, e in others)
        assert not (later and alone)


def test_names_within_names_take_no_longer_than_their_text(tmp_path: Path) -> None:
    text = " ".join("a" * length for length in range(3, 300))
    page = PageMentions(
        "Own",
        ["x" * 6000, text, "a" * 4000],
        [PageMention(1, m.start(), m.end(), "Rome", 220) for m in re.finditer("a+", text)],
    )
    assert further_mentions(page, names_of(page), is_words("en")) == []
