"""Which language codes there are, and what a list of them means."""

from importlib.resources import files

import pytest

from cstool.languages.codes import NO_TARGET, entitycs, names, resolve
from cstool.running.errors import InputError

PUBLISHED = """af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl
gu ha he hi hr hu hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my nb ne nl
om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"""


def test_entitycs_is_the_published_93() -> None:
    assert sorted(entitycs()) == PUBLISHED.split()
    assert resolve("entitycs", []) == PUBLISHED.split()
    assert len(PUBLISHED.split()) == 93


def test_every_published_code_has_a_name() -> None:
    assert set(entitycs()) <= set(names())
    assert names()["de"] == "German"


def test_the_table_has_no_code_twice_and_no_empty_field() -> None:
    text = (files("cstool.languages") / "data" / "languages.tsv").read_text(encoding="utf-8")
    header, *rows = [line.split("\t") for line in text.splitlines() if not line.startswith("# ")]
    codes = [row[0] for row in rows]
    assert header == ["code", "name", "autonym", "wikis"]
    assert len(codes) == len(set(codes)) == len(names())
    assert all(len(row) == 4 and row[0] and row[1] for row in rows)
    assert all(code == code.strip().lower() for code in codes)


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        ("de", ["de"]),
        ("fr, de ,fr", ["de", "fr"]),
        ("zh-hant,be-tarask,nb", ["be-tarask", "nb", "zh-hant"]),
        ("de,,", ["de"]),
    ],
)
def test_a_list_gives_its_codes_sorted_and_once(spec: str, codes: list[str]) -> None:
    assert resolve(spec, []) == codes


def test_a_set_may_be_joined_by_codes() -> None:
    assert resolve("entitycs,gsw", []) == sorted([*entitycs(), "gsw"])


def test_all_are_those_present_that_a_sentence_can_be_in() -> None:
    assert resolve("all", ["mul", "de", "zxx", "ab"]) == ["ab", "de"]
    with pytest.raises(InputError, match="the entities have no labels"):
        resolve("all", ["mul"])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("german", r"did you mean de\?"),
        ("DE", "did you mean .*de"),
        ("de-xx", "did you mean .*de"),
        ("qqqqqqqq", "give Wikimedia's codes"),
    ],
)
def test_an_unknown_code_is_refused_with_a_hint(word: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"'{word}' is no language code; {hint}"):
        resolve(f"fr,{word}", [])


@pytest.mark.parametrize("code", sorted(NO_TARGET))
def test_codes_of_no_language_are_refused(code: str) -> None:
    with pytest.raises(InputError, match=f"'{code}' is no language code"):
        resolve(code, ["de", code])


@pytest.mark.parametrize("spec", ["", " , "])
def test_no_code_at_all_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="names no language"):
        resolve(spec, ["de"])
