"""Wikimedia's language codes: the known ones, and the resolution of a user's list of codes.

One table, `languages.tsv`, maps the codes of Wikidata's labels to database names of Wikipedias
(`nowiki`, `be_x_oldwiki`), BCP 47 tags, and former codes.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cstool.errors import InputError, WrongCallError
from cstool.languages.data_tables import rows

# Codes that cannot be target languages: multiple, undetermined, no linguistic content, uncoded.
NO_TARGET = frozenset({"mul", "und", "zxx", "mis"})


class Language(NamedTuple):
    """A row of the table. `wikis`: database names of its Wikipedias, the main one first."""

    code: str
    name: str
    autonym: str
    wikis: tuple[str, ...]
    bcp47: str
    old: tuple[str, ...]


@cache
def languages() -> dict[str, Language]:
    """Return the table, by code."""
    return {
        code: Language(
            code,
            name,
            autonym,
            tuple(f"{wiki}wiki" for wiki in wikis.split() or [code.replace("-", "_")]),
            tag or code,
            tuple(old.split()),
        )
        for code, name, autonym, wikis, tag, old in rows("cstool.languages", "languages.tsv")
    }


@cache
def names() -> dict[str, str]:
    """Return the English name of each code."""
    return {code: language.name for code, language in languages().items()}


@cache
def _current() -> dict[str, str]:
    return {old: code for code, language in languages().items() for old in language.old}


def current(code: str) -> str:
    """Return the current code for a former one (`zh-min-nan`: `nan`); any other code unchanged."""
    return _current().get(code, code)


def is_known(code: str) -> bool:
    """Return whether the table has that code, as a current or a former one."""
    return code in names() or code in _current()


@cache
def _of_wiki() -> dict[str, str]:
    return {wiki: code for code, language in languages().items() for wiki in language.wikis}


def wiki_language(wiki: str) -> str | None:
    """Return the language of a Wikipedia (`be_x_oldwiki`: `be-tarask`); None for other wikis."""
    return _of_wiki().get(wiki)


def language_wiki(code: str) -> str | None:
    """Return the database name of a language's Wikipedia, existing or not; None if not a code."""
    language = languages().get(current(code))
    return language.wikis[0] if language else None


def codes_in(language: str) -> list[str]:
    """Return the codes of a row's language: one, or several joined by `+` (`en+ja`)."""
    return language.split("+")


def codes_in_any(rows_languages: Iterable[str]) -> list[str]:
    """Return each code in the languages of rows once, in their order."""
    return [*dict.fromkeys(code for one in rows_languages for code in codes_in(one))]


def language_name(language: str) -> str:
    """Return a language's English name, or the code if the name is unknown.

    The names of several languages, whose codes are joined by `+`, are joined likewise.
    """
    return " + ".join(names().get(code, code) for code in codes_in(language))


def is_in(language: str, codes: Collection[str]) -> bool:
    """Whether the language of a row is one of these, or joins several of which one is."""
    return language in codes or any(code in codes for code in codes_in(language))


def bcp47(code: str) -> str:
    """Return the BCP 47 tag of a code (`sr-ec`: `sr-Cyrl`), as in MediaWiki's LanguageCode.

    A code that is not in the table is returned unchanged.
    """
    language = languages().get(current(code))
    return language.bcp47 if language else code


@cache
def _of_tag() -> dict[str, str]:
    # Where two codes have one tag (eml, egl), the code that equals the tag is used.
    table = languages().values()
    tags = {language.bcp47.lower(): language.code for language in table}
    return tags | {code: code for code in languages()}


def from_bcp47(tag: str) -> str | None:
    """Return the code for a BCP 47 tag in any case (`zh-Hant-TW`: `zh-tw`), or None."""
    return _of_tag().get(tag.lower().replace("_", "-"))


@cache
def entitycs() -> tuple[str, ...]:
    """Return the 93 codes of the published corpus (Whitehouse et al. 2022, table 8)."""
    text = (files("cstool.languages") / "data" / "entitycs.txt").read_text(encoding="utf-8")
    return tuple(code for line in text.split("\n") if line[:1] != "#" for code in line.split())


def has_form(code: str) -> bool:
    """Return whether this is a well-formed code (letters, digits, hyphens), safe in a path."""
    return re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", code) is not None


def need_language(word: str, option: str) -> str:
    """Return the code that `word` is in any case (`DE`: `de`).

    Raises WrongCallError, with a hint, if it is not a code of a language.
    """
    code = word.lower()
    if code not in names() or code in NO_TARGET:
        near = _like(word)
        hint = f"did you mean {' or '.join(near)}?" if near else "use Wikimedia's language codes"
        raise WrongCallError(f"{option}: {word!r} is not a language code; {hint}")
    return code


def code_list(spec: str, option: str, *, also: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the codes of a comma-separated list, each once, in the order of the list.

    `also`: words that are accepted although they are no codes of a language. Raises WrongCallError
    for another word that is not a code, and for an empty list.
    """
    words = filter(None, (word.strip() for word in spec.split(",")))
    codes = tuple(
        dict.fromkeys(word if word in also else need_language(word, option) for word in words)
    )
    if not codes:
        raise WrongCallError(f"{option}: empty list; give codes such as de,fr,zh")
    return codes


def is_all(spec: str) -> bool:
    """Return whether a value of `--languages` is the word `all`."""
    return spec.strip().lower() == "all"


def resolve(spec: str, present: Iterable[str]) -> list[str]:
    """Return the codes that `--languages` selects, sorted.

    `spec`: codes separated by commas, "entitycs" for its 93, or "all" for all codes in `present`
    that are formed like one, with former codes replaced by current ones; all in any case. Raises
    WrongCallError for an unknown code.
    """
    codes: set[str] = set()
    for word in filter(None, (w.strip() for w in spec.split(","))):
        if word.lower() == "entitycs":
            codes.update(entitycs())
        elif is_all(word):
            codes.update({current(code) for code in present if has_form(code)} - NO_TARGET)
            if not codes:
                raise InputError(
                    "--languages: 'all' selects no language, because no entity has a label; give "
                    "entities with labels"
                )
        else:
            codes.add(need_language(word, "--languages"))
    if not codes:
        raise WrongCallError("--languages: empty list; give codes such as de,fr,zh")
    return sorted(codes)


def _like(word: str) -> list[str]:
    """Return the codes that a word may mean: former code, tag, wiki, name, else similar codes."""
    word = word.lower()
    other = _current().get(word) or from_bcp47(word) or wiki_language(word)
    named = [other] if other else [code for code, name in names().items() if name.lower() == word]
    named = [code for code in named if code not in NO_TARGET]
    return named or difflib.get_close_matches(word, names().keys() - NO_TARGET, 3, 0.5)
