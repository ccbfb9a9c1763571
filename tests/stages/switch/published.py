"""The published rules (Whitehouse et al. 2022) as a simple loop, for comparison.

Nothing of `switch` is used. The published code draws languages with Python's generator; here the
lots are those of docs/switching.md, so that every row can be foretold.
"""

from collections.abc import Sequence
from typing import Any

import xxhash

Row = dict[str, Any]
Labels = dict[int, dict[str, str]]

_MASK = 2**64 - 1


def random_key(seed: int, sentence: int, code: str) -> int:
    """The random key of a language for a sentence; the smallest are drawn."""
    first = splitmix64(sentence ^ xxhash.xxh3_64_intdigest(b"sentence", seed))
    return splitmix64(first ^ xxhash.xxh3_64_intdigest(code.encode(), 0))


def splitmix64(value: int) -> int:
    z = (value + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def is_taken(sentence: Row) -> bool:
    text, mentions = sentence["text"], sentence["mentions"]
    if not 1 <= len(mentions) <= 10:
        return False
    if len(text) <= 20 or len(text.split()) > 128:
        return False
    return len(mentions) > 1 or mentions[0]["end"] - mentions[0]["start"] <= len(text) / 2


def published(
    sentence: Row, labels: Labels, languages: Sequence[str], seed: int = 0, source: str = "en"
) -> list[Row]:
    """The rows of a sentence: the source, then up to five languages in the order of codes."""
    if not is_taken(sentence):
        return []
    linked = [m for m in sentence["mentions"] if m["qid"] is not None]
    candidates = [
        code
        for code in languages
        if linked and all(code in labels.get(m["qid"], {}) for m in linked)
    ]
    candidates.sort(key=lambda code: random_key(seed, sentence["id"], code))
    rows = []
    for code in [source, *sorted(candidates[:5])]:
        text, spans, at = "", [], 0
        for m in linked:
            anchor = sentence["text"][m["start"] : m["end"]]
            name = anchor if code == source else labels[m["qid"]][code]
            text += sentence["text"][at : m["start"]]
            spans.append(
                {
                    "qid": m["qid"],
                    "source_start": m["start"],
                    "source_end": m["end"],
                    "start": len(text),
                    "end": len(text) + len(name),
                    "name_language": code,
                    "origin": "anchor" if code == source else "label",
                }
            )
            text += name
            at = m["end"]
        rows.append(
            {
                "id": sentence["id"],
                "language": code,
                "source_language": source,
                "source_text": sentence["text"],
                "text": text + sentence["text"][at:],
                "entities": spans,
                "page_id": sentence["page_id"],
                "title": sentence["title"],
                "wiki": f"{source}wiki",
            }
        )
    return rows


def labels_of(entities: Sequence[Row]) -> Labels:
    """Labels by QID and language, from rows of entities; empty labels are omitted."""
    return {
        row["qid"]: {x["language"]: x["value"] for x in row["labels"] if x["value"]}
        for row in entities
    }
