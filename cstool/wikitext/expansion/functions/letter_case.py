"""Capital and small letters: `lc`, `uc`, `lcfirst`, `ucfirst`.

After Language::lc, uc, lcfirst and ucfirst (MediaWiki REL1_39), with the full case mapping of
Unicode (PHP 8.3, as on Wikimedia's servers). It does not depend on the language, except for the
first letter in languages with a dotless i.
"""

from collections.abc import Callable, Mapping

from cstool.wikitext.expansion.frames import Frame, Function
from cstool.wikitext.expansion.functions.outcomes import of_texts
from cstool.wikitext.titles import upper_first

# Languages whose small letters without a dot have a capital of their own (LanguageTr).
_DOTLESS = frozenset({"tr"})
_DOTLESS_PAIRS = {"I": "ı", "İ": "i"}
_DOTLESS_CAPITALS = {small: capital for capital, small in _DOTLESS_PAIRS.items()}


def _lc(_: Frame, text: str = "") -> str:
    return text.lower()


def _uc(_: Frame, text: str = "") -> str:
    return text.upper()


def _lcfirst(frame: Frame, text: str = "") -> str:
    if frame.site.language in _DOTLESS and text[:1] in _DOTLESS_PAIRS:
        return _DOTLESS_PAIRS[text[0]] + text[1:]
    return text[:1].lower() + text[1:]


def _ucfirst(frame: Frame, text: str = "") -> str:
    language = frame.site.language
    if language in _DOTLESS and text[:1] in _DOTLESS_CAPITALS:
        return _DOTLESS_CAPITALS[text[0]] + text[1:]
    return upper_first(text, language)


_TEXT_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "lc": _lc,
    "uc": _uc,
    "lcfirst": _lcfirst,
    "ucfirst": _ucfirst,
}
FUNCTIONS: Mapping[str, Function] = {
    id_: of_texts(function, 1, errors="lost" if id_ == "uc" else "kept")
    for id_, function in _TEXT_FUNCTIONS.items()
}
