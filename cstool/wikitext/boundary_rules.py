"""What a language writes around a stop that is no sentence's end. Data: data/boundaries/.

A file has words, separated by white space, in lower case and without their last stop; white space
within an abbreviation is left out (`z.b`). Fields: see `BoundaryFile`.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
import xxhash

from cstool.wikitext.doubtful_stops import VOWELS, StopWords

_FOLDER = files("cstool.wikitext") / "data" / "boundaries"
_ANY = "any"
_MODULES = ("boundaries", "boundary_rules", "boundary_scripts", "boundary_words", "doubtful_stops")
# Languages that follow the rules of another, unless they have a file.
_LIKE = {
    "als": "de", "bar": "de", "be-tarask": "be", "be-x-old": "be", "bs": "hr", "gan": "zh",
    "ksh": "de", "lb": "de", "lzh": "zh", "no": "nb", "pdc": "de", "pfl": "de", "rue": "uk",
    "sh": "hr", "simple": "en", "stq": "de", "tt": "ru", "wuu": "zh", "yue": "zh", "zh-classical":
    "zh", "zh-yue": "zh",
}  # fmt: skip


class BoundaryFile(msgspec.Struct, forbid_unknown_fields=True):
    """A language's data file.

    - `never`: abbreviations that do not end a sentence, such as titles before a name.
    - `seldom`: abbreviations that end one only before a word of `starters` (or one that matches
      `starter_pattern`).
    - `ends`: abbreviations that end one before any capital letter, such as "etc".
    - `dates`: what follows a year or a century: it ends one, unless its clause has only words like
      those of `date_behind` (prepositions) before the date.
    - `before_number`: abbreviations that do not end one before a digit.
    - `starters`: words that begin sentences and are no names: pronouns, articles, prepositions.
    - `units`: units after a number; those in `any` are of all languages.
    - `ordinal_before`: what words that follow an ordinal begin with, such as months with a capital
      letter.
    - `ordinal_digits`: how many digits an ordinal may have that is written with a stop; 0: none is.
    - `ordinal_behind`: words after which a number with a stop is an ordinal, unless a starter
      follows.
    - `cardinal_behind`: words after which it is none; "*": any noun with a capital letter.
    - `ordinal_ends`: whether a number with a stop may end a sentence although no starter follows.
    - `roman`: whether Roman numerals with a stop are ordinals.
    - `years`: whether a year may be written with a stop.
    - `stop`: whether "." after the language's own letters ends sentences at all.
    """

    never: str = ""
    seldom: str = ""
    ends: str = ""
    dates: str = ""
    date_behind: str = ""
    before_number: str = ""
    starters: str = ""
    starter_pattern: str = ""
    units: str = ""
    ordinal_before: str = ""
    ordinal_digits: int = 0
    ordinal_behind: str = ""
    cardinal_behind: str = ""
    ordinal_ends: bool = True
    roman: bool = False
    years: bool = False
    stop: bool = True


class BoundaryRules(NamedTuple):
    """The rules of a language; fields as in its file.

    `words`: what decides which full stops must be judged.
    """

    never: frozenset[str]
    seldom: frozenset[str]
    ends: frozenset[str]
    dates: frozenset[str]
    date_behind: frozenset[str]
    before_number: frozenset[str]
    starters: frozenset[str]
    starter_pattern: re.Pattern[str] | None
    units: frozenset[str]
    ordinal_before: tuple[str, ...]
    ordinal_digits: int
    ordinal_behind: frozenset[str]
    cardinal_behind: frozenset[str]
    ordinal_ends: bool
    roman: bool
    years: bool
    stop: bool
    words: StopWords


def _read(language: str) -> BoundaryFile:
    file = _FOLDER / f"{language}.toml"
    if not file.is_file():
        return BoundaryFile()
    return msgspec.convert(tomllib.loads(file.read_text("utf-8")), BoundaryFile)


def _abbreviations(file: BoundaryFile) -> tuple[str, ...]:
    return file.never, file.seldom, file.ends, file.dates, file.units


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@cache
def boundary_rules(language: str) -> BoundaryRules:
    """Return the rules of a language; those of `any` alone if it has no file.

    A variant (`de-at`) without a file has the rules of its language.
    """
    known = [language, language.split("-", maxsplit=1)[0]]
    names = [name for code in known for name in (code, _LIKE.get(code, code))]
    name = next((n for n in names if (_FOLDER / f"{n}.toml").is_file()), _ANY)
    own, every = _read(name), _read(_ANY)
    lists = (part for file in (own, every) for part in _abbreviations(file))
    words = frozenset(word for text in lists for word in text.split() if word.isalpha())
    return BoundaryRules(
        never=_words(own.never) | _words(every.never),
        seldom=_words(own.seldom) | _words(every.seldom),
        ends=_words(own.ends) | _words(every.ends),
        dates=_words(own.dates),
        date_behind=_words(own.date_behind),
        before_number=_words(own.before_number) | _words(every.before_number),
        starters=_words(own.starters),
        starter_pattern=re.compile(own.starter_pattern) if own.starter_pattern else None,
        units=_words(own.units) | _words(every.units),
        ordinal_before=(*own.ordinal_before.split(), *every.ordinal_before.split()),
        ordinal_digits=own.ordinal_digits,
        ordinal_behind=_words(own.ordinal_behind),
        cardinal_behind=_words(own.cardinal_behind),
        ordinal_ends=own.ordinal_ends,
        roman=own.roman,
        years=own.years,
        stop=own.stop,
        words=StopWords(
            abbreviations=words,
            starters=frozenset() if own.starter_pattern else _words(own.starters),
            vowels=VOWELS,
            longest=max(map(len, words), default=0) if own.stop else 0,
            digits=4 if own.years and own.date_behind else own.ordinal_digits,
            roman=own.roman,
        ),
    )


@cache
def rules_digest() -> str:
    """Return 8 hex digits that identify the data files and the modules that use them."""
    modules = (files("cstool.wikitext") / f"{name}.py" for name in _MODULES)
    digest = xxhash.xxh3_64()
    for file in (*sorted(_FOLDER.iterdir(), key=lambda file: file.name), *modules):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return str(digest.hexdigest())[:8]
