"""Wikimedia's language codes: which there are, and what a user's list of them means."""

import difflib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from cstool.languages.tables import rows
from cstool.running.errors import InputError

# Not a language that a sentence can be in: names that serve many languages, none, or no text.
NO_TARGET = frozenset({"mul", "und", "zxx", "mis"})


@cache
def names() -> dict[str, str]:
    """Return each code's English name."""
    return {row[0]: row[1] for row in rows("cstool.languages", "languages.tsv")}


@cache
def entitycs() -> tuple[str, ...]:
    """Return the 93 codes of the published corpus (Whitehouse et al. 2022, table 8)."""
    text = (files("cstool.languages") / "data" / "entitycs.txt").read_text(encoding="utf-8")
    return tuple(code for line in text.split("\n") if line[:1] != "#" for code in line.split())


def need_language(code: str, option: str) -> None:
    """Raise InputError, with a hint, when that is no code of a language."""
    if code not in names() or code in NO_TARGET:
        near = _like(code)
        hint = f"did you mean {' or '.join(near)}?" if near else "give Wikimedia's codes"
        raise InputError(f"{option}: {code!r} is no language code; {hint}")


def resolve(spec: str, present: Iterable[str]) -> list[str]:
    """Return the codes that `--languages` names, sorted.

    `spec`: codes with commas between, "entitycs" for its 93, or "all" for all in `present`.
    Raises InputError for a code that is none.
    """
    codes: set[str] = set()
    for word in filter(None, (w.strip() for w in spec.split(","))):
        if word == "entitycs":
            codes.update(entitycs())
        elif word == "all":
            codes.update(set(present) - NO_TARGET)
            if not codes:
                raise InputError("--languages: all are none: the entities have no labels")
        else:
            need_language(word, "--languages")
            codes.add(word)
    if not codes:
        raise InputError("--languages: names no language; give codes such as de,fr,zh")
    return sorted(codes)


def _like(word: str) -> list[str]:
    """Return the codes that a word may stand for: a language's name first, then those alike."""
    word = word.lower()
    named = [code for code, name in names().items() if name.lower() == word]
    return named or difflib.get_close_matches(word, names().keys() - NO_TARGET, 3, 0.5)
