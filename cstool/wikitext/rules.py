"""The rules for templates: which show nothing, and what others show. Data: templates/.

A rule's text is literal but for `{a|b|c}`: the first of those arguments that is given and not
blank; with an empty alternative at the end (`{1|}`) it may be missing.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cstool.wikitext.numbers import formatted
from cstool.wikitext.tables import of_language

_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Choice:
    """One way in which a template shows its arguments, and the calls that it holds for."""

    text: str
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None

    def fits(self, given: Mapping[str, str]) -> bool:
        """Whether the choice holds for a call with these arguments."""
        if any(not given.get(name, "").strip() for name in self.when):
            return False
        if any(given.get(name, "").strip() for name in self.unless):
            return False
        if self.only is not None and not given.keys() <= set(self.only):
            return False
        return all(
            any(not name or given.get(name, "").strip() for name in field.split("|"))
            for field in _FIELD.findall(self.text)
        )

    def fill(self, given: Mapping[str, str]) -> str:
        """Return the text with the arguments in their places."""
        return _FIELD.sub(lambda match: _first(match[1].split("|"), given), self.text)


def _first(names: list[str], given: Mapping[str, str]) -> str:
    return next((given[n] for n in names if given.get(n, "").strip()), "")


@dataclass(frozen=True)
class Rule:
    """What a template shows: the first choice that fits a call."""

    choices: tuple[Choice, ...]

    def choose(self, given: Mapping[str, str]) -> Choice | None:
        """Return the choice for a call with these arguments, None when none fits."""
        return next((choice for choice in self.choices if choice.fits(given)), None)


class Rules:
    """The rules of a wiki's language. Names are compared in lower case."""

    def __init__(self, language: str, *, render: bool) -> None:
        self._language = language
        self._silent: set[str] = set()
        prefixes: list[str] = []
        self._text: dict[str, Rule] = {}
        for part in (_table("any"), _table(language)):
            self._silent |= set(part.get("silent", ()))
            prefixes += part.get("silent_prefixes", ())
            if render:
                self._text |= {name: _rule(value) for name, value in part.get("text", {}).items()}
        self._silent -= self._text.keys()
        words = "|".join(re.escape(prefix) for prefix in prefixes)
        self._prefix = re.compile(rf"(?:{words})(?![^\W\d_])") if words else re.compile(r"(?!)")
        self._words = {
            word.lower().rstrip(":").replace("_", " "): id_
            for id_, word, _ in of_language("magicwords.tsv", language)
            if id_ in _WORDS
        }

    def is_silent(self, name: str) -> bool:
        """Whether the template shows nothing within running text."""
        if name in self._silent or self._prefix.match(name):
            return True
        word, colon, _ = name.partition(":")
        return bool(colon) and (
            self._words.get(word.strip()) in _SHOWS_NOTHING or name.startswith("#tag:ref")
        )

    def text(self, name: str) -> Rule | None:
        """Return how to render the template, None when we do not know."""
        return self._text.get(name)

    def word(self, name: str, title: str) -> str | None:
        """Return what a magic word without arguments shows, None where we do not know it."""
        word, colon, value = name.partition(":")
        id_ = self._words.get(word.strip())
        if colon:
            return formatted(value.strip(), self._language) if id_ == _NUMBER else None
        if id_ in _PAGE_WORDS:
            return title
        return _LITERAL.get(id_ or "")


_SHOWS_NOTHING = frozenset({"defaultsort", "displaytitle"})
_NUMBER = "formatnum"
_PAGE_WORDS = frozenset({"pagename", "fullpagename"})
_LITERAL = {"!": "|", "=": "="}
_WORDS = {_NUMBER, *_SHOWS_NOTHING, *_PAGE_WORDS, *_LITERAL}


def _rule(value: str | list[dict[str, Any]]) -> Rule:
    if isinstance(value, str):
        return Rule((Choice(value),))
    return Rule(
        tuple(
            Choice(
                item["text"],
                tuple(item.get("when", ())),
                tuple(item.get("unless", ())),
                tuple(item["only"]) if "only" in item else None,
            )
            for item in value
        )
    )


@cache
def _table(language: str) -> dict[str, Any]:
    """Return a language's data file, "any" for what holds everywhere; empty when it has none."""
    file = files("cstool.wikitext") / "data" / "templates" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


@cache
def rules_of(language: str, *, render: bool) -> Rules:
    """Return the rules of a language, made once a process."""
    return Rules(language, render=render)
