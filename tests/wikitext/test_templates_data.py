"""Templates of the English, German and French files, as documented on the wikis."""

from importlib.resources import files

import pytest

from cstool.wikitext.markers import Markers
from cstool.wikitext.rule_tables import rules_of
from cstool.wikitext.templates import Rendering, expand


def shown(source: str, language: str) -> str | None:
    """Return what a call shows, None for a hole."""
    marks = Markers()
    text = expand(source, marks, Rendering(rules_of(language, render=True), "Page"))
    return None if marks.holes else text.replace("\u00a0", " ").replace("\u2009", " ")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{lang|fr|mot}}", "mot"),
        ("{{lang-de|Wort}}", "[[German language|German]]: Wort"),
        ("{{langx|la|Mare|lit=sea}}", "[[Latin]]: Mare, lit. &#39;sea&#39;"),
        (
            "{{langx|ru|мир|translit=mir}}",
            "[[Russian language|Russian]]: мир, romanized: mir",
        ),
        ("{{lang-de|Wort|label=none}}", "Wort"),
        ("{{lang-de|Wort|link=no}}", None),
        ("{{lang-qqx|Wort}}", None),
        ("{{cvt|5|km}}", "5 km (3.1 mi)"),
        ("{{Template:Cvt|5|km}}", "5 km (3.1 mi)"),
        ("{{As of|2020|lc=y}}", "as of 2020"),
        ("{{circa|1500|1510}}", "c. 1500 – c. 1510"),
        ("{{c.|1500}}", "c. 1500"),
        ("{{reign|1500|1510}}", "r. 1500–1510"),
        ("{{frac|3|1|2}}", "3 1⁄2"),
        ("{{ill|Foo (bar)|de|Foo|lt=Foo}}", "[[Foo (bar)|Foo]]"),
        ("{{Interlanguage link|Foo|de|Föö|fr|Fou}}", "[[Foo|Foo]]"),
        ("{{ill|Foo|de|Föö|italic=y}}", None),
        ("{{start date|2001|9|11|df=y}}", "11 September 2001"),
        ("{{birth date and age|1990|1|1}}", None),
        ("{{native name|de|Wort|paren=omit}}", "Wort"),
        ("{{native name|de|Wort}}", None),
        ("{{in lang|de}}", "(in German)"),
        ("{{respell|bur|LIN}}", "bur-LIN"),
        ("{{IPA-de|bɛʁˈliːn|lang|x.ogg}}", "[[German language|German]]: &#91;bɛʁˈliːn&#93;"),
        ("{{IPA-de|bɛʁˈliːn}}", None),
        ("{{IPA|de|bɛʁˈliːn|lang}}", "[[German language|German]]: &#91;bɛʁˈliːn&#93;"),
        ("{{IPA|/x/}}", "/x/"),
        ("{{IPA|de|bɛʁˈliːn}}", None),
        ("{{linktext|三|星}}", "三星"),
        ("{{Ordinal|22}}", "22nd"),
        ("{{HMCS|Haida|G63}}", "[[HMCS Haida (G63)]]"),
        ("{{·}}", " ·&#32;"),
        ("{{zh|c=中国|p=Zhōngguó}}", "[[Chinese language|Chinese]]: 中国; [[pinyin]]: Zhōngguó"),
        ("{{zh|labels=no|c=民航}}", "民航"),
        ("{{zh|c=民航|x=y}}", None),
        ("{{Korean|hangul=삼성}}", "[[Korean language|Korean]]: 삼성"),
        ("{{ship|French ship|Foo}}", "[[French ship Foo]]"),
        ("{{sic|nolink=y}}", "&#91;sic&#93;"),
        ("{{inflation|US|9|1919}}", None),
        ("{{flag|Germany}}", None),
    ],
)
def test_english(source: str, text: str | None) -> None:
    assert shown(source, "en") == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{EnS|word}}", "[[Englische Sprache|englisch]] word"),
        ('{{"|Zitat}}', "„Zitat“"),
        ("{{DEU}}", "[[Deutschland]]"),
        ("{{DEU|Name}}", None),
        ("{{Höhe|115|DE-NHN}}", "115 m ü. NHN"),
        ("{{Höhe|115|CH}}", None),
        ("{{Vorlage:Nowrap|a b}}", "a b"),
    ],
)
def test_german(source: str, text: str | None) -> None:
    assert shown(source, "de") == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{unité|3797|m}}", "3 797 m"),
        ("{{nombre|71|sièges}}", "71 sièges"),
        ("{{tmp|0.85|°C}}", "0,85 °C"),
        ("{{euro|77.80}}", "77,80 €"),
        ("{{s|XX}}", "[[XXe siècle]]"),
        ("{{s-|I}}", "Ier siècle"),
        ("{{-s|II|e}}", "[[IIe siècle av. J.-C.]]"),
        ("{{s2|XIX|e|XX|e}}", "[[XIXe siècle|XIXe]] et [[XXe siècle]]s"),
        ("{{XIXe siècle}}", "[[XIXe siècle]]"),
        ("{{12e|jour}}", "12e jour"),
        ("{{1er janvier}}", "[[1er janvier]]"),
        ("{{heure|4|30}}", "4 h 30"),
        ("{{heure|4|5}}", None),
        ("{{date|25 avril 2004}}", "25 avril 2004"),
        ("{{date de naissance|11|novembre|1866}}", "11 novembre 1866"),
        ("{{nobr|86 ans}}", "86 ans"),
        ("{{en langue|de|Wort}}", "[[allemand]] : Wort"),
        ("{{Lien|langue=en|trad=Foo|fr=Fou|texte=fou}}", "[[Fou|fou]]"),
        ("{{lien|Fou|en|Foo}}", None),
        ("{{incise|a|stop}}", "– a"),
    ],
)
def test_french(source: str, text: str | None) -> None:
    assert shown(source, "fr") == text


def test_every_file_is_of_the_form() -> None:
    folder = files("cstool.wikitext") / "data" / "templates"
    languages = [file.name.removesuffix(".toml") for file in folder.iterdir()]
    assert len(languages) > 30
    for language in languages:
        rules_of(language, render=True)


def test_aliases_lead_to_rules() -> None:
    folder = files("cstool.wikitext") / "data" / "templates"
    for file in folder.iterdir():
        rules = rules_of(file.name.removesuffix(".toml"), render=True)
        for name, found in rules.names().items():
            assert rules.find(name) is not None, (file.name, name, found)
