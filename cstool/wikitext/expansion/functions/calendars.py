"""Dates in other calendars: Iranian, Islamic, Hebrew, Thai, of the Republic of China and of Japan.

After Language::tsToIranian, tsToHijri, tsToHebrew and tsToYear (MediaWiki REL1_39), whose results
these functions give, also where the calendars of today differ from them.
"""

from datetime import date
from typing import NamedTuple

_IRANIAN_MONTHS = (31, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, 29)
_EPOCH = date(1600, 1, 1).toordinal()
_FIRST_IRANIAN = date(1600, 3, 20)
_FIRST_OF_GREGORIAN = date(1582, 10, 15)


class CalendarDate(NamedTuple):
    """A date in a calendar; `extra`: the day of the year (Iranian), or the days of the month."""

    year: int
    month: int
    day: int
    extra: int = 0


def iranian(day: date) -> CalendarDate:
    """Return the date in the Iranian calendar, with the day of the year from 0.

    Raises ValueError for years before 1600, for which MediaWiki gives no dates.
    """
    if day < _FIRST_IRANIAN:
        raise ValueError(day)
    days = day.toordinal() - _EPOCH - 79
    cycles, days = divmod(days, 12053)
    fours, days = divmod(days, 1461)
    year = 979 + 33 * cycles + 4 * fours
    if days >= 366:
        years, days = divmod(days - 1, 365)
        year += years
    of_year = days
    month = 1
    for length in _IRANIAN_MONTHS[:-1]:
        if days < length:
            break
        days -= length
        month += 1
    return CalendarDate(year, month, days + 1, of_year)


def hijri(day: date) -> CalendarDate:
    """Return the date in the tabular Islamic calendar."""
    year, month = day.year, day.month
    if day >= _FIRST_OF_GREGORIAN:
        early = int((month - 14) / 12)
        julian = (
            int(1461 * (year + 4800 + early) / 4)
            + int(367 * (month - 2 - 12 * early) / 12)
            - int(3 * int((year + 4900 + early) / 100) / 4)
            + day.day
            - 32075
        )
    else:
        julian = (
            367 * year
            - int(7 * (year + 5001 + int((month - 9) / 7)) / 4)
            + int(275 * month / 9)
            + day.day
            + 1729777
        )
    rest = julian - 1948440 + 10632
    cycles = int((rest - 1) / 10631)
    rest += 354 - 10631 * cycles
    years = int((10985 - rest) / 5316) * int(50 * rest / 17719) + int(rest / 5670) * int(
        43 * rest / 15238
    )
    rest += (
        29
        - int((30 - years) / 15) * int(17719 * years / 50)
        - int(years / 16) * int(15238 * years / 43)
    )
    hijri_month = int(24 * rest / 709)
    return CalendarDate(30 * cycles + years - 30, hijri_month, rest - int(709 * hijri_month / 24))


def _new_year(year: int) -> int:
    """Return the day on which a Hebrew year starts, counted from 1 September (Gauss)."""
    a = (12 * (year - 1) + 17) % 19
    b = (year - 1) % 4
    moment = 32.044093161144 + 1.5542417966212 * a + b / 4 - 0.0031777940220923 * (year - 1)
    whole = int(moment)
    part = moment - whole
    weekday = (whole + 3 * (year - 1) + 5 * b + 5) % 7
    if weekday == 0 and a > 11 and part >= 0.89772376543210:
        whole += 1
    elif weekday == 1 and a > 6 and part >= 0.63287037037037:
        whole += 2
    elif weekday in (2, 4, 6):
        whole += 1
    return whole + int((year - 3761) / 100) - int((year - 3761) / 400) - 24


def _is_leap(year: int) -> bool:
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


def hebrew(day: date) -> CalendarDate:
    """Return the date in the Hebrew calendar, with the days of its month.

    Months are counted from Tishrei; Adar I and II of a leap year are 13 and 14.
    """
    year = day.year + (1 if day.month > 8 else 0)
    hebrew_year = year + 3760
    days = (day - date(year - 1, 9, 1)).days + 1
    start = _new_year(hebrew_year)
    if days <= start:
        following = start
        year -= 1
        hebrew_year -= 1
        days += 366 if _is_leap(year) else 365
        start = _new_year(hebrew_year)
    else:
        following = _new_year(hebrew_year + 1)
    days -= start
    length = following - start + (13 if _is_leap(year) else 12)
    pattern, leap = length % 30, length >= 30
    month = 1
    in_month = 0
    while month <= 12:
        in_month = _hebrew_month(month, pattern)
        if leap and month == 6:
            if days <= 30:
                return CalendarDate(hebrew_year, 13, days, 30)
            days -= 30
            in_month = 29
            if days <= in_month:
                return CalendarDate(hebrew_year, 14, days, in_month)
        if days <= in_month:
            break
        days -= in_month
        month += 1
    return CalendarDate(hebrew_year, month, days, in_month)


def _hebrew_month(month: int, pattern: int) -> int:
    if month == 2 and pattern == 2:
        return 30
    if month == 3 and pattern == 0:
        return 29
    return 30 - (month - 1) % 2


def thai_year(day: date) -> int:
    """Return the year of the Thai solar calendar, which began on 1 April until 1940."""
    early = 1912 <= day.year <= 1940 and day.month <= 3
    return day.year + 543 - early


def minguo_year(day: date) -> int:
    """Return the year of the Republic of China."""
    return day.year - 1911


_ERAS = (
    (date(2019, 5, 1), 2019, "令和"),
    (date(1989, 1, 8), 1989, "平成"),
    (date(1926, 12, 26), 1926, "昭和"),
    (date(1912, 7, 31), 1912, "大正"),
    (date(1, 1, 1), 1868, "明治"),
)


def japanese_year(day: date) -> str:
    """Return the era and the year in it; the first one is 元."""
    start, name = next((year, era) for first, year, era in _ERAS if day >= first)
    number = day.year - start + 1
    return f"{name}{'元' if number == 1 else number}"
