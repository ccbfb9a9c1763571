"""Functions of texts and titles: `padleft`, `urlencode`, `#titleparts`, `fullurl`, `#tag`…

After MediaWiki's CoreParserFunctions and its extension ParserFunctions (REL1_39).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from html import escape
from string import ascii_uppercase
from urllib.parse import unquote_plus

from cstool.wikitext.character_references import decode_entities
from cstool.wikitext.expansion.budget import hole
from cstool.wikitext.expansion.frames import Argument, Frame, Function
from cstool.wikitext.expansion.full_titles import (
    made_title,
    namespace_name,
    namespace_number,
    parsed_title,
)
from cstool.wikitext.expansion.functions.escapes import (
    encoded_attribute,
    title_in_url,
    url_path,
    url_query,
    wikipedia_host,
)
from cstool.wikitext.expansion.functions.option_words import is_word
from cstool.wikitext.expansion.functions.outcomes import (
    error,
    of_texts,
    trimmed,
    unknown_in,
    unmarked,
)
from cstool.wikitext.expansion.functions.php_values import integer
from cstool.wikitext.expansion.inclusion import preprocessed
from cstool.wikitext.extension_tags import extension_names
from cstool.wikitext.titles import FILE, MEDIA, spaced

_SMALL = {ord(letter): letter.lower() for letter in ascii_uppercase}
_LONGEST_PADDED = 500
_MOST_PARTS = 25


def _pad(text: str, length: str, padding: str) -> str:
    padding = unmarked(padding)
    missing = min(integer(length), _LONGEST_PADDED) - len(text)
    if not padding or missing <= 0:
        return ""
    return (padding * (missing // len(padding) + 1))[:missing]


def _padleft(_: Frame, text: str = "", length: str = "0", padding: str = "0") -> str:
    return _pad(text, length, padding) + text


def _padright(_: Frame, text: str = "", length: str = "0", padding: str = "0") -> str:
    return text + _pad(text, length, padding)


def _urlencode(frame: Frame, text: str = "", kind: str = "") -> str:
    text = unmarked(text)
    if is_word(kind, "url_wiki", frame.site.language):
        return title_in_url(text)
    return (url_path if is_word(kind, "url_path", frame.site.language) else url_query)(text)


def _anchorencode(_: Frame, text: str = "") -> str:
    text = unmarked(text)
    text = re.sub(r"\[\[:?([^\[|]+)\|([^\[]+)\]\]", r"\2", text)
    text = re.sub(r"\[\[:?([^\[]+?)\|?\]\]", r"\1", text)
    text = re.sub(r"\[(?:https?:)?//([^ ]+?) ([^\[]+)\]", r"\2", text)
    text = re.sub("<[^>]*>", "", re.sub("'{2,}", "", text))
    text = re.sub("[\u200e\u200f\u202a-\u202e]", "", decode_entities(re.sub("[ _]+", " ", text)))
    text = re.sub("[\t\n\f\r ]", "_", spaced(unicodedata.normalize("NFC", text)).strip())
    return encoded_attribute(re.sub("%([0-9a-fA-F]{2})", r"%25\1", text))


def _titleparts(frame: Frame, text: str = "", count: str = "", first: str = "") -> str:
    title = parsed_title(text, frame.site)
    if title is None:
        return text
    parts = title.full.split("/", _MOST_PARTS - 1)
    start = integer(first)
    start -= start > 0
    start = max(start + len(parts), 0) if start < 0 else start
    number = integer(count)
    if number == 0:
        return "/".join(parts[start:])
    return "/".join(parts[start:number] if number < 0 else parts[start : start + number])


def _rel2abs(frame: Frame, path: str = "", base: str = "") -> str:
    base = base or frame.page
    path = path.rstrip(" /")
    if path in ("", "."):
        return base
    if not path.startswith(("/", "./", "../")) and path != "..":
        base = ""
    full = re.sub("/(?:\\./)+", "/", f"/{base}/{path}/")
    full = re.sub("/{2,}", "/", full).strip("/")
    parts: list[str] = []
    for part in full.split("/"):
        if part == ".." and not parts:
            return error(f'Error: Invalid depth in path: "{full}"')
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _ns(frame: Frame, text: str = "") -> str:
    number = integer(text)
    if number or text in ("", "0"):
        return namespace_name(number, frame.site)
    found = namespace_number(text, frame.site)
    return hole("NS") if found is None else namespace_name(found, frame.site)


def _nse(frame: Frame, text: str = "") -> str:
    name = _ns(frame, text)
    return unknown_in(name) or title_in_url(name)


def _url(prefix: Callable[[Frame], str | None]) -> Callable[..., str]:
    def function(frame: Frame, text: str = "", query: str | None = None) -> str:
        start = prefix(frame)
        title = parsed_title(text, frame.site) or parsed_title(unquote_plus(text), frame.site)
        if title is None or title.interwiki or start is None:
            return hole("FULLURL")
        if title.namespace == MEDIA:
            title = made_title(FILE, title.text, frame.site)
        name = title_in_url(title.full)
        fragment = f"#{title.fragment.replace(' ', '_')}" if title.fragment else ""
        if query in (None, ""):
            return f"{start}/wiki/{name}{fragment}"
        query = str(query).replace("\n", "_") if start else query  # as PHP's parse_url does
        return f"{start}/w/index.php?title={name}&{query}{fragment}"

    return function


def _host(frame: Frame) -> str | None:
    host = wikipedia_host(frame.site)
    return f"//{host}" if host else None


def _canonical_host(frame: Frame) -> str | None:
    host = _host(frame)
    return f"https:{host}" if host else None


def _escaped(function: Callable[..., str]) -> Callable[..., str]:
    def escaped(frame: Frame, *texts: str) -> str:
        address = function(frame, *texts)
        return unknown_in(address) or _attribute(address)

    return escaped


def _bidi(_: Frame, text: str = "") -> str:
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return f"\u202a{text}\u202c"
        if kind in ("R", "AL"):
            return f"\u202b{text}\u202c"
    return text


def _attribute(text: str) -> str:
    """Return a text as PHP's htmlspecialchars does with ENT_COMPAT."""
    return escape(text, quote=False).replace('"', "&quot;")


def _tag(frame: Frame, arguments: Sequence[Argument]) -> str:
    """Return an HTML element, or what an extension's tag shows, whose text is an argument."""
    name = trimmed(arguments, 0).translate(_SMALL)
    if not arguments or unknown_in(name):
        return unknown_in(name) or ""
    attributes: dict[str, str] = {}
    for argument in arguments[2:]:
        key = argument.name()
        if key is not None:
            value = argument.value().strip()
            quoted = re.fullmatch("[\"'](.+)[\"']|\"\"|''", value, re.DOTALL)
            value = (quoted[1] or "") if quoted else value
            attributes[escape(key.strip()).replace("&#x27;", "&#039;")] = _attribute(value)
    shown = (f' {key}="{value}"' for key, value in attributes.items())
    tag = f"<{name}{''.join(shown)}"
    element = f"{tag}>{arguments[1].whole()}</{name}>" if len(arguments) > 1 else f"{tag}/>"
    return preprocessed(element) if name in extension_names() else element


_URLS = {
    "localurl": _url(lambda _: ""),
    "fullurl": _url(_host),
    "canonicalurl": _url(_canonical_host),
}
FUNCTIONS: Mapping[str, Function] = {
    "padleft": of_texts(_padleft, 3),
    "padright": of_texts(_padright, 3),
    "urlencode": of_texts(_urlencode, 2, "lost"),
    "anchorencode": of_texts(_anchorencode, 1, "lost"),
    "titleparts": of_texts(_titleparts, 3),
    "rel2abs": of_texts(_rel2abs, 2),
    "ns": of_texts(_ns, 1),
    "nse": of_texts(_nse, 1),
    "bidi": of_texts(_bidi, 1),
    "tag": _tag,
    **{id_: of_texts(function, 2) for id_, function in _URLS.items()},
    **{f"{id_}e": of_texts(_escaped(function), 2) for id_, function in _URLS.items()},
}
