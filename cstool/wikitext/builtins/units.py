"""Units of measurement of Template:Convert, from data/units.tsv."""

from dataclasses import dataclass
from functools import cache

from cstool.wikitext.tables import rows

# Pairs of units that are used together (6 ft 1 in): how many of the second make one of the first,
# and the default output.
SUBUNITS = {
    ("ft", "in"): (12, "m"),
    ("yd", "ft"): (3, "m"),
    ("mi", "yd"): (1760, "km"),
    ("mi", "ft"): (5280, "km"),
    ("st", "lb"): (14, "kg lb"),
    ("lb", "oz"): (16, "kg"),
}
# Output codes for two units used together, and how many of the second make one of the first.
MULTIPLES = {"ftin": ("ft", "in", 12), "stlb": ("st", "lb", 14), "lboz": ("lb", "oz", 16)}
_SPELLINGS = (("metre", "meter"), ("litre", "liter"), ("US ", "U.S. "), ("US\u00a0", "U.S.\u00a0"))


@dataclass(frozen=True)
class Unit:
    """A unit. A quantity times `scale` is in the SI unit of its kind, plus `offset` if it has one.

    `default`: the code of the unit that it is converted to. `flags`: "name" (always displayed as
    its full name), "symbol" (displayed as its full name only on request), "integer" and "subunit"
    (the precision of conversions to it and from it).
    """

    code: str
    kind: str
    scale: float
    offset: float | None
    symbol: str
    name: str
    plural: str
    us_symbol: str
    us_name: str
    us_plural: str
    default: str
    link: str
    flags: frozenset[str]

    def named(self, *, plural: bool, us: bool) -> str:
        """Return the unit's name, "" if it is unknown."""
        if us:
            return self.us_plural if plural else self.us_name
        return self.plural if plural else self.name


def unit_of(code: str) -> Unit | None:
    """Return the unit of a code of Template:Convert, None if it is unknown."""
    return _units().get(code.replace("&nbsp;", " ").replace("_", " "))


@cache
def _units() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for codes, kind, scale, offset, symbol, name, many, us, default, link, flags in rows(
        "units.tsv"
    ):
        plural = many or (f"{name}s" if name else "")
        first, *others = codes.split(",")
        unit = Unit(
            code=first,
            kind=kind,
            scale=float(scale),
            offset=float(offset) if offset else None,
            symbol=symbol,
            name=name,
            plural=plural,
            us_symbol=_american(symbol),
            us_name=us or _american(name),
            us_plural=f"{us}s" if us else _american(plural),
            default=default,
            link=link,
            flags=frozenset(flags.split()),
        )
        units |= dict.fromkeys((first, *others), unit)
    return units


def _american(text: str) -> str:
    for british, american in _SPELLINGS:
        text = text.replace(british, american)
    return text
