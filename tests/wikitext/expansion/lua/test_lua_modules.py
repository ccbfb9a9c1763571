"""Calls of modules: as in MediaWiki, within limits, and without a way out of the sandbox."""

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip("lupa.lua51")

from cstool.execution.cpu_limit import TookTooLong, at_most
from cstool.wikitext.expansion.budget import Budget
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.evaluate import Expander
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from cstool.wikitext.expansion.lua.version import lua_version
from cstool.wikitext.markers import HOLE, HOLE_END, NOTHING
from tests.wikitext.expansion.lua.test_libraries import _ENGLISH

_FOLDER = Path(__file__).parent
_PAGES = json.loads((_FOLDER / "calls_pages.json").read_text(encoding="utf-8"))
_CALLS = [json.loads(line) for line in (_FOLDER / "calls.jsonl").open(encoding="utf-8")]
_ERROR = "<ERR>"


class _Pages:
    """Definitions of templates and modules by full title."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def find(self, title: str) -> Definition | None:
        text = self._texts.get(title)
        if text is None:
            return None
        is_json = title.endswith(".json")
        module = "json" if is_json else "Scribunto"
        return Definition(title, text, None, module if title.startswith("Module:") else "wikitext")

    def exists(self, title: str) -> bool:
        return title in self._texts


def _expander(bodies: Mapping[str, str], **pages: str) -> Expander:
    """Return an expander of a wiki with Module:T, which has functions with these bodies."""
    functions = "".join(f"function p.{name}(frame)\n{body}\nend\n" for name, body in bodies.items())
    texts = {"Module:T": f"local p = {{}}\n{functions}return p", **pages}
    definitions = _Pages(texts)
    return Expander(_ENGLISH, definitions, LuaModules(_ENGLISH, definitions))


def _output(body: str, arguments: str = "", **pages: str) -> str:
    """Return what a function with this body gives for arguments (`|a|b=c`)."""
    call = f"{{{{#invoke:T|run{arguments}}}}}"
    return _expander({"run": body}, **pages).expand(call, "Page/sub", starts_line=False)


def _hole(name: str) -> str:
    return f"{HOLE}{name}{HOLE_END}"


@pytest.fixture(scope="module")
def calls() -> Expander:
    bodies = {f"c{number}": case["body"] for number, case in enumerate(_CALLS)}
    return _expander(bodies, **_PAGES)


@pytest.mark.parametrize("number", range(len(_CALLS)))
def test_output_is_that_of_mediawiki(calls: Expander, number: int) -> None:
    case = _CALLS[number]
    call = f"{{{{#invoke:T|c{number}{case['arguments']}}}}}"
    text = calls.expand(call, "Some page/sub", starts_line=True)
    shown = re.sub(f"{HOLE}script error[^{HOLE_END}]*{HOLE_END}", _ERROR, text)
    assert shown == case["text"]


# Limits -----------------------------------------------------------------------------------------

_INSTRUCTIONS = {
    "loop": "while true do end",
    "caught": "while true do pcall(function() while true do end end) end",
    "handler": "return xpcall(error, function() while true do end end)",
    "handler_of_limit": "return xpcall(function() while true do end end, function() error() end)",
    "tail_call": "local function f() return f() end return f()",
    "shown": "return setmetatable({}, {__tostring = function() while true do end end})",
    "empty_text": "return string.rep('', 1e15)",
    "patterns": "return string.find(string.rep('a', 5000), string.rep('.-', 30) .. 'b')",
    "options": "local s = string.rep('a', 30) return string.find(s, string.rep('a?', 30) .. s)",
    "replaced": "return string.gsub(string.rep('a', 9000), 'a*a*a*b', '')",
    "balanced": "for _ in string.gmatch(string.rep('(', 1e5), '%b()') do end",
    "set": "return string.match(string.rep('x', 1e5), '[' .. string.rep('a', 1e5) .. ']')",
    "unicode": "return mw.ustring.find(string.rep('ä', 3000), string.rep('.-', 20) .. 'b')",
    "inserted": "local t = {} for i = 1, 1e6 do table.insert(t, 1, i) end",
    "sorted": "local t = {} for i = 1, 1e5 do t[i] = -i end while true do table.sort(t) end",
    "missing": "while true do pcall(require, 'Module:Missing') end",
    "data": "while true do pcall(mw.loadData, 'Module:Missing') end",
    "itself": "return require('Module:T').i_itself(frame)",
}
_MEMORY = {
    "text": "local s = 'x' while true do s = s .. s end",
    "text_caught": "local s = 'x' while true do pcall(function() s = s .. s end) end",
    "tables": "local t = {} while true do t[#t + 1] = {} end",
    "repeated": "return string.rep('x', 1e9)",
    "joined": "local s, t = string.rep('x', 1e6), {} for i = 1, 1e3 do t[i] = s end "
    "return table.concat(t)",
}
_LIMITED = {
    **{f"i_{k}": v for k, v in _INSTRUCTIONS.items()},
    **{f"m_{k}": v for k, v in _MEMORY.items()},
}


@pytest.fixture(scope="module")
def hostile() -> Expander:
    return _expander(_LIMITED)


@pytest.mark.parametrize("name", _LIMITED)
def test_a_call_ends_at_a_limit(hostile: Expander, name: str) -> None:
    limit = "Lua instructions" if name.startswith("i_") else "Lua memory"
    budget = Budget(steps=60_000)
    text = hostile.expand(f"{{{{#invoke:T|{name}}}}}", "Page", starts_line=True, budget=budget)
    assert text == _hole(f"{limit} limit: #invoke:t")


@pytest.mark.parametrize(
    "body",
    [
        "local function f() return 1 + f() end return f()",
        "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]",
        "return unpack({}, 1, 1e8)",
        "local h = mw.html.create('div') h:node(h) return tostring(h)",
        "local t = {} for i = 1, 1e5 do t = {t} end return mw.clone(t)",
        "return mw.text.jsonDecode(string.rep('[', 1e5))",
        "error(setmetatable({}, {__tostring = function() while true do end end}))",
        "while true do frame = frame:newChild({title = 'X'}) end",
    ],
)
def test_an_error_of_the_module_is_a_hole(body: str) -> None:
    assert _output(body) == _hole("script error: module:t")


def test_an_error_is_seen_by_iferror() -> None:
    expander = _expander({"run": "error('x')"})
    text = expander.expand("{{#iferror:{{#invoke:T|run}}|bad|good}}", "Page", starts_line=False)
    assert text == "bad"


def test_what_a_call_costs_does_not_depend_on_earlier_calls() -> None:
    data = "return {" + ",".join(f"k{n} = {{{n}}}" for n in range(2000)) + "}"
    bodies = {
        "data": "return mw.loadData('Module:Data').k7[1]",
        "title": "return mw.title.new('Talk:A').subjectPageTitle.fullText",
        "text": "return #mw.text.split(mw.ustring.upper('ä, b, c'), '%s*,%s*')",
        "deep": "local function f() return 1 + f() end return tostring(pcall(f))",
        "tables": "local t = {} for i = 1, 2e4 do t[i] = {} end return #t",
    }

    def costs(names: list[str]) -> dict[str, int]:
        expander = _expander(bodies, **{"Module:Data": data})
        found = {}
        for name in names:
            budget = Budget()
            expander.expand(f"{{{{#invoke:T|{name}}}}}", "Page", starts_line=True, budget=budget)
            found[name] = budget.steps
        return found

    assert costs(list(bodies)) == costs(list(reversed(bodies)))


def test_a_signal_ends_a_loop() -> None:
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timers")
    expander = _expander({"run": "while true do pcall(function() while true do end end) end"})
    with pytest.raises(TookTooLong), at_most(0.05):
        for number in range(1000):
            expander.expand(f"{{{{#invoke:T|run|{number}}}}}", "Page", starts_line=True)
    assert _output("return 'x'") == "x"


# What is unknown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "return os.time()",
        "pcall(os.time) return 'text'",
        "xpcall(os.time, function() return 1 end) return 'text'",
        "while true do pcall(os.time) end",
        "table.sort({3, 2, 1}, function(a, b) os.time() return a < b end) return 'text'",
        "pcall(string.gsub, 'abc', '.', function() os.time() end) return 'text'",
        "local t = setmetatable({}, {__index = function() os.time() end}) "
        "pcall(function() return t.x end) return 'text'",
    ],
)
def test_no_code_of_the_module_runs_after_something_unknown(body: str) -> None:
    assert "text" not in _output(body)
    assert HOLE in _output(body)


def test_an_unknown_argument_costs_nothing_if_it_is_not_read() -> None:
    assert _output("return frame.args[2]", "|{{Missing}}|b") == "b"
    assert _output("return frame.args[1]", "|{{Missing}}|b") == _hole("missing")


def test_an_unknown_call_within_a_module_is_a_hole_there() -> None:
    pages = {"Template:T": "{{#if:{{{1|}}}|{{#invoke:T|now}}|none}}"}
    expander = _expander(
        {
            "now": "return os.time()",
            "some": "return frame:expandTemplate{title = 'T'}",
            "all": "return 'a' .. frame:expandTemplate{title = 'T', args = {'x'}}",
        },
        **pages,
    )
    assert expander.expand("{{#invoke:T|some}}", "Page", starts_line=False) == "none"
    assert expander.expand("{{#invoke:T|all}}", "Page", starts_line=False) == _hole("os.time")


def test_a_missing_module_is_a_hole() -> None:
    text = _expander({}).expand("{{#invoke:Y|run}}", "Page", starts_line=False)
    assert text == _hole("module:y")


def test_marks_of_removed_text_pass_through_a_module() -> None:
    assert _output("return frame.args[1] .. '.'", f"|a{NOTHING}") == f"a{NOTHING}."
    assert _output("return mw.text.killMarkers(frame.args[1])", f"|a{NOTHING}b") == "ab"


def test_a_module_cannot_make_marks() -> None:
    assert _output("return string.char(4, 49, 5, 1, 2, 3, 0)") == "\ufffd1" + "\ufffd" * 5


@pytest.mark.parametrize(
    "body",
    [
        "return tostring(mw.title.new('\\255\\254'))",
        "return tostring(mw.title.makeTitle(2^53, 'x'))",
        "return tostring(mw.title.new('x', 0 / 0))",
        "return frame:preprocess('\\255{{lc:\\255}}')",
        "return frame:preprocess(string.rep('{', 5000))",
        "return frame:expandTemplate{title = '\\0|{{'}",
        "return frame:callParserFunction('\\255', {1})",
        "return frame:callParserFunction{name = '#if', args = {[2^53] = 'x', [''] = 'y'}}",
        "return tostring(frame.args[0 / 0]) .. tostring(frame.args[{}])",
        "return mw.text.jsonEncode({['\\255'] = 1})",
        "return tostring(mw.text.jsonDecode('\"\\\\ud800\"'))",
        "return mw.text.decode('&#xFFFFFFFFFFF;&#55296;')",
        "return mw.language.new('en'):formatNum(0 / 0)",
        "return mw.message.new('\\255'):plain()",
        "return os.time{year = 1e15, month = 1e15, day = 1e15}",
        "return tostring(os.date('!*t', -2^62))",
        "return mw.ustring.sub('äö', 0 / 0)",
    ],
)
def test_arguments_of_any_kind_give_a_text_or_a_hole(body: str) -> None:
    assert _output(body).encode()


# Isolation --------------------------------------------------------------------------------------


def test_nothing_reaches_outside_of_lua() -> None:
    names = (
        "io os.execute os.getenv os.exit os.remove debug.getinfo debug.sethook debug.getregistry "
        "load loadstring loadfile dofile python coroutine collectgarbage newproxy getfenv setfenv "
        "string.dump package.loadlib package.cpath module print"
    )
    for name in names.split():
        table, _, field = name.rpartition(".")
        expression = f"{table or '_G'}.{field}"
        assert _output(f"return tostring({expression})") == "nil", name
    assert _output("return tostring(getmetatable(''))") == "nil"
    assert _output("return tostring(getmetatable(os.time))") == "nil"


def test_a_module_cannot_change_what_another_call_gets() -> None:
    expander = _expander(
        {
            "spoil": "for _, t in pairs({string, table, math, mw, mw.text, mw.title, _G}) do "
            "for k in next, t do t[k] = nil end end return 'done'",
            "html": "getmetatable(mw.html.create()).__index.wikitext = nil return 'done'",
            "title": "mw.title.new('A') mw.site.namespaces[0].name = 'x' return 'done'",
            "use": "return ('x'):upper() .. tostring(mw.html.create():wikitext(' y ')):match('y') "
            ".. mw.site.namespaces[0].name",
        }
    )
    # The last argument makes calls different, because outputs of calls are kept.
    for number, name in enumerate(("use", "spoil", "html", "title", "use")):
        text = "Xy" if name == "use" else "done"
        call = f"{{{{#invoke:T|{name}|{number}}}}}"
        assert expander.expand(call, "Page", starts_line=False) == text


def test_data_that_depends_on_the_page_is_not_kept() -> None:
    expander = _expander(
        {"run": "return mw.loadData('Module:Data').title"},
        **{"Module:Data": "return {title = mw.title.getCurrentTitle().text}"},
    )
    for page in ("A", "B"):
        assert expander.expand("{{#invoke:T|run}}", page, starts_line=False) == page


def test_data_is_read_only_and_loaded_once() -> None:
    data = {"Module:Data": "n = (n or 0) + 1 return {{1}, n = n}"}
    body = "local d = mw.loadData('Module:Data') return tostring(pcall(function() d.n = 5 end))"
    assert _output(body + " .. mw.loadData('Module:Data').n .. #d[1]", **data) == "false10"


def test_dates_with_a_given_time_are_those_in_utc() -> None:
    assert _output("return os.date('%Y-%m-%d %H:%M', 0)") == "1970-01-01 00:00"
    assert _output("return os.time{year = 2000, month = 1, day = 1, hour = 0}") == "946684800"


def test_the_version_names_lua_and_our_files() -> None:
    assert re.fullmatch(r"lua 5\.1 \(lupa\), modules \d+ [0-9a-f]{12}", lua_version() or "")
