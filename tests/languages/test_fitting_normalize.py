"""Normalised names: composed, no invisible characters, paired brackets and quotes."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.fitting import tidy
from cstool.languages.fitting.character_classes import pairs


def tidied(name: str) -> str:
    return str(tidy(pa.array([name], pa.string())).names[0].as_py())


@pytest.mark.parametrize(
    "name",
    [
        "Berlin",
        "Rock 'n' Roll",
        "東京（映画）",
        "f(x)",
        "Tic Tac (Dough)",
        "محمد (صلى الله عليه وسلم)",
        "বাংলা",
        "한국어",
        "می‌خواهم",  # a joiner that Persian spells with
        "ക്‍ഷ",  # and one behind a virama
        "ന്‍",
        "👩‍🚀",
        "„Deutschland“",
        "«Война и мир»",
        '"Heroes"',
        '12" single',
        ":)",
        "[0, 1)",
        "(",
        "",
    ],
)
def test_a_sound_name_stays_as_it_is(name: str) -> None:
    done = tidy(pa.array([name]))
    assert done.names.to_pylist() == [name]
    assert done.counts() == {}


@pytest.mark.parametrize(
    ("name", "expected", "reason"),
    [
        ("Cafe\u0301", "Café", "composed (NFC)"),
        ("\u1112\u1161\u11ab", "한", "composed (NFC)"),
        ("\u212bngström", "Ångström", "composed (NFC)"),
        ("Ber\u200blin", "Berlin", "zero-width or control characters"),
        ("\u200fירושלים\u200e", "ירושלים", "zero-width or control characters"),
        ("\u202bبرلين\u202c", "برلين", "zero-width or control characters"),
        ("Ber\u00adlin\ufeff", "Berlin", "zero-width or control characters"),
        ("a\u200cb", "ab", "zero-width or control characters"),
        ("کتاب\u200c", "کتاب", "zero-width or control characters"),
        ("Bell\x07", "Bell", "zero-width or control characters"),
        ("\u200b", "", "zero-width or control characters"),
        (" New  York ", "New York", "white space"),
        ("New\u00a0York\n", "New York", "white space"),
        ("霧\u3000雨", "霧 雨", "white space"),
        ("Paris (Tex", "Paris", "lone bracket"),
        ("Paris (Texas (USA)", "Paris", "lone bracket"),
        ("Berlin)", "Berlin", "lone bracket"),
        ("N-(4-methyl", "N-4-methyl", "lone bracket"),
        ("霧雨（映画", "霧雨", "lone bracket"),
        ("『雪国", "雪国", "lone bracket"),
        ('"Heroes', "Heroes", "lone quotation mark"),
        ("Heroes“", "Heroes", "lone quotation mark"),
        ("ТОВ «Мир", "ТОВ Мир", "lone quotation mark"),
    ],
)
def test_what_no_name_has_is_taken_out_for_a_reason(name: str, expected: str, reason: str) -> None:
    done = tidy(pa.array([name]))
    assert done.names.to_pylist() == [expected]
    assert done.counts() == {reason: 1}


def test_brackets_of_both_widths_close_each_other() -> None:
    assert tidied("霧雨（映画)") == "霧雨（映画)"


def test_a_quotation_mark_within_a_word_is_spelling() -> None:
    assert tidied('אונסק"ו') == 'אונסק"ו'
    assert tidied('צה"ל"') == 'צה"ל'


def test_what_is_composed_into_a_bracket_is_one() -> None:
    assert tidied("\u2329abc") == "abc"


def test_reasons_are_reported_name_by_name() -> None:
    done = tidy(pa.array(["Berlin", " a ", "b)", "  \u200bc(d"], pa.large_string()))
    assert done.names.type == pa.large_string()
    assert done.names.to_pylist() == ["Berlin", "a", "b", "cd"]
    assert done.reasons[0] == 0
    assert [r.bit_count() for r in done.reasons.tolist()] == [0, 1, 1, 3]
    assert done.counts() == {
        "zero-width or control characters": 1,
        "white space": 2,
        "lone bracket": 2,
    }


def test_no_names_are_tidy() -> None:
    assert tidy(pa.array([], pa.string())).names.to_pylist() == []


def test_names_in_a_slice_and_in_great_numbers_are_those_one_by_one() -> None:
    some = ["Berlin", " a ", "é", "e\u0301", "", "b)", "東京"]
    names = pa.array(some * 6000).slice(3)
    expected = [tidied(name) for name in some]
    assert tidy(names).names.to_pylist() == (expected * 6000)[3:]


odd = st.sampled_from(
    [*"()[]（）「」“”„«»\"' .\u200b\u200c\u200d\u200f\u00a0\u3000\t\u0301\u0308", "e", "が", "か"]
)
names = st.lists(st.text(st.one_of(odd, st.characters(exclude_categories=["Cs"])), max_size=12))


@given(names)
def test_tidy_names_are_left_alone_the_second_time(some: list[str]) -> None:
    once = tidy(pa.array(some, pa.string()))
    twice = tidy(once.names)
    assert twice.names.equals(once.names)
    assert not twice.reasons.any()
    before = np.array(some, object)
    assert (np.array(once.names.to_pylist(), object) != before).tolist() == (
        once.reasons > 0
    ).tolist()


@given(names)
def test_tidy_names_are_composed_trimmed_and_hardly_longer(some: list[str]) -> None:
    for before, name in zip(some, tidy(pa.array(some, pa.string())).names.to_pylist(), strict=True):
        assert unicodedata.is_normalized("NFC", name)
        assert name == name.strip() and "  " not in name
        assert len(name) <= len(unicodedata.normalize("NFC", before))
        if any(c.isalnum() for c in before):
            assert name


@given(names)
def test_brackets_and_quotation_marks_are_in_pairs_in_names_with_letters(some: list[str]) -> None:
    opening, closing, quotes = pairs()
    for name in tidy(pa.array(some, pa.string())).names.to_pylist():
        if not any(c.isalpha() for c in name):
            continue
        open_: list[str] = []
        for character in name:
            if character in opening:
                open_.append(opening[character])
            elif character in closing:
                assert open_.pop() == closing[character]
        assert not open_
        for kind in set(quotes.values()):
            marks = [
                at
                for at, c in enumerate(name)
                if quotes.get(c) == kind
                and not (name[at - 1 : at].isalpha() and name[at + 1 : at + 2].isalpha())
            ]
            assert len(marks) % 2 == 0 or any(at and name[at - 1].isdigit() for at in marks)
