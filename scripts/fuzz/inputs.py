"""Inputs for fuzz/extract.py: random, mutated and repeated wikitext; damaged dumps."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

import zstandard

from cstool.dumps.page_slices import open_pages
from cstool.dumps.pages import pages_of
from cstool.dumps.xml import MAIN, Site

LANGUAGES = ("en", "de", "fr", "ja", "ru", "zh", "ar", "hi", "tr", "sr", "th", "nl", "sw", "xx")
# What wikitext is made of, and what breaks it.
TOKENS = """[[ ]] [ ] {{ }} {{{ }}} { } | || ! !! = == === '' ''' ''''' ' < > <!-- --> </ /> <br>
<br/> <ref> </ref> <ref/> <ref•name=x> <ref•name=x/> <nowiki> </nowiki> <nowiki/> <pre> </pre>
<math> </math> <gallery> </gallery> <table> </table> <tr> <td> <b> </b> <i> <small> </small> <div>
</div> <blockquote> </blockquote> <poem> <includeonly> <noinclude> </noinclude> <onlyinclude>
<h2> </h2> <span•style="a:b"> </span> <sup> </sup> <score> <timeline> <source> <foo> </foo>
{| |} |- |+ {{a| {{nowrap| {{lang|fr| {{convert|1|mi|km}} {{!}} {{=}} {{#if:|a|b}} {{PAGENAME}}
{{formatnum:1234.5}} {{DEFAULTSORT:a}} {{cite•web|url=http://a.b|title=c}} {{Infobox|a=b}} {{sfn|a}}
[[a]] [[a|b]] [[a|b]]s [[a#b|c]] [[#b]] [[:a]] [[/a]] [[a|]] [[|a]] [[File:a.jpg|thumb| [[Datei:a|
[[Category:a]] [[Kategorie:a|*]] [[de:a]] [[:de:a]] [[wikt:a|b]] [[a%20b_c]] [[%41]] [[a&amp;b]]
[http://a.b [http://a.b•c] [//a•b] http://a.b mailto:a@b.c ISBN•1234567890 RFC•1 -{ }- -{zh-hans:
;zh-hant: -{H|a}- __TOC__ __NOTOC__ __ __a__ &nbsp; &amp; &lt; &#39; &#x5B; &#0; &#x110000; & ; :
* # ** *: #; ;a:b ---- ~~~~ . ? ! 。 ？ ， , : … “ ” « » „ ‘ ’ ( ) " - – 1 2. 3,000.5 A. Mr. e.g.
U.S. a b the is Rome rome İ ß é Я жизнь 東京 です 北京。 ไทย हिन्दी है। عربي ﷺ 👨‍👩‍👧 \u0301 \u200b
\u200e \u00a0 \u3000 \u2028 \u00ad \ufeff \ufffc \ufffd \x7f \x85 {{a}} {{b|[[c|d]]}} {{a|b=c}}
{{c|{{d|''e''}}}} _ # / \\ @ $1 % %4 %zz a_b""".replace("\n", " ").split(" ")
_SPACES = ("", "", " ", " ", " ", "\n", "\n\n", "\n*", "\n;", "\n:", "\n==", "\n{|\n", "\n|", "\t")

# Characters of a text that stand in a dump to be damaged: then some bytes of it hold some pages.
_OF_A_TEXT = 1000


@dataclass(frozen=True)
class Wikitext:
    """The texts of some pages, and how they are read."""

    texts: tuple[str, ...]
    language: str
    render: bool


@dataclass(frozen=True)
class File:
    """A dump's bytes under a name, and whether what is sound of it is kept."""

    name: str
    data: bytes
    keep_going: bool


Input = Wikitext | File


@dataclass(frozen=True)
class Seeds:
    """Real texts to start from: wikitexts and the XML of dumps."""

    texts: tuple[str, ...]
    exports: tuple[bytes, ...]


def seeds_of(paths: Sequence[Path]) -> Seeds:
    """Return what dumps hold: at most 1,000 texts of each, and 200 kB of XML."""
    texts: list[str] = []
    exports = []
    for path in paths:
        dump = open_pages([str(path)], 1 << 20, None)
        pages = [page for task in dump.tasks for page in pages_of(task.slice, None)][:1000]
        found = [page.text for page in pages if page.namespace == MAIN and page.text]
        texts += found
        exports.append(export([text[:_OF_A_TEXT] for text in found], dump.site)[:200_000])
    return Seeds(tuple(texts), tuple(exports))


def export(texts: Sequence[str], site: Site) -> bytes:
    """Return pages as an export."""
    names = "".join(
        f'<namespace key="{n}">{escape(name)}</namespace>' for n, name in site.namespaces
    )
    pages = "".join(
        f"<page><title>Page {i}</title><ns>0</ns><id>{i}</id><revision><id>{i}</id>"
        f'<model>wikitext</model><text xml:space="preserve">{escape(text)}</text>'
        "</revision></page>\n"
        for i, text in enumerate(texts, 1)
    )
    return (
        f'<mediawiki xml:lang="{site.language}"><siteinfo><dbname>{site.wiki}</dbname>'
        f"<case>{site.case}</case><namespaces>{names}</namespaces></siteinfo>\n{pages}</mediawiki>"
    ).encode()


def site_of(language: str) -> Site:
    """Return a wiki in a language, with English namespaces."""
    spaces = ((-1, "Special"), (0, ""), (6, "File"), (10, "Template"), (14, "Category"))
    return Site(f"{language}wiki", language, "first-letter", spaces)


def _words(random: Random, most: int) -> str:
    pieces = []
    for _ in range(random.randrange(1, most)):
        token = random.choice(TOKENS).replace("•", " ")
        pieces.append(token if random.random() < 0.9 else token * random.randrange(2, 6))
        pieces.append(random.choice(_SPACES))
    return "".join(pieces)


def _wikitext(random: Random, texts: list[str]) -> Wikitext:
    return Wikitext(tuple(texts), random.choice(LANGUAGES), random.random() < 0.7)


def tokens(random: Random, _: Seeds) -> Input:
    """Pages of random tokens."""
    return _wikitext(random, [_words(random, 80) for _ in range(random.randrange(1, 5))])


def mutated(random: Random, seeds: Seeds) -> Input:
    """A real text with pieces left out, doubled, moved or put in."""
    text = random.choice(seeds.texts)
    start = random.randrange(len(text))
    text = text[start : start + random.randrange(100, 20_000)]
    for _ in range(random.randrange(1, 12)):
        a = random.randrange(len(text) + 1)
        b = min(len(text), a + int(random.paretovariate(0.7)))
        piece = random.choice(("", text[a:b] * 2, _words(random, 4), text[a:b][::-1]))
        text = text[:a] + piece + text[b:]
    return _wikitext(random, [text])


def repeated(random: Random, _: Seeds) -> Input:
    """A short run of tokens, said a thousand times over."""
    unit = _words(random, 4)
    times = random.choice((20_000, 60_000)) // len(unit)
    pieces = (_words(random, 4), unit * times, _words(random, 4), unit[::-1] * (times // 4))
    return _wikitext(random, ["".join(pieces[: random.randrange(1, 5)])])


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".xml": bytes,
    ".xml.bz2": bz2.compress,
    ".xml.gz": partial(gzip.compress, mtime=0),
    ".xml.zst": zstandard.compress,
    ".xml.xz": lambda data: lzma.compress(data, preset=0),
}


def noise(random: Random, _: Seeds) -> Input:
    """Random bytes behind the first bytes of some format."""
    ending = random.choice(list(_PACKERS))
    head = _PACKERS[ending](random.choice((b"", b"<mediawiki xml:lang='en'>", b"<page>")))
    data = head[: random.randrange(len(head) + 1)] + random.randbytes(random.randrange(400))
    return File("noise" + ending, data, random.random() < 0.5)


def _streams(xml: bytes) -> bytes:
    """Compress as a multistream dump, a page a stream."""
    pieces = xml.replace(b"<page>", b"\0<page>").replace(b"</mediawiki>", b"\0</mediawiki>")
    return b"".join(map(bz2.compress, pieces.split(b"\0")))


def damaged(random: Random, seeds: Seeds) -> Input:
    """A sound dump in some compression, then cut, flipped, spliced or doubled."""
    xml = random.choice(seeds.exports)
    at = xml.rfind(b"<page>", 0, random.randrange(500, 30_000))
    xml = xml[: max(at, xml.find(b"<page>"))] + b"</mediawiki>"
    ending = random.choice([*_PACKERS, ".xml.bz2"])
    multi = ending == ".xml.bz2" and random.random() < 0.7
    data = _streams(xml) if multi else _PACKERS[ending](xml)
    for _ in range(random.randrange(0, 4)):
        a, b = sorted(random.randrange(len(data) + 1) for _ in range(2))
        data = random.choice((
            data[:a],
            data[:a] + data[b:],
            data[:b] + data[a:],
            data[:a] + random.randbytes(random.randrange(1, 9)) + data[a + 1 :],
            data + data[a:b],
        ))  # fmt: skip
    return File("damaged" + ending, data, random.random() < 0.5)


_XML = (
    b"<page>", b"</page>", b"<revision>", b"</revision>", b"<text>", b"</text>", b"<text/>",
    b'<text deleted="deleted"/>', b"<id>", b"</id>", b"<id>7</id>", b"<ns>x</ns>", b"<title>",
    b"<title/>", b"</title>", b"<content>", b"</content>", b"<redirect title='x'/>", b"<redirect/>",
    b"<siteinfo>", b"</siteinfo>", b"<mediawiki>", b"</mediawiki>", b"<![CDATA[", b"]]>", b"<!--",
    b"-->", b"<?php", b"?>", b"&amp;", b"&#1;", b"&x;", b"&", b"<", b">", b"\x00", b"\xff", b"\x0b",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<?xml version='1.0' encoding='utf-16'?>", b"\xef\xbb\xbf",
    b"<model>json</model>", b"<id>99999999999</id>", b"<id>-1</id>", b" xml:lang='x'", b"'", b'"',
    b"<a/>", b"<a b='c'>d</a>", b"<!-- a -->", b"<?a b?>", b"<![CDATA[[[a]]]]>", b" ", b"\n",
    b"&#x41;", b"<content><text>a</text></content>",
    b"<revision><id>1</id><text>[[a]] b.</text></revision>",
)  # fmt: skip


# Pieces that leave an export sound, or nearly so, in some places.
_SOUND_XML = tuple(piece for piece in _XML if piece.count(b"<") != 1 or b"/>" in piece)


def xml(random: Random, seeds: Seeds) -> Input:
    """An export with pieces of XML put in, left out, doubled or moved."""
    data = random.choice(seeds.exports)
    head = data.find(b"</siteinfo>")
    data = data[: random.randrange(head + 500, head + 9000)]
    if random.random() < 0.7 and b"<page>" in data:
        data = data[: data.rfind(b"<page>")] + b"</mediawiki>"
    first = 0 if random.random() < 0.2 else head
    for _ in range(random.randrange(1, 3)):
        marks = [i for i, byte in enumerate(data) if byte in b"<>" and i >= first] or [0]
        a, b = sorted((random.choice(marks), random.choice(marks)))
        b = min(b, a + 200)
        piece = random.choice((b"", random.choice(_XML), data[a:b] * 2, random.choice(_SOUND_XML)))
        data = data[:a] + piece + data[b if random.random() < 0.4 else a :]
    if random.random() < 0.05:
        data = data.decode(errors="ignore").encode("utf-16")
    return File("changed.xml", data, random.random() < 0.7)


KINDS: dict[str, Callable[[Random, Seeds], Input]] = {
    maker.__name__: maker for maker in (tokens, mutated, repeated, noise, damaged, xml)
}
