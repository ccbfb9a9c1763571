"""The names of parser functions, magic words and prefixes of calls in a wiki's language.

After MediaWiki's MagicWord and Parser::setFunctionHook (REL1_39): most names may be written in any
case. Data: magicwords.tsv.
"""

from collections.abc import Container, Mapping
from functools import cache
from typing import NamedTuple

from cstool.wikitext.expansion.functions import FUNCTIONS, VARIABLES
from cstool.wikitext.tables import of_language

# Lua modules, which are no function of texts (extension Scribunto).
INVOKE = "invoke"
SUBST = "subst"
# What may precede the name of a template.
_PREFIXES = frozenset({SUBST, "safesubst", "msgnw", "msg", "raw"})


class Names(NamedTuple):
    """Ids by name: `exact` as they are written, `folded` in small letters."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """Return the id of a name."""
        found = self.exact.get(name)
        return self.folded.get(name.lower()) if found is None else found


class MagicWords(NamedTuple):
    """The names of a language. `prefixes`: in small letters."""

    functions: Names
    variables: Names
    prefixes: Mapping[str, str]

    def without_prefixes(self, name: str) -> tuple[str, str | None]:
        """Return a call's name without its prefixes, and the id of one that makes it unknown.

        These are `subst:`, which makes a call of a page text, and `msgnw:`, which escapes wikitext.
        """
        for ids in ((SUBST, "safesubst"), ("msgnw", "msg"), ("raw",)):
            head, _, rest = name.partition(":")
            id_ = self.prefixes.get(head.lower())
            if id_ in ids:
                if id_ in (SUBST, "msgnw"):
                    return rest, id_
                name = rest
        return name, None


@cache
def magic_words(language: str) -> MagicWords:
    """Return the names of a language, which also has the English ones."""
    table = of_language("magicwords.tsv", language)
    return MagicWords(
        _names(table, {*FUNCTIONS, INVOKE}),
        _names(table, VARIABLES),
        {word.lower(): id_ for id_, word, _ in table if id_ in _PREFIXES},
    )


def _names(table: list[tuple[str, ...]], ids: Container[str]) -> Names:
    rows = [row for row in table if row[0] in ids]
    return Names(
        {word: id_ for id_, word, sensitive in rows if int(sensitive)},
        {word.lower(): id_ for id_, word, sensitive in rows if not int(sensitive)},
    )
