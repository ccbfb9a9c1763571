"""Names from the titles of Wikipedia pages: without the disambiguator."""

import pyarrow as pa
import pyarrow.compute as pc

# Brackets at the end, with at most one more pair inside. ASCII brackets follow a space; full-width
# ones need none.
_DISAMBIGUATOR = r"^(.*\S)(?:\s+\((?:[^()]|\([^()]*\))*\)|\s*（(?:[^（）]|（[^（）]*）)*）)$"


def without_disambiguator(titles: pa.Array) -> pa.Array:
    """Return titles without a disambiguator at the end: "Paris (Texas)", "東京（映画）".

    Brackets without text before them, and ASCII brackets without a space before them, are part of
    the name: "(Sic)", "f(x)", "Iron(III) chloride". So are brackets that the entity's own label
    has, which the caller must check: "Yesterday (When I Was Young)".
    """
    # Few titles have a disambiguator; the pattern is slow, so only those are matched.
    some = pc.or_(pc.ends_with(titles, ")"), pc.ends_with(titles, "）"))
    short = pc.replace_substring_regex(titles.filter(some), _DISAMBIGUATOR, r"\1")
    return pc.replace_with_mask(titles, some, short)


# `re.sub(r"\(.*?\)", "", title)` of LEIA, in the syntax of RE2.
_BRACKETS = r"\([^)]*\)"
# English titles that LEIA does not use: pages outside the main namespace, and lists.
_NO_NAME = (
    r"^(?:Wikipedia|Category|File|Portal|Template|MediaWiki|User|Help|Book|Draft|WikiProject"
    r"|Special|Talk):|^List of"
)


def without_brackets(titles: pa.Array) -> pa.Array:
    """Return titles as LEIA puts them into text; "" for those that it does not use.

    All ASCII brackets are removed with their content, also those of the name itself: "Iron(III)
    chloride" becomes "Iron chloride". Source: leia-llm/leia, scripts/build_wikipedia_dataset.py.
    """
    short = pc.utf8_trim_whitespace(pc.replace_substring_regex(titles, _BRACKETS, ""))
    used = pc.invert(pc.match_substring_regex(titles, _NO_NAME))
    return pc.if_else(used, short, "")


def with_small_letter(titles: pa.Array) -> pa.Array:
    """Return titles with a lower-case first letter, which MediaWiki capitalises (`IPhone`)."""
    first = pc.utf8_lower(pc.utf8_slice_codeunits(titles, 0, 1))
    return pc.binary_join_element_wise(first, pc.utf8_slice_codeunits(titles, 1), "")
