"""Dates in a format of `#time`: `j F Y`, with the names of a language.

After Language::sprintfDate (MediaWiki REL1_39). Data: dates.tsv.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

from cstool.wikitext.expansion.functions.calendars import (
    hebrew,
    hijri,
    iranian,
    japanese_year,
    minguo_year,
    thai_year,
)
from cstool.wikitext.expansion.functions.date_texts import ALL, DAY, MONTH, TIME, YEAR, Moment
from cstool.wikitext.expansion.functions.language_forms import LanguageForms
from cstool.wikitext.expansion.functions.number_forms import plain_digits
from cstool.wikitext.expansion.functions.numerals import hebrew_numeral, roman_numeral
from cstool.wikitext.tables import of_language

_DAY_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_EPOCH = date(1970, 1, 1).toordinal()
# Codes of three letters begin with these.
_CALENDARS = frozenset({"xi", "xj", "xk", "xm", "xo", "xt"})

_Form = Callable[[Moment], str | int]


class UnknownPartError(ValueError):
    """A format has parts of a date that are not known."""


def _hour(moment: Moment) -> int:
    return moment.seconds // 3600


def _weekday(moment: Moment) -> int:
    """Return the day of the week, Sunday being 0."""
    return moment.day.isoweekday() % 7


def _days_in_month(moment: Moment) -> int:
    day = moment.day
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day.replace(day=1)).days


def _is_leap(moment: Moment) -> int:
    year = moment.day.year
    return int(year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _clock(moment: Moment) -> str:
    minutes, seconds = divmod(moment.seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _mail(moment: Moment) -> str:
    day = moment.day
    weekday, month = _DAY_NAMES[_weekday(moment)], _MONTH_NAMES[day.month - 1]
    return f"{weekday}, {day.day:02} {month} {day.year:04} {_clock(moment)} +0000"


_DATE = frozenset({YEAR, MONTH, DAY})
# What a code needs to be known, and its value, which is written in the language's digits.
_NUMBERS: Mapping[str, tuple[frozenset[str], _Form]] = {
    "d": (frozenset({DAY}), lambda m: f"{m.day.day:02}"),
    "j": (frozenset({DAY}), lambda m: m.day.day),
    "m": (frozenset({MONTH}), lambda m: f"{m.day.month:02}"),
    "n": (frozenset({MONTH}), lambda m: m.day.month),
    "Y": (frozenset({YEAR}), lambda m: f"{m.day.year:04}"),
    "y": (frozenset({YEAR}), lambda m: f"{m.day.year % 100:02}"),
    "g": (frozenset({TIME}), lambda m: _hour(m) % 12 or 12),
    "G": (frozenset({TIME}), _hour),
    "h": (frozenset({TIME}), lambda m: f"{_hour(m) % 12 or 12:02}"),
    "H": (frozenset({TIME}), lambda m: f"{_hour(m):02}"),
    "i": (frozenset({TIME}), lambda m: f"{m.seconds // 60 % 60:02}"),
    "s": (frozenset({TIME}), lambda m: f"{m.seconds % 60:02}"),
    "w": (_DATE, _weekday),
    "N": (_DATE, lambda m: m.day.isoweekday()),
    "z": (_DATE, lambda m: m.day.timetuple().tm_yday - 1),
    "W": (_DATE, lambda m: f"{m.day.isocalendar().week:02}"),
    "t": (frozenset({YEAR, MONTH}), _days_in_month),
    "L": (frozenset({YEAR}), _is_leap),
    "o": (_DATE, lambda m: m.day.isocalendar().year),
    "U": (ALL, lambda m: (m.day.toordinal() - _EPOCH) * 86400 + m.seconds),
    "I": (frozenset(), lambda _: 0),
    "Z": (frozenset(), lambda _: 0),
    "xij": (_DATE, lambda m: iranian(m.day).day),
    "xin": (_DATE, lambda m: iranian(m.day).month),
    "xiY": (_DATE, lambda m: iranian(m.day).year),
    "xiy": (_DATE, lambda m: str(iranian(m.day).year)[-2:]),
    "xit": (
        _DATE,
        lambda m: (31, 30, 29)[(iranian(m.day).month > 6) + (iranian(m.day).month > 11)],
    ),
    "xiz": (_DATE, lambda m: iranian(m.day).extra),
    "xmj": (_DATE, lambda m: hijri(m.day).day),
    "xmn": (_DATE, lambda m: hijri(m.day).month),
    "xmY": (_DATE, lambda m: hijri(m.day).year),
    "xjj": (_DATE, lambda m: hebrew(m.day).day),
    "xjn": (_DATE, lambda m: hebrew(m.day).month),
    "xjt": (_DATE, lambda m: hebrew(m.day).extra),
    "xjY": (_DATE, lambda m: hebrew(m.day).year),
    "xkY": (_DATE, lambda m: thai_year(m.day)),
    "xoY": (frozenset({YEAR}), lambda m: minguo_year(m.day)),
    "xtY": (_DATE, lambda m: japanese_year(m.day)),
}
_TEXTS: Mapping[str, tuple[frozenset[str], _Form]] = {
    "a": (frozenset({TIME}), lambda m: "am" if _hour(m) < 12 else "pm"),
    "A": (frozenset({TIME}), lambda m: "AM" if _hour(m) < 12 else "PM"),
    "c": (ALL, lambda m: f"{m.day.isoformat()}T{_clock(m)}+00:00"),
    "r": (ALL, _mail),
    "e": (frozenset(), lambda _: "UTC"),
    "T": (frozenset(), lambda _: "UTC"),
    "O": (frozenset(), lambda _: "+0000"),
    "P": (frozenset(), lambda _: "+00:00"),
}
# Names: what must be known, the kind in the table, and the index.
_NAMES: Mapping[str, tuple[frozenset[str], str, Callable[[Moment], int]]] = {
    "F": (frozenset({MONTH}), "month", lambda m: m.day.month - 1),
    "xg": (frozenset({MONTH}), "month_genitive", lambda m: m.day.month - 1),
    "M": (frozenset({MONTH}), "month_short", lambda m: m.day.month - 1),
    "l": (_DATE, "weekday", _weekday),
    "D": (_DATE, "weekday_short", _weekday),
    "xiF": (_DATE, "iranian", lambda m: iranian(m.day).month - 1),
    "xmF": (_DATE, "hijri", lambda m: hijri(m.day).month - 1),
    "xjF": (_DATE, "hebrew", lambda m: hebrew(m.day).month - 1),
    "xjx": (_DATE, "hebrew_genitive", lambda m: hebrew(m.day).month - 1),
}


@cache
def date_names(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names of months and weekdays of a language, by kind."""
    return {kind: tuple(names.split("|")) for kind, names in of_language("dates.tsv", language)}


def formatted_date(format_: str, moment: Moment, language: str, forms: LanguageForms) -> str:
    """Return a moment in a format. Raises UnknownPartError, or another ValueError out of range."""
    return _Writer(moment, language, forms).written(format_)


class _Writer:
    """Writes one date; the codes before a number say how the next one is written."""

    def __init__(self, moment: Moment, language: str, forms: LanguageForms) -> None:
        self.moment = moment
        self.language = language
        self.forms = forms
        self.raw_all = False
        self.raw = self.roman = self.hebrew = False

    def written(self, format_: str) -> str:
        out: list[str] = []
        at = 0
        while at < len(format_):
            code, at = _code(format_, at)
            if code == "\\":
                out.append(format_[at] if at < len(format_) else code)
                at += 1
            elif code == '"':
                end = format_.find('"', at)
                out.append(code if end < 0 else format_[at:end])
                at = at if end < 0 else end + 1
            else:
                out.append(self.part(code))
        return "".join(out)

    def part(self, code: str) -> str:
        if code in _NUMBERS:
            return self.number(self.value(*_NUMBERS[code]))
        if code in _TEXTS:
            return str(self.value(*_TEXTS[code]))
        if code in _NAMES:
            needs, kind, index = _NAMES[code]
            self.need(needs)
            return date_names(self.language)[kind][index(self.moment)]
        return self.mode(code)

    def mode(self, code: str) -> str:
        """Return what other codes show: nothing if they set how numbers are written."""
        if code == "xn":
            self.raw = True
        elif code == "xN":
            self.raw_all = not self.raw_all
        elif code == "xr":
            self.roman = True
        elif code == "xh":
            self.hebrew = True
        else:
            # MediaWiki shows only the last letter of a code that it does not know.
            return code[-1]
        return ""

    def value(self, needs: frozenset[str], form: _Form) -> str | int:
        self.need(needs)
        return form(self.moment)

    def need(self, needs: frozenset[str]) -> None:
        if not needs <= self.moment.known:
            raise UnknownPartError

    def number(self, value: str | int) -> str:
        text = str(value)
        if self.raw_all or self.raw:
            self.raw = False
            return text
        if self.roman:
            self.roman = False
            return roman_numeral(text)
        if self.hebrew:
            self.hebrew = False
            return hebrew_numeral(text)
        return plain_digits(text, self.forms) if text.isdecimal() else text


def _code(format_: str, at: int) -> tuple[str, int]:
    """Return the code at a place of a format, and the place after it."""
    code = format_[at]
    at += 1
    if code == "x" and at < len(format_):
        code += format_[at]
        at += 1
    if code in _CALENDARS and at < len(format_):
        code += format_[at]
        at += 1
    return code, at
