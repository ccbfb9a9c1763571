"""Expand the calls of a page.

After Parser::braceSubstitution and Parser::argSubstitution (MediaWiki REL1_39).
"""

import re
import sys

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import Budget, BudgetExceededError, hole, plain_name
from cstool.wikitext.expansion.compiled_templates import Recent
from cstool.wikitext.expansion.definitions import Definitions
from cstool.wikitext.expansion.evaluation import Evaluation, resources_of
from cstool.wikitext.expansion.frames import Modules
from cstool.wikitext.scan import calls

# What a call may use of a page's budget.
CALL_STEPS = 400_000
CALL_OUTPUT = 1 << 20
# Characters of calls and of their output that are kept.
_KEPT = 4 << 20
# Python's frames for a hundred levels of evaluation, and those of the caller.
_PYTHON_FRAMES = 5_000

# An error message, as `#iferror` recognises it; the tag and the message are not longer.
_ERROR = re.compile(
    r'<(strong|span|p|div)(?=\s)[^<>]{0,200}?\sclass="(?:[^"<>]{0,100}\s)?error(?:\s[^"<>]{0,100})?"'
    r"[^<>]{0,200}>(.{0,500}?)</\1>",
    re.DOTALL,
)


class Expander:
    """Expands calls of a wiki's pages; keeps compiled templates and outputs, in bounded memory."""

    def __init__(
        self, site: Site, definitions: Definitions, modules: Modules | None = None
    ) -> None:
        self._resources = resources_of(site, definitions, modules)
        self._outputs: Recent[tuple[str, bool], tuple[str, int, int]] = Recent(_KEPT)
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _PYTHON_FRAMES))

    def expand(
        self, source: str, title: str, *, starts_line: bool, budget: Budget | None = None
    ) -> str:
        """Return what a call of a page shows, as wikitext without templates.

        `source`: the call, in which extension tags are already replaced by marks. `title`: the
        page's. `starts_line`: whether the call is at the start of a line. `budget`: what the page
        may still use, which is reduced. What is unknown is a hole.
        """
        budget = Budget() if budget is None else budget
        key = source, starts_line
        known = self._outputs.get(key)
        if known and known[1] <= budget.steps and known[2] <= budget.output:
            text, steps, output = known
        else:
            steps, output = min(budget.steps, CALL_STEPS), min(budget.output, CALL_OUTPUT)
            evaluation = Evaluation(self._resources, Budget(steps, output))
            text, complete = _evaluated(source, title, evaluation, starts_line=starts_line)
            if complete:
                steps -= evaluation.budget.steps
                output -= evaluation.budget.output
                if not evaluation.page_is_read:
                    weight = len(source) + len(text) + 200
                    self._outputs.put(key, (text, steps, output), weight)
        budget.steps -= steps
        budget.output -= output
        return text


def _evaluated(
    source: str, title: str, evaluation: Evaluation, *, starts_line: bool
) -> tuple[str, bool]:
    """Return the text of a call, and whether it stayed within its limits."""
    try:
        text = evaluation.page_text(source, title, starts_line=starts_line)
    except BudgetExceededError as fault:
        return hole(f"{fault.limit} limit: {_name(source)}"), False
    except RecursionError:
        return hole(f"depth limit: {_name(source)}"), False
    return _finished(text), True


def _name(source: str) -> str:
    return plain_name(source.strip("{}").partition("|")[0])


def _named(message: re.Match[str]) -> str:
    """Return a hole with the name of an error message, or of the limit in it."""
    return hole(plain_name(message[2]))


def _finished(text: str) -> str:
    """Return expanded text in which error messages and braces that are left are holes."""
    if "error" in text:
        text = _ERROR.sub(_named, text)
    if "{{" not in text:
        return text
    out: list[str] = []
    at = 0
    for start, end, braces in calls(text):
        inner = text[start:end]
        name = "parameter" if braces == 3 else _name(inner)
        out += (text[at:start], hole(name or "call"))
        at = end
    out.append(text[at:])
    return "".join(out)
