"""Expressions of Lua and what Scribunto's libraries make of them.

    python -m scripts.check.lua_cases COMMAND FILE.tsv…

writes the second column of each file anew. COMMAND reads lines of JSON with `title`, `text` and
`pages` (wikitext by title), and writes such lines with the preprocessed `text`; it runs MediaWiki
with Scribunto. Each line of a file is an expression, a tab and its values.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

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


def by_mediawiki(command: str, expressions: Sequence[str], size: int = 100) -> list[str]:
    """Return the values of expressions in MediaWiki.

    Raises ValueError if it does not return a line for each.
    """
    batches = [expressions[i : i + size] for i in range(0, len(expressions), size)]
    lines = "".join(
        json.dumps({"title": "T", "text": "{{#invoke:X|run}}", "pages": {"Module:X": module(b)}})
        + "\n"
        for b in batches
    )
    done = subprocess.run(
        command, shell=True, input=lines, capture_output=True, text=True, check=True
    )
    answers: list[str] = []
    for batch, line in zip(batches, done.stdout.splitlines(), strict=True):
        values = json.loads(line)["text"].split("\n")
        if len(values) != len(batch):
            raise ValueError(f"{line[:300]}\nin the batch of {batch[0]}")
        answers += values
    return answers


def read_cases(path: Path) -> list[tuple[str, str]]:
    """Return the expressions and values of a file."""
    rows = path.read_text(encoding="utf-8").splitlines()
    return [(e, v) for e, _, v in (row.partition("\t") for row in rows)]


def main(command: str, files: Iterable[str]) -> None:
    """Write the values of the expressions in files."""
    for name in files:
        path = Path(name)
        expressions = [e for e, _ in read_cases(path)]
        values = by_mediawiki(command, expressions)
        rows = [f"{e}\t{v}\n" for e, v in zip(expressions, values, strict=True)]
        path.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
