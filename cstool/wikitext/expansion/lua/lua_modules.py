"""Run Lua modules for `#invoke`, in one interpreter per process.

After Scribunto (REL1_39), ScribuntoHooks::invokeHook and Scribunto_LuaEngine.
"""

import re
import unicodedata

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import BudgetExceededError, hole, plain_name
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.frames import Frame
from cstool.wikitext.expansion.functions.outcomes import error
from cstool.wikitext.expansion.lua.host_frame import LuaFrames
from cstool.wikitext.expansion.lua.host_wikibase import NoWikibase, Wikibase
from cstool.wikitext.expansion.lua.interpreter import Interpreter
from cstool.wikitext.expansion.lua.library_hosts import kernel_functions, library_functions

# Instructions of Lua that count as a step of the budget.
INSTRUCTIONS_PER_STEP = 100
# Characters that no text has, except marks of removed and protected text.
_CONTROL = re.compile("[\x00-\x05\x08\x0b\x0c\x18-\x1f]")
# An interpreter that uses more bytes after a call is replaced.
_LARGEST = 256 << 20


class LuaModules:
    """Runs the modules of a wiki (see `frames.Modules`), with what is known of Wikidata."""

    def __init__(
        self, site: Site, definitions: Definitions, wikibase: Wikibase | None = None
    ) -> None:
        self._site = site
        self._definitions = definitions
        self._wikibase = wikibase or NoWikibase()
        self._frames = LuaFrames()
        self._interpreter: Interpreter | None = None

    def invoke(self, frame: Frame, module: str, function: str) -> str:
        """Return the output of a function of a module.

        An error of the module is an error message, something unknown a hole. Raises
        BudgetExceededError, and what expanding an argument or a template raises.
        """
        if self._definitions.find(module) is None:
            return hole(plain_name(module))
        if self._frames.depth:
            return self._inner(frame, module, function)
        try:
            return self._outer(frame, module, function)
        finally:
            used = self._interpreter
            if used and (used.is_used_up or used.memory > _LARGEST):
                self._interpreter = None

    def _outer(self, frame: Frame, module: str, function: str) -> str:
        """Return the output of a call that no module contains."""
        budget = frame.budget
        before = budget.steps, budget.output
        text, reason = self._counted(frame, module, function, repeats=False)
        if reason == "Lua memory":
            budget.steps, budget.output = before
            self._interpreter = None
            text, reason = self._counted(frame, module, function, repeats=True)
        return self._finished(text, reason, module)

    def _counted(
        self, frame: Frame, module: str, function: str, *, repeats: bool
    ) -> tuple[bytes | None, str | None]:
        if self._interpreter is None:
            self._interpreter = self._made()
        interpreter = self._interpreter
        instructions = max(frame.budget.steps, 0) * INSTRUCTIONS_PER_STEP
        interpreter.begin(instructions, repeats=repeats)
        try:
            result = self._called(frame, module, function)
        except BaseException:
            self._interpreter = None  # a signal may have come while Lua ran
            raise
        left = interpreter.finish()
        if result[1] != "Lua memory":
            frame.budget.step(-(-(instructions - max(left, 0)) // INSTRUCTIONS_PER_STEP))
        return result

    def _inner(self, frame: Frame, module: str, function: str) -> str:
        """Return the output of a call that is expanded for a module."""
        assert self._interpreter is not None
        text, reason = self._called(frame, module, function)
        output = self._finished(text, reason, module)
        if reason == "unknown":
            self._interpreter.resume()
        return output

    def _called(self, frame: Frame, module: str, function: str) -> tuple[bytes | None, str | None]:
        assert self._interpreter is not None
        current, parent = self._frames.enter(frame)
        try:
            return self._interpreter.invoke(module, function, current, parent)
        finally:
            self._frames.leave()

    def _finished(self, text: bytes | None, reason: str | None, module: str) -> str:
        assert self._interpreter is not None or reason == "Lua memory"
        if text is not None:
            return _clean(text)
        if reason == "error":
            return error(f"script error: {module}")
        if reason == "unknown" and self._interpreter:
            return self._interpreter.mark
        if reason == "host" and self._interpreter and self._interpreter.failure:
            raise self._interpreter.failure
        raise BudgetExceededError(reason or "Lua")

    def _made(self) -> Interpreter:
        return Interpreter(
            kernel_functions(self._site, self._definitions, self._frames, self._table),
            library_functions(
                self._site, self._definitions, self._frames, self._wikibase, self._table
            ),
        )

    def _table(self, *items: object) -> object:
        assert self._interpreter is not None
        return self._interpreter.table(*items)


def _clean(output: bytes) -> str:
    """Return the text of a module's output: valid UTF-8 in form NFC (UtfNormal's Validator)."""
    text = _CONTROL.sub("\ufffd", output.decode("utf-8", "replace"))
    return text if text.isascii() else unicodedata.normalize("NFC", text)
