"""What a template shows: choices with conditions, texts with fields, calls of functions.

The syntax is described in docs/templates.md; errors in it raise `RuleError`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstool.wikitext.builtins import FUNCTIONS, Function
from cstool.wikitext.filters import FILTERS

_FIELD = re.compile(r"\{([^{}]*)\}")
_LISTS = ("when", "unless", "only")
_KEYS = frozenset({"text", "call", "with", "is", *_LISTS})
NUMBERED = "#"
# The argument with the text that the star in a template's name matches.
STAR = "*"

Tables = Mapping[str, Mapping[str, str]]
Maker = Callable[[str, str], str | None]


class RuleError(ValueError):
    """A rule has a wrong syntax; its one argument says what is wrong."""


@dataclass(frozen=True)
class Placeholder:
    """A field in a text: the first of `names` that is given, converted by the filter."""

    names: tuple[str, ...]
    make: Maker | None = None

    def value(self, given: Mapping[str, str], language: str) -> str | None:
        """Return the text for the field, None if the choice does not fit."""
        for name in self.names:
            if not name:
                return ""
            value = given.get(name, "")
            if value and not value.isspace():
                return value if self.make is None else self.make(value.strip(), language)
        return None


@dataclass(frozen=True)
class Choice:
    """One way in which a template shows its arguments, and the conditions on calls."""

    parts: tuple[str | Placeholder, ...] = ()
    call: Function | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def may_show_nothing(self) -> bool:
        """Whether calls may show nothing by this choice."""
        return self.call is None and not any(self.parts)

    def shown(self, given: Mapping[str, str], language: str) -> str | None:
        """Return what a call with these arguments shows, None if the choice does not fit."""
        if not self._fits(given):
            return None
        if self.call is not None:
            return self.call({**self.extra, **{n: v.strip() for n, v in given.items()}}, language)
        out: list[str] = []
        for part in self.parts:
            value = part if isinstance(part, str) else part.value(given, language)
            if value is None:
                return None
            out.append(value)
        return "".join(out)

    def _fits(self, given: Mapping[str, str]) -> bool:
        if self.only is not None and not given.keys() <= self.only:
            others = given.keys() - self.only
            if NUMBERED not in self.only or not all(name.isdecimal() for name in others):
                return False
        if self.when and not all(given.get(name, "").strip() for name in self.when):
            return False
        if self.unless and any(given.get(name, "").strip() for name in self.unless):
            return False
        return not self.values or all(
            given.get(name, "").strip().lower() in values for name, values in self.values.items()
        )


@dataclass(frozen=True)
class Rule:
    """What a template shows: the first choice that fits a call."""

    choices: tuple[Choice, ...]

    @property
    def may_show_nothing(self) -> bool:
        """Whether some calls may show nothing."""
        return any(choice.may_show_nothing for choice in self.choices)

    def shown(self, given: Mapping[str, str], language: str) -> str | None:
        """Return what a call with these arguments shows, None if it is unknown."""
        for choice in self.choices:
            text = choice.shown(given, language)
            if text is not None:
                return text
        return None


def rule_of(value: object, tables: Tables) -> Rule:
    """Return the rule that a data file specifies as `value`. Raises RuleError."""
    if isinstance(value, str):
        return Rule((Choice(_parts(value, tables)),))
    if not isinstance(value, list):
        raise RuleError('not a text or a list of choices such as [{ text = "{1}" }]')
    return Rule(tuple(_choice(item, tables) for item in value))


def _choice(item: object, tables: Tables) -> Choice:
    if not isinstance(item, dict):
        raise RuleError('a choice is not a table such as { text = "{1}" }')
    unknown = sorted(item.keys() - _KEYS)
    if unknown:
        raise RuleError(
            f"unknown key {unknown[0]!r} in a choice (known: {', '.join(sorted(_KEYS))})"
        )
    if ("text" in item) == ("call" in item):
        raise RuleError("a choice needs either `text` or `call`")
    if "with" in item and "call" not in item:
        raise RuleError("`with` in a choice without `call`")
    lists = {key: _strings(item[key], key) for key in _LISTS if key in item}
    values = _table(item.get("is", {}), "is")
    text = item.get("text", "")
    if not isinstance(text, str):
        raise RuleError("`text` is not a string")
    extra = _table(item.get("with", {}), "with")
    if not all(isinstance(value, str) for value in extra.values()):
        raise RuleError("a value in `with` is not a string")
    return Choice(
        parts=_parts(text, tables),
        call=_function(item["call"]) if "call" in item else None,
        extra=extra,
        when=lists.get("when", ()),
        unless=lists.get("unless", ()),
        only=frozenset((*lists["only"], STAR)) if "only" in lists else None,
        values={
            name: frozenset(value.lower() for value in _strings(found, "is"))
            for name, found in values.items()
        },
    )


def _function(name: object) -> Function:
    if not isinstance(name, str) or name not in FUNCTIONS:
        raise RuleError(f"unknown function {name!r} (known: {', '.join(sorted(FUNCTIONS))})")
    return FUNCTIONS[name]


def _strings(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RuleError(f'`{key}` is not a list of strings such as ["1"]')
    return tuple(value)


def _table(value: object, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RuleError(f"`{key}` is not a table")
    return value


def _parts(text: str, tables: Tables) -> tuple[str | Placeholder, ...]:
    """Return a text split at its fields."""
    pieces = _FIELD.split(text)
    parts: list[str | Placeholder] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            names, colon, filter_ = piece.partition(":")
            parts.append(
                Placeholder(tuple(names.split("|")), _maker(filter_, tables) if colon else None)
            )
        elif piece:
            parts.append(piece)
    return tuple(parts)


def _maker(name: str, tables: Tables) -> Maker:
    if name in FILTERS:
        return FILTERS[name]
    if name not in tables:
        known = ", ".join(sorted({*FILTERS, *tables}))
        raise RuleError(f"unknown filter or table {name!r} after a colon (known: {known})")
    table = tables[name]
    return lambda value, _: table.get(value.lower())
