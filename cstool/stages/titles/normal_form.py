"""Brings columns of titles into the normal form that link targets have."""

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from cstool.dumps.xml import Site
from cstool.wikitext.titles import namespaces_of
from cstool.wikitext.wikis import CASE_SENSITIVE

# All letters that have capitals are below this code point.
_LETTERS = 0x20000


def in_normal_form(titles: pa.Array, site: Site) -> pa.Array:
    """Return titles with spaces for underscores and the first letter as Wikimedia has it now.

    First letters change in dumps that are older than October 2022 (`upper_first`).
    """
    titles = pc.replace_substring(titles, "_", " ")
    if site.case == CASE_SENSITIVE:
        return titles
    others = pc.match_substring_regex(titles, _other_letters(site))
    others = pc.fill_null(others, fill_value=False)
    if not pc.any(others).as_py():
        return titles
    normalised = namespaces_of(site).normalised
    changed = [normalised(title) for title in titles.filter(others).to_pylist()]
    return pc.replace_with_mask(titles, others, pa.array(changed, pa.string()))


@cache
def _other_letters(site: Site) -> str:
    """Return the pattern of titles that begin with a letter whose rule changed, in RE2's syntax.

    The former rule was the upper case, if that is one letter. Other titles are not changed: one
    that begins with `a` is from a wiki where the case matters, whatever <siteinfo> says.
    """
    upper_first = namespaces_of(site).upper_first
    letters = (c for c in map(chr, range(ord("a"), _LETTERS)) if c.title() != c)
    changed = {c: upper_first(c) for c in letters if upper_first(c) != c}
    return f"^[{''.join(c for c, now in changed.items() if now != c.upper() or len(now) > 1)}]"
