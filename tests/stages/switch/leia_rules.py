"""The rules of LEIA (Yamada and Ri 2024) as a simple loop, for comparison.

Restated from the published code (leia-llm/leia): the names in scripts/build_wikipedia_dataset.py,
the insertion in leia/data.py, its defaults in train.py. Nothing of `switch` is used. The published
code draws with Python's generator; here the lots are those of docs/switching.md.
"""

import re
from collections.abc import Mapping
from typing import Any

import xxhash

from tests.stages.switch.published import splitmix64

Row = dict[str, Any]

_OTHER_PAGES = (
    *("Wikipedia", "Category", "File", "Portal", "Template", "MediaWiki", "User", "Help", "Book"),
    *("Draft", "WikiProject", "Special", "Talk"),
)


def name_of(title: str) -> str | None:
    """The name that is put into the text for an English title, None for none."""
    if ":" in title and title.split(":", maxsplit=1)[0] in _OTHER_PAGES:
        return None
    if title.startswith("List of"):
        return None
    return re.sub(r"\(.*?\)", "", title).strip()


def is_left(page: Row, mention: Row, seed: int, number: int, rate: float) -> bool:
    """Whether the draw leaves a link as it is."""
    key = splitmix64(page["id"] ^ xxhash.xxh3_64_intdigest(b"entity", seed))
    key = splitmix64(key ^ mention["start"])
    if number:
        key = splitmix64(key ^ xxhash.xxh3_64_intdigest(f"pass {number}".encode(), 0))
    return key >= int(rate * 2**64)


def leia(
    page: Row, titles: Mapping[int, str], seed: int = 0, number: int = 0, rate: float = 0.5
) -> tuple[str, list[tuple[int, str]]]:
    """The text of a page, and the item and the name of each link that has one put behind it.

    `titles`: of items in the English Wikipedia.
    """
    text, put = page["text"], []
    for mention in reversed(page["mentions"]):
        title = titles.get(mention["qid"])
        name = None if title is None else name_of(title)
        if not name or is_left(page, mention, seed, number, rate):
            continue
        text = f"{text[: mention['end']]}<translate>{name}</translate>{text[mention['end'] :]}"
        put.append((mention["qid"], name))
    return text, put[::-1]
