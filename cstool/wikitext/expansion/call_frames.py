"""Frames and arguments of calls while they are evaluated.

After PPFrame_Hash, PPTemplateFrame_Hash and PPNode_Hash_Tree::splitArg (MediaWiki REL1_39).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import Budget
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.frames import PHP_SPACE
from cstool.wikitext.expansion.programs import CallPart, Program

# The arguments of a call by name: programs, and whether their texts are trimmed.
Parts = Mapping[str, tuple[Program, bool]]


class Evaluator(Protocol):
    """Evaluates the programs of a call of a page."""

    site: Site
    definitions: Definitions
    budget: Budget
    page_is_read: bool

    def run(self, program: Program, frame: "CallFrame") -> str:
        """Return the text of a program. Raises BudgetExceededError."""

    def expand_text(self, text: str, frame: "CallFrame") -> str:
        """Return wikitext of a page with its calls and arguments expanded."""

    def call_template(self, name: str, parts: "Parts", frame: "CallFrame") -> str:
        """Return what a template shows, called in a frame."""

    def call_function(
        self, name: str, arguments: "Sequence[CallArgument]", frame: "CallFrame"
    ) -> str:
        """Return the output of a parser function."""


class CallFrame:
    """A page, or a call of a template or module in it (see `frames.Frame`).

    `chain`: the titles of the templates that are being expanded. Arguments are expanded in the
    frame of the caller when they are first needed.
    """

    __slots__ = ("_evaluation", "_page", "_parts", "_texts", "chain", "parent", "title")

    def __init__(
        self,
        evaluation: Evaluator,
        title: str,
        page: str,
        parent: "CallFrame | None",
        parts: Parts,
        chain: tuple[str, ...] = (),
    ) -> None:
        self._evaluation = evaluation
        self._page = page
        self._parts = parts
        self._texts: dict[str, str] = {}
        self.title = title
        self.parent = parent
        self.chain = chain

    @property
    def page(self) -> str:
        """The full title of the page that is read."""
        self._evaluation.page_is_read = True
        return self._page

    @property
    def site(self) -> Site:
        """The wiki."""
        return self._evaluation.site

    @property
    def definitions(self) -> Definitions:
        """The wiki's templates and modules."""
        return self._evaluation.definitions

    @property
    def budget(self) -> Budget:
        """What the page's call may still use."""
        return self._evaluation.budget

    def child(self, title: str, parts: Parts) -> "CallFrame":
        """Return the frame of a call in this one; each part is a program and whether to trim it."""
        return CallFrame(self._evaluation, title, self._page, self, parts, (*self.chain, title))

    def argument(self, name: str) -> str | None:
        """Return an argument, expanded, None if the call lacks it."""
        text = self._texts.get(name)
        if text is not None:
            return text
        part = self._parts.get(name)
        if part is None:
            return None
        program, trims = part
        if type(program) is str:
            text = program
        else:
            assert self.parent is not None, "a page has no arguments"
            text = self._evaluation.run(program, self.parent)
        if trims:
            text = text.strip(PHP_SPACE)
        self._texts[name] = text
        return text

    def arguments(self) -> Mapping[str, str]:
        """Return all arguments, expanded: numbered ones by decimal number, in the call's order."""
        return {name: self.argument(name) or "" for name in self._parts}

    def expand(self, text: str) -> str:
        """Return wikitext with its templates and arguments expanded in this frame."""
        return self._evaluation.expand_text(text, self)

    def call_template(self, title: str, arguments: Mapping[str, str]) -> str:
        """Return what a template shows for these arguments, which are already expanded."""
        parts: dict[str, tuple[Program, bool]] = {
            name: (text, not is_number(name)) for name, text in arguments.items()
        }
        return self._evaluation.call_template(title, parts, self)

    def call_function(
        self, name: str, arguments: Sequence[str], named: Mapping[str, str] | None = None
    ) -> str:
        """Return the output of a parser function (`#if`, in English) for expanded arguments."""
        given = [CallArgument(self, CallPart(None, text)) for text in arguments]
        given += [CallArgument(self, CallPart(key, text)) for key, text in (named or {}).items()]
        return self._evaluation.call_function(name, given, self)


def is_number(name: str) -> bool:
    """Return whether a name is that of a numbered argument (an integer key of a PHP array)."""
    return name.isascii() and name.isdecimal() and (name == "0" or name[0] != "0")


class CallArgument:
    """An argument of a parser function (see `frames.Argument`)."""

    __slots__ = ("_frame", "_name", "_part", "_value")

    def __init__(self, frame: CallFrame, part: CallPart) -> None:
        self._frame = frame
        self._part = part
        self._name: str | None = None
        self._value: str | None = None

    def whole(self) -> str:
        """Return the expanded text, with a name and its `=`."""
        return self.value() if self._part.name is None else f"{self.name()}={self.value()}"

    def name(self) -> str | None:
        """Return the expanded text before the first `=`, None if there is no `=`."""
        if self._part.name is None:
            return None
        if self._name is None:
            self._name = self._frame._evaluation.run(self._part.name, self._frame)
        return self._name

    def value(self) -> str:
        """Return the expanded text after the first `=`, or the whole without one."""
        if self._value is None:
            self._value = self._frame._evaluation.run(self._part.value, self._frame)
        return self._value
