"""A Lua interpreter with the libraries of modules, and limits on what a call may use.

Limits count instructions, so that they are the same on every machine. Memory is measured: a call
that uses much is repeated in a new interpreter (`lua_modules`), where the measure depends on the
call alone.
"""

from collections.abc import Mapping
from typing import Any

from cstool.wikitext.expansion.lua.lua_values import (
    Callback,
    LuaFaultError,
    UnknownError,
    lua_text,
)
from cstool.wikitext.expansion.lua.version import lupa, sources

# Kilobytes that a call may add to the interpreter's memory; above this it is repeated.
MUCH_MEMORY = 16 << 10
# The same when it is repeated, and the sum of the memory in use at the ends of garbage collections,
# of which large strings that are made and dropped cause many.
MOST_MEMORY = 64 << 10
MOST_CHURN = 4 << 20
# Bytes beyond the limit, which Lua can allocate between two checks before an allocation fails.
_RESERVE = 64 << 20
# Bytes that must be free while values are passed: a failure there would block the process.
_FREE = 8 << 20

_KERNEL = ("kernel", "limits", "basics", "data", "strings", "byte_patterns")


class Interpreter:
    """An interpreter; `kernel` and `libraries` are functions that Lua calls, by name.

    `libraries` are loaded in their order. Raises RuntimeError if lupa is not installed.
    """

    def __init__(
        self, kernel: Mapping[str, Callback], libraries: Mapping[str, Mapping[str, Callback]]
    ) -> None:
        lua = lupa()
        if lua is None:
            raise RuntimeError("lupa is not installed")
        self._memory_error: type[BaseException] = lua.LuaMemoryError
        self._error: type[BaseException] = lua.LuaError
        self._lua = lua.LuaRuntime(
            encoding=None,
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_no_attribute,
            max_memory=0,
        )
        self.mark = ""
        self.failure: BaseException | None = None
        # After an overflow, the stack may grow deeper than before.
        self.is_used_up = False
        self._most = 0
        host = self._table(kernel)
        host[b"tick"] = self._tick
        files = sources()
        code = self._lua.table_from({name.encode(): files[name] for name in _KERNEL})
        self._kernel = self._lua.execute(files["kernel"], host, code)
        for name, source in files.items():
            if name not in libraries and name not in _KERNEL:
                self._kernel[b"declare"](name.encode(), source)
        for name, functions in libraries.items():
            table = self._table(functions, is_lenient=name != "frame")
            self._kernel[b"add"](name.encode(), files[name], table)
        self._begin, self._finish = self._kernel[b"begin"], self._kernel[b"finish"]
        self._invoke, self._reason = self._kernel[b"invoke"], self._kernel[b"reason"]
        self._continue = self._kernel[b"continue"]
        self.table = self._kernel[b"table"]

    def _table(self, functions: Mapping[str, Callback], *, is_lenient: bool = False) -> Any:
        guarded = {k: self._guarded(f, is_lenient=is_lenient) for k, f in functions.items()}
        return self._lua.table_from({k.encode(): function for k, function in guarded.items()})

    @property
    def memory(self) -> int:
        """Bytes in use."""
        return int(self._lua.get_memory_used())

    def begin(self, instructions: int, *, repeats: bool) -> None:
        """Begin a call that is not part of another one.

        `repeats`: whether it is repeated in a new interpreter because it uses much memory.
        """
        memory = MOST_MEMORY if repeats else MUCH_MEMORY
        self.mark, self.failure = "", None
        self._begin(instructions, memory, MOST_CHURN if repeats else None)
        self._most = self.memory + (memory << 10) + _RESERVE
        self._lua.set_max_memory(self._most)

    def finish(self) -> int:
        """End it; return the instructions that are left."""
        self._most = 0
        self._lua.set_max_memory(0)
        left, overflowed = self._after_a_call(self._finish)
        self.is_used_up = self.is_used_up or bool(overflowed)
        return int(left)

    def invoke(
        self, title: str, function: str, current: int, parent: int | None
    ) -> tuple[bytes | None, str | None]:
        """Call a function of a module; return its text, or None and why there is none.

        The reason is "error" for errors of the module, or why the whole call has ended: "unknown"
        (see `mark`), "host" (see `failure`), or the name of a limit.
        """
        try:
            result = self._invoke(title.encode(), lua_text(function), current, parent)
        except self._memory_error:
            return None, "Lua memory"
        except self._error as fault:
            reason = self._after_a_call(self._reason)
            if reason is None and "not enough memory" in str(fault):
                reason = b"Lua memory"
            if "stack overflow" in str(fault):
                self.is_used_up = True
            return None, "error" if reason is None else reason.decode()
        if isinstance(result, bytes):
            return result, None
        return None, "error"

    def _after_a_call(self, function: Any) -> Any:
        """Return the result of a function of the kernel, during which a limit may be noticed."""
        try:
            return function()
        except self._error:
            return function()

    def resume(self) -> None:
        """Continue the outer call after a call within it ended as unknown."""
        self._continue()

    def _tick(self) -> bool:
        """Give Python the opportunity to handle signals."""
        return True

    def _is_full(self, size: int) -> bool:
        return bool(self._most) and self.memory + 2 * size + _FREE > self._most

    def _guarded(self, function: Callback, *, is_lenient: bool) -> Callback:
        """Return a function for Lua, which never raises.

        It returns True and values; False and a message; or None and why the call ends.
        `is_lenient`: whether arguments of the wrong kind are an error of the module.
        """
        bad = (ArithmeticError, LookupError, TypeError, ValueError) if is_lenient else ()

        def call(*arguments: Any) -> tuple[Any, ...]:
            if self._is_full(0):
                return None, b"Lua memory"
            try:
                result = function(*arguments)
                if type(result) is str:
                    result = lua_text(result)
                if type(result) is bytes and len(result) > 1 << 16 and self._is_full(len(result)):
                    return None, b"Lua memory"
            except LuaFaultError as fault:
                return False, str(fault).encode("utf-8", "replace")
            except UnknownError as fault:
                self.mark = str(fault)
                return None, b"unknown"
            except bad as fault:
                return False, f"bad argument ({type(fault).__name__})".encode()
            except BaseException as fault:  # noqa: BLE001 - raised again when Lua has returned
                self.failure = fault
                return None, b"host"
            return (True, *result) if type(result) is tuple else (True, result)

        return call


def _no_attribute(_object: object, _name: object, _is_setting: bool) -> object:
    raise AttributeError("no attribute of a Python object is accessible")
