"""What `text.lua` needs of Python: words of lists, character references, marks and JSON.

JSON as PHP reads and writes it: after Scribunto_LuaTextLibrary and FormatJson (REL1_39).
"""

import json
import re
from collections.abc import Callable, Mapping
from html.entities import html5
from typing import Any

from cstool.wikitext.expansion.functions.messages import message
from cstool.wikitext.expansion.lua.lua_values import Callback, LuaFaultError, lua_text, text_of
from cstool.wikitext.markers import BLOCK, NOTHING, unprotect

PRESERVE_KEYS, TRY_FIXING, PRETTY = 1, 2, 4

_MARKS = re.compile(f"{re.escape(BLOCK)}|{NOTHING}")
# A string, or a comma before the end of an array or object.
_COMMA_AT_END = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=[ \t\r\n]*[}\]])', re.DOTALL)
_BREAKS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029"})
_DEEPEST = 512
_WHOLE = 2.0**53

# Makes a table of Lua from keys and values that follow each other.
TableMaker = Callable[..., object]


def text_functions(language: Callable[[], str], table: TableMaker) -> Mapping[str, Callback]:
    """Return the functions of `text.lua`; `language` returns the wiki's."""
    return {
        "separator": lambda name: message(text_of(name), language()),
        "entity": lambda name: html5.get(f"{text_of(name)};"),
        "without_marks": lambda text: _MARKS.sub("", text_of(text)),
        "without_nowiki": lambda text: unprotect(text_of(text)),
        "json_encode": json_encode,
        "json_decode": lambda text, flags: json_decode(text_of(text), int(flags), table),
    }


# JSON -------------------------------------------------------------------------------------------


def json_encode(value: Any, flags: float) -> str:
    """Return a value of Lua as JSON; tables with keys 1, 2, … are arrays."""
    plain = _plain(value, keeps_keys=bool(int(flags) & PRESERVE_KEYS))
    return _written(plain, "\n" if int(flags) & PRETTY else "")


def _written(value: Any, line: str) -> str:
    """Return a value as PHP writes it; `line`: a line break and the indentation, "" for none."""
    if isinstance(value, float):
        return _float(value)
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False).translate(_BREAKS)
    inner = line and line + "    "
    items = [
        _written(item, inner) for item in (value.values() if isinstance(value, dict) else value)
    ]
    if isinstance(value, dict):
        names = [_written(name, "") + (": " if line else ":") for name in value]
        items = [name + item for name, item in zip(names, items, strict=True)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not items:
        return opening + closing
    return opening + inner + ("," + inner).join(items) + line + closing


def _float(value: float) -> str:
    mantissa, has_exponent, exponent = repr(value).partition("e")
    if not has_exponent:
        return mantissa
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{int(exponent):+d}"


def _plain(value: Any, *, keeps_keys: bool) -> Any:
    """Return a value of Lua as Python's `json` takes it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise LuaFaultError("mw.text.jsonEncode: Unable to encode value") from None
    items = {_key(key): _plain(item, keeps_keys=keeps_keys) for key, item in value.items()}
    if not keeps_keys:
        items = dict(sorted(items.items(), key=lambda item: _php_rank(item[0])))
    first = 0 if keeps_keys else 1
    if list(items) == list(range(first, first + len(items))):
        return list(items.values())
    return {str(key): item for key, item in items.items()}


def _php_rank(key: object) -> float:
    """Return a key as PHP's ksort with SORT_NUMERIC compares it."""
    if isinstance(key, int):
        return key
    found = re.match(r"[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", str(key))
    return float(found[1]) if found else 0.0


def _number(value: float) -> float:
    return int(value) if value == int(value) and abs(value) < _WHOLE else value


def _key(key: Any) -> int | str:
    """Return a key as that of an array of PHP."""
    if isinstance(key, bytes):
        text = key.decode("utf-8", "replace")
        return int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text) else text
    return int(key) if key == int(key) else text_of(float(key))


def json_decode(text: str, flags: int, table: TableMaker) -> object:
    """Return JSON as a value of Lua; arrays begin at 1, with PRESERVE_KEYS at 0.

    Raises LuaFaultError.
    """
    if flags & TRY_FIXING:
        text = _COMMA_AT_END.sub(lambda match: match[1] or "", text)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise LuaFaultError("mw.text.jsonDecode: Syntax error") from None
    return to_lua(value, table, keeps_keys=bool(flags & PRESERVE_KEYS))


def _no_constant(name: str) -> object:
    raise ValueError(name)


def to_lua(value: Any, table: TableMaker, *, keeps_keys: bool = False, depth: int = 0) -> object:
    """Return a value of JSON as one of Lua. Raises LuaFaultError if it is too deep."""
    if depth > _DEEPEST:
        raise LuaFaultError("mw.text.jsonDecode: Maximum stack depth exceeded")
    if isinstance(value, str):
        return lua_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) >= _WHOLE else value
    if isinstance(value, dict):
        items = {_php_key(key): item for key, item in value.items()}
    elif isinstance(value, list):
        items = dict(enumerate(value))
    else:
        return value
    shift = 0
    if not keeps_keys and list(items) == list(range(len(items))):
        shift = 1
    result: Any = table()
    for key, item in items.items():
        name = key + shift if isinstance(key, int) else lua_text(key)
        result[name] = to_lua(item, table, keeps_keys=keeps_keys, depth=depth + 1)
    return result


def _php_key(key: str) -> int | str:
    return int(key) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", key) else key
