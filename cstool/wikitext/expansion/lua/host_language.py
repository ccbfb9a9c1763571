"""What `language.lua` needs of Python: names, letters, numbers, dates and words of languages."""

from collections.abc import Callable, Mapping

import msgspec

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.functions import language_names
from cstool.wikitext.expansion.functions.date_formats import formatted_date
from cstool.wikitext.expansion.functions.date_texts import UnreadableDateError, read_date
from cstool.wikitext.expansion.functions.language_forms import LanguageForms, site_forms
from cstool.wikitext.expansion.functions.messages import duration, message
from cstool.wikitext.expansion.functions.number_forms import formatted_number, read_number
from cstool.wikitext.expansion.functions.plural_rules import plural_form
from cstool.wikitext.expansion.functions.time_functions import in_unknown_zone
from cstool.wikitext.expansion.functions.word_forms import grammatical_form
from cstool.wikitext.expansion.lua.lua_values import Callback, LuaFaultError, text_of, unknown
from cstool.wikitext.titles import upper_first

_BAD_DATE = "bad argument #2 to 'formatDate' (not a valid timestamp)"
# First letters with small letters of their own (LanguageTr, LanguageKaa).
_LOWER_FIRST = {("tr", "I"): "ı", ("tr", "İ"): "i", ("kaa", "I"): "ı"}


def language_functions(site: Site) -> Mapping[str, Callback]:
    """Return the functions of `language.lua` in a wiki."""

    def forms(code: bytes) -> LanguageForms:
        # A setting of the wiki is for numbers in all languages.
        return site_forms(msgspec.structs.replace(site, language=text_of(code)))

    def format_number(code: bytes, number: bytes, plain: bool) -> str:
        found = formatted_number(text_of(number), forms(code), separators=not plain)
        if found is None:
            raise unknown("formatNum")
        return found

    def format_date(code: bytes, form: bytes, date: bytes, local: bool) -> str:
        return _format_date(text_of(form), text_of(date), text_of(code), forms(code), local=local)

    def format_duration(code: bytes, *flat: object) -> str:
        texts = list(map(text_of, flat))
        parts = zip(texts[::2], map(int, texts[1::2]), strict=True)
        found = duration(parts, text_of(code), forms(code))
        if found is None:
            raise unknown("formatDuration")
        return found

    return {
        "content": lambda: site.language,
        "unknown": _unknown,
        "format_duration": format_duration,
        "is_supported": lambda code: language_names.is_supported(text_of(code)),
        "is_known": lambda code: language_names.is_known(text_of(code)),
        "is_valid": lambda code: language_names.is_valid(text_of(code)),
        "is_valid_builtin": lambda code: language_names.is_valid_builtin(text_of(code)),
        "is_rtl": lambda code: forms(code).right_to_left,
        "bcp47": lambda code: language_names.bcp47(text_of(code)),
        "name": _name,
        "names": _names,
        "fallbacks": lambda code: " ".join(language_names.fallbacks(text_of(code))),
        "change_case": _change_case,
        "format_number": format_number,
        "parse_number": lambda code, text: read_number(text_of(text), forms(code)),
        "format_date": format_date,
        "plural": _plural,
        "grammar": _grammar,
    }


def message_functions(site: Site) -> Mapping[str, Callback]:
    """Return the functions of `message.lua` in a wiki."""
    format_number = language_functions(site)["format_number"]
    return {
        "unknown": _unknown,
        "message": lambda key, code: message(text_of(key), text_of(code)),
        "language": lambda: site.language,
        "format_number": lambda code, number: format_number(code, text_of(number).encode(), False),
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


def _format_date(form: str, date: str, language: str, forms: LanguageForms, *, local: bool) -> str:
    try:
        moment = read_date(date)
        if local:
            moment = in_unknown_zone(moment)
        return formatted_date(form, moment, language, forms)
    except UnreadableDateError as fault:
        if fault.invalid:
            raise LuaFaultError(_BAD_DATE) from None
    except (LookupError, OverflowError, ValueError):
        pass
    raise unknown("formatDate")


def _plural(code: bytes, number: float, *forms: bytes) -> str:
    value = int(number) if number == int(number) else number
    return plural_form(value, [text_of(form) for form in forms], text_of(code))


def _grammar(code: bytes, word: bytes, case: bytes) -> str:
    form = grammatical_form(text_of(word), text_of(case), text_of(code))
    if form is None:
        raise unknown("convertGrammar")
    return form
