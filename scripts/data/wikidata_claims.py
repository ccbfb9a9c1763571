"""Synthetic claims in the form of Wikidata's dump, for `make_wikidata.py`.

The frequencies of the types of values, the numbers of qualifiers and references of a statement, and
the sizes in bytes are those of the 4,282 statements of 49 whole items.
"""

import json
import random
from collections.abc import Callable
from typing import Any


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


SYLLABLES = words(
    "ba be bi bo da de do fa fi go ka ke ki ko la le li lo ma me mi mo na ne no pa pi po ra ri ro "
    "sa se si so ta te ti to va vi wa ya ze zo"
)
WORDS = words(
    "of the in from species town family article published study river commune written made known "
    "with near village list"
)


def escaped(value: Any) -> str:
    """Return JSON as the dump has it: no spaces, only ASCII."""
    return json.dumps(value, separators=(",", ":"))


def some_words(draw: random.Random, mean: float) -> str:
    """Return a few lower-case words."""
    count = max(1, round(draw.gammavariate(3, mean / 3)))
    return " ".join(
        draw.choice(WORDS) if draw.random() < 0.4 else "".join(draw.choices(SYLLABLES, k=3))
        for _ in range(count)
    )


def many(draw: random.Random, mean: float, most: int) -> int:
    """Draw a number with that mean: a few have much more than the others."""
    return min(most, int(draw.gammavariate(0.8, mean / 0.8) + draw.random())) if mean else 0


def _entity(draw: random.Random) -> dict[str, Any]:
    number = int(draw.expovariate(1 / 3e6)) + 1
    value = {"entity-type": "item", "numeric-id": number, "id": f"Q{number}"}
    return {"value": value, "type": "wikibase-entityid"}


def _time(draw: random.Random) -> dict[str, Any]:
    value = {
        "time": f"+{draw.randint(1500, 2026)}-{draw.randint(1, 12):02}-00T00:00:00Z",
        "timezone": 0,
        "before": 0,
        "after": 0,
        "precision": draw.choice((9, 10, 11)),
        "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
    }
    return {"value": value, "type": "time"}


def _quantity(draw: random.Random) -> dict[str, Any]:
    amount = f"+{draw.randrange(10**7)}"
    value = {"amount": amount, "unit": "1", "upperBound": amount, "lowerBound": amount}
    return {"value": value, "type": "quantity"}


def _place(draw: random.Random) -> dict[str, Any]:
    value = {
        "latitude": round(draw.uniform(-90, 90), 6),
        "longitude": round(draw.uniform(-180, 180), 6),
        "altitude": None,
        "precision": 0.0002,
        "globe": "http://www.wikidata.org/entity/Q2",
    }
    return {"value": value, "type": "globecoordinate"}


def _string(draw: random.Random) -> dict[str, Any]:
    return {"value": f'{draw.getrandbits(36):x} "{some_words(draw, 1)}"', "type": "string"}


def _url(draw: random.Random) -> dict[str, Any]:
    path = some_words(draw, 3).replace(" ", "/")
    return {"value": f"https://www.example.org/{path}", "type": "string"}


def _text(draw: random.Random) -> dict[str, Any]:
    value = {"text": some_words(draw, 3), "language": draw.choice(("en", "de", "ru", "ja"))}
    return {"value": value, "type": "monolingualtext"}


# The share of each type of value, and the datatype that the snak names.
_VALUES: tuple[tuple[float, str, Callable[[random.Random], dict[str, Any]]], ...] = (
    (0.46, "wikibase-item", _entity),
    (0.19, "external-id", _string),
    (0.12, "quantity", _quantity),
    (0.08, "monolingualtext", _text),
    (0.05, "string", _string),
    (0.06, "time", _time),
    (0.03, "url", _url),
    (0.01, "globe-coordinate", _place),
)


def snak(draw: random.Random, property_: str, *, hashed: bool = False) -> dict[str, Any]:
    """Return a snak of any type."""
    _, type_, make = draw.choices(_VALUES, [share for share, _, _ in _VALUES])[0]
    result: dict[str, Any] = {"snaktype": "value", "property": property_}
    if hashed:
        result["hash"] = f"{draw.getrandbits(160):040x}"
    if draw.random() < 0.003:
        return result | {"snaktype": "somevalue", "datatype": type_}
    return result | {"datavalue": make(draw), "datatype": type_}


def _snaks(draw: random.Random, mean: float, *, hashed: bool) -> dict[str, list[Any]]:
    keys = {f"P{draw.randint(17, 12000)}" for _ in range(1 + many(draw, mean - 1, 8))}
    return {key: [snak(draw, key, hashed=hashed)] for key in sorted(keys)}


def statement(draw: random.Random, mainsnak: dict[str, Any]) -> dict[str, Any]:
    """Return a statement, with qualifiers and references as often as real ones have."""
    result: dict[str, Any] = {"mainsnak": mainsnak, "type": "statement"}
    if draw.random() < 0.35:
        qualifiers = _snaks(draw, 1.3, hashed=True)
        result |= {"qualifiers": qualifiers, "qualifiers-order": list(qualifiers)}
    bits = f"{draw.getrandbits(128):032X}"
    uuid = "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))
    rank = draw.choices(("normal", "preferred", "deprecated"), (0.98, 0.017, 0.003))[0]
    result |= {"id": f"Q{draw.randrange(10**7)}${uuid}", "rank": rank}
    if draw.random() < 0.6:
        snaks = _snaks(draw, 1.8, hashed=False)
        order = list(snaks)
        hash_ = f"{draw.getrandbits(160):040x}"
        result["references"] = [{"hash": hash_, "snaks": snaks, "snaks-order": order}]
    return result


def claims_of(
    draw: random.Random, class_: int, statements: dict[str, list[bytes]], size: float
) -> bytes:
    """Return the claims of an item of that class, about `size` bytes of them."""
    target = draw.gammavariate(2, size / 2)
    value = {"entity-type": "item", "numeric-id": class_, "id": f"Q{class_}"}
    main = {"snaktype": "value", "property": "P31"}
    main |= {"datavalue": {"value": value, "type": "wikibase-entityid"}}  # type: ignore[dict-item]
    type_ = escaped(statement(draw, main | {"datatype": "wikibase-item"})).encode()
    groups: list[bytes] = []
    keys = list(statements)
    taken = len(type_)
    while taken < target:
        key = draw.choice(keys)
        group = b",".join(draw.choices(statements[key], k=1 + many(draw, 0.6, 20)))
        groups.append(b'"%b":[%b]' % (key.encode(), group))
        taken += len(groups[-1])
    groups.insert(draw.randint(0, min(len(groups), 12)), b'"P31":[%b]' % type_)
    return b"{" + b",".join(groups) + b"}"
