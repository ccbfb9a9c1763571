"""Compare the expansion of random templates with MediaWiki's.

Usage: python -m scripts.fuzz.templates --mediawiki DIR/LocalSettings.php [--cases 10000]
           [--seed 0] [--kinds braces,brackets,tags,programs,modules] [--show 5] [--save FILE]

The MediaWiki must have the extensions ParserFunctions, Scribunto and Cite. Each case is a page and
its templates (`template_cases.py`). Where our output has a hole, MediaWiki's may have any text.
Prints the numbers of equal and different outputs of each kind, and the first differences. `--save`
writes short cases of each kind with MediaWiki's output, as JSON Lines, without the module.
"""

import argparse
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import mwparserfromhell

from cstool.dumps.xml import Site
from cstool.wikitext.expansion.budget import Budget, BudgetExceededError, hole
from cstool.wikitext.expansion.definitions import Definition
from cstool.wikitext.expansion.delimiters import delimiters
from cstool.wikitext.expansion.evaluation import Evaluation, resources_of
from cstool.wikitext.expansion.inclusion import REMOVED, preprocessed, transcluded
from cstool.wikitext.expansion.lua.lua_modules import LuaModules
from cstool.wikitext.markers import BLOCK, HOLE, HOLE_END, NOTHING
from scripts.fuzz.template_cases import CASES, MODULE_TITLE, Case, case_of

# Of the saved cases: the characters of each, and the number of each kind.
_SHORT = 500
_SAVED = 80
PHP = Path(__file__).with_name("expand_templates.php")
_NAMESPACES = ((0, ""), (2, "User"), (4, "Project"), (10, "Template"), (828, "Module"))
SITE = Site("enwiki", "en", "first-letter", _NAMESPACES)
# White space beside unknown text may be trimmed with it.
_HOLE = re.compile(rf"\s*(?:{HOLE}[^{HOLE_END}]*{HOLE_END}\s*)+")
# What matches any text, if MediaWiki's tags are not replaced: tags that are left may pair.
_MARK = re.compile(
    rf"\s*{HOLE}[^{HOLE_END}]*{HOLE_END}\s*|{BLOCK}|{NOTHING}[^{NOTHING}]*[\x0e-\x1f]+[^{NOTHING}]*{NOTHING}"
    f"|{NOTHING}"
)
_ERROR = re.compile(r'<(span|strong) class="error">.*?</\1>')
# Inclusion tags that are left are text.
_INCLUSION = re.compile(r"<(/?(?:noinclude|includeonly|onlyinclude))", re.IGNORECASE)
HOLES = re.compile(f"{HOLE}([^{HOLE_END}]*)")
_REDIRECT = re.compile(r"#REDIRECT \[\[([^\]]*)\]\]")


class Pages:
    """The definitions of a case."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def find(self, title: str) -> Definition | None:
        """Return a page."""
        text = self._pages.get(title)
        if text is None:
            return None
        redirect = _REDIRECT.match(text)
        model = "Scribunto" if title.startswith("Module:") else "wikitext"
        return Definition(title, text, redirect[1] if redirect else None, model)

    def exists(self, title: str) -> bool:
        """Return whether there is a page with this title."""
        return title in self._pages


def ours(case: Case) -> str:
    """Return our expansion of a case, with the braces that are left and error messages."""
    pages = Pages(case.pages)
    evaluation = Evaluation(resources_of(SITE, pages, LuaModules(SITE, pages)), Budget())
    try:
        return evaluation.page_text(preprocessed(case.text), case.title, starts_line=False)
    except BudgetExceededError as fault:
        return hole(str(fault))


def theirs(cases: list[Case], settings: str) -> list[str | None]:
    """Return MediaWiki's expansions, None for errors."""
    lines = "".join(json.dumps(case._asdict()) + "\n" for case in cases)
    done = subprocess.run(
        ["php", str(PHP)],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MW_CONFIG_FILE": settings},
    )
    return [json.loads(line).get("text") for line in done.stdout.splitlines()]


def agree(mine: str, other: str) -> bool:
    """Return whether MediaWiki's text is ours, with any text for our holes."""
    mine, other = _comparable(mine), _comparable(other)
    return any(
        re.fullmatch(r"\s*.*?\s*".join(map(re.escape, pattern.split(mine))), text, re.DOTALL)
        for pattern, text in ((_HOLE, preprocessed(other).replace(REMOVED, "")), (_MARK, other))
    )


def _comparable(text: str) -> str:
    return _INCLUSION.sub(r"&lt;\1", _ERROR.sub("", text))


def library_differs(text: str) -> bool:
    """Return whether mwparserfromhell alone finds other calls and arguments in a text than we do.

    Ours are those of MediaWiki if all outputs are equal.
    """
    text = transcluded(text).replace(REMOVED, "")
    code = mwparserfromhell.parse(text, skip_style_tags=True)
    found = [*code.filter_templates(), *code.filter_arguments()]
    opened: list[int] = []
    mine: list[str] = []
    for item in delimiters(text):
        if text[item.start] == "{":
            opened.append(item.start)
        elif text[item.start] == "}":
            mine.append(text[opened.pop() : item.end])
    return sorted(mine) != sorted(map(str, found))


def main() -> None:
    """Make cases, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mediawiki", required=True)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(CASES))
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    kinds = arguments.kinds.split(",")
    random = Random(arguments.seed)
    cases = [
        (kind, case_of(kind, random))
        for kind in kinds
        for _ in range(arguments.cases // len(kinds))
    ]
    answers = theirs([case for _, case in cases], arguments.mediawiki)
    outcomes: Counter[tuple[str, str]] = Counter()
    shown: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    saved: list[str] = []
    for (kind, case), answer in zip(cases, answers, strict=True):
        mine = ours(case)
        if answer is None:
            outcome = "error of MediaWiki"
        elif not agree(mine, answer):
            outcome = "different"
        else:
            outcome = "equal but for holes" if HOLE in mine else "equal"
            pages = {name: text for name, text in case.pages.items() if name != MODULE_TITLE}
            line = json.dumps(
                {"kind": kind, "text": case.text, "pages": pages, "expanded": answer},
                ensure_ascii=False,
            )
            if len(line) <= _SHORT and "{{" in case.text and kept[kind] < _SAVED:
                kept[kind] += 1
                saved.append(line)
        outcomes[kind, outcome] += 1
        if outcome == "different" and shown[kind] < arguments.show:
            shown[kind] += 1
            print(f"--- {kind}\ntext:   {case.text!r}\npages:  {case.pages!r}")
            print(f"ours:   {mine!r}\ntheirs: {answer!r}")
    for (kind, outcome), count in sorted(outcomes.items()):
        print(f"{kind}: {outcome}: {count:,}")
    texts = {text for _, case in cases for text in case.pages.values()}
    others = sum(map(library_differs, texts))
    print(f"mwparserfromhell alone: {others:,} of {len(texts):,} templates have other calls")
    if arguments.save:
        arguments.save.write_text("".join(f"{line}\n" for line in saved), encoding="utf-8")


if __name__ == "__main__":
    main()
