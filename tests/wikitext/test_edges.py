"""What touches a link or a switch, in many languages: lines as MediaWiki 1.39 renders them.

A case is a language, wikitext, and its line; a link reads `<anchor→target>`, a hole `▢`.
"""

import pytest

from tests.wikitext.reading import reader_of

# What stands between a link and a word keeps it from being the link's trail or prefix, also where
# a language counts quotation marks, hyphens or dashes among those.
EDGES = [
    ("uk", "роман «''[[Сад]]''» вийшов", "роман «<Сад→Сад>» вийшов"),
    ("uk", "роман «'''[[Сад]]'''» вийшов", "роман «<Сад→Сад>» вийшов"),
    ("uk", "роман «[[Сад]]» вийшов", "роман <«Сад»→Сад> вийшов"),
    ("uk", "роман «<small>[[Сад]]</small>»", "роман «<Сад→Сад>»"),
    ("uk", "роман «[[Сад]]<ref>x</ref>»", "роман <«Сад→Сад>»"),
    ("uk", "роман &laquo;[[Сад]]&raquo;", "роман «<Сад→Сад>»"),
    ("ka", "რომანი „''[[Bagi]]''“", "რომანი „<Bagi→Bagi>“"),
    ("hy", "վեպ «''[[Այգի]]''»", "վեպ «<Այգի→Այգի>»"),
    ("kk", "роман «[[Бақ]]<ref>x</ref>»", "роман «<Бақ→Бақ>»"),
    ("cv", "роман \"''[[Сад]]''\"", 'роман "<Сад→Сад>"'),
    ("is", "bók ''[[Garður]]''-ið", "bók <Garður→Garður>-ið"),
    ("is", "bók–''[[Garður]]''", "bók–<Garður→Garður>"),
    ("se", "girji [[Gilvva]]<ref>x</ref>:s", "girji <Gilvva→Gilvva>:s"),
    ("en", "two [[tree]]s''(old)''", "two <trees→Tree>(old)"),
    ("en", "two [[tree]]s''old''", "two <trees→Tree>old"),
    ("en", "''[[tree]]s''", "<trees→Tree>"),
    ("ar", "<nowiki>x</nowiki>[[قط]]", "x<قط→قط>"),
    ("ar", "[[قط]]<nowiki>ة</nowiki>", "<قط→قط>ة"),
    ("fa", "[[کتاب]]&zwnj;ها", "<کتاب→کتاب>\u200cها"),
    ("fa", "[[کتاب]]\u200cها", "<کتاب\u200cها→کتاب>"),
    ("hi", "[[क]]&ndash;[[ख]]", "<क→क>–<ख→ख>"),
    ("hy", "&minus;[[Այգի]]", "−<Այգի→Այգի>"),
    ("hy", "[[Այգի]]ն’[[Ծառ]]", "<Այգին→Այգի><’Ծառ→Ծառ>"),
    ("en", "[[caf]]&eacute;s", "<caf→Caf>és"),
]
SWITCHES = [
    ("ja", "[[木]]の本＿＿目次非表示＿＿", "<木→木>の本"),
    ("ja", "[[木]]の本＿＿木＿＿", "<木→木>の本＿＿木＿＿"),
    ("hi", "[[क]] ख __बिना_अनुक्रम__", "<क→क> ख"),
    ("hi", "[[क]] ख __कुछ_और__", "<क→क> ख __कुछ_और__"),
]
# Of the bold marks without a partner MediaWiki takes one by the bytes before it.
QUOTES = [
    ("ru", "сад''' и''' в''' ''[[лес]]", "сад' и в <лес→Лес>"),
    ("fr", "aller''' à''' la''' ''[[forêt]]", "aller' à la <forêt→Forêt>"),
    ("en", "wood''' a''' b''' ''[[tree]]", "wood a' b <tree→Tree>"),
]
CONVERTERS = [
    ("zh", "-{R|甲-{zh-cn:乙;zh-tw:丙}-}-[[木]]", "甲乙<木→木>"),
    ("zh", "-{zh-hans:甲-{zh-cn:乙;zh-sg:丙}-;zh-hant:丁}-[[木]]", "甲乙<木→木>"),
    ("zh", "-{甲}-[[木]]", "甲<木→木>"),
    ("zh", "甲-{乙[[木]]", "甲▢乙<木→木>"),
    ("en", "-{R|a}- [[b]]", "-{R|a}- <b→B>"),
]


@pytest.mark.parametrize(("language", "source", "shown"), [*EDGES, *SWITCHES, *QUOTES, *CONVERTERS])
def test_it_reads_as_mediawiki_shows_it(language: str, source: str, shown: str) -> None:
    lines = reader_of(language).lines(source, "Page")
    assert "\n".join(_shown(line.text, line.mentions) for line in lines) == shown


def _shown(text: str, mentions: list[tuple[int, int, str]]) -> str:
    out: list[str] = []
    at = 0
    for start, end, target in mentions:
        out += [text[at:start], f"<{text[start:end]}→{target}>"]
        at = end
    return "".join([*out, text[at:]]).replace("\ufffc", "▢")
