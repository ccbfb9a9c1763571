"""Wikitext of all kinds, read as MediaWiki 1.39 displays it (each case was run in MediaWiki)."""

from collections.abc import Iterable

import pytest

from tests.wikitext.reading import reader_of

# A case: language, wikitext, the lines that MediaWiki shows, [anchor→Target] for a link in them.
SPACES = [
    ("en", "[[old ]]town [[b]]", ["[old town→Old] [b→B]"]),
    ("en", "an[[ old]] town", ["an[old→Old] town"]),
    ("ja", "[[ 猫 ]]は[[犬]]", ["[猫→猫] は[犬→犬]"]),
    ("en", "[[ a  b_c |d]]e", ["[de→A b c]"]),
    ("en", "[[a|b ]]c", ["[b c→A]"]),
    ("en", "[[Talk:a]] [[ : b ]]", ["Talk:a [b→B]"]),
]
APOSTROPHES = [
    ("he", "[[צה''ל]] ב", ["[צה''ל→צה''ל] ב"]),
    ("en", "[[a'''b]] ''c''", ["[a'''b→A'''b] c"]),
    ("en", "''[[a|b'' c]] d", ["[b c→A] d"]),
    ("fr", "l'''[[chat]]'' noir", ["l'[chat→Chat] noir"]),
    ("it", "dell'''[[uomo]]'' e l''''[[a]]'''", ["dell'[uomo→Uomo] e l'[a→A]"]),
    ("ca", "l'[[home]]'s i ''[[gat]]''", ["l'[home's→Home] i [gat→Gat]"]),
    ("uk", "[[кіт]]'я", ["[кіт→Кіт]'я"]),
    ("br", "[[kazh]]c'h", ["[kazhc'h→Kazh]"]),
    ("en", "''''[[a]]'''' b", ["'[a→A]' b"]),
]
TRAILS = [
    ("en", "[[a]]<nowiki/>s [[b]]&nbsp;s [[c]]''s''", ["[a→A]s [b→B] s [c→C]s"]),
    ("fa", "[[گربه]]‌ها", ["[گربه‌ها→گربه]"]),
    ("ar", "وال[[قط]]ات (و[[كلب]])", ["[والقطات→قط] ([وكلب→كلب])"]),
    ("sr", "[[пас]]а [[pas]]š", ["[паса→Пас] [pasš→Pas]"]),
    ("tr", "[[istanbul]]ı [[ılgın]]", ["[istanbulı→İstanbul] [ılgın→Ilgın]"]),
]
REFERENCES = [
    ("en", "1914&#150;1918 [[a]]", ["1914&#150;1918 [a→A]"]),
    ("en", "&thinsp;a&nbsp;&mdash; [[b&eacute;]]", ["a — [bé→Bé]"]),
    ("en", "[[AT&T]] [[c&amp;d]] [[%C3%89|e]]", ["[AT&T→AT&T] [c&d→C&d] [e→É]"]),
    ("en", "[[User%3Aa]] [[a%23b]]", ["User:a [a#b→A]"]),
]
BLOCKS = [
    ("en", " <p>a [[b]]</p>", ["a [b→B]"]),
    ("en", "<p>\n a [[b]]\n</p>\n c", ["a [b→B]"]),
    ("en", "<blockquote>a\n b [[c]]</blockquote>", ["a b [c→C]"]),
    ("en", "<blockquote>\n a\n\n b [[c]]\n</blockquote>\n d", ["a", "b [c→C]"]),
    ("en", " <ul><li>a [[b]]</li></ul>", ["a [b→B]"]),
    ("en", "<div>a [[b]]</div>c [[d]]", ["c [d→D]"]),
    ("en", "<div>\na [[b]]\n</div>", ["a [b→B]"]),
    ("en", "<div><p>a [[b]]</p></div>", ["a [b→B]"]),
    ("en", "<div>\n* a [[b]]</div>", ["a [b→B]"]),
    ("en", "<center>a</center>\nb [[c]]", ["b [c→C]"]),
    ("en", "a [[File:b.jpg|thumb|c [[d]]]] e [[f]]", ["a", "e [f→F]"]),
    ("en", "a\n[[Category:b]]\nc [[d]]", ["a c [d→D]"]),
    ("en", "a\n[[Category:b]] c [[d]]", ["a c [d→D]"]),
    ("en", "* a\n[[Category:b]]\n* c [[d]]", ["a", "c [d→D]"]),
    ("en", "{|\n| a\n{|\n| b\n|}\n|} c [[d]]", ["c [d→D]"]),
    ("en", "{|\n| a\n</table>\nb [[c]]", ["b [c→C]"]),
    ("en", "== a ==<!-- b -->\nc [[d]]", ["c [d→D]"]),
]
TABLES = [
    ("en", "{|\n| a\n</TABLE> b [[c]]\nd", ["b [c→C]", "d"]),
    ("en", "{|\n| a </table> b\nc [[d]]", ["b", "c [d→D]"]),
    ("en", "{|\n| a\n</table>\nb [[c]]\n|}\nd", ["b [c→C]", "d"]),
    ("en", "{|\n| a\n{|\n| b\n|}\n</table>\nc", ["c"]),
    ("en", "{|\n| a\n{|\n| b\n</table>\n</table>\nc", ["c"]),
    ("en", "{|\n| a\n{|\n| b\n</table>\n|}\nc", ["c"]),
    ("en", "{|\n| a\n<table><tr><td>b</table>\n| c\n|}\nd", ["d"]),
    ("en", "{|\n| a\n<table><tr><td>b\n|}\n</table>\nc", ["c"]),
    ("en", "<table><tr><td>\n{|\n| a\n|}\n</td></tr></table>\nb", ["b"]),
    ("en", "a\n{|\n| b\n|}\n</table>\nc", ["a", "c"]),
    ("en", ": a\n:{|\n| b\n:|}\nc", ["a"]),
    ("en", ":: {|\n| a\n|}\nb", ["b"]),
    ("en", "a\n{|\n| <div>b\n|}\nc\n\n<div>d</div> e", ["a", "c", "e"]),
    ("en", "a\n{|\n| b\n|}[[File:c|thumb]]\nd", ["a", "d"]),
]
HTML_TERMS = [
    ("en", "<dl>\n<dt>a [[b]]</dt>\n<dd>c [[d]]</dd>\n</dl>\ne", ["c [d→D]", "e"]),
    ("en", "<dl><dt>a<dd>b [[c]]</dl>\nd", ["b [c→C]", "d"]),
    ("en", "<DL><DT>a\n<DT>b\n<DD>c [[d]]</DL>\ne", ["c [d→D]", "e"]),
    ("en", "<dl><dt>a [[b]]</dl>\nc", ["c"]),
    ("en", "<dl><dt class=x>a\nb</dt><dd>c [[d]]</dd></dl>", ["c [d→D]"]),
    ("en", "<dl><dt>a</dt><dd><dl><dt>b</dt><dd>c</dd></dl></dd></dl>\nd", ["c", "d"]),
    ("en", "<dl><dt>a <div>b</div> c</dt><dd>d</dd></dl>\ne", ["d", "e"]),
]
BESIDE = [  # pictures that are blocks
    ("en", " a [[File:b|thumb|c]] d [[e]]\nf", ["a", "d [e→E]", "f"]),
    ("en", " a [[File:b|c]] d [[e]]\nf", ["f"]),
    ("en", "<ul>\n[[File:b|thumb|c]]\n d\n</ul>\ne", ["e"]),
    ("en", "* a [[File:b|thumb|c]] d\n* e", ["a", "d", "e"]),
    ("en", "== a [[File:b|thumb|c]] ==\nd [[e]]", ["d [e→E]"]),
    ("en", "a\n[[File:b|20px]]\nc [[d]]", ["a c [d→D]"]),
    ("en", "a\n[[File:b|thumb]] [[Category:c]] d\ne", ["a", "d", "e"]),
    ("en", "[[a]][[File:b|20px]]s", ["[a→A]s"]),
]
PARAGRAPHS = [  # a new line is a space, but where a block stands
    ("en", "a\nb [[c]]\nd", ["a b [c→C] d"]),
    ("en", "a\n \nb [[c]]", ["a", "b [c→C]"]),
    ("en", "a [[b|c\nd]] e\nf", ["a [c d→B] e f"]),
    ("en", "''a\nb'' [[c]]", ["a b [c→C]"]),
    ("en", "'''a''\nb'' '''[[c]]", ["'a b '[c→C]"]),
    ("en", "* a\nb\n[[c]]\n* d\ne", ["a", "b [c→C]", "d", "e"]),
    ("en", "a\n b\n[[c]]", ["a", "[c→C]"]),
    ("en", "== a ==\nb\n[[c]]\n=d", ["b [c→C] =d"]),
    ("en", "{|\n| a\n|} b\nc\n[[d]]", ["b", "c [d→D]"]),
    ("en", "a\n----\nb\n[[c]]", ["a", "b [c→C]"]),
    ("en", "a\n<!-- b -->\n[[c]]", ["a [c→C]"]),
    ("en", "a\n__NOTOC__\n[[b]]", ["a", "[b→B]"]),
    ("en", "a<br>\n[[b]]\n<br />c", ["a", "[b→B]", "c"]),
    ("en", "a\n[[File:b.jpg|thumb|c\nd]]\n[[e]]\nf", ["a", "[e→E] f"]),
    ("en", "a\nb [[File:b.jpg|left|c]] d\n[[e]]", ["a", "b", "d", "[e→E]"]),
    ("en", "* a\n[[Category:b]]\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n[[de:b]]\n[[Category:b]]\n[[c]]", ["a [c→C]"]),
    ("en", "a\n<ref>b</ref> c\n<small>[[d]]\ne</small>", ["a c [d→D] e"]),
    ("en", "a\n<poem>\nb\n[[c]]\n</poem>\nd\ne", ["a", "b", "[c→C]", "d e"]),
    ("en", "<blockquote>\na\n[[b]]\n\nc\n</blockquote>\nd", ["a [b→B]", "c", "d"]),
    ("en", "<p>a\n[[b]]\n</p>\nc\nd", ["a [b→B]", "c d"]),
    ("en", "<ul>\n<li>a\n[[b]]</li>\n<li>c</li>\n</ul>\nd", ["a [b→B]", "c", "d"]),
    ("en", "a\n<h2>b</h2>\nc\n[[d]]", ["a", "c [d→D]"]),
    ("en", "a\n<math>b</math>\n[[c]]", ["a ▢ [c→C]"]),
    ("en", "a\n{{b}}\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n<noinclude>\n[[b]]\nc", ["a", "[b→B] c"]),
    ("en", "a<ref>b</ref>\n<references />[[c]]\nd", ["a", "[c→C]", "d"]),
    ("en", "a\n</div>\n[[Category:b]] c\n[[d]]", ["a", "c", "[d→D]"]),
    ("en", "* a\n\n[[Category:b]]\nc\n[[d]]", ["a", "c [d→D]"]),
    ("en", "a {{b}}\n[[c]]", ["a ▢ [c→C]"]),
    ("ja", "猫は\n[[犬]]", ["猫は [犬→犬]"]),
]
TERMS = [
    ("en", ";a ''b'': c [[d]]", ["c [d→D]"]),
    ("en", ";a ''b : c'' [[d]] : e [[f]]", ["e [f→F]"]),
    ("en", ";a '''b : c''' : e [[f]]", ["e [f→F]"]),
    ("en", ";a [[b|c : d]] http://x.y : e [[f]]", ["e [f→F]"]),
    ("en", ";* a : b [[c]]", ["b [c→C]"]),
]
LINKS = [
    ("en", "[[Page#b|x]] [[#b|y]] [[page|z]]", ["[x→Page] y z"]),
    ("en", "[[a|[http://x.y z]]] b", ["[[http://x.y z]→A] b"]),
    ("en", "a [telnet://x.y b] [sips:x c] [matrix:x d]", ["a b c d"]),
    ("en", "a [http://x.y ''b''] [//x.y <b>c</b>] [[d]]", ["a b c [d→D]"]),
    ("en", "[<nowiki/>http://x.y z] [[b]]", ["[http://x.y z] [b→B]"]),
    ("en", "[[a|b<nowiki>]]</nowiki>c]]", ["[b]]c→A]"]),
    ("en", "[[:Category:a|b]] [[Talk:c|d]]s", ["b ds"]),
]
OWN_PREFIX = [  # $wgLocalInterwikis, as Wikimedia's wikis have it
    ("en", "a [[:en:b|c]] d", ["a [c→B] d"]),
    ("de", "a [[de:b]] c", ["a [de:b→B] c"]),
    ("fr", "a [[:fr:Discussion:b|c]] d", ["a c d"]),
]
VARIANTS = [
    ("zh", "-{zh-cn:甲;zh-tw:乙}-[[丙]]", ["甲[丙→丙]"]),
    ("zh", "-{zh-tw:甲; zh-hk:乙;}-[[丙]]", ["甲[丙→丙]"]),
    ("zh", "-{[[甲|乙]]丙}-", ["[乙→甲]丙"]),
    ("zh", "-{zh-cn:;zh-tw:乙}-[[丙]]", ["乙[丙→丙]"]),
    ("sr", "-{sr-ec:а;sr-el:a}- [[б]]", ["а [б→Б]"]),
    ("sr", "б -{sr-el:a}-[[в]]", ["б [в→В]"]),
    ("kk", "б -{kk-latn:a}-[[в]]", ["б [в→В]"]),
    ("en", "-{zh-cn:a;zh-tw:b}- [[c]]", ["-{zh-cn:a;zh-tw:b}- [c→C]"]),
]

# What MediaWiki shows as the markup that it is: such a line may have a hole, and no link there.
SHOWN_AS_MARKUP = [
    ("en", "[<nowiki/>[a]] b"),
    ("en", "<nowiki>[</nowiki>[a]] b"),
    ("en", "[[a\tb]] c"),
    ("en", "[[Talk:]] c"),
    ("en", "[[:de:a|]] c"),
    ("en", "[[a&amp;amp;b]] c"),
    ("en", "[[a%7Cb]] c"),
    ("en", "[[a|]] b"),
    ("en", "a</nowiki> b"),
    ("en", "a</ref> b"),
    ("en", "a<ref>b c"),
    ("en", "{<nowiki/>{a}} b"),
]

# What is read otherwise today, by its wikitext.
KNOWN = {
    ";a ''b : c'' [[d]] : e [[f]]",
    ";a '''b : c''' : e [[f]]",
    ";* a : b [[c]]",
    "[[a|[http://x.y z]]] b",
}


Case = tuple[str, str, list[str]] | tuple[str, str]


def cases(*tables: Iterable[Case]) -> list[object]:
    """Return the cases of tables; those that are known to fail, as such."""
    failing = pytest.mark.xfail(strict=True)
    return [
        pytest.param(*case, marks=failing if case[1] in KNOWN else ())
        for table in tables
        for case in table
    ]


def shown(language: str, source: str) -> list[str]:
    """Return a page's lines with their links as [anchor→Target]; a hole reads as ▢."""
    lines: list[str] = []
    for line in reader_of(language).lines(source, "Page"):
        text = line.text
        for start, end, target in reversed(line.mentions):
            text = f"{text[:start]}[{text[start:end]}→{target}]{text[end:]}"
        lines.append(text.replace("\n", " ").replace("\ufffc", "▢"))
    return lines


@pytest.mark.parametrize(
    ("language", "source", "lines"),
    cases(
        *(SPACES, APOSTROPHES, TRAILS, REFERENCES, BLOCKS, PARAGRAPHS, TERMS, LINKS),
        *(TABLES, HTML_TERMS, BESIDE),
        *(OWN_PREFIX, VARIANTS),
    ),
)
def test_lines_read_as_on_the_page(language: str, source: str, lines: list[str]) -> None:
    assert shown(language, source) == lines


@pytest.mark.parametrize(("language", "source"), cases(SHOWN_AS_MARKUP))
def test_markup_that_shows_is_no_link_and_no_text(language: str, source: str) -> None:
    (line,) = reader_of(language).lines(source, "Page")
    assert line.holes
    assert not line.mentions
