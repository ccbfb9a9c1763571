"""Dates: English `{{start date|1999|4|5}}` and `{{as of|2020|5}}`, French `{{date|5 mai 2000}}`.

After the documentation of these templates; what depends on today's date (ages) is not supported.
"""

import re
from collections.abc import Mapping

_ENGLISH = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_FRENCH = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR = re.compile(r"[1-9][0-9]{0,3}")
_SMALL = re.compile(r"0?[1-9]|[1-3][0-9]")
_YES = frozenset({"y", "yes", "true", "1"})


def _month(text: str, names: tuple[str, ...]) -> int | None:
    """Return a month's number, 1 to 12, from its number or its name."""
    if _SMALL.fullmatch(text):
        return int(text) if int(text) <= len(names) else None
    lower = [name.lower() for name in names]
    return lower.index(text.lower()) + 1 if text.lower() in lower else None


def _day(text: str, month: int) -> int | None:
    day = int(text) if _SMALL.fullmatch(text) else 0
    return day if 0 < day <= _DAYS[month - 1] else None


def _english(year: str, month: str, day: str, *, day_first: bool) -> str | None:
    """Return a date in English; month and day may be missing."""
    if not _YEAR.fullmatch(year) or (day and not month):
        return None
    if not month:
        return year
    month_number = _month(month, _ENGLISH)
    if month_number is None:
        return None
    name = _ENGLISH[month_number - 1]
    if not day:
        return f"{name} {year}"
    number = _day(day, month_number)
    if number is None:
        return None
    return f"{number} {name} {year}" if day_first else f"{name} {number}, {year}"


def date(args: Mapping[str, str], language: str) -> str | None:
    """Return the date of `{{start date|YEAR|MONTH|DAY}}`, or French `{{date|DAY MONTH YEAR}}`.

    French dates are returned without links, whose targets depend on a fourth argument.
    """
    if language == "fr":
        return _french(args)
    if language.split("-", maxsplit=1)[0] not in ("en", "simple"):
        return None
    given = {name: value for name, value in args.items() if value}
    if not given.keys() <= {"1", "2", "3", "df", "mf"}:
        return None
    year, month, day = (given.get(name, "") for name in "123")
    return _english(year, month, day, day_first=given.get("df", "").lower() in _YES)


def as_of(args: Mapping[str, str], language: str) -> str | None:
    """Return what `{{as of|YEAR|MONTH|DAY}}` shows: "As of 5 May 2020"."""
    given = {name: value for name, value in args.items() if value}
    known = {"1", "2", "3", "alt", "df", "lc", "since", "post", "pre", "url", "bare", "day", "year"}
    if language.split("-", maxsplit=1)[0] not in ("en", "simple") or not given.keys() <= known:
        return None
    post = given.get("post", "")
    if "alt" in given:
        return f"{given['alt']}{post}"
    if given.keys() & {"pre", "day", "year"}:
        return None
    year, month, day = (given.get(name, "") for name in "123")
    text = _english(year, month, day, day_first=given.get("df", "").upper() != "US")
    if text is None or "bare" in given:
        return text and f"{text}{post}"
    word = "since" if "since" in given else "as of"
    word = word if "lc" in given else word.capitalize()
    return f"{word} {text}{post}"


def _french(args: Mapping[str, str]) -> str | None:
    given = {name: value for name, value in args.items() if value}
    # The fourth argument (« en sport ») only changes the targets of the links.
    if not given.keys() <= {"1", "2", "3", "4", "qualificatif"} or not given.keys() & {*"123"}:
        return None
    if "2" in given or "3" in given:
        day, month, year = (given.get(name, "") for name in "123")
    else:
        words = given["1"].replace("\u00a0", " ").split()
        has_day = bool(words) and bool(re.fullmatch(r"1er|[0-9]{1,2}", words[0]))
        day = words.pop(0) if has_day else ""
        month = words.pop(0) if (words and not _YEAR.fullmatch(words[0])) or len(words) > 1 else ""
        year = words.pop(0) if words else ""
        if words:
            return None
    return _written(day, month, year)


def _written(day: str, month: str, year: str) -> str | None:
    if (year and not _YEAR.fullmatch(year)) or (day and not month):
        return None
    if not month:
        return year or None
    number = _month(month, _FRENCH)
    if number is None:
        return None
    name = _FRENCH[number - 1]
    parts = [name, year] if year else [name]
    if day:
        day_number = _day("1" if day == "1er" else day, number)
        if day_number is None:
            return None
        parts.insert(0, "1er" if day_number == 1 else str(day_number))
    return "\u00a0".join(parts[:-1]) + (" " if len(parts) > 1 else "") + parts[-1]
