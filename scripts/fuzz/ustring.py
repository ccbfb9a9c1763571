"""Compare random calls of mw.ustring with MediaWiki's.

Usage: python -m scripts.fuzz.ustring --mediawiki DIR/LocalSettings.php [--cases 10000] [--seed 0]
           [--show 5]

The MediaWiki needs the extension Scribunto. Prints the number of different values and the first
ones. A few differ because of an error in PCRE2 10.42: it does not go back in a complement such as
`%D+` that is followed by another one. Empty matches of gmatch, which Scribunto would return
forever, are not tested.
"""

import argparse
from random import Random

from cstool.dumps.xml import Site
from scripts.check.lua_cases import by_cstool, by_mediawiki

_SITE = Site("enwiki", "en", "first-letter", ((0, ""), (10, "Template"), (828, "Module")))
_ASCII = "abcB1 9,.-_%()[]{}^$\n\t'=|+~"
_CHARACTERS: list[str] = [*_ASCII, *"éßΩжЖ٣中\u00a0\u3000’–𝒜ﬁ\u0301０Ａ€²"]
_LITERALS: list[str] = [*"ab1, é", *_CHARACTERS, "%.", "%(", "%-"]
_CLASSES = "aAcCdDlLpPsSuUwWxX"
_RANGES = ("a-z", "0-9", "A-Z", "а-я", "À-ÿ", "z-a", "!-/")
_BALANCED = ("%b()", "%b[]", "%b''", "%bé,")
# What cannot match an empty text.
_SOLID = ("%S", "[^a]", "%w", ".", "é", "b")
_REPLACEMENTS = (
    *('"<%0>"', '"%1"', '"x"', '"%%"', '"[%1|%2]"', '"%a"', '"é"', '{"one",[9]="nine"}'),
    '{a="1",["1"]="q",b=false and 1,["é"]="E"}',
    "function(a,b) return b and (a..b) end",
    "function(a) return nil end",
)


def literal(text: str) -> str:
    """Return a text as a literal of Lua."""
    plain = set(map(chr, range(32, 127))) - {'"', "\\"}
    escapes = (c if c in plain else "".join(f"\\{b:03}" for b in c.encode()) for c in text)
    return '"' + "".join(escapes) + '"'


def _subject(random: Random) -> str:
    characters = _CHARACTERS if random.random() < 0.6 else list(_ASCII)
    pool: list[str] = random.sample(characters, random.randint(2, 8))
    return "".join(random.choice(pool) for _ in range(random.randint(0, 12)))


def _set(random: Random) -> str:
    members = ""
    for _ in range(random.randint(1, 3)):
        kind = random.random()
        if kind < 0.35:
            members += "%" + random.choice(_CLASSES)
        elif kind < 0.6:
            members += random.choice(_RANGES)
        elif kind < 0.7:
            members += "%" + random.choice("]-[^%.")
        else:
            members += random.choice(_CHARACTERS)
    return f"[{'^' if random.random() < 0.3 else ''}{members}]"


def _single(random: Random) -> str:
    kind = random.random()
    if kind < 0.3:
        return random.choice(_LITERALS)
    if kind < 0.6:
        return "%" + random.choice(_CLASSES)
    return "." if kind < 0.8 else _set(random)


def _pattern(random: Random) -> str:
    text, depth, captures = "^" if random.random() < 0.15 else "", 0, 0
    for _ in range(random.randint(1, 5)):
        kind = random.random()
        if kind < 0.05:
            text, depth = f"{text}(", depth + 1
            continue
        if kind < 0.09:
            text, captures = f"{text}()", captures + 1
            continue
        if kind < 0.13:
            text += "%f" + _set(random)
        elif kind < 0.15:
            text += random.choice(_BALANCED)
        else:
            text += _single(random) + random.choice(("", "", "*", "+", "-", "?"))
        if depth and random.random() < 0.4:
            text, depth, captures = f"{text})", depth - 1, captures + 1
        if captures and random.random() < 0.1:
            text += f"%{random.randint(1, captures)}"
    return text + ")" * depth + ("$" if random.random() < 0.2 else "")


def expression(random: Random) -> str:
    """Return a call of a function with a pattern."""
    subject, pattern = literal(_subject(random)), literal(_pattern(random))
    start = "" if random.random() < 0.6 else f",{random.randint(-8, 10)}"
    kind = random.random()
    if kind < 0.5:
        name = "find" if kind < 0.25 else "match"
        return f"mw.ustring.{name}({subject},{pattern}{start})"
    if kind < 0.6:
        solid = literal(_pattern(random) + random.choice(_SOLID))
        return (
            f"(function() local t={{}} for a,b in mw.ustring.gmatch({subject},{solid}) do "
            "t[#t+1]=a t[#t+1]=b end return t end)()"
        )
    most = "" if random.random() < 0.7 else f",{random.randint(0, 4)}"
    return f"mw.ustring.gsub({subject},{pattern},{random.choice(_REPLACEMENTS)}{most})"


def main() -> None:
    """Make cases, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mediawiki", required=True, metavar="SETTINGS")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=5)
    arguments = parser.parse_args()
    random = Random(arguments.seed)
    expressions = [expression(random) for _ in range(arguments.cases)]
    expected = by_mediawiki(arguments.mediawiki, expressions)
    got = by_cstool(expressions, _SITE)
    different = [row for row in zip(expressions, expected, got, strict=True) if row[1] != row[2]]
    print(f"{len(different):,} of {len(expressions):,} differ")
    for row in different[: arguments.show]:
        print(*row, sep="\n  ")


if __name__ == "__main__":
    main()
