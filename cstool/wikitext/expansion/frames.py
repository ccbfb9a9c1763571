"""What parser functions and modules know of the call that they are in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import Budget
from cstool.wikitext.expansion.definitions import Definitions

# White space around texts that are trimmed: that of PHP's trim.
PHP_SPACE = " \t\n\r\0\x0b"


class Frame(Protocol):
    """A page, or a call of a template or module in it (MediaWiki: PPFrame)."""

    @property
    def title(self) -> str:
        """The full title of the template or module, or of the page."""

    @property
    def page(self) -> str:
        """The full title of the page that is read."""

    @property
    def parent(self) -> "Frame | None":
        """The frame of the calling template, None for a page."""

    @property
    def site(self) -> Site:
        """The wiki."""

    @property
    def definitions(self) -> Definitions:
        """The wiki's templates and modules."""

    @property
    def budget(self) -> Budget:
        """What the page's call may still use."""

    def arguments(self) -> Mapping[str, str]:
        """Return all arguments, expanded: numbered ones by decimal number, in the call's order."""

    def argument(self, name: str) -> str | None:
        """Return an argument, expanded, None if the call lacks it."""

    def expand(self, text: str) -> str:
        """Return wikitext with its templates and arguments expanded in this frame."""

    def child(self, title: str, parts: Mapping[str, tuple[str, bool]]) -> "Frame":
        """Return the frame of a call in this one; each part is a text and whether to trim it."""

    def call_template(self, title: str, arguments: Mapping[str, str]) -> str:
        """Return what a template shows for these arguments, which are already expanded."""

    def call_function(
        self, name: str, arguments: Sequence[str], named: Mapping[str, str] | None = None
    ) -> str:
        """Return the output of a parser function (`#if`, in English) for expanded arguments.

        `named`: arguments with names, after the others.
        """


class Argument(Protocol):
    """An argument of a parser function, which is expanded only if its text is needed."""

    def whole(self) -> str:
        """Return the expanded text, with a name and its `=`."""

    def name(self) -> str | None:
        """Return the expanded text before the first `=`, None if there is no `=`."""

    def value(self) -> str:
        """Return the expanded text after the first `=`, or the whole without one."""


# A parser function; the first argument is the text after the colon. A magic word without arguments.
Function = Callable[[Frame, Sequence[Argument]], str]
Variable = Callable[[Frame], str]


class Modules(Protocol):
    """Runs Lua modules (MediaWiki's extension Scribunto)."""

    def invoke(self, frame: Frame, module: str, function: str) -> str:
        """Return the output of a function of a module; `module` is its full title.

        `frame` has the arguments of `#invoke` after the function's name; its parent is the frame of
        the template that contains the call.
        """
