"""Expressions of Lua and what Scribunto's libraries make of them.

    python -m scripts.check.lua_cases --mediawiki DIR/LocalSettings.php FILE.tsv…

writes the second column of each file again: a line is an expression, a tab and its values. The
MediaWiki needs the extension Scribunto; the language of the wiki is that of the settings.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from scripts.fuzz.template_cases import Case
from scripts.fuzz.templates import theirs

NAME = "Module:X"
CALL = "{{#invoke:X|run}}"

# Values as text in ASCII: `show(f)` is what f returns, "error" if it fails.
SHOW = r"""
local function text(value, depth)
  local kind = type(value)
  if kind == "string" then
    return '"' .. string.gsub(value, '[^ !#-%[%]-~]', function(character)
      return string.format("\\%03d", string.byte(character))
    end) .. '"'
  elseif kind == "number" then
    return string.format("%.14g", value)
  elseif kind == "table" and depth < 4 then
    local parts = {}
    for key, item in pairs(value) do
      if type(item) ~= "function" then
        parts[#parts + 1] = text(key, depth + 1) .. "=" .. text(item, depth + 1)
      end
    end
    table.sort(parts)
    return "{" .. table.concat(parts, ",") .. "}"
  elseif kind == "table" or kind == "function" then
    return kind
  end
  return tostring(value)
end
local function show(f)
  local function list(ok, ...)
    if not ok then return "error" end
    local parts = {}
    for number = 1, select("#", ...) do
      parts[number] = text((select(number, ...)), 0)
    end
    return table.concat(parts, " ")
  end
  return list(pcall(f))
end
"""


def module(expressions: Sequence[str]) -> str:
    """Return a module whose function `run` shows the values of expressions, one a line."""
    functions = "".join(f"cases[#cases+1] = function() return {e} end\n" for e in expressions)
    return (
        f"{SHOW}\nlocal cases, p = {{}}, {{}}\n{functions}\n"
        "function p.run()\n  local lines = {}\n"
        "  for number, case in ipairs(cases) do lines[number] = show(case) end\n"
        '  return table.concat(lines, "\\n")\nend\nreturn p\n'
    )


def by_mediawiki(settings: str, expressions: Sequence[str], size: int = 100) -> list[str]:
    """Return the values of expressions in MediaWiki.

    Raises ValueError if it does not return a line for each.
    """
    batches = [expressions[start : start + size] for start in range(0, len(expressions), size)]
    answers: list[str] = []
    for batch, text in zip(
        batches,
        theirs([Case(CALL, {NAME: module(batch)}) for batch in batches], settings),
        strict=True,
    ):
        values = (text or "").split("\n")
        if len(values) != len(batch):
            raise ValueError(f"{text}\nin the batch of {batch[0]}")
        answers += values
    return answers


class _Module:
    """The definitions of a wiki that has only one module."""

    def __init__(self, source: str) -> None:
        self._source = source

    def find(self, title: str) -> Definition | None:
        """Return the module."""
        if not self.exists(title):
            return None
        return Definition(title, self._source, None, "Scribunto")

    def exists(self, title: str) -> bool:
        """Return whether this is the module's title, in any language."""
        return title.endswith(":X")


def by_cstool(expressions: Sequence[str], site: Site, size: int = 100) -> list[str]:
    """Return the values of expressions in our libraries; a hole where they are unknown."""
    answers: list[str] = []
    for start in range(0, len(expressions), size):
        batch = expressions[start : start + size]
        definitions = _Module(module(batch))
        expander = Expander(site, definitions, LuaModules(site, definitions))
        values = expander.expand(CALL, "T", starts_line=True).split("\n")
        if len(values) == len(batch):
            answers += values
        elif len(batch) == 1:
            answers += ["\n".join(values)]
        else:
            answers += by_cstool(batch, site, 1)
    return answers


def read_cases(path: Path) -> list[tuple[str, str]]:
    """Return the expressions and values of a file."""
    rows = path.read_text(encoding="utf-8").splitlines()
    return [(e, v) for e, _, v in (row.partition("\t") for row in rows)]


def main() -> None:
    """Write the values of the expressions in files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mediawiki", required=True, metavar="SETTINGS")
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    for path in arguments.files:
        expressions = [expression for expression, _ in read_cases(path)]
        values = by_mediawiki(arguments.mediawiki, expressions)
        rows = [f"{e}\t{v}\n" for e, v in zip(expressions, values, strict=True)]
        path.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
