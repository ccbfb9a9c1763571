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
PREFIXES = [  # of languages whose letters before a link are part of it, as is U+00A0
    ("hy", "բ\u00a0[[գ]] դ&nbsp;[[ե]] —\u00a0[[զ]]", ["[բ գ→Գ] դ [ե→Ե] [— զ→Զ]"]),
    ("ka", "[[ა]]ბ\u00a0[[გ]] (\u00a0[[დ]])", ["[აბ→ა] [გ→გ] ( [დ→დ])"]),
    ("cv", "а\u00a0''[[б]]'' в\u202f[[г]]", ["а [б→Б] [в\u202fг→Г]"]),
    ("uz", "«\u00a0[[a]]» б\u00a0[[c]]", ["[« a»→A] б [c→C]"]),
    ("uk", "«\u00a0[[а]]» „[[б]]", ["« [а»→А] [„б→Б]"]),
    ("ar", "و\u00a0[[قط]]", ["و [قط→قط]"]),
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
    ("en", "<ul><li><dl><dt>a</ul>\nb [[c]]", ["b [c→C]"]),
    ("en", "a<dt/>b [[c]]", ["a", "b [c→C]"]),
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
FOOTNOTES = [  # a line of nothing but footnotes is part of a paragraph
    ("en", "a\n<ref>b</ref>\n[[c]]", ["a [c→C]"]),
    ("en", "a\n<ref name=b /><REF>d</REF> \n<ref>e\n\nf</ref>\n[[c]]", ["a [c→C]"]),
    ("en", "a\n<!-- b --><!-- d --><ref>e</ref><!-- f -->\n[[c]]", ["a [c→C]"]),
    ("en", "a\n<nowiki/>\n[[c]]", ["a [c→C]"]),
    ("en", "a\n<nowiki> \n </nowiki>\n[[c]]", ["a [c→C]"]),
    ("en", "a\n\n<ref>b</ref>\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n<ref>b</ref>\n\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n <ref>b</ref>\n[[c]]", ["a", "[c→C]"]),
    ("en", "* a\n<ref>b</ref>\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n<ref>b</ref>\n* [[c]]", ["a", "[c→C]"]),
    ("en", "a<br>\n<ref>b</ref>\n[[c]]", ["a", "[c→C]"]),
    ("en", "a\n<ref>b</ref><br>\n[[c]]", ["a", "[c→C]"]),
    ("en", "<blockquote>a\n<ref>b</ref>\n[[c]]</blockquote>", ["a", "[c→C]"]),
    ("en", "<poem>a\n<ref>b</ref>\n[[c]]</poem>", ["a", "[c→C]"]),
]
ADDRESSES = [  # what ends the address of an external link
    ("es", "[http://x.y/a''La muerte'' b] [[c]]", ["La muerte b [c→C]"]),
    ("en", "[//x.y'''a''' b] [mailto:c@d.e''f'' g] [[h]]", ["a b f g [h→H]"]),
    ("en", "[http://x.y/''''a'''' b] [http://x.y/'a b] [[c]]", ["a' b b [c→C]"]),
    ("en", "[http://x.y/&lt;a b] [ftp://x.y&gt;] [http://x&amp;y a] [[c]]", ["<a b > a [c→C]"]),
    ("en", "[http://x.y/<b>a</b> b] [http://x.y/<z>a b] [[c]]", ["a b <z>a b [c→C]"]),
    ("en", '[http://x.y/"a" b] [http://x.y/„a“ b] [http://x.y/«a» b] [[c]]', ['"a" b b b [c→C]']),
    ("ja", "[http://x.y/「猫」 犬] [http://x.y/　猫] [[c]]", ["犬 猫 [c→C]"]),
    ("en", "[http://x.y/\u2009a] [http://x.y/\u202f\u00a0b] [[c]]", ["a b [c→C]"]),
    ("en", "[http://x.y/&nbsp;a b] [http://[::1]/a b] [[c]]", ["b b [c→C]"]),
    ("en", "[http:// a] [http://''b'' c] [[d]]", ["[http:// a] [http://b c] [d→D]"]),
]
UNKNOWN_TAGS = [  # are text
    ("en", "a <ch> <C>b</C> [[c]]", ["a <ch> <C>b</C> [c→C]"]),
    (
        "en",
        "<a@b.c> <http://x.y> <b2> <i-d> <p:q> [[d]]",
        ["<a@b.c> <http://x.y> <b2> <i-d> <p:q> [d→D]"],
    ),
    ("en", "<foo a=\"b\" c>''d''</foo> <FOO/> [[e]]", ['<foo a="b" c>d</foo> <FOO/> [e→E]']),
    ("en", "a <foo [[b]]> &lt;c>", ["a <foo [b→B]> <c>"]),
    ("en", "a <foo\nb> [[c]]", ["a <foo b> [c→C]"]),
    ("en", "a <foo\n\nb> [[c]]", ["a <foo", "b> [c→C]"]),
    ("en", "a <b\nstyle='c'>[[d]]</b\n> <p@q> e\nf", ["a [d→D] <p@q> e f"]),
]
NOTHING_LEFT = [  # tags that leave no text, not even a footnote's
    ("en", "a\n<includeonly>b</includeonly>\n[[c]]", ["a", "[c→C]"]),
    ("en", "a [[b]]<includeonly>c</includeonly>s", ["a [bs→B]"]),
    ("en", "<includeonly>a</includeonly>* [[b]]", ["[b→B]"]),
    ("en", "<noinclude>* [[a]]</noinclude>\n* [[b]]", ["[a→A]", "[b→B]"]),
    ("en", "<onlyinclude>== a ==</onlyinclude>\n[[b]]", ["[b→B]"]),
    ("en", "<NOINCLUDE>{|\n| [[a]]\n|}</NOINCLUDE>\n[[b]]", ["[b→B]"]),
    ("en", "a [[b]]<noinclude>s</noinclude> [[c<noinclude />d]]", ["a [bs→B] [cd→Cd]"]),
    ("en", "a [[b]]\n<noinclude x>\n[[c]]</onlyinclude>\nd", ["a [b→B]", "[c→C] d"]),
    ("en", "<nowiki><noinclude></nowiki> [[b]]", ["<noinclude> [b→B]"]),
    ("en", "a\n<indicator name=b>c</indicator>\n[[d]]", ["a", "[d→D]"]),
    ("en", "<indicator name=b>c</indicator>* [[d]]", ["[d→D]"]),
    ("en", "a\n<indicator name=b>c</indicator><ref>d</ref>\n[[e]]", ["a [e→E]"]),
    ("en", "[[a]]<indicator name=b>c</indicator>s", ["[a→A]s"]),
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
        *(SPACES, APOSTROPHES, TRAILS, PREFIXES, REFERENCES, BLOCKS, PARAGRAPHS, TERMS, LINKS),
        *(OWN_PREFIX, VARIANTS, FOOTNOTES, NOTHING_LEFT, ADDRESSES, UNKNOWN_TAGS),
        *(TABLES, HTML_TERMS, BESIDE),
    ),
)
def test_lines_read_as_on_the_page(language: str, source: str, lines: list[str]) -> None:
    assert shown(language, source) == lines


@pytest.mark.parametrize(("language", "source"), cases(SHOWN_AS_MARKUP))
def test_markup_that_shows_is_no_link_and_no_text(language: str, source: str) -> None:
    (line,) = reader_of(language).lines(source, "Page")
    assert line.holes
    assert not line.mentions
