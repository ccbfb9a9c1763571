"""Dates and times as PHP reads them: `25 April 2004`, `2004-04-25 10:30 +1 day`.

After PHP's date parser (https://www.php.net/manual/en/datetime.formats.php, timelib's
parse_date.re). It completes what a text lacks from the current time, so the parts of a result that
depend on it are unknown. Texts whose meaning is not certain are not read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from cstool.wikitext.expansion.functions.date_words import is_invalid, time_zones

YEAR, MONTH, DAY, TIME = "year", "month", "day", "time"
ALL = frozenset({YEAR, MONTH, DAY, TIME})

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
_WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_NUMBERS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
_UNITS = {
    "sec": "second",
    "min": "minute",
    "minute": "minute",
    "second": "second",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "fortnight": "fortnight",
    "forthnight": "fortnight",
    "month": "month",
    "year": "year",
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}

_SEP = r"[ \t.-]*"
_MONTH_WORD = "|".join(
    sorted({*_MONTHS, *(m[:3] for m in _MONTHS), "sept"}, key=lambda w: (-len(w), w))
)
# Roman numerals are in capitals.
_MONTH = rf"(?P<word>{_MONTH_WORD}|(?-i:{'|'.join(reversed(_ROMAN))}))(?![a-z])"
_DAY = r"(?P<day>[0-2]?[0-9]|3[01])(?![0-9])(?:st|nd|rd|th)?"
_NUMERIC_MONTH = r"(?P<month>0?[0-9]|1[0-2])"
_NUMERIC_DAY = r"(?P<day>[0-2]?[0-9]|3[01])"
_YEAR4 = r"(?P<year>[0-9]{4})"
_HOUR = r"(?P<hour>[01]?[0-9]|2[0-4])"
_CLOCK = rf"t?{_HOUR}[:.](?P<minute>[0-5]?[0-9])(?:[:.](?P<second>[0-5]?[0-9]|60)(?:[.,:][0-9]+)?)?"
# Not the letters that begin a time or a week.
_ZONE = "|".join(sorted(time_zones().keys() - {"t", "w"}, key=lambda name: (-len(name), name)))
_WEEKDAY = "|".join([*_WEEKDAYS, *(day[:3] for day in _WEEKDAYS)])


class Moment(NamedTuple):
    """A point in time in UTC; `known`: which of its parts do not depend on the current time."""

    day: date
    seconds: int
    known: frozenset[str]


class UnreadableDateError(ValueError):
    """A text that cannot be read as a date with certainty; `invalid`: PHP does not read it."""

    def __init__(self, text: str, *, invalid: bool = False) -> None:
        super().__init__(text)
        self.invalid = invalid


@dataclass
class _Reading:
    """What is read of a text: fields of the calendar, and shifts that are applied later."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    seconds: int | None = None
    offset: int | None = None
    weekday: int | None = None
    shifts: dict[str, int] = field(default_factory=dict)
    month_end: str = ""


def read_date(text: str) -> Moment:
    """Return the moment that a text names. Raises UnreadableDateError."""
    rest = text.strip(" \t\n")
    if re.fullmatch("[0-9]{4}", rest):
        return Moment(date(max(int(rest), 1), 1, 1), 0, frozenset({YEAR, TIME}))
    reading = _Reading()
    while rest:
        for pattern, read in _FORMS:
            match = _compiled(pattern).match(rest)
            if match and match.end():
                read(reading, match)
                rest = rest[match.end() :].lstrip(" \t\n,")
                break
        else:
            raise UnreadableDateError(
                text, invalid=is_invalid(rest, has_zone=reading.offset is not None)
            )
    return _moment(reading, text)


def _set_date(reading: _Reading, year: int | None, month: int, day: int) -> None:
    if reading.month is not None or (year is not None and reading.year is not None):
        raise UnreadableDateError("two dates", invalid=reading.month is not None)
    reading.year = year if year is not None else reading.year
    reading.month, reading.day = month, day


def _year(digits: str) -> int:
    if len(digits) > 2:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= 70 else 2000)


def _month_of(word: str) -> int:
    if word in _ROMAN:
        return _ROMAN.index(word) + 1
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(word[:3].lower()))


def _calendar(reading: _Reading, match: re.Match[str]) -> None:
    """Read a date: the groups `year`, `month` or `word`, and `day`, as far as the form has them."""
    found = match.groupdict()
    word = found.get("word")
    month = _month_of(word) if word else int(found["month"])
    year, day = found.get("year"), found.get("day")
    if year and not year.lstrip("+-").isdigit():
        raise UnreadableDateError(match[0])
    _set_date(reading, _year(year) if year else None, month, int(day) if day else 1)


def _day_of_year(reading: _Reading, match: re.Match[str]) -> None:
    _set_date(reading, int(match["year"]), 1, int(match["days"]))


def _week(reading: _Reading, match: re.Match[str]) -> None:
    first = date.fromisocalendar(int(match["year"]), 1, 1)
    weekday = int(match["weekday"] or 1)
    day = first + timedelta(days=7 * (int(match["week"]) - 1) + weekday - 1)
    _set_date(reading, day.year, day.month, day.day)


def _time(reading: _Reading, match: re.Match[str]) -> None:
    found = match.groupdict()
    hour = int(found["hour"])
    half = (found.get("half") or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise UnreadableDateError(match[0], invalid=True)
        hour = hour % 12 + (12 if half == "pm" else 0)
    _set_time(reading, hour * 3600 + int(found.get("minute") or 0) * 60 + int(found["second"] or 0))


def _set_time(reading: _Reading, seconds: int) -> None:
    if reading.seconds is not None:
        raise UnreadableDateError("two times", invalid=True)
    reading.seconds = seconds


def _at_noon(reading: _Reading, match: re.Match[str]) -> None:
    _set_time(reading, 12 * 3600 if match[0].lower() == "noon" else 0)


def _date_and_time(reading: _Reading, match: re.Match[str]) -> None:
    _calendar(reading, match)
    _time(reading, match)


def _zone(reading: _Reading, match: re.Match[str]) -> None:
    if reading.offset is not None:
        raise UnreadableDateError("two time zones")
    sign, hours, minutes = match["sign"], match["hours"], match["minutes"]
    offset = int(hours or 0) * 3600 + int(minutes or 0) * 60
    reading.offset = -offset if sign == "-" else offset


def _named_zone(reading: _Reading, match: re.Match[str]) -> None:
    name = match["zone"].lower()
    if reading.offset is not None or name not in time_zones():
        raise UnreadableDateError(match[0], invalid=reading.offset is None)
    reading.offset = time_zones()[name]


def _epoch(reading: _Reading, match: re.Match[str]) -> None:
    day, seconds = divmod(int(match["stamp"]), 86400)
    moment = date(1970, 1, 1) + timedelta(days=day)
    _set_date(reading, moment.year, moment.month, moment.day)
    _set_time(reading, seconds)


def _weekday(reading: _Reading, match: re.Match[str]) -> None:
    if reading.weekday is not None:
        raise UnreadableDateError("two weekdays")
    start = match["name"].lower()[:3]
    reading.weekday = next(n for n, day in enumerate(_WEEKDAYS) if day.startswith(start))
    reading.seconds = None  # PHP forgets the time before the name of a day


def _shift(reading: _Reading, match: re.Match[str]) -> None:
    signs, amount = match["signs"], match["amount"]
    number = int(amount) * (-1 if signs.count("-") % 2 else 1)
    unit = _UNITS[match["unit"].lower()]
    reading.shifts[unit] = reading.shifts.get(unit, 0) + number


def _shift_in_words(reading: _Reading, match: re.Match[str]) -> None:
    word = match["amount"].lower()
    known = {"next": 1, "last": -1, "previous": -1, "this": 0}
    number = known[word] if word in known else _NUMBERS.index(word) + 1
    unit = _UNITS[match["unit"].lower()]
    reading.shifts[unit] = reading.shifts.get(unit, 0) + number


def _ago(reading: _Reading, _: re.Match[str]) -> None:
    reading.shifts = {unit: -number for unit, number in reading.shifts.items()}


def _month_end(reading: _Reading, match: re.Match[str]) -> None:
    reading.month_end = match["end"].lower()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a form when a text is compared with it: all of them take 8 ms at the start."""
    return re.compile(pattern, re.IGNORECASE)


_Reader = Callable[[_Reading, re.Match[str]], None]
_AFTER = r"(?![0-9a-z])"
_FORMS: list[tuple[str, _Reader]] = [
    (r"@(?P<stamp>-?[0-9]+)" + _AFTER, _epoch),
    (
        _YEAR4
        + r"-(?P<month>0[0-9]|1[0-2])-(?P<day>[0-2][0-9]|3[01])[ t]+"
        + _CLOCK
        + r"(?![0-9:.]|[ \t]*[ap]\.?m)",
        _date_and_time,
    ),
    (
        _YEAR4 + r"(?P<month>0[0-9]|1[0-2])(?P<day>[0-2][0-9]|3[01])t?"
        r"(?P<hour>[01][0-9]|2[0-4])(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])(?![0-9])",
        _date_and_time,
    ),
    (_YEAR4 + r"(?P<month>0[0-9]|1[0-2])(?P<day>[0-2][0-9]|3[01])(?![0-9:])", _calendar),
    (rf"{_YEAR4}-{_NUMERIC_MONTH}-{_NUMERIC_DAY}(?![0-9:.-])", _calendar),
    (rf"{_YEAR4}/{_NUMERIC_MONTH}/{_NUMERIC_DAY}(?![0-9:./-])", _calendar),
    (rf"{_YEAR4}-?w(?P<week>[0-5][0-9])(?:-?(?P<weekday>[0-7]))?{_AFTER}", _week),
    (rf"{_YEAR4}-{_NUMERIC_MONTH}(?![0-9:.-])", _calendar),
    (
        rf"{_YEAR4}\.?(?P<days>[0-2][0-9][1-9]|[0-2][1-9]0|3[0-5][0-9]|36[0-6]){_AFTER}",
        _day_of_year,
    ),
    (rf"{_NUMERIC_MONTH}/{_NUMERIC_DAY}/(?P<year>[0-9]{{1,4}})(?![0-9:.-])", _calendar),
    (rf"{_NUMERIC_DAY}[.\t-]{_NUMERIC_MONTH}[.-]{_YEAR4}(?![0-9:])", _calendar),
    (rf"{_DAY}{_SEP}{_MONTH}{_SEP}(?P<year>[0-9]{{1,4}})(?![0-9:.])", _calendar),
    (rf"{_MONTH}{_SEP}{_DAY}[,.stndrh\t ]+{_YEAR4}(?![0-9:])", _calendar),
    (rf"{_MONTH}{_SEP}{_YEAR4}(?![0-9:])", _calendar),
    (rf"{_YEAR4}{_SEP}{_MONTH}(?!{_SEP}[0-9])", _calendar),
    (rf"{_DAY}{_SEP}{_MONTH}(?!{_SEP}[0-9])", _calendar),
    (rf"{_MONTH}{_SEP}{_DAY}(?![0-9:]|[,.stndrh\t ]+[0-9])", _calendar),
    (rf"{_CLOCK}[ \t]*(?P<half>[ap]\.?m\.?){_AFTER}", _time),
    (rf"{_HOUR}[ \t]*(?P<half>[ap]\.?m\.?)(?P<second>){_AFTER}", _time),
    (_CLOCK.replace("[:.]", ":") + r"(?![0-9:.])", _time),
    (r"(?:noon|midnight)(?![a-z])", _at_noon),
    (
        r"(?:utc|gmt)?(?P<sign>[+-])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-9]{2})?"
        r"(?![0-9:]|[ \t]*[a-z])",
        _zone,
    ),
    (
        r"(?P<signs>[+-]+)[ \t]*(?P<amount>[0-9]+)[ \t]*"
        rf"(?P<unit>{'|'.join(_UNITS)})s?(?![a-z])",
        _shift,
    ),
    (
        rf"(?P<signs>)(?P<amount>[0-9]+)[ \t]*(?P<unit>{'|'.join(_UNITS)})s?(?![a-z])",
        _shift,
    ),
    (r"ago(?![a-z])", _ago),
    (r"(?P<end>first|last) day of(?![a-z])", _month_end),
    (
        rf"(?P<amount>next|last|previous|this|{'|'.join(_NUMBERS)})[ \t]+"
        rf"(?P<unit>{'|'.join(_UNITS)})s?(?![a-z])",
        _shift_in_words,
    ),
    (rf"(?P<name>{_WEEKDAY})(?![a-z])\.?", _weekday),
    (rf"(?P<zone>{_ZONE})(?![a-z/_+-])", _named_zone),
]


def _moment(reading: _Reading, text: str) -> Moment:
    known = set()
    if reading.year is not None:
        known.add(YEAR)
    if reading.month is not None:
        known |= {MONTH, DAY}
    has_day = reading.month is not None or reading.weekday is not None
    if reading.seconds is not None or has_day:
        known.add(TIME)
    if len(known) < len(ALL) and (
        reading.shifts or reading.weekday is not None or reading.month_end or reading.offset
    ):
        raise UnreadableDateError(text)
    year, month, day = reading.year, reading.month, reading.day
    if month == 2 and (day or 0) > 28 and year is None:
        raise UnreadableDateError(text)
    try:
        return _shifted(
            reading,
            2000 if year is None else year,
            1 if month is None else month,
            1 if day is None else day,
            known,
        )
    except (OverflowError, ValueError) as fault:
        raise UnreadableDateError(text) from fault


def _shifted(reading: _Reading, year: int, month: int, day: int, known: set[str]) -> Moment:
    shifts = reading.shifts
    months = year * 12 + month - 1 + shifts.get("year", 0) * 12 + shifts.get("month", 0)
    if reading.month_end:
        months += reading.month_end == "last"
        day = 0 if reading.month_end == "last" else 1
    start = date(months // 12, months % 12 + 1, 1) + timedelta(days=day - 1)
    start += timedelta(days=sum(shifts.get(unit, 0) * days for unit, days in _DAYS.items()))
    if reading.weekday is not None:
        start += timedelta(days=(reading.weekday - start.isoweekday()) % 7)
    seconds = (reading.seconds or 0) - (reading.offset or 0)
    seconds += sum(shifts.get(unit, 0) * length for unit, length in _SECONDS.items())
    days, seconds = divmod(seconds, 86400)
    return Moment(start + timedelta(days=days), seconds, frozenset(known))
