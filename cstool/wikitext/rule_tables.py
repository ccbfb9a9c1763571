"""The rules for templates: which show nothing, and what others show.

Data: templates/; syntax: docs/templates.md. Rules are read from `any.toml`, the language's file and
the user's file, later ones overriding earlier ones; names without a rule are looked up among the
redirects between templates of the dump.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from cstool.errors import InputError
from cstool.wikitext.numbers import formatted
from cstool.wikitext.tables import of_language
from cstool.wikitext.template_rules import STAR, Rule, RuleError, converted, rule_of
from cstool.wikitext.titles import TEMPLATE

_SPACES = re.compile(r"[\s_]+")

Aliases = tuple[tuple[str, str], ...]

SILENT = Rule(())
# Separate instances: rules of equal content are distinguished by identity.
SHOWS_PICTURE = Rule(())
SHOWS_BLOCK = Rule(())
_NAMES_KEPT = 1 << 16
_REDIRECTS_FOLLOWED = 5
# no.wikipedia is in Bokmål, whichever of the two codes a dump gives.
_SAME_WIKI = {"no": "nb", "be-x-old": "be-tarask"}
# Prefixes of a template's name. {{subst:x}} and {{msgnw:x}} show braces, so they are not included
# (Parser::braceSubstitution).
_MODIFIERS = frozenset({"safesubst", "msg", "raw"})

_SHOWS_NOTHING = frozenset({"defaultsort", "displaytitle"})
_NUMBER = "formatnum"
_PAGE_WORDS = frozenset({"pagename", "fullpagename"})
_LITERAL = {"!": "|", "=": "="}
_WORDS = {_NUMBER, *_SHOWS_NOTHING, *_PAGE_WORDS, *_LITERAL}


_SECTIONS = (
    "silent", "silent_prefixes", "blocks", "block_prefixes", "pictures", "aliases", "text",
)  # fmt: skip


class RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    """The sections of a rule file."""

    silent: list[str] = []
    silent_prefixes: list[str] = []
    blocks: list[str] = []
    block_prefixes: list[str] = []
    pictures: list[str] = []
    aliases: dict[str, str] = {}
    tables: dict[str, Any] = {}
    text: dict[str, Any] = {}


class TemplateRules:
    """The rules of a wiki's language. Names are normalized as by `templates.call_name`.

    `render`: whether texts are used at all, or only empty ones. `aliases`: the dump's redirects
    between templates; `extra`: the text of the user's file; `prefixes`: further names of the
    namespace of templates, in lower case. Raises RuleError for errors in `extra`.

    `of_heads`: a cache, by the head of a call, of its name, and of what `find` returns for it.
    """

    def __init__(
        self,
        language: str,
        *,
        render: bool,
        aliases: Aliases = (),
        extra: str = "",
        prefixes: frozenset[str] = frozenset(),
    ) -> None:
        self.language = language
        self.render = render
        self._aliases = dict(aliases)
        self._found: dict[str, tuple[Rule, str] | None] = {}
        self.of_heads: dict[str, tuple[str, Rule | None, str]] = {}
        self._exact: dict[str, Rule | str] = {}
        self._patterns: list[tuple[re.Pattern[str], Rule]] = []
        self._load([_table("any"), _table(language), parsed(extra)], render=render)
        self._template = {
            name.lower()
            for number, name in of_language("namespaces.tsv", language)
            if int(number) == TEMPLATE
        }
        self._template |= _MODIFIERS | prefixes
        self._words = {
            word.lower().rstrip(":").replace("_", " "): id_
            for id_, word, _ in of_language("magicwords.tsv", language)
            if id_ in _WORDS
        }

    def _load(self, parts: list[RuleFile], *, render: bool) -> None:
        tables: dict[str, dict[str, str]] = {}
        for part in parts:
            for name, table in part.tables.items():
                tables[name] = tables.get(name, {}) | table
        for part in parts:
            exact: dict[str, Rule | str] = dict.fromkeys(part.silent, SILENT)
            exact |= dict.fromkeys(part.blocks, SHOWS_BLOCK)
            exact |= part.aliases
            patterns = [(pattern, SILENT) for pattern in _prefixes(part.silent_prefixes)]
            patterns += [(pattern, SHOWS_BLOCK) for pattern in _prefixes(part.block_prefixes)]
            for name in part.pictures if render else ():
                if _is_pattern(name):
                    patterns.append((_pattern(name), SHOWS_PICTURE))
                else:
                    exact[name] = SHOWS_PICTURE
            for name, value in part.text.items():
                try:
                    rule = rule_of(value, tables)
                except RuleError as fault:
                    raise RuleError(f"[text] {name!r}: {fault}") from fault
                if not render and not rule.may_show_nothing:
                    continue
                if _is_pattern(name):
                    patterns.append((_pattern(name), rule))
                else:
                    exact[name] = rule
            kept = {
                name: rule
                for name, rule in self._exact.items()
                if not any(pattern.match(name) for pattern, _ in patterns)
            }
            self._exact = kept | exact
            self._patterns = patterns + self._patterns

    def find(self, name: str) -> tuple[Rule, str] | None:
        """Return a template's rule and the text that its star matches.

        SILENT: it shows nothing; SHOWS_BLOCK: a block, which is no text and ends the line.

        None if the template is unknown.
        """
        if ":" in name:
            return self._find(name, _REDIRECTS_FOLLOWED)
        try:
            return self._found[name]
        except KeyError:
            pass
        if len(self._found) >= _NAMES_KEPT:
            self._found.clear()
        found = self._found[name] = self._find(name, _REDIRECTS_FOLLOWED)
        return found

    def _find(self, name: str, follow: int) -> tuple[Rule, str] | None:
        rule = self._exact.get(name)
        if isinstance(rule, Rule):
            return rule, ""
        if rule is None:
            for pattern, known in self._patterns:
                match = pattern.match(name)
                if match:
                    return known, match[1] if pattern.groups else ""
            rule = self._aliases.get(name)
        if rule is None:
            prefix, colon, rest = name.partition(":")
            prefix = prefix.strip()
            if not colon:
                return None
            if self._words.get(prefix) in _SHOWS_NOTHING or name.startswith("#tag:ref"):
                return SILENT, ""
            rule = rest.strip() if prefix in self._template else ""
        return self._find(rule, follow - 1) if rule and follow else None

    def names(self) -> Mapping[str, Rule | str]:
        """Return the templates named without a star: their rules, or the names they stand for."""
        return self._exact

    def word(self, name: str, title: str) -> str | None:
        """Return what a magic word without arguments shows, None if it is unknown."""
        word, colon, value = name.partition(":")
        id_ = self._words.get(word.strip() if colon else word)
        if id_ is None:
            return None
        if colon:
            return formatted(value.strip(), self.language) if id_ == _NUMBER else None
        if id_ in _PAGE_WORDS:
            return title
        return _LITERAL.get(id_)


def normal_name(name: str) -> str:
    """Return a template's name as in rules: lower case, single spaces."""
    return _SPACES.sub(" ", name).strip().lower()


def _is_pattern(name: str) -> bool:
    return name.count(STAR) == 1 and name != STAR


def _pattern(name: str) -> re.Pattern[str]:
    before, _, after = name.partition(STAR)
    return re.compile(rf"{re.escape(before)}(.+){re.escape(after)}\Z", re.DOTALL)


def _prefixes(prefixes: list[str]) -> list[re.Pattern[str]]:
    """Return a pattern for the whole words that begin the names of templates; or none."""
    words = "|".join(map(re.escape, prefixes))
    return [re.compile(rf"(?:{words})(?![^\W\d_])")] if words else []


@cache
def _table(language: str) -> RuleFile:
    """Return a language's data file ("any": the one for all languages); empty if it has none."""
    language = _SAME_WIKI.get(language, language)
    file = files("cstool.wikitext") / "data" / "templates" / f"{language}.toml"
    return parsed(file.read_text("utf-8")) if file.is_file() else RuleFile()


def parsed(text: str) -> RuleFile:
    """Return the sections of a rule file. Raises RuleError for an invalid file.

    The values in the section `text` are checked when they are converted to rules.
    """
    try:
        part: RuleFile = converted(tomllib.loads(text), RuleFile)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise RuleError(f"not valid TOML: {fault}") from fault
    for name, table in part.tables.items():
        converted(table, dict[str, str], f"[tables] {name!r}")
    for section in _SECTIONS:
        for name in getattr(part, section):
            _need_name(name, section)
    for target in part.aliases.values():
        _need_name(target, "aliases")
    return part


def _need_name(name: str, section: str) -> None:
    if not name or name != normal_name(name):
        hint = f"; write {normal_name(name)!r}" if name.strip() else ""
        raise RuleError(f"[{section}] {name!r} is not a template name in lower case{hint}")


def check_rules(text: str, origin: str, language: str) -> None:
    """Raise InputError, with the file `origin` and the template, for errors in rules."""
    if not text:
        return
    try:
        TemplateRules(language, render=True, extra=text)
    except RuleError as fault:
        raise InputError(f"{origin}: {fault}; see docs/templates.md") from fault


def aliases_of(redirects: Iterable[tuple[str, str]], rules: TemplateRules) -> Aliases:
    """Return the redirects between templates that lead to a template that `rules` know, sorted.

    `redirects`: pairs of full titles (`Template:Cvt`, `Template:Convert`), as the dump has them.
    that differ only in case and lead to different templates are left out.
    """
    targets: dict[str, str] = {}
    for title, target in redirects:
        name, aim = (normal_name(full.partition(":")[2]) for full in (title, target))
        if rules.find(name) is None and name != aim:
            targets[name] = "" if targets.get(name, aim) != aim else aim
    ends = {name: _end(name, targets, rules) for name in targets}
    return tuple(sorted((name, end) for name, end in ends.items() if end))


def _end(name: str, targets: Mapping[str, str], rules: TemplateRules) -> str:
    """Return the first name along a chain of redirects that the rules know, or ""."""
    for _ in range(_REDIRECTS_FOLLOWED):
        name = targets.get(name, "")
        if not name or rules.find(name) is not None:
            return name
    return ""


@cache
def rules_of(
    language: str,
    *,
    render: bool,
    aliases: Aliases = (),
    extra: str = "",
    prefixes: frozenset[str] = frozenset(),
) -> TemplateRules:
    """Return the rules of a language, cached per process; arguments as for `TemplateRules`."""
    return TemplateRules(language, render=render, aliases=aliases, extra=extra, prefixes=prefixes)
