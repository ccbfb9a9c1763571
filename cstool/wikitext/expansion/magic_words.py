"""The names of parser functions, magic words and prefixes of calls in a wiki's language.

After MediaWiki's MagicWord and Parser::setFunctionHook (REL1_39): most names may be written in any
case. Data: magicwords.tsv.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from cstool.wikitext.expansion.functions import FUNCTIONS, VARIABLES
from cstool.wikitext.tables import of_language

# Lua modules, which are no function of texts (extension Scribunto).
INVOKE = "invoke"
# What may precede the name of a template, by MediaWiki's id; in English if the table lacks them.
_PREFIXES = {
    "subst": "SUBST:",
    "safesubst": "SAFESUBST:",
    "msgnw": "MSGNW:",
    "msg": "MSG:",
    "raw": "RAW:",
}


class Names(NamedTuple):
    """Ids by name: `exact` as they are written, `folded` in small letters."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """Return the id of a name."""
        found = self.exact.get(name)
        return self.folded.get(name.lower()) if found is None else found


class MagicWords(NamedTuple):
    """The names of a language. `prefixes`: with their colon, in small letters."""

    functions: Names
    variables: Names
    prefixes: Mapping[str, str]

    def prefix(self, name: str, *ids: str) -> tuple[str, str]:
        """Return the id of the prefix that a name begins with, and the rest; "" if it has none."""
        lower = name.lower()
        for word, id_ in self.prefixes.items():
            if id_ in ids and lower.startswith(word):
                return id_, name[len(word) :]
        return "", name


@cache
def magic_words(language: str) -> MagicWords:
    """Return the names of a language, which also has the English ones."""
    table = of_language("magicwords.tsv", language)
    known = {id_ for id_, _, _ in table}
    prefixes = {word.lower(): id_ for id_, word in _PREFIXES.items()}
    prefixes |= {_with_colon(word): id_ for id_, word, _ in table if id_ in _PREFIXES}
    functions = {*FUNCTIONS, INVOKE}
    return MagicWords(
        _names(table, functions, [(f"#{id_}", id_) for id_ in functions - known]),
        _names(table, VARIABLES, [(id_, id_) for id_ in VARIABLES.keys() - known]),
        prefixes,
    )


def _with_colon(word: str) -> str:
    return word.lower().rstrip(":") + ":"


def _names(
    table: list[tuple[str, ...]], ids: Iterable[str], further: list[tuple[str, str]]
) -> Names:
    rows = [row for row in table if row[0] in ids]
    exact = {word: id_ for id_, word, sensitive in rows if int(sensitive)}
    folded = {word.lower(): id_ for id_, word, sensitive in rows if not int(sensitive)}
    return Names(exact, {word.lower(): id_ for word, id_ in further} | folded)
