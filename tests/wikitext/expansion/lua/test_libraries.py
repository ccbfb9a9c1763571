"""Libraries of Lua give what MediaWiki gives (recorded by scripts/check/lua_cases.py)."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lupa.lua51")

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.functions import language_names
from cstool.wikitext.markers import HOLE, HOLE_END
from scripts.check.lua_cases import by_cstool, read_cases
from scripts.fuzz.ustring import literal

_FILES = sorted(Path(__file__).parent.glob("*.tsv"))
_ENGLISH = Site(
    "enwiki",
    "en",
    "first-letter",
    (
        *((-2, "Media"), (-1, "Special"), (0, ""), (1, "Talk"), (2, "User"), (3, "User talk")),
        *((4, "Project"), (5, "Project talk"), (6, "File"), (7, "File talk")),
        *((8, "MediaWiki"), (9, "MediaWiki talk"), (10, "Template"), (11, "Template talk")),
        *((12, "Help"), (13, "Help talk"), (14, "Category"), (15, "Category talk")),
        *((828, "Module"), (829, "Module talk")),
    ),
)
_GERMAN = Site(
    "dewiki",
    "de",
    "first-letter",
    (
        *((-2, "Medium"), (-1, "Spezial"), (0, ""), (1, "Diskussion"), (2, "Benutzer")),
        *((3, "Benutzer Diskussion"), (4, "Project"), (5, "Project Diskussion"), (6, "Datei")),
        *((7, "Datei Diskussion"), (8, "MediaWiki"), (9, "MediaWiki Diskussion")),
        *((10, "Vorlage"), (11, "Vorlage Diskussion"), (12, "Hilfe"), (13, "Hilfe Diskussion")),
        *((14, "Kategorie"), (15, "Kategorie Diskussion"), (828, "Modul")),
        (829, "Modul Diskussion"),
    ),
)


def _shown(text: str) -> str:
    """Return a text as the cases show it."""
    shown = (c if c == "-" else f"\\{ord(c):03}" for c in text)
    return '"' + "".join(shown) + '"'


def _values(*expressions: str) -> list[str]:
    return by_cstool(expressions, _ENGLISH)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_values_are_those_of_mediawiki(path: Path) -> None:
    cases = read_cases(path)
    site = _GERMAN if path.stem.endswith("_de") else _ENGLISH
    got = by_cstool([expression for expression, _ in cases], site)
    assert list(zip(cases, got, strict=True)) == [((e, v), v) for e, v in cases]


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("mw.site.siteName", "mw.site.siteName"),
        ("mw.site.stats.articles", "mw.site.stats.articles"),
        ("mw.site.interwikiMap()", "mw.site.interwikiMap"),
        ('mw.message.new("mainpage"):plain()', "message mainpage"),
        ('mw.message.new("mainpage"):exists()', "message mainpage"),
        ('mw.hash.hashValue("whirlpool", "a")', "mw.hash.hashValue"),
        ('mw.language.fetchLanguageName("azb", "fr")', "fetchLanguageName"),
        ('mw.language.new("en"):formatDate("Y")', "formatDate of now"),
        ('mw.language.new("en"):gender("Alice", "he", "she")', "gender of a user"),
        ("mw.wikibase.getEntityIdForCurrentPage()", "mw.wikibase.getEntityIdForCurrentPage"),
        ('mw.wikibase.getLabel("Q42")', "mw.wikibase.getLabel"),
        ('mw.wikibase.getBestStatements("Q42", "P31")', "mw.wikibase.entityExists"),
    ],
)
def test_what_is_unknown_makes_the_call_a_hole(expression: str, name: str) -> None:
    assert _values(f"pcall(function() return {expression} end)") == [f"{HOLE}{name}{HOLE_END}"]


def test_patterns_take_no_exponential_time() -> None:
    pattern = "a?" * 25 + ".-" * 8 + "é"
    expression = f'mw.ustring.find(string.rep("a", 2000), "{pattern}")'
    assert HOLE in _values(expression)[0] or "error" in _values(expression)[0]


def test_positions_count_characters_of_long_texts() -> None:
    text = 'string.rep("é", 5000)'
    assert _values(
        f'mw.ustring.find({text} .. "x,", "x,")',
        f'mw.ustring.find({text} .. "x,", ",", 1, true)',
        f"mw.ustring.len({text})",
        f"#mw.ustring.sub({text}, -3)",
        f'select(2, mw.ustring.gsub({text}, ".", "a"))',
    ) == ["5001 5002", "5002 5002", "5000", "6", "5000"]


_TEXTS = st.text(st.sampled_from("ab1. éßΩж中\u00a0\u2013𝒜\u0301%-["), max_size=12)


@settings(max_examples=30, deadline=None)
@given(_TEXTS, _TEXTS, st.integers(-14, 14), st.integers(-14, 14))
def test_characters_are_those_of_python(text: str, part: str, first: int, last: int) -> None:
    subject = literal(text)
    start = first if first > 0 else len(text) + first + 1 if first < 0 else 0
    end = last if last >= 0 else len(text) + last + 1
    # Scribunto counts places before the first character as the first.
    middle = text[max(start, 1) - 1 : max(end, 1)] if end >= start else ""
    found = text.find(part)
    assert _values(
        f"mw.ustring.len({subject})",
        f"mw.ustring.sub({subject}, {first}, {last}) == {literal(middle)}",
        f"mw.ustring.find({subject}, {literal(part)}, 1, true)",
        f"mw.ustring.upper({subject}) == {literal(text.upper())}",
        f'mw.ustring.gsub({subject}, ".", "x")',
        f"mw.ustring.char(mw.ustring.codepoint({subject}, 1, -1)) == {subject}",
    ) == [
        str(len(text)),
        "true",
        f"{found + 1} {found + len(part)}" if found >= 0 else "nil",
        "true",
        f"{_shown('x' * len(text))} {len(text)}",
        "true",
    ]


def test_names_of_languages() -> None:
    assert _values(
        'mw.language.fetchLanguageName("de", "en")',
        'mw.language.fetchLanguageName("akk", "en")',
        'mw.language.fetchLanguageName("akk")',
        'mw.language.fetchLanguageName("de", "ms")',
        'mw.language.fetchLanguageName("xyzzy", "ms")',
        'mw.language.isKnownLanguageTag("akk")',
        'mw.language.isKnownLanguageTag("xyzzy")',
        'mw.language.new("simple"):toBcp47Code()',
    ) == [
        _shown("German"),
        _shown("Akkadian"),
        '""',
        _shown("Jerman"),
        '""',
        "true",
        "false",
        _shown("en-simple"),
    ]


@pytest.mark.parametrize("code", ["a/b", "x<y", "a&b", "%41", "a#b", "c" * 129])
def test_codes_of_languages_are_safe(code: str) -> None:
    assert not language_names.is_valid(code)


@pytest.mark.parametrize("object_", ['mw.uri.new("http://a/b")', 'mw.message.rawParam("a")'])
def test_a_module_cannot_change_what_others_get(object_: str) -> None:
    change = f"getmetatable({object_}).__tostring"
    first, second = _values(
        f"(function() {change} = function() return 'changed' end end)()", f"tostring({object_})"
    )
    assert first == ""
    assert "changed" not in second


def test_strings_have_the_methods_of_scribunto() -> None:
    assert _values('("é"):uupper() == "É"', '("É"):ulower() == "é"') == ["true", "true"]
