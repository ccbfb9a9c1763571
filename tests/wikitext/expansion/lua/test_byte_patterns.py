"""Patterns that Lua itself matches give what Lua's string library gives."""

import random
from typing import Any

import pytest

pytest.importorskip("lupa.lua51")

from cstool.wikitext.expansion.lua.version import lupa, sources

_PIECES = [
    *("a", "b", "ab", ".", "%a", "%d", "%s", "%w", "%S", "[ab]", "[^a]", "[a-c]", "[%a_]", "[]]"),
    *("[^]]", "%.", "%%", "(", ")", "()", "(a)", "(.)", "%1", "%2", "*", "+", "-", "?", "^", "$"),
    *("%b()", "%bxy", "%f[%a]", "%f[^%z]", "[", "]", "%", "(a*(.)%w(%s*))", "[a-]", "[%d-z]"),
]
_SUBJECT = [
    *("a", "b", "c", "ab", "(", ")", "()", " ", "1", "_", "aab", "x", "y", ".", "%", "é", "\0"),
]
_REPLACEMENTS = ["x", "%0", "%1", "[%0]", "%%", "%2"]
_SPECIAL = set("^$*+?.([%-")

_BOTH = """
local source = ...
local ours = loadstring(source)(function() end)
local function shown(ok, ...)
  if not ok then return "error" end
  local t = {}
  for i = 1, select("#", ...) do t[i] = type((select(i, ...))) .. tostring((select(i, ...))) end
  return table.concat(t, "|")
end
local function all(gmatch)
  return function(s, pattern)
    local t = {}
    for a, b in gmatch(s, pattern) do t[#t + 1] = tostring(a) .. "," .. tostring(b) end
    return table.concat(t, ";")
  end
end
return function(name, ...)
  if name == "gmatch" then
    return shown(pcall(all(string.gmatch), ...)), shown(pcall(all(ours.gmatch), ...))
  end
  return shown(pcall(string[name], ...)), shown(pcall(ours[name], ...))
end
"""


@pytest.fixture(scope="module")
def both() -> Any:
    lua = lupa()
    assert lua is not None
    runtime = lua.LuaRuntime(encoding=None)
    return runtime.execute(_BOTH.encode(), sources()["byte_patterns"])


@pytest.mark.parametrize("name", ["find", "match", "gmatch", "gsub"])
def test_patterns_match_as_in_lua(both: Any, name: str) -> None:
    choose = random.Random(name)
    for _ in range(4000):
        pattern = "".join(choose.choices(_PIECES, k=choose.randrange(1, 6)))
        subject = "".join(choose.choices(_SUBJECT, k=choose.randrange(10)))
        if name == "find" and not set(pattern) & _SPECIAL:
            continue  # Lua looks for the text itself.
        arguments = [subject.encode(), pattern.encode()]
        if name == "gsub":
            arguments += [choose.choice(_REPLACEMENTS).encode()]
        position = [choose.randrange(len(subject) + 1) + 1] if name in ("find", "match") else []
        theirs, ours = both(name.encode(), *arguments, *position)
        assert ours == theirs, (name, pattern, subject)
