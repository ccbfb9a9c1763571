"""Words in a wiki's language: `formatnum`, `plural`, `grammar`, `gender`, `int`, `#language`.

After MediaWiki's CoreParserFunctions and Language (REL1_39). Data: grammar.tsv.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Argument, Frame, Function
from cstool.wikitext.expansion.functions import language_names
from cstool.wikitext.expansion.functions.language_forms import site_forms
from cstool.wikitext.expansion.functions.messages import message
from cstool.wikitext.expansion.functions.number_forms import formatted_number, read_number
from cstool.wikitext.expansion.functions.option_words import is_word
from cstool.wikitext.expansion.functions.outcomes import of_texts, trimmed, unknown_in, unmarked
from cstool.wikitext.expansion.functions.php_values import leading_number
from cstool.wikitext.expansion.functions.plural_rules import plural_form
from cstool.wikitext.tables import rows

# Languages whose words MediaWiki changes in code (convertGrammar).
_UNKNOWN_GRAMMAR = frozenset(
    {"bs", "cu", "dsb", "fi", "ga", "hsb", "hu", "hy", "kaa", "kk", "ksh", "la", "os", "sl", "tyv"}
)
_RULES_REFERENCE = re.compile(r"\$([0-9])")
_PARAMETER = re.compile(r"\$([1-9])")


def _formatnum(frame: Frame, number: str = "", option: str = "") -> str:
    language, forms = frame.site.language, site_forms(frame.site)
    if option and is_word(option, "rawsuffix", language):
        return read_number(number, forms)
    separators = not (option and is_word(option, "nocommafysuffix", language))
    formatted = formatted_number(number, forms, separators=separators)
    return hole("FORMATNUM") if formatted is None else formatted


def _plural(frame: Frame, arguments: Sequence[Argument]) -> str:
    text = trimmed(arguments, 0)
    if unknown := unknown_in(text):
        return unknown
    number = read_number(text, site_forms(frame.site))
    value = int(number) if number.isascii() and number.isdigit() else float(leading_number(number))
    forms = [trimmed(arguments, index) for index in range(1, len(arguments))]
    return plural_form(value, forms, frame.site.language)


def _gender(frame: Frame, arguments: Sequence[Argument]) -> str:
    """Return the form for a user whose gender is unknown, as that of almost all users."""
    forms = [trimmed(arguments, index) for index in range(1, min(len(arguments), 4))]
    if not forms:
        return ""
    return forms[2] if len(forms) > 2 else forms[0]


def _int(frame: Frame, arguments: Sequence[Argument]) -> str:
    """Return an interface message, if it is one of the words between the items of lists."""
    name = trimmed(arguments, 0)
    if unknown := unknown_in(name):
        return unknown
    text = message(name[:1].lower() + name[1:].replace(" ", "_"), frame.site.language)
    if text is None or "{{" in text:
        return hole("INT")
    return _PARAMETER.sub(lambda match: trimmed(arguments, int(match[1])) or match[0], text)


def _grammar(frame: Frame, case: str = "", word: str = "") -> str:
    form = grammatical_form(unmarked(word), case, frame.site.language)
    return hole("GRAMMAR") if form is None else form


def grammatical_form(word: str, case: str, language: str) -> str | None:
    """Return a word in a grammatical case, None if that is unknown (Language::convertGrammar)."""
    if language in _UNKNOWN_GRAMMAR:
        return None
    for pattern, replacement in _grammar_rules(language).get(case, ()):
        if pattern.search(word):
            return pattern.sub(replacement, word)
    return word


@cache
def _grammar_rules(language: str) -> dict[str, list[tuple[re.Pattern[str], str]]]:
    rules: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for of, case, pattern, replacement in rows("grammar.tsv"):
        if of == language:
            # Only at the end, as in PCRE without a line break.
            compiled = re.compile(pattern.replace("$", r"\Z"))
            rules.setdefault(case, []).append(
                (compiled, _RULES_REFERENCE.sub(r"\\g<\1>", replacement))
            )
    return rules


def _language(_: Frame, code: str = "", into: str = "") -> str:
    name = language_names.name(code, into.lower())
    if name is None:
        return hole("#language")
    return name or language_names.bcp47(code)


FUNCTIONS: Mapping[str, Function] = {
    "formatnum": of_texts(_formatnum, 2),
    "plural": _plural,
    "gender": _gender,
    "int": _int,
    "grammar": of_texts(_grammar, 2),
    "language": of_texts(_language, 2),
}
