"""Dates in another style: `#dateformat`.

After MediaWiki's DateFormatter (REL1_39). Without a style, a reader without an account sees a date
as it is written.
"""

import re
from collections.abc import Mapping
from functools import cache

from cstool.wikitext.expansion.frames import Frame, Function
from cstool.wikitext.expansion.functions.date_formats import date_names
from cstool.wikitext.expansion.functions.outcomes import of_texts

_STYLES = {"dmy": "dmy", "mdy": "mdy", "ymd": "ymd", "ISO 8601": "iso"}
_FORMATS = {
    "dmy": "{day} {month} {year}",
    "mdy": "{month} {day}, {year}",
    "ymd": "{year} {month} {day}",
    "ydm": "{year}, {day} {month}",
    "dm": "{day} {month}",
    "md": "{month} {day}",
    "iso": "{iso_year}-{iso_month}-{iso_day}",
}
_WITHOUT_YEAR = {("dmy", "md"): "dm", ("mdy", "dm"): "md"}


@cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    names = date_names(language)
    words = "|".join(map(re.escape, (*names["month"], *names["month_short"])))
    day_month = rf"(?P<day>[0-9]{{1,2}})[ _](?P<month>{words})"
    month_day = rf"(?P<month>{words})[ _](?P<day>[0-9]{{1,2}})"
    year = "(?P<year>[0-9]{1,4}(?:[ _]BC)?)"
    comma = "(?: *, *| +)"
    forms = {
        "mdy": f"{month_day}{comma}{year}",
        "dmy": f"{day_month}{comma}{year}",
        "ymd": f"{year}{comma}{month_day}",
        "iso": "(?P<year>-?[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",
        "ydm": f"{year}{comma}{day_month}",
        "dm": day_month,
        "md": month_day,
    }
    return [(style, re.compile(form, re.IGNORECASE)) for style, form in forms.items()]


def _dateformat(frame: Frame, text: str = "", style: str = "") -> str:
    language = frame.site.language
    for source, pattern in _patterns(language):
        if match := pattern.fullmatch(text):
            return _styled(match, source, _STYLES.get(style, source), language)
    return text


def _styled(match: re.Match[str], source: str, target: str, language: str) -> str:
    if source in ("dm", "md"):
        target = _WITHOUT_YEAR.get((target, source), source)
    found = match.groupdict()
    month = _month(found["month"], language)
    if not 1 <= month <= 12 and target != "iso":
        return match[0]
    year = found.get("year") or ""
    values = {
        "day": found["day"] if source != "iso" else str(int(found["day"])),
        "month": "" if target == "iso" else date_names(language)["month"][month - 1],
        "year": _common_year(year) if source == "iso" else year,
        "iso_year": year if source == "iso" else _iso_year(year),
        "iso_month": f"{month:02}",
        "iso_day": f"{int(found['day']):02}",
    }
    iso = _FORMATS["iso"].format(**values).lstrip("-" if not year else "")
    shown = _FORMATS[target].format(**values)
    return f'<span class="mw-formatted-date" title="{iso}">{shown}</span>'


def _month(name: str, language: str) -> int:
    if name.isdecimal():
        return int(name)
    names = date_names(language)
    for kind in ("month", "month_short"):
        for number, known in enumerate(names[kind], 1):
            if known.lower() == name.lower():
                return number
    return 0


def _iso_year(year: str) -> str:
    if not year:
        return ""
    if year.upper().endswith("BC"):
        return f"-{int(year[:-3]) - 1:04}"
    return f"{int(year):04}"


def _common_year(year: str) -> str:
    return f"{int(year[1:]) + 1} BC" if year.startswith("-") else str(int(year))


FUNCTIONS: Mapping[str, Function] = {"formatdate": of_texts(_dateformat, 2)}
