"""Evaluate the programs of a page's call: arguments, magic words, functions and templates.

After PPFrame_Hash::expand, Parser::braceSubstitution and Parser::argSubstitution (MediaWiki
REL1_39). Unlike MediaWiki, a call whose name or the names of whose arguments are unknown is a
hole, and so is a template that does not exist.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import Budget, BudgetExceededError, hole, plain_name
from cstool.wikitext.expansion.call_frames import (
    CallArgument,
    CallFrame,
    Parts,
)
from cstool.wikitext.expansion.compiled_templates import CompiledTemplates, Recent
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.frames import PHP_SPACE, Modules
from cstool.wikitext.expansion.full_titles import parsed_title
from cstool.wikitext.expansion.functions import FUNCTIONS, VARIABLES
from cstool.wikitext.expansion.inclusion import preprocessed
from cstool.wikitext.expansion.magic_words import INVOKE, SUBST, MagicWords, magic_words
from cstool.wikitext.expansion.programs import (
    Call,
    CallPart,
    Parameter,
    Program,
    compiled,
)
from cstool.wikitext.markers import HOLE

# MediaWiki's limits: frames in frames ($wgMaxTemplateDepth), programs in programs
# ($wgMaxPPExpandDepth).
_MOST_FRAMES = 40
_DEEPEST = 100
# Characters that count as one step: of a text, and of one that a function may parse (`#expr`).
_A_STEP = 64
_A_STEP_READ = 8
_LISTS = ":;#*"
_RELATIVE = ("/", ".")
_MODULE = 828
# Characters of texts that modules expand whose programs are kept.
_TEXTS_KEPT = 4 << 20


def _failed(message: str) -> str:
    """Return an error message: `#iferror` recognises it, and other functions a hole in it."""
    return f'<span class="error">{hole(message)}</span>'


class Resources(NamedTuple):
    """What the evaluations of a wiki's calls share."""

    site: Site
    definitions: Definitions
    modules: Modules | None
    templates: CompiledTemplates
    words: MagicWords
    texts: Recent[str, Program]


def resources_of(site: Site, definitions: Definitions, modules: Modules | None) -> Resources:
    """Return what evaluations share, with nothing compiled yet."""
    templates = CompiledTemplates(site, definitions)
    words = magic_words(site.language)
    return Resources(site, definitions, modules, templates, words, Recent(_TEXTS_KEPT))


class Evaluation:
    """The evaluation of one call of a page, with its budget.

    `page_is_read`: whether the output depends on the page.
    """

    def __init__(self, resources: Resources, budget: Budget) -> None:
        self.site = resources.site
        self.definitions = resources.definitions
        self.budget = budget
        self.page_is_read = False
        self._resources = resources
        self._words = resources.words
        self._templates = resources.templates
        self._depth = 0

    def page_text(self, source: str, title: str, *, starts_line: bool) -> str:
        """Return wikitext of a page expanded; error messages and literal braces are left in it.

        Raises BudgetExceededError.
        """
        program = compiled(source, after_newline=starts_line)
        return self.run(program, CallFrame(self, title, title, None, {}))

    def run(self, program: Program, frame: CallFrame) -> str:
        """Return the text of a program. Raises BudgetExceededError."""
        if isinstance(program, str):
            return program
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BudgetExceededError("depth")
        try:
            out = []
            for node in program:
                if isinstance(node, str):
                    out.append(node)
                elif isinstance(node, Call):
                    out.append(self._called(node, frame))
                else:
                    out.append(self._parameter(node, frame))
        finally:
            self._depth -= 1
        text = "".join(out)
        self.budget.step(len(program) + len(text) // _A_STEP)
        return text

    def expand_text(self, text: str, frame: CallFrame) -> str:
        """Return wikitext of a page with its calls and arguments expanded."""
        program = self._resources.texts.get(text)
        if program is None:
            program = compiled(preprocessed(text))
            self._resources.texts.put(text, program, len(text) + 100)
        return self.run(program, frame)

    def call_template(self, name: str, parts: Parts, frame: CallFrame) -> str:
        """Return what a template shows, called in a frame."""
        template = self._templates.find(name)
        if template is None:
            return hole(plain_name(name))
        if len(frame.chain) >= _MOST_FRAMES:
            return _failed(f"depth limit: {plain_name(name)}")
        if template.title in frame.chain:
            return _failed(f"loop: {plain_name(name)}")
        if template.limit:
            return _failed(f"{template.limit} limit: {plain_name(name)}")
        text = self.run(template.program, frame.child(template.title, parts))
        self.budget.produce(len(text))
        return text

    def call_function(self, name: str, arguments: Sequence[CallArgument], frame: CallFrame) -> str:
        """Return the output of a parser function; a hole if there is none with this name."""
        id_ = self._words.functions.find(name)
        if id_ not in FUNCTIONS:
            return hole(plain_name(name))
        return self._applied(id_, arguments, frame)

    def _parameter(self, node: Parameter, frame: CallFrame) -> str:
        name = node.name if isinstance(node.name, str) else self.run(node.name, frame)
        if HOLE in name:
            return hole("argument with an unknown name")
        text = frame.argument(name.strip(PHP_SPACE))
        if text is not None:
            return text
        if node.default is None:
            return f"{{{{{{{name}}}}}}}"
        return self.run(node.default, frame)

    def _called(self, node: Call, frame: CallFrame) -> str:
        text = self._output(node, frame)
        if text and not node.starts_line and (text[0] in _LISTS or text.startswith("{|")):
            return "\n" + text
        return text

    def _output(self, node: Call, frame: CallFrame) -> str:
        title = node.title if isinstance(node.title, str) else self.run(node.title, frame)
        self.budget.step(len(node.parts) + len(title) // _A_STEP)
        name = title.strip(PHP_SPACE)
        head, colon, rest = name.partition(":")
        if HOLE in head:
            return hole("call with an unknown name")
        if colon and head.lower() in self._words.prefixes:
            name, unknown = self._words.without_prefixes(name)
            if unknown == SUBST:
                return self._literal(title, node.parts, frame)
            if unknown:
                return hole(unknown)
            head, colon, rest = name.partition(":")
        if colon:
            id_ = self._words.functions.find(head)
            if id_ == INVOKE:
                return self._module(rest.strip(PHP_SPACE), node.parts, frame)
            if id_:
                return self._function(id_, rest.strip(PHP_SPACE), node.parts, frame)
        elif not node.parts:
            id_ = self._words.variables.find(name)
            if id_:
                return VARIABLES[id_](frame)
        if HOLE in name:
            return hole("call with an unknown name")
        if name[:1] in _RELATIVE:
            name = self._absolute(name, frame)
        # With a colon, it may be a function of another extension.
        if not colon and self._templates.title_of(name) is None:
            return self._literal(title, node.parts, frame)
        parts = self._parts(node.parts, frame)
        return hole(plain_name(name)) if parts is None else self.call_template(name, parts, frame)

    def _absolute(self, name: str, frame: CallFrame) -> str:
        """Return the name that a name may be short for, in a namespace with subpages."""
        page = parsed_title(frame.page, self.site)
        return name if page is None else page.relative(name)

    def _literal(self, title: str, parts: Sequence[CallPart], frame: CallFrame) -> str:
        """Return a call that is none, as text: only what is inside it is expanded."""
        texts = [CallArgument(frame, part).whole() for part in parts]
        return f"{{{{{'|'.join((title, *texts))}}}}}"

    def _function(self, id_: str, first: str, parts: Sequence[CallPart], frame: CallFrame) -> str:
        self.budget.step(len(first) // _A_STEP_READ)
        arguments = [CallArgument(frame, CallPart(None, first))]
        arguments += [CallArgument(frame, part) for part in parts]
        return self._applied(id_, arguments, frame)

    def _applied(self, id_: str, arguments: Sequence[CallArgument], frame: CallFrame) -> str:
        self.budget.step()
        try:
            text = FUNCTIONS[id_](frame, arguments)
        except (ArithmeticError, ValueError):  # a number beyond those of Python
            return hole(id_)
        self.budget.produce(len(text))
        return text

    def _module(self, name: str, parts: Sequence[CallPart], frame: CallFrame) -> str:
        """Return the output of `#invoke`."""
        modules = self._resources.modules
        if modules is None or not parts:
            return hole("#invoke")
        function = CallArgument(frame, parts[0]).whole().strip(PHP_SPACE)
        title = parsed_title(name, self.site, _MODULE)
        given = self._parts(parts[1:], frame)
        if HOLE in name or HOLE in function or title is None or given is None:
            return hole("#invoke")
        text = modules.invoke(frame.child(title.full, given), title.full, function)
        self.budget.produce(len(text))
        return text

    def _parts(self, parts: Sequence[CallPart], frame: CallFrame) -> Parts | None:
        """Return the arguments of a call; None if a name is unknown. The last of a name counts."""
        found: dict[str, tuple[Program, bool]] = {}
        number = 0
        for name, value in parts:
            if name is None:
                number += 1
                found[str(number)] = value, False
            else:
                key = name if isinstance(name, str) else self.run(name, frame)
                if HOLE in key:
                    return None
                found[key.strip(PHP_SPACE)] = value, True
        return found
