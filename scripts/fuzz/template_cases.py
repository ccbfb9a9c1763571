"""Random templates and pages that call them: braces, bars and tags of all kinds, in our own words.

`CASES` names the kinds of random text. A case is a page's wikitext and the pages that it needs.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

NAMES = ("A", "B", "C", "D", "Long name")


# A module whose functions use their frames in all ways.
MODULE = """
local p = {}
local function shown(args)
  local names = {}
  for name, value in pairs(args) do names[#names + 1] = tostring(name) .. "=" .. value end
  table.sort(names)
  return "(" .. table.concat(names, ";") .. ")"
end
function p.arguments(frame) return shown(frame.args) .. shown(frame:getParent().args) end
function p.first(frame) return frame.args[1] or frame:getParent().args.x or "none" end
function p.preprocess(frame)
  return frame:preprocess(frame.args[1] or "{{{1|}}} {{A|{{{x|y}}}}}")
end
function p.parent(frame) return frame:getParent():preprocess("{{{1|a}}}{{{x}}}{{B|{{{2|}}}}}") end
function p.template(frame)
  local args = { frame.args[1], x = frame.args.x, [3] = " z " }
  return frame:expandTemplate{ title = "A", args = args }
end
function p.call(frame)
  return frame:callParserFunction("#if", { frame.args[1] or "", "yes", "no" })
    .. frame:callParserFunction("#switch", frame.args[2] or "", "12=a", "b")
    .. frame:callParserFunction{ name = "lc", args = { frame.args.x or "X" } }
end
function p.titles(frame) return frame:getTitle() .. frame:getParent():getTitle() end
return p
"""
MODULE_TITLE = "Module:M"
_MODULE_FUNCTIONS = ("arguments", "first", "preprocess", "parent", "template", "call", "titles")


class Case(NamedTuple):
    """The wikitext of a page, further pages by title, and the page's title."""

    text: str
    pages: dict[str, str]
    title: str = "Some page"


_BRACES = ("{{", "}}", "{{{", "}}}", "|", "=", "A", "B", "1", "x", "{", "}", "{{A|", "{{{1|")
_BRACKETS = ("[[", "]]", "[", "]", "-{", "}-", "-", "[[x|", "[[[")
_LINES = ("\n", "\n=", "\n==", "==\n", "\n* ", "* ", "# ", ": ", "; ", "{|", "|}", "|-\n", " ")
_TAGS = (
    *("<!--", "-->", "<!-- c -->", "\n <!-- c --> \n", "<nowiki>", "</nowiki>", "<nowiki/>"),
    *("<ref>", "</ref>", '<ref name="x"/>', "<noinclude>", "</noinclude>", "<includeonly>"),
    *("</includeonly>", "<onlyinclude>", "</onlyinclude>", "<NOINCLUDE>", "<noinclude/>"),
    *("<includeonly />", "<b>", "</b>", "<pre>", "</pre>", "<", ">", "<ref", "</ noinclude>"),
)


def _soup(random: Random, *pieces: tuple[str, ...]) -> str:
    """Return random pieces: mostly of the first kind, which has the braces."""
    chosen = random.choice(pieces)
    return "".join(
        random.choice(pieces[0] if random.random() < 0.6 else random.choice(pieces))
        for _ in range(random.randint(1, 4 + len(chosen)))
    )


def braces(random: Random) -> str:
    """Return braces, bars and equals signs in any order."""
    return _soup(random, _BRACES)


def brackets(random: Random) -> str:
    """Return braces among links, variants, headings and lists."""
    return _soup(random, _BRACES, _BRACKETS, _LINES)


def tags(random: Random) -> str:
    """Return braces among comments, extension tags and inclusion tags."""
    return _soup(random, _BRACES, _TAGS, _LINES)


_WORDS = (
    "red",
    "Blue",
    "12",
    "-3.5",
    "",
    " ",
    "ä",
    "Straße",
    "1e3",
    "no",
    "[[Rome|city]]",
    "''i''",
)


def text(random: Random, depth: int = 0) -> str:
    """Return well-formed wikitext with calls, arguments and functions in each other."""
    return "".join(_node(random, depth) for _ in range(random.choice((0, 1, 1, 1, 2, 3))))


def _node(random: Random, depth: int) -> str:
    if depth > 4 or random.random() < 0.35:
        return random.choice(_WORDS)
    return random.choice(_NODES)(random, depth + 1)


def _space(random: Random) -> str:
    return random.choice(("", "", "", " ", "\n", "<!-- c -->", " <!-- c -->\n"))


def _parameter(random: Random, depth: int) -> str:
    name = random.choice(("1", "2", "3", "x", "y", "", " x ", text(random, depth + 2)))
    default = random.choice(("", "|", f"|{text(random, depth)}", f"|a=b{text(random, depth)}|c"))
    return f"{{{{{{{name}{default}}}}}}}"


def _parts(random: Random, depth: int) -> str:
    out = []
    for _ in range(random.randint(0, 4)):
        space = _space(random)
        name = random.choice(("", "", "1=", "2 =", "x=", " y = ", "=", f"{text(random, depth)}="))
        out.append(f"|{space}{name}{_space(random)}{text(random, depth)}{space}")
    return "".join(out)


def _call(random: Random, depth: int) -> str:
    name = random.choice((*NAMES, *NAMES, "a", "long_name", "Template:A", "template: B", ":C"))
    if random.random() < 0.1:
        name = text(random, depth)
    return f"{{{{{_space(random)}{name}{_space(random)}{_parts(random, depth)}}}}}"


def _choice(random: Random, depth: int) -> str:
    name = random.choice(("#if", "#ifeq", "#switch", "#iferror", "#IF", "safesubst:#if"))
    return f"{{{{{name}:{_space(random)}{text(random, depth)}{_parts(random, depth)}}}}}"


def _function(random: Random, depth: int) -> str:
    name = random.choice(_FUNCTIONS)
    return f"{{{{{name}:{text(random, depth)}{_parts(random, depth)}}}}}"


_FUNCTIONS = (
    *("lc", "uc", "UCFIRST", "lcfirst", "padleft", "padright", "#expr", "#ifexpr", "#titleparts"),
    *("urlencode", "anchorencode", "formatnum", "plural", "ns", "#ifexist", "#tag", "PAGENAME"),
    *("#pos", "#len", "#sub", "#replace", "#explode", "nse", "fullurl", "localurl", "#time"),
    *("#rel2abs", "FULLPAGENAME", "NAMESPACE", "grammar", "gender", "#count"),
)
_VARIABLES = (
    "PAGENAME",
    "FULLPAGENAME",
    "!",
    "=",
    "NAMESPACE",
    "SITENAME",
    "pagename",
    "TALKSPACE",
)


def _variable(random: Random, _: int) -> str:
    return f"{{{{{_space(random)}{random.choice(_VARIABLES)}{_space(random)}}}}}"


def _element(random: Random, depth: int) -> str:
    inner = text(random, depth)
    return random.choice(
        (
            f"<nowiki>{inner}</nowiki>",
            f"<ref>{inner}</ref>",
            f"<noinclude>{inner}</noinclude>",
            f"<includeonly>{inner}</includeonly>",
            f"[[{inner}|b=c]]",
            f"[http://x.org {inner}]",
            f"\n{{|\n| {inner}\n|}}\n",
            f"\n* {inner}",
            f"* {inner}",
            f"\n== {inner} ==\n",
            f"-{{{inner}}}-",
            f"{{|{inner}|}}",
            f"\n<!-- c -->\n{inner}",
        )
    )


_NODES = (_parameter, _parameter, _call, _call, _choice, _choice, _function, _variable, _element)


def _definition(random: Random) -> str:
    source = text(random)
    shape = random.random()
    if shape < 0.1:
        return f"{text(random)}<onlyinclude>{source}</onlyinclude>{text(random)}"
    if shape < 0.2:
        return f"#REDIRECT [[Template:{random.choice(NAMES)}]]"
    if shape < 0.4:
        return f"{source}<noinclude>{text(random)}</noinclude>"
    return source


def _modules(random: Random) -> str:
    function = random.choice(_MODULE_FUNCTIONS)
    call = f"{{{{#invoke:M|{function}{_parts(random, 3)}}}}}"
    return random.choice((call, f"{text(random, 3)}{call}", f"{{{{#if:{call}|{call}}}}}"))


CASES: dict[str, Callable[[Random], str]] = {
    "braces": braces,
    "brackets": brackets,
    "tags": tags,
    "programs": _definition,
    "modules": _modules,
}


def case_of(kind: str, random: Random) -> Case:
    """Return a random case of a kind."""
    make = CASES[kind]
    pages = {f"Template:{name}": make(random) for name in NAMES if random.random() < 0.8}
    if kind == "modules":
        pages[MODULE_TITLE] = MODULE
    page = text(random) if kind == "programs" else make(random)
    formed = kind in ("programs", "modules")
    parts = _parts(random, 2) if formed else random.choice(("", "|1", "|x=1|2"))
    call = f"{{{{{random.choice(NAMES)}{parts}}}}}"
    return Case(random.choice((page, call, f"{page}{call}", f"{call}\n{call}")), pages)
