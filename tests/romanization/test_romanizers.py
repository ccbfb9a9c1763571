"""Romanizers: what is missing, rules of languages, and agreement of the fast one."""

import sys
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import CstoolError
from cstool.languages.data_tables import rows
from cstool.romanization.language_rules import uroman_lcode
from cstool.romanization.romanizers import RomanizerName, need_romanizer, romanizer


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("uroman", "--romanizer uroman: needs uroman; run pip install"),
        ("uroman-fast", "--romanizer uroman-fast: needs uroman; run pip install"),
    ],
)
def test_a_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, name: RomanizerName, message: str
) -> None:
    def version(library: str) -> str:
        raise metadata.PackageNotFoundError(library)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(CstoolError, match=message):
        need_romanizer(name)


def test_where_the_fast_one_does_not_exist_the_reference_is_suggested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(library: str) -> str:
        if library == "uroman":
            return "1"
        raise metadata.PackageNotFoundError(library)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(CstoolError, match=r"Python 3\.11 or 3\.12.* or give uroman instead"):
        need_romanizer("uroman-fast")


def test_a_missing_icu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icu", None)
    with pytest.raises(CstoolError, match=r"^--romanizer icu: needs PyICU; run pip install icukit"):
        need_romanizer("icu")


@pytest.mark.parametrize(
    ("language", "lcode"),
    [
        ("uk", "ukr"), ("sr-el", "srp"), ("be-x-old", "bel"), ("kk-cyrl", "kaz"), ("en", ""),
        ("ja", ""), ("ru+uk", ""), ("mul", ""), ("", ""),
    ],
)  # fmt: skip
def test_languages_with_rules(language: str, lcode: str) -> None:
    assert uroman_lcode(language) == lcode


_SCRIPTS = {
    script: [chr(p) for p in range(int(first, 16), int(last, 16) + 1)]
    for first, last, script in rows("cstool.languages", "characters.tsv")
    if script not in ("Hani", "Thai", "Tibt", "Mymr", "Khmr")
}


@given(st.sampled_from(sorted(_SCRIPTS)), st.data())
def test_the_fast_one_makes_what_the_reference_makes(script: str, data: st.DataObject) -> None:
    word = data.draw(st.text(st.sampled_from(_SCRIPTS[script]), min_size=1, max_size=4))
    assert romanizer("uroman-fast").romanize(word, "") == romanizer("uroman").romanize(word, "")


@pytest.mark.parametrize("word", ["京都", "三万", "ก่อน", "བོད", "Ƅa", "①①", "百分之多少"])
def test_words_in_which_the_port_differs_are_those_of_the_reference(word: str) -> None:
    assert romanizer("uroman-fast").romanize(word, "") == romanizer("uroman").romanize(word, "")
