"""Functions that Lua 5.1 does not call safely are found in compiled code."""

import pytest

pytest.importorskip("lupa.lua51")

from cstool.wikitext.expansion.lua.bytecode import is_safe
from cstool.wikitext.expansion.lua.version import lupa, sources
from tests.wikitext.expansion.lua.test_lua_modules import _output


def _dumped(source: bytes) -> bytes:
    lua = lupa()
    assert lua is not None
    runtime = lua.LuaRuntime(encoding=None)
    dump = runtime.execute(b"return function(s) return string.dump(assert(loadstring(s))) end")
    result = dump(source)
    assert isinstance(result, bytes)
    return result


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        (b"return ...", True),
        (b"local function f(a, b, c, ...) return {...} end return f", True),
        (b"local function f(a, b, c, d, e, f) return a end return f", True),
        (b"local function f(a, b, c, d, ...) return {...} end return f", False),
        (
            b"return {1.5, 'x', nil, true, function() return function(a, b, c, d, ...) end end}",
            False,
        ),
        (
            b"local x = function() end return function(a) return function() return a end end, x",
            True,
        ),
    ],
)
def test_parameters_before_others_are_counted(source: bytes, safe: bool) -> None:
    assert is_safe(_dumped(source)) == safe


def test_our_own_libraries_are_safe() -> None:
    assert all(is_safe(_dumped(source)) for source in sources().values())


def test_other_code_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not a chunk of Lua 5\.1"):
        is_safe(b"\x1bLuaR" + bytes(20))


def test_a_module_with_such_a_function_is_not_run() -> None:
    parameters = ", ".join(f"p{number}" for number in range(50))
    body = f"local function f({parameters}, ...) f(...) end return tostring(pcall(f, 17))"
    assert "module with many parameters before" in _output(body)
