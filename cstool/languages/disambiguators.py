"""Names from the titles of Wikipedia's pages, less what only tells pages apart."""

import pyarrow as pa
import pyarrow.compute as pc

# Brackets at the end, one more pair within them at most. ASCII ones stand behind a space;
# full-width ones need none.
_DISAMBIGUATOR = r"^(.*\S)(?:\s+\((?:[^()]|\([^()]*\))*\)|\s*（(?:[^（）]|（[^（）]*）)*）)$"


def without_disambiguator(titles: pa.Array) -> pa.Array:
    """Return titles without the brackets at their end: "Paris (Texas)", "東京（映画）".

    Brackets with nothing before them, or with no space before an ASCII one, belong to the name:
    "(Sic)", "f(x)", "Iron(III) chloride". So do those that the entity's own label has, which
    the caller must see to: "Yesterday (When I Was Young)".
    """
    # Few titles have any: the others are not put through the pattern.
    some = pc.or_(pc.ends_with(titles, ")"), pc.ends_with(titles, "）"))
    short = pc.replace_substring_regex(titles.filter(some), _DISAMBIGUATOR, r"\1")
    return pc.replace_with_mask(titles, some, short)


def with_small_letter(titles: pa.Array) -> pa.Array:
    """Return titles with their first letter made small: MediaWiki's are capitals (`IPhone`)."""
    first = pc.utf8_lower(pc.utf8_slice_codeunits(titles, 0, 1))
    return pc.binary_join_element_wise(first, pc.utf8_slice_codeunits(titles, 1), "")
