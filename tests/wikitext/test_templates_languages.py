"""Templates of the other languages' files, a few typical calls for each; file names."""

import tomllib
import unicodedata
from html import unescape
from importlib.resources import files
from typing import Any

import pytest

from cstool.wikitext.markers import NOTHING, PICTURE
from cstool.wikitext.rule_tables import normal_name
from cstool.wikitext.template_rules import rule_of
from tests.wikitext.test_templates_data import shown

FOLDER = files("cstool.wikitext") / "data" / "templates"
KNOWN = ("silent", "blocks", "text")
LANGUAGES = sorted(file.name.removesuffix(".toml") for file in FOLDER.iterdir())


@pytest.mark.parametrize(
    ("language", "source", "text"),
    [
        ("ja", "{{仮リンク|青い家|de|Haus}}", "[[青い家|青い家]]"),
        ("ja", "{{仮リンク|家 (絵)|de|Haus|en|House|label=家}}", "[[家 (絵)|家]]"),
        ("ja", "{{仮リンク|家|de|Haus|x=y}}", None),
        ("ja", "{{lang-de-short|Haus}}", "[[ドイツ語|独]]: Haus"),
        ("fr", "les écoles{{Etc.}}), puis", "les écoles, etc.), puis"),
        ("ja", "{{llang|fr|mot}}", "[[フランス語]]: mot"),
        ("ja", "{{ruby|家|いえ}}", "<ruby>家<rp>（</rp><rt>いえ</rt><rp>）</rp></ruby>"),
        ("ja", "{{要出典範囲|家は青い|date=2020年1月}}", "家は青い"),
        ("ja", "{{JPN}}", "[[日本]]"),
        ("ja", "{{IPA|haʊs}}", None),
        ("ru", "{{lang-en|house}}", "[[Английский язык|англ.]] house"),
        ("ru", "{{lang-en2|house}}", "house"),
        ("ru", "{{lang-en|house|дом}}", None),
        ("ru", "{{нп5|Дом|доме|en|House}}", "[[Дом|доме]]"),
        ("ru", "{{iw|Дом|||House}}", "[[Дом|Дом]]"),
        ("ru", "{{Не переведено|надо=Дом|есть=House|язык=en}}", "[[Дом|Дом]]"),
        ("ru", "{{num|12345|км}}", "12 345 км"),
        ("ru", "{{Флаг Франции}}", ""),
        ("ru", "{{США}}", "[[США]]"),
        ("ru", "{{начало цитаты}}", None),
        ("uk", "{{нп|Дім|домі|en|House}}", "[[Дім|домі]]"),
        ("uk", "{{lang-pl|dom}}", "[[Польська мова|пол.]] dom"),
        ("zh", "{{link-en|家|House|房子}}", "[[家|房子]]"),
        ("zh", "{{le|家|House}}", "[[家|家]]"),
        ("zh", "{{tsl|en|House|家|}}", "[[家|家]]"),
        ("zh", "{{Internal link helper/de|家|Haus}}", "[[家|家]]"),
        ("zh", "{{lang-de|Haus}}", "[[德语|德語]]：Haus"),
        ("zh", "{{來源請求|家是藍色的}}", None),
        ("es", "{{unidad|12345|km}}", "12 345 km"),
        ("es", "{{ARG}}", "[[Argentina]]"),
        ("es", "{{lang-de|Haus}}", None),
        ("it", "{{M|1500.5|u=m}}", "1 500,5 m"),
        ("it", "{{M|5|u=leghe}}", None),
        ("it", "{{senza fonte|La casa è blu|data=2020}}", "La casa è blu"),
        ("pt", "{{fmtn|90000|km}}", "90 000 km"),
        ("pt", "{{séc|XX}}", "[[Século XX|século XX]]"),
        ("pt", "{{AC|44}}", "[[44 a.C.|44 a.C.]]"),
        ("pt", "{{lang-es|casa}}", "em [[Língua castelhana|castelhano]]: casa"),
        ("ca", "{{cc}}", ""),
        ("nl", "{{FR-VLAG}}", ""),
        ("nl", "{{bron?|Het huis is blauw}}", "Het huis is blauw"),
        ("pl", "{{państwo|FRA}}", "[[Francja]]"),
        ("pl", "{{link-interwiki|Dom|Q=Q1|tekst=domu}}", "[[Dom|domu]]"),
        ("sv", "{{kb|datum=2020}}", ""),
        ("nb", "{{trenger referanse}}", ""),
        ("fi", "{{k-en|house}}", "[[Englannin kieli|engl.]] house"),
        ("cs", "{{vjazyce|de}}", "[[Němčina|německy]]"),
        ("cs", "{{vjazyce2|de|Haus}}", "[[Němčina|německy]] Haus"),
        ("bg", "{{lang-fr|mot}}", "на [[Френски език|френски]]: mot"),
        ("be", "{{нп5|Дом|доме|en|House}}", "[[Дом|доме]]"),
        ("el", "{{lang-en|house}}", "[[Αγγλική γλώσσα|αγγλικά]]: house"),
        ("tr", "{{ill|Ev|en|House|lt=evde}}", "[[Ev|evde]]"),
        ("tr", "{{TUR}}", "[[Türkiye]]"),
        ("ar", "{{ألمانية|Haus}}", "(بالألمانية: Haus)"),
        ("ar", "{{وإو|عر=بيت|تر=House|لغ=en}}", "[[بيت|بيت]]"),
        ("fa", "{{پا|منبع}}", ""),
        ("he", "{{קישור שפה|אנגלית|House|בית}}", "[[בית]]"),
        ("th", "{{lang-en|house}}", "[[ภาษาอังกฤษ|อังกฤษ]]: house"),
        ("vi", "{{lang-en|house}}", "[[tiếng Anh]]: house"),
        ("id", "{{lang-en|house}}", "[[bahasa Inggris]]: house"),
        ("ko", "{{llang|de|Haus}}", "[[독일어]]: Haus"),
        ("ko", "{{범례|#123456|[[집]]}}", "[[집]]"),
        ("ko", "{{0}}", ""),
    ],
)
def test_what_templates_show(language: str, source: str, text: str | None) -> None:
    found = shown(source, language)
    if found is not None:
        found = unescape(found).replace("\u00a0", " ").replace(NOTHING, "").replace(PICTURE, "")
    assert found == text


def _table(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_can_be_read(language: str) -> None:
    table = _table(language)
    for value in table.get("text", {}).values():
        rule_of(value, _table("any").get("tables", {}) | table.get("tables", {}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_normal_and_each_stands_in_one_place(language: str) -> None:
    table = _table(language)
    keys = ("silent", "blocks", "aliases", "text")
    names = [name for key in keys for name in table.get(key, ())]
    prefixes = [*table.get("silent_prefixes", ()), *table.get("block_prefixes", ())]
    for name in [*names, *prefixes]:
        assert name == unicodedata.normalize("NFC", normal_name(name)), name
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_aliases_lead_to_names_that_are_known(language: str) -> None:
    table, everywhere = _table(language), _table("any")
    known = {n for part in (table, everywhere) for k in KNOWN for n in part.get(k, ())}
    assert set(table.get("aliases", {}).values()) <= known
