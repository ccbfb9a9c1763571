"""Write a synthetic Wikidata JSON dump of any size, with realistic distributions, to stdout.

Usage: python -m scripts.data.make_wikidata ITEMS [--claims BYTES] [--order dump|random] [--seed N]
           | cstool entities - -o DIR

Lines, keys, their order and the escapes are those of the dump; so are the sizes of statements and
labels, the scripts, and the most frequent languages (from 49 whole items). The numbers of labels,
aliases, sitelinks and statements of an item depend on its kind (KINDS): most items are small, a few
are like Belgium. `--claims` is the mean size of an item's claims; with the default an item has 14.8
kB, which is Wikidata's mean (1.7 TB, 115 million items). Names, descriptions and statements are
invented. Every item has its own names; the rest is drawn from a pool that is generated once.

The same arguments give the same bytes. QIDs have gaps. `--order dump`: eight parts, each in the
order of QIDs, with a batch of each in turn, as in Wikidata's dump; `random`: in random order.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import gcd
from typing import Any

import numpy as np

from cstool.languages.codes import names
from scripts.data.wikidata_claims import (
    SYLLABLES,
    claims_of,
    escaped,
    many,
    snak,
    some_words,
    statement,
    words,
)

CLAIMS = 11_700
SHARDS, BATCH = 8, 4096
POOL = 256
DRAWS = 8192  # items whose kinds and templates are drawn at once
ITEMS_A_LEXEME, ITEMS_A_PROPERTY = 1000, 9000

# A QID is 1.17 times its rank: Q135,000,000 is about the 115 millionth item.
_GAP = 7


@dataclass(frozen=True)
class Kind:
    """A kind of item: its P31, its share, and the mean number of what it has.

    `statements` is relative to the other kinds; `mul` the share that has a `mul` label.
    """

    type: int
    share: float
    labels: float
    descriptions: float
    aliases: float
    sitelinks: float
    statements: float
    mul: float = 0.0


KINDS = (
    Kind(13442814, 0.38, 1.6, 22, 0.1, 0.0, 1.0),  # scholarly articles: one title, many citations
    Kind(5, 0.11, 7.0, 14, 1.5, 1.4, 1.3, mul=0.4),
    Kind(486972, 0.17, 6.0, 20, 0.7, 2.2, 0.8),  # places
    Kind(523, 0.08, 1.5, 8, 1.5, 0.1, 0.9),  # stars
    Kind(16521, 0.04, 9.0, 30, 1.0, 3.0, 1.0),  # taxa
    Kind(4167836, 0.06, 5.0, 30, 0.1, 2.5, 0.12),  # pages of Wikimedia's own: categories
    Kind(4167410, 0.015, 8.0, 30, 0.0, 3.0, 0.1),  # disambiguation pages
    Kind(7187, 0.144, 3.0, 10, 1.5, 0.5, 0.9),  # all others
    Kind(3624078, 0.001, 170, 36, 40, 172, 6.0),  # what everybody knows
)


# Languages with the most labels, most first; the others follow in the order of their codes.
FIRST = words(
    "en nl de fr es it ru pt sv pl ca ar uk zh ja ast cs fi da nb tr hu he fa ko vi ro id eu sq ga "
    "sl hr el bg sr sk nn et lt lv gl be hy ka mk ms th hi bn ta eo cy af az kk oc la br pt-br "
    "en-gb en-ca zh-hant zh-hans ur te ml mr sh bs is tl lb yue"
)
_SCRIPTS = {
    "cyrillic": words("ru uk bg sr be mk kk tt ky mn tg ba cv be-tarask sr-ec os"),
    "arabic": words("ar fa ur arz ckb ps sd ug azb pnb ks"),
    "han": words("zh ja yue zh-hant zh-hans ko wuu zh-cn zh-tw zh-hk gan"),
    "indic": words("hi bn ta te ml mr ne gu kn pa si my th km lo sa as or"),
}
_SCRIPT_OF = {code: script for script, codes in _SCRIPTS.items() for code in codes}
# What stands in a template for an item's own name, by script.
_MARKS = {s: bytes([i]) for i, s in enumerate(("latin", *_SCRIPTS), 1)}
_LETTERS = {
    "cyrillic": "абвгдежзиклмнопрстуфхцчшэюя",
    "arabic": "ابتثجحدرسشصضطعفقكلمنهوي",
    "indic": "कखगघचछजझटठडढणतथदधनपफबमयर",
}


@cache
def languages() -> list[str]:
    """Return the codes of labels, those with most labels first."""
    return FIRST + sorted(names().keys() - set(FIRST) - {"mul", "und", "zxx", "mis"})


# ---- names ----


def name_pools(draw: random.Random) -> dict[str, list[bytes]]:
    """Return parts of names by script; two of them, or two and a number, make an item's name."""
    pools: dict[str, list[bytes]] = {}
    for script in _MARKS:
        found: set[bytes] = set()
        while len(found) < 4096:
            if script == "han":
                word = "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(2))
            elif script == "latin":
                word = "".join(draw.choices(SYLLABLES, k=draw.choice((1, 2, 3, 4)))).capitalize()
                word = word.replace("e", "é") if draw.random() < 0.05 else word
            else:
                word = "".join(draw.choices(_LETTERS[script], k=draw.randint(3, 8)))
            found.add(escaped(word)[1:-1].encode())
        pools[script] = sorted(found)
    return pools


# ---- what a pool holds ----


@dataclass(frozen=True)
class Template:
    """An item but for its QID and its claims; `scripts`: those of the names that it asks for."""

    head: bytes
    middle: bytes
    tail: bytes
    scripts: tuple[str, ...]


def _some(draw: random.Random, count: int) -> list[str]:
    """Draw languages, the first ones of the list more often."""
    codes: dict[str, None] = {}
    all_codes = languages()
    while len(codes) < min(count, len(all_codes)):
        codes[all_codes[min(int(draw.expovariate(1 / max(12, count))), len(all_codes) - 1)]] = None
        if count > 100:  # what everybody knows has nearly all of the first languages
            codes |= dict.fromkeys(all_codes[: count // 2])
    return list(codes)[:count]


def _mark(code: str) -> str:
    return _MARKS[_SCRIPT_OF.get(code, "latin")].decode()


def template(draw: random.Random, kind: Kind) -> Template:
    """Return a template of that kind."""
    codes = _some(draw, max(1, many(draw, kind.labels, 400)))
    labels = {c: {"language": c, "value": _mark(c)} for c in codes}
    if draw.random() < kind.mul:
        labels["mul"] = {"language": "mul", "value": _mark("en")}
    text = {
        c: {"language": c, "value": some_words(draw, 5)}
        for c in _some(draw, many(draw, kind.descriptions, 120))
    }
    aliases: dict[str, list[Any]] = {}
    for _ in range(many(draw, kind.aliases, 300)):
        code = draw.choice(codes)
        value = f"{_mark(code)} {some_words(draw, 1)}"
        aliases.setdefault(code, []).append({"language": code, "value": value})
    links = {
        (site := code.replace("-", "_") + "wiki"): {
            "site": site,
            "title": _mark(code) + (" (place)" if draw.random() < 0.1 else ""),
            "badges": [],
        }
        for code in _some(draw, many(draw, kind.sitelinks, 300))
    }
    empty: list[Any] = []
    keep = draw.random() > 0.02  # else PHP writes empty maps as []
    parts = [escaped(p if p or keep else empty) for p in (labels, text, aliases, links)]
    # json escapes the marks themselves: back to single bytes, to be replaced.
    blobs = [p.encode() for p in parts]
    for mark in _MARKS.values():
        blobs = [b.replace(b"\\u%04x" % mark[0], mark) for b in blobs]
    scripts = tuple(s for s, mark in _MARKS.items() if any(mark in blob for blob in blobs))
    return Template(
        b'","labels":' + blobs[0],
        b',"descriptions":' + blobs[1] + b',"aliases":' + blobs[2] + b',"claims":',
        b',"sitelinks":' + blobs[3] + b',"lastrevid":',
        scripts,
    )


# ---- the dump ----


def mixed(numbers: np.ndarray[Any, np.dtype[np.uint64]], seed: int) -> Any:
    """Return 64 random bits for each number (splitmix64)."""
    x = numbers.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 & (1 << 64) - 1)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ x >> np.uint64(shift)) * np.uint64(factor)
    return x ^ x >> np.uint64(31)


def ranks(items: int, order: str) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    """Yield the ranks 0 … items - 1 in the order in which the dump has them."""
    if order == "random":
        step = next(s for s in range(int(items * 0.618) + 1, 2 * items + 2) if gcd(s, items) == 1)
        for start in range(0, items, DRAWS):
            yield np.arange(start, min(start + DRAWS, items)) * step % items
        return
    each = SHARDS * BATCH
    for start in range(0, items, each):
        for shard in range(SHARDS):
            batch = np.arange(start + shard, min(start + each, items), SHARDS)
            if len(batch):
                yield batch


class Maker:
    """Makes the lines of items from pools that are drawn once."""

    def __init__(self, claims: int, seed: int) -> None:
        draw = random.Random(seed)
        self._seed = seed
        self._names = name_pools(draw)
        self._templates = [template(draw, kind) for kind in KINDS for _ in range(POOL)]
        keys = [f"P{number}" for number in draw.sample(range(100, 12000), 500)]
        statements = {
            key: [escaped(statement(draw, snak(draw, key))).encode() for _ in range(6)]
            for key in keys
        }
        weight = sum(kind.share * kind.statements for kind in KINDS)
        self._claims = [
            claims_of(draw, kind.type, statements, claims * kind.statements / weight)
            for kind in KINDS
            for _ in range(POOL)
        ]
        self._bounds = np.cumsum([kind.share for kind in KINDS])[:-1]

    def lines(self, of: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[bytes]:
        """Yield the lines of the items of these ranks, each with its comma and its end."""
        bits = mixed(of.astype(np.uint64), self._seed)
        kind = np.searchsorted(self._bounds, (bits >> np.uint64(40)) / 2**24, "right")
        low = bits.astype(np.int64) & (1 << 40) - 1
        templates = kind * POOL + low % POOL
        claims = kind * POOL + (low >> 8) % POOL
        first, second = (low >> 16) % 4096, (low >> 28) % 4096
        qids = of + of // _GAP + 1
        drawn = (column.tolist() for column in (qids, templates, claims, first, second))
        for qid, t, c, a, b in zip(*drawn, strict=True):
            shape = self._templates[t]
            head, middle, tail = shape.head, shape.middle, shape.tail
            for script in shape.scripts:
                parts = self._names[script]
                name = b"%b %b %d" % (parts[a], parts[b], qid & 1023)
                mark = _MARKS[script]
                head = head.replace(mark, name)
                middle = middle.replace(mark, name)
                tail = tail.replace(mark, name)
            yield b'{"type":"item","id":"Q%d%b%b%b%b%d},\n' % (
                qid, head, middle, self._claims[c], tail, qid + 2_000_000_000,
            )  # fmt: skip


def other(number: int) -> bytes:
    """Return a line that is no item: every so many items a lexeme or a property."""
    label = {"en": {"language": "en", "value": f"thing {number}"}}
    if number % ITEMS_A_PROPERTY < ITEMS_A_LEXEME:
        entity = {"type": "property", "datatype": "string", "id": f"P{number // 1000 + 1}"}
        entity |= {"labels": label, "claims": {}}  # type: ignore[dict-item]
    else:
        entity = {"type": "lexeme", "id": f"L{number + 1}", "lemmas": label}  # type: ignore[dict-item]
    return escaped(entity).encode() + b",\n"


def dump(items: int, claims: int, order: str, seed: int) -> Iterator[bytes]:
    """Yield the dump in pieces of a few thousand lines."""
    maker = Maker(claims, seed)
    yield b"[\n"
    made = 0
    pending = b""
    for batch in ranks(items, order):
        for start in range(0, len(batch), 512):
            lines = b"".join(maker.lines(batch[start : start + 512]))
            begun, made = made, made + len(batch[start : start + 512])
            for number in range(-(-begun // ITEMS_A_LEXEME), -(-made // ITEMS_A_LEXEME)):
                lines += other(number * ITEMS_A_LEXEME)
            yield pending
            pending = lines
    yield pending.removesuffix(b",\n")
    yield b"\n]\n"


def main() -> None:
    """Read the arguments, write the dump."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("items", type=int)
    parser.add_argument("--claims", type=int, default=CLAIMS)
    parser.add_argument("--order", choices=("dump", "random"), default="dump")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    try:
        for piece in dump(given.items, given.claims, given.order, given.seed):
            sys.stdout.buffer.write(piece)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
