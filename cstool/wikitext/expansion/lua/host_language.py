"""What `language.lua` needs of Python: names, letters, numbers, dates and words of languages."""

from collections.abc import Callable, Mapping

from cstool.wikitext.expansion.functions.language_forms import forms_of
from cstool.wikitext.expansion.functions.number_forms import formatted_number, read_number
from cstool.wikitext.expansion.lua import language_names
from cstool.wikitext.expansion.lua.lua_values import Callback, text_of, unknown
from cstool.wikitext.titles import upper_first

# First letters with small letters of their own (LanguageTr, LanguageKaa).
_LOWER_FIRST = {("tr", "I"): "ı", ("tr", "İ"): "i", ("kaa", "I"): "ı"}


def language_functions(content: Callable[[], str]) -> Mapping[str, Callback]:
    """Return the functions of `language.lua`; `content` returns the wiki's language."""
    return {
        "content": content,
        "unknown": _unknown,
        "is_supported": lambda code: language_names.is_supported(text_of(code)),
        "is_known": lambda code: language_names.is_known(text_of(code)),
        "is_valid": lambda code: language_names.is_valid(text_of(code)),
        "is_valid_builtin": lambda code: language_names.is_valid_builtin(text_of(code)),
        "is_rtl": lambda code: forms_of(text_of(code)).right_to_left,
        "bcp47": lambda code: language_names.bcp47(text_of(code)),
        "name": _name,
        "names": _names,
        "fallbacks": lambda code: " ".join(language_names.fallbacks(text_of(code))),
        "change_case": _change_case,
        "format_number": _format_number,
        "parse_number": lambda code, text: read_number(text_of(text), text_of(code)),
        "format_date": _format_date,
        "plural": _plural,
        "grammar": _grammar,
    }


def _unknown(name: bytes) -> object:
    raise unknown(text_of(name))


def _name(code: bytes, in_language: bytes) -> str:
    found = language_names.name(text_of(code), text_of(in_language))
    if found is None:
        raise unknown("fetchLanguageName")
    return found


def _names(in_language: bytes, include: bytes) -> str:
    found = language_names.names(text_of(in_language), text_of(include))
    if found is None:
        raise unknown("fetchLanguageNames")
    return "".join(f"{code}\t{name}\n" for code, name in found.items())


def _change_case(code: bytes, kind: bytes, text: bytes) -> str:
    return _CASES[kind](text_of(text), text_of(code))


def _lower_first(text: str, language: str) -> str:
    return _LOWER_FIRST.get((language, text[:1]), text[:1].lower()) + text[1:]


_CASES: Mapping[bytes, Callable[[str, str], str]] = {
    b"lc": lambda text, _: text.lower(),
    b"uc": lambda text, _: text.upper(),
    b"caseFold": lambda text, _: text.upper(),
    b"lcfirst": _lower_first,
    b"ucfirst": upper_first,
}


def _format_number(code: bytes, number: bytes, plain: bool) -> str:
    found = formatted_number(text_of(number), text_of(code), separators=not plain)
    if found is None:
        raise unknown("formatNum")
    return found


def _format_date(code: bytes, form: bytes, date: bytes, local: bool) -> str:
    raise unknown("formatDate")


def _plural(code: bytes, number: bytes) -> int:
    raise unknown("plural")


def _grammar(code: bytes, word: bytes, case: bytes) -> str:
    raise unknown("grammar")
