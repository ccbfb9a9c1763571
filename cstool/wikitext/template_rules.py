"""What a template shows: choices with conditions, texts with fields, calls of functions.

The syntax is described in docs/templates.md; errors in it raise `RuleError`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cstool.wikitext.builtins import FUNCTIONS, Function
from cstool.wikitext.filters import FILTERS

_FIELD = re.compile(r"\{([^{}]*)\}")
# Words of msgspec's messages, in TOML's terms.
_WORDS = {"Expected": "expected", "object": "table", "array": "list", "str": "string"}
_WORDS |= {"int": "integer", "bool": "boolean", "...": "a value"}
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


class _Entry(msgspec.Struct, forbid_unknown_fields=True, rename={"is_": "is", "with_": "with"}):
    """A choice as a rule file contains it."""

    text: str | UnsetType = UNSET
    call: str | UnsetType = UNSET
    with_: dict[str, str] = {}
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] | UnsetType = UNSET
    is_: dict[str, list[str]] = {}


def converted(value: object, type_: Any, where: str = "") -> Any:
    """Return a value of a TOML file as `type_`. Raises RuleError with `where` and the key."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        what, _, path = str(error).replace("`", "").replace(" | ", " or ").partition(" - at $")
        message, _, unknown = what.partition(" field ")
        if unknown:
            known = ", ".join(type_.__struct_encode_fields__)
            message = f"unknown key {unknown!r}; use one of {known}"
        else:
            message = re.sub(r"\w+", lambda word: _WORDS.get(word[0], word[0]), message)
        steps = [where] if where else []
        for step in re.findall(r"\w+|\.\.\.", path):
            key = step if steps else f"[{step}]"
            steps.append(f"item {int(step) + 1}" if step.isdecimal() else _WORDS.get(step, key))
        raise RuleError(": ".join(filter(None, (", ".join(steps), message)))) from error


def rule_of(value: object, tables: Tables) -> Rule:
    """Return the rule that a data file specifies as `value`. Raises RuleError."""
    if isinstance(value, str):
        return Rule((Choice(_parts(value, tables)),))
    if not isinstance(value, list):
        raise RuleError('expected a string or a list of choices, as [{ text = "{1}" }]')
    choices = []
    for number, item in enumerate(value, 1):
        where = f"choice {number}"
        choices.append(_choice(converted(item, _Entry, where), tables, where))
    return Rule(tuple(choices))


def _choice(entry: _Entry, tables: Tables, where: str) -> Choice:
    if (entry.text is UNSET) == (entry.call is UNSET):
        raise RuleError(f"{where}: give either `text` or `call`")
    if entry.with_ and entry.call is UNSET:
        raise RuleError(f"{where}: `with` without `call`; remove it")
    return Choice(
        parts=() if entry.text is UNSET else _parts(entry.text, tables),
        call=None if entry.call is UNSET else _function(entry.call),
        extra=entry.with_,
        when=entry.when,
        unless=entry.unless,
        only=None if entry.only is UNSET else frozenset((*entry.only, STAR)),
        values={
            name: frozenset(value.lower() for value in values) for name, values in entry.is_.items()
        },
    )


def _function(name: str) -> Function:
    if name not in FUNCTIONS:
        raise RuleError(f"unknown function {name!r}; use one of {', '.join(sorted(FUNCTIONS))}")
    return FUNCTIONS[name]


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
        raise RuleError(f"{name!r} after a colon is not a filter or table; use one of {known}")
    table = tables[name]
    return lambda value, _: table.get(value.lower())
