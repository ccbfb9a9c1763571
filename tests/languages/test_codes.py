"""The known language codes, and the resolution of a list of codes."""

from importlib.resources import files

import pytest

from cstool.errors import InputError
from cstool.languages.codes import (
    NO_TARGET,
    bcp47,
    current,
    entitycs,
    from_bcp47,
    is_known,
    language_wiki,
    languages,
    names,
    resolve,
    wiki_language,
)
from cstool.languages.data_tables import rows

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
    assert header == ["code", "name", "autonym", "wikis", "bcp47", "old"]
    assert len(codes) == len(set(codes)) == len(names())
    assert all(len(row) == 6 and row[0] and row[1] for row in rows)
    assert all(code == code.strip().lower() for code in codes)


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        ("de", ["de"]),
        ("fr, de ,fr", ["de", "fr"]),
        ("zh-hant,be-tarask,nb", ["be-tarask", "nb", "zh-hant"]),
        ("de,,", ["de"]),
        ("DE,Zh-Hant, EO", ["de", "eo", "zh-hant"]),
        ("EntityCS", sorted(entitycs())),
    ],
)
def test_a_list_gives_its_codes_sorted_and_once(spec: str, codes: list[str]) -> None:
    assert resolve(spec, []) == codes


@pytest.mark.parametrize(
    ("code", "tag", "script"),
    [
        ("bol", "bol", "Latn"),
        ("isv", "isv", "Latn"),
        ("isv-cyrl", "isv-Cyrl", "Cyrl"),
        ("isv-latn", "isv-Latn", "Latn"),
        ("kai", "kai", "Latn"),
        ("kaj", "kaj", "Latn"),
        ("mag", "mag", "Deva"),
        ("ppl", "ppl", "Latn"),
    ],
)
def test_the_languages_of_young_wikipedias_are_known(code: str, tag: str, script: str) -> None:
    assert resolve(code, []) == [code]
    assert bcp47(code) == tag
    assert from_bcp47(tag) == code
    table = {row[0]: row[1] for row in rows("cstool.languages", "scripts.tsv")}
    assert table[code] == script
    assert wiki_language(f"{code.replace('-', '_')}wiki") == code


def test_a_set_may_be_joined_by_codes() -> None:
    assert resolve("entitycs,gsw", []) == sorted([*entitycs(), "gsw"])


def test_of_all_what_no_folder_may_be_called_by_is_left_out() -> None:
    present = ["..", "../../x", "a/b", "", "x y", "de", "zh-hant", "be-x-old", "new2"]
    assert resolve("all", present) == ["be-tarask", "de", "new2", "zh-hant"]


def test_all_are_those_present_that_a_sentence_can_be_in() -> None:
    assert resolve("all", ["mul", "de", "zxx", "ab"]) == ["ab", "de"]
    with pytest.raises(InputError, match="no entity has a label"):
        resolve("all", ["mul"])


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("german", r"did you mean de\?"),
        ("no", r"did you mean nb\?"),
        ("als", r"did you mean gsw\?"),
        ("zh-classical", r"did you mean lzh\?"),
        ("zh-Hant-TW", r"did you mean zh-tw\?"),
        ("sr-Cyrl", r"did you mean sr-ec\?"),
        ("simplewiki", r"did you mean en\?"),
        ("de-xx", "did you mean .*de"),
        ("qqqqqqqq", "use Wikimedia's language codes"),
    ],
)
def test_an_unknown_code_is_refused_with_a_hint(word: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"'{word}' is not a language code; {hint}"):
        resolve(f"fr,{word}", [])


@pytest.mark.parametrize("code", sorted(NO_TARGET))
def test_codes_of_no_language_are_refused(code: str) -> None:
    with pytest.raises(InputError, match=f"'{code}' is not a language code"):
        resolve(code, ["de", code])


@pytest.mark.parametrize("spec", ["", " , "])
def test_no_code_at_all_is_refused(spec: str) -> None:
    with pytest.raises(InputError, match="empty list"):
        resolve(spec, ["de"])


@pytest.mark.parametrize(
    ("wiki", "code"),
    [
        ("enwiki", "en"),
        ("simplewiki", "en"),
        ("nowiki", "nb"),
        ("alswiki", "gsw"),
        ("be_x_oldwiki", "be-tarask"),
        ("zh_min_nanwiki", "nan"),
        ("zh_yuewiki", "yue"),
        ("zh_classicalwiki", "lzh"),
        ("bat_smgwiki", "sgs"),
        ("fiu_vrowiki", "vro"),
        ("roa_rupwiki", "rup"),
        ("roa_tarawiki", "roa-tara"),
        ("nds_nlwiki", "nds-nl"),
        ("map_bmswiki", "map-bms"),
        ("cbk_zamwiki", "cbk-zam"),
        ("bhwiki", "bho"),
        ("commonswiki", None),
        ("enwikiquote", None),
        ("frwiktionary", None),
    ],
)
def test_a_wikipedias_database_has_a_language(wiki: str, code: str | None) -> None:
    assert wiki_language(wiki) == code


def test_each_language_has_a_main_wiki_that_leads_back_to_it() -> None:
    for code in set(languages()) - {"bh"}:  # its wiki is in bho
        wiki = language_wiki(code)
        assert wiki is not None
        assert wiki_language(wiki) == code
    assert language_wiki("en") == "enwiki"
    assert language_wiki("no") == language_wiki("nb") == "nowiki"
    assert language_wiki("xx") is None


@pytest.mark.parametrize(
    ("old", "code"),
    [("no", "nb"), ("zh-min-nan", "nan"), ("als", "gsw"), ("tokipona", "tok"), ("de", "de"),
     ("xx", "xx")],
)  # fmt: skip
def test_old_codes_have_one_of_today(old: str, code: str) -> None:
    assert current(old) == code
    assert is_known(old) == (old != "xx")


def test_codes_are_unique_over_old_and_new() -> None:
    old = [code for language in languages().values() for code in language.old]
    assert len(old) == len(set(old))
    assert not set(old) & set(languages())


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("de", "de"),
        ("pt-br", "pt-BR"),
        ("sr-ec", "sr-Cyrl"),
        ("zh-tw", "zh-Hant-TW"),
        ("zh-hant", "zh-Hant"),
        ("de-formal", "de-x-formal"),
        ("be-tarask", "be-tarask"),
        ("map-bms", "jv-x-bms"),
        ("eml", "egl"),
        ("zh-yue", "yue"),
        ("xx", "xx"),
    ],
)
def test_a_code_has_the_tag_that_mediawiki_gives_it(code: str, tag: str) -> None:
    assert bcp47(code) == tag


def test_a_tag_leads_back_to_a_code_with_it() -> None:
    for code in languages():
        back = from_bcp47(bcp47(code))
        assert back is not None
        assert bcp47(code) in {bcp47(back), back}
        assert from_bcp47(code.upper()) == code


def test_all_takes_old_codes_for_those_of_today() -> None:
    assert resolve("all", ["no", "nb", "zh-yue"]) == ["nb", "yue"]
