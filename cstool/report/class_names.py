"""English names of the most frequent types (P31), for folders of `entities` that lack the types.

A folder made with `--only`, or of a part of Wikidata, has the types of its items as QIDs, but often
not the items of these types, and so no labels of them.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from cstool.languages.data_tables import rows

# Languages of names if none is given or available.
LAST_LANGUAGES = ("en", "mul")


@cache
def _classes() -> dict[int, str]:
    return {int(qid): name for qid, name in rows("cstool.report", "classes.tsv")}


def class_name(qid: int) -> str | None:
    """Return the English name of a frequent type, None for any other item."""
    return _classes().get(qid)


def name_in(labels: Mapping[str, str], languages: Iterable[str]) -> str | None:
    """Return the label in the first of these languages that has one, else in English or `mul`."""
    codes = (*languages, *LAST_LANGUAGES)
    return next((labels[code] for code in codes if code in labels), None)
