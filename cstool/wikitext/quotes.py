"""Apostrophes: ''italic'', '''bold''', '''''both''''', and those that are text.

After Parser::doQuotes (MediaWiki REL1_39), reduced to the text: apostrophes that change the style
are removed, surplus ones are kept.
"""

import re

from cstool.wikitext.markers import NOTHING

_RUNS = re.compile(r"('{2,})")


def parted_by_quotes(line: str) -> str:
    """Return a line with a mark in place of apostrophes that are markup.

    Other markup, such as the address of an external link, does not extend across them.
    """
    return NOTHING.join(_without_quotes(line))


def without_quotes(line: str) -> str:
    """Return a line without the apostrophes that are markup."""
    return "".join(_without_quotes(line))


def _without_quotes(line: str) -> list[str]:
    """Return the pieces of a line between the apostrophes that are markup."""
    if "''" not in line:
        return [line]
    pieces = _RUNS.split(line)
    bold = italic = 0
    for i in range(1, len(pieces), 2):
        length = len(pieces[i])
        if length == 4 or length > 5:
            rest = length - (3 if length == 4 else 5)
            pieces[i - 1] += "'" * rest
            length -= rest
            pieces[i] = "'" * length
        italic += length in (2, 5)
        bold += length in (3, 5)
    if bold % 2 and italic % 2:
        odd = _odd_one(pieces)
        if odd is not None:
            pieces[odd - 1] += "'"
    return pieces[::2]


def _odd_one(pieces: list[str]) -> int | None:
    """Return the index of the bold mark that is italics after an apostrophe, as in `L'''Homme''`.

    This is the first one after a single-letter word, else after a longer word, else after a space.
    MediaWiki counts bytes here, so a letter beyond ASCII counts as a longer word.
    """
    after_word = after_space = None
    for i in range(1, len(pieces), 2):
        if len(pieces[i]) != 3:
            continue
        before = pieces[i - 1]
        if before[-1:] == " ":
            after_space = i if after_space is None else after_space
        elif before[-2:-1] == " " and before[-1].isascii():
            return i
        else:
            after_word = i if after_word is None else after_word
    return after_word if after_word is not None else after_space
