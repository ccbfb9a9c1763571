"""Scripts of names and of languages."""

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.codes import entitycs, languages
from cstool.languages.data_tables import rows
from cstool.languages.scripts import LanguageScripts, mask, scripts_of, written

texts = st.text(st.characters(codec="utf-8"), max_size=6)


def scripts(text: str) -> int:
    return int(scripts_of(pa.array([text], pa.string()))[0])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Berlin", ["Latn"]),
        ("Берлин", ["Cyrl"]),
        ("大阪タワー", ["Hani", "Kana"]),
        ("東京", ["Hani", "Hant"]),
        ("东京", ["Hani", "Hans"]),
        ("东京東京", ["Hani", "Hans", "Hant"]),
        ("皇后台北", ["Hani"]),  # characters of both kinds, although 后 and 台 are simplified, too
        ("群島峰床", ["Hani", "Hant"]),  # 群, 峰 and 床 are in use in Taiwan
        ("Tシャツ", ["Latn", "Kana"]),
        ("α-Linolensäure", ["Grek", "Latn"]),
        ("베를린", ["Hang"]),
        ("ⅷ", ["Latn"]),
        ("1984", []),
        ("!!! – 3½ %", []),
        ("", []),
    ],
)
def test_a_text_has_the_scripts_of_its_letters(text: str, names: list[str]) -> None:
    assert scripts(text) == int(mask(*names))


def test_scripts_that_no_language_is_written_in_are_one() -> None:
    assert scripts("𐌰") != 0
    assert scripts("𓀀") == scripts("𐎀") not in {0, int(mask("Latn"))}


@given(st.lists(texts, max_size=8))
def test_texts_side_by_side_are_as_each_alone(many: list[str]) -> None:
    found = scripts_of(pa.array(many, pa.string()))
    assert found.tolist() == [scripts(text) for text in many]


@given(texts, texts)
def test_a_text_has_the_scripts_of_its_parts(one: str, other: str) -> None:
    assert scripts(one + other) == scripts(one) | scripts(other)


@given(st.lists(texts, min_size=3, max_size=9), st.integers(0, 3))
def test_a_slice_of_a_column_is_read_where_it_is(many: list[str], start: int) -> None:
    column = pa.array(many, pa.string())
    assert (scripts_of(column.slice(start)) == scripts_of(column)[start:]).all()


def test_letters_of_the_tables_scripts_are_named_for_them() -> None:
    # Unicode's own names, in a build of Python's: an independent witness.
    words = {"LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "ARABIC": "Arab",
             "HEBREW": "Hebr", "DEVANAGARI": "Deva", "HANGUL": "Hang", "THAI": "Thai",
             "HIRAGANA": "Hira", "KATAKANA": "Kana", "GEORGIAN": "Geor", "TAMIL": "Taml",
             "ETHIOPIC": "Ethi", "CJK UNIFIED": "Hani"}  # fmt: skip
    checked = 0
    for point in range(0x110000):
        character = chr(point)
        if not unicodedata.category(character).startswith("L"):
            continue
        name = unicodedata.name(character, "")
        found = next((s for word, s in words.items() if name.startswith(word + " LETTER")), None)
        if found and "HALFWIDTH" not in name:
            checked += 1
            assert scripts(character) == int(mask(found)), (character, name)
    assert checked > 1000


def test_a_language_may_be_written_in_several_scripts() -> None:
    assert written("ja").main == mask("Hani", "Hans", "Hant", "Hira", "Kana")
    assert written("sr").main == mask("Cyrl")
    assert written("sr").all == mask("Cyrl", "Latn")
    assert written("ko").all == mask("Hang", "Hani", "Hans", "Hant")
    assert written("zh").main == written("zh-cn").main == mask("Hani", "Hans")
    assert written("zh-tw").main == written("yue").main == mask("Hani", "Hant")
    assert written("sr-el").all == written("kk-latn").all == mask("Latn")
    assert mask("Arab", "Cyrl", "Latn") == written("az").all
    assert written("zh-min-nan") == written("nan")
    assert written("de-xx") == written("de")


def test_of_an_unknown_language_nothing_is_known() -> None:
    assert written("xx") == LanguageScripts(np.uint64(0), ~np.uint64(0))


def test_every_language_has_a_row_and_all_but_mul_a_script() -> None:
    table = {row[0]: row[1] for row in rows("cstool.languages", "scripts.tsv")}
    assert list(table) == list(languages())
    assert [code for code, main in table.items() if not main] == ["mul"]
    assert all(written(code).main for code in entitycs())


def test_ranges_of_characters_are_in_order_and_apart() -> None:
    table = rows("cstool.languages", "characters.tsv")
    ends = [int(field, 16) for first, last, _ in table for field in (first, last)]
    assert ends == sorted(ends)
    assert all(int(a[1], 16) < int(b[0], 16) for a, b in pairwise(table))


def test_no_character_is_both_simplified_and_traditional() -> None:
    table = rows("cstool.languages", "han.tsv")
    characters = [c for _, text in table for c in text]
    assert len(set(characters)) == len(characters)
    assert {script for script, _ in table} == {"Hans", "Hant"}
    assert all(scripts(c) & int(mask("Hani")) for c in characters)
