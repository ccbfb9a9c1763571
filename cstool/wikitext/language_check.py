"""Check whether a dump's pages are in the language that its <siteinfo> names.

Some exports have the header of another wiki: German pages under `xml:lang="en"`. The language of
the pages is recognised by namespace names in links (`[[Datei:`, `[[Kategorie:`; Manual:Namespace),
because on each wiki MediaWiki knows only its language's own names and the English ones. Chinese and
Japanese pages also use the English names; they are recognised by their full stops.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import PurePath

from cstool.dumps.xml import Site
from cstool.languages.codes import names
from cstool.languages.data_tables import rows as language_rows
from cstool.wikitext.tables import beginning_with, rows
from cstool.wikitext.titles import CATEGORY, FILE, namespaces_of

# Characters of wikitext that are read.
SAMPLE = 200_000
# The smallest numbers of links, or of Chinese full stops, that count as evidence.
_FEWEST = 5
_FEWEST_STOPS = 20
_PREFIX = re.compile(r"\[\[[ _]*([^\[\]|:#<>{}\n]{1,60}?)[ _]*:")
_WORD = re.compile(r"[^\s\[\]{}()|=.,;:!?\"<>।]+")  # \w does not match vowel signs
_KANA = re.compile("[\u3041-\u30fa]")
_IDEOGRAPH = "[\u3041-\u30fa\u3400-\u9fff]"  # compiled when it is used: that takes 2 ms
_IDEOGRAPHIC = frozenset({"ja", "zh", "gan", "hak", "lzh", "wuu", "yue"})
_FILE_NAME = re.compile(
    r"([a-z]{2,}?(?:_[a-z]+?)*)(?:wiki(?:books|news|quote|source|versity|voyage)?|wiktionary)?"
    r"(?=[-.]|$)"
)


@dataclass(frozen=True)
class LanguageMismatch:
    """Pages that are in another language than their dump's header says.

    `language`: the pages' language, None if two languages are equally likely. `found` of
    `looked_at` links or full stops are evidence for it; `what`: their name, for a message.
    """

    language: str | None
    found: int
    looked_at: int
    what: str


def mismatch(site: Site, texts: Iterable[str], path: str) -> LanguageMismatch | None:
    """Return the evidence in the first pages against the site's language; None if there is none.

    `texts`: wikitexts of main-namespace pages, of which `SAMPLE` characters are read. If several
    languages use the same names (those that fall back to German have the German ones), the result
    is the one that the file's name begins with (`de.xml.bz2`, `dewiki-20261001-…`), else the one
    that the others fall back to, else the one whose frequent words the pages contain.
    """
    text = _sample(texts)
    evidence = _by_links(site, text)
    hint = _hint(path)
    if evidence is None:
        return _by_full_stops(site, text, hint)
    best, found, links, what = evidence
    return LanguageMismatch(_likeliest(best, hint, text), found, links, what)


def _sample(texts: Iterable[str]) -> str:
    length = 0

    def short(text: str) -> bool:
        nonlocal length
        before, length = length, length + len(text)
        return before < SAMPLE

    return "\n".join(takewhile(short, texts))[:SAMPLE]


def _by_links(site: Site, text: str) -> tuple[frozenset[str], int, int, str] | None:
    """Return the languages of most foreign names, evidence for them, all links, and a name."""
    own = _own_names(site)
    table = _languages_of()
    foreign: Counter[str] = Counter()
    own_links: Counter[int] = Counter()
    for name, number in Counter(prefix.lower() for prefix in _PREFIX.findall(text)).items():
        if name in own:
            own_links[own[name]] += number
        elif name in table:
            foreign[name] += number
    languages: Counter[str] = Counter()
    for name, number in foreign.items():
        languages.update(dict.fromkeys(table[name][1], number))
    known = {code: number for code, number in languages.items() if code in names()}
    found = max(known.values(), default=0)
    best = frozenset(code for code, number in known.items() if number == found)
    categories = sum(
        number
        for name, number in foreign.items()
        if table[name][0] == CATEGORY and best & table[name][1]
    )
    if 3 * found < 2 * foreign.total():
        return None
    if found >= max(_FEWEST, 2 * own_links.total()):
        return best, found, foreign.total() + own_links.total(), "links to files and categories"
    # Pages of many languages write [[File:…]], but categories in their own words.
    if categories >= max(_FEWEST, 2 * own_links[CATEGORY]):
        return best, categories, categories + own_links[CATEGORY], "links to categories"
    return None


def _own_names(site: Site) -> dict[str, int]:
    """Return the names of files and categories that this wiki knows, in lower case."""
    return namespaces_of(site).names(FILE, CATEGORY)


@cache
def _languages_of() -> Mapping[str, tuple[int, frozenset[str]]]:
    """Return the languages of each name of files and categories that not all languages have."""
    found: dict[str, tuple[int, set[str]]] = {}
    names = beginning_with("namespaces.tsv", rf"[^*\t\n]+\t(?:{FILE}|{CATEGORY})\t")
    for language, number, name in names:
        found.setdefault(name.lower(), (int(number), set()))[1].add(language)
    return {name: (number, frozenset(codes)) for name, (number, codes) in found.items()}


def _by_full_stops(site: Site, text: str, hint: str | None) -> LanguageMismatch | None:
    """Return Chinese or Japanese if full stops show it, and the site's names have no ideographs."""
    stops = text.count("。")
    if stops < _FEWEST_STOPS or stops <= 2 * text.count(". "):
        return None
    if site.language.split("-")[0] in _IDEOGRAPHIC or any(
        re.search(_IDEOGRAPH, name) for name in _own_names(site)
    ):
        return None
    letters = len(re.findall(_IDEOGRAPH, text))
    japanese = 10 * len(_KANA.findall(text)) > letters
    language = hint if hint in _IDEOGRAPHIC - {"ja"} and not japanese else None
    language = language or ("ja" if japanese else "zh")
    return LanguageMismatch(language, stops, stops + text.count(". "), "full stops")


def _likeliest(best: frozenset[str], hint: str | None, text: str) -> str | None:
    if hint in best:
        return hint
    best = frozenset(c for c in best if (base := c.split("-")[0]) == c or base not in best)
    roots = {code for code in best if not any(_falls_back_to(code, other) for other in best)}
    if len(roots) == 1:
        return roots.pop()
    words = Counter(_WORD.findall(text.lower()))
    shared = Counter(word for code in roots for word in _words().get(code, ()))
    ranks = sorted(
        ((sum(words[w] for w in _words().get(code, ()) if shared[w] == 1), code) for code in roots),
        reverse=True,
    )
    (first, language), (second, _) = ranks[:2]
    return language if first >= _FEWEST_STOPS and 2 * first >= 3 * second else None


def _falls_back_to(code: str, other: str) -> bool:
    """Return whether a language falls back to another one, which does not fall back to it."""
    return other in _fallbacks(code) and code not in _fallbacks(other)


@cache
def _fallbacks(code: str) -> frozenset[str]:
    table = language_rows("cstool.languages", "fallbacks.tsv")
    return frozenset(other for row in table if row[0] == code for other in row[1].split())


@cache
def _words() -> dict[str, tuple[str, ...]]:
    return {code: tuple(words.split()) for code, words in rows("words.tsv")}


def _hint(path: str) -> str | None:
    """Return the language that a file's name begins with: "dewiki-20261001-…" → "de"."""
    match = _FILE_NAME.match(PurePath(path).name)
    if match is None:
        return None
    known = names()
    wikis = {
        wiki: row[0]
        for row in language_rows("cstool.languages", "languages.tsv")
        for wiki in row[3].split()
    }
    code = wikis.get(match[1]) or match[1].replace("_", "-")
    return code if code in known else None
