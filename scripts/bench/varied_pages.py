"""Real pages repeated as a dump in which no page occurs twice.

Caches and bz2 would gain from copies of pages. In each copy, every word of at least four letters is
another word of the same length; words are replaced by a hash, so that a link still has its target
and repeated words stay repeated. Markup, names of templates and parameters, addresses, namespaces
and lines of tables stay as they are.
"""

import bz2
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import xxhash

from scripts.bench.stages import PAGES_A_STREAM

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnprstvwz"
_LONGEST = 16  # letters of a word that are replaced: one for each byte of its hash
_TITLE = re.compile(r"(<title>)(.*?)(</title>)")
_TEXT = re.compile(r"(<text[^>]*>)(.*?)(</text>)", re.DOTALL)
_ID = re.compile(r"<id>\d+</id>")
_KEPT_OR_WORD = re.compile(
    r"\{\{[^|{}]*|\|\s*[\w -]+=|<[^>]*>|&\w+;|https?://\S+|\[\[[^\[\]|]*:|^[{|!].*$"
    r"|\b(?P<word>[A-Za-z]{4,})\b",
    re.MULTILINE,
)


def varied(text: str, copy: int) -> str:
    """Return wikitext with other words; `copy` 0 is the text itself."""

    def replaced(match: re.Match[str]) -> str:
        word = match["word"]
        return _other_word(word, copy) if word else match[0]

    return _KEPT_OR_WORD.sub(replaced, text) if copy else text


@lru_cache(maxsize=1 << 18)
def _other_word(word: str, copy: int) -> str:
    """Return a word with the first letter, capitals and vowels at the same offsets."""
    digest = xxhash.xxh3_128_digest(f"{copy} {word.lower()}".encode())
    letters = [word[0]]
    for number, letter in zip(digest, word[1:_LONGEST], strict=False):
        letters_of_kind = _VOWELS if letter.lower() in _VOWELS else _CONSONANTS
        other = letters_of_kind[number % len(letters_of_kind)]
        letters.append(other.upper() if letter.isupper() else other)
    return "".join(letters) + word[_LONGEST:]


def write_dump(sources: Sequence[Path], path: Path, size: int) -> tuple[int, int]:
    """Write the pages of dumps until `size` bytes of XML; return the numbers of bytes and pages.

    They are repeated as other pages. The dump is multistream bz2 if its name ends with `.bz2`.
    """
    head, pages = "", list[str]()
    for source in sources:
        opened = bz2.open if source.suffix == ".bz2" else open
        with opened(source, "rt", encoding="utf-8") as file:
            head, _, rest = file.read().partition("<page>")
        pages += [page.rstrip() for page in rest.rpartition("</page>")[0].split("<page>")]
    compress = bz2.compress if path.suffix == ".bz2" else bytes
    total = count = 0
    with path.open("wb") as out:

        def put(text: str) -> None:
            nonlocal total
            data = text.encode()
            total += len(data)
            out.write(compress(data))

        put(head.rstrip() + "\n")
        numbered = _numbered(pages)
        while total < size:
            stream = [*islice(numbered, PAGES_A_STREAM)]
            count += len(stream)
            put("".join(stream))
        put("</mediawiki>\n")
    return total, count


def _numbered(pages: Sequence[str]) -> Iterator[str]:
    """Yield <page> elements without end, with their numbers as page ids."""
    number = 0
    while True:
        copy, index = divmod(number, len(pages))
        number += 1
        page = _ID.sub(f"<id>{number}</id>", pages[index].removesuffix("</page>"), count=1)
        if copy:
            page = _varied_page(page, copy)
        yield f"  <page>{page.rstrip()}\n  </page>\n"


def _varied_page(page: str, copy: int) -> str:
    for element, suffix in ((_TITLE, f" {copy}"), (_TEXT, "")):
        if match := element.search(page):
            start, text, end = match.groups()
            whole = f"{start}{varied(text, copy)}{suffix}{end}"
            page = page[: match.start()] + whole + page[match.end() :]
    return page
