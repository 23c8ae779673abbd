"""Days and months as people write them in lists."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",),
            ("june", "jun"), ("july", "jul"), ("august", "aug"),
            ("september", "sep", "sept"), ("october", "oct"), ("november", "nov"),
            ("december", "dec"),
        ),
        1,
    )
    for name in names
}  # fmt: skip
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_MONTH = rf"(?P<m>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<d>[0-3]?\d)(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_SHAPES = [
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"{_YEAR}[-./年](?P<m>\d\d?)[-./月](?P<d>\d\d?)日?(?:[T ]\d\d?:\d\d.*)?",
        r"(?P<y>(?:19|20)\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)",
        rf"{_WEEKDAY}{_DAY}(?:\s+of)?[\s-]+{_MONTH}[,\s'’-]*(?P<y>(?:19|20)\d\d|\d\d)",
        rf"{_WEEKDAY}{_MONTH}[\s-]+{_DAY}[,\s]+{_YEAR}",
        rf"{_YEAR}[\s-]+{_MONTH}[\s-]+{_DAY}",
        rf"{_MONTH}[,\s'’/-]*(?P<y>(?:19|20)\d\d|(?<=['’])\d\d)",
        rf"{_YEAR}[\s/-]*{_MONTH}",
        rf"{_YEAR}[-./年](?P<m>\d\d?)月?",
        rf"(?P<m>\d\d?)[-./]{_YEAR}",
        _YEAR,
    )
]
_NUMBERS = re.compile(r"(?P<a>\d\d?)[-./](?P<b>\d\d?)[-./](?P<y>(?:19|20)?\d\d)")
_IN_TEXT = [
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"(?<!\d){_YEAR}[-_./](?P<m>0[1-9]|1[0-2])(?!\d)",
        rf"(?<![^\W_]){_MONTH}[,\s_-]*{_YEAR}(?!\d)",
        rf"(?<!\d){_YEAR}[\s_-]*{_MONTH}(?![^\W_])",
    )
]


class When(NamedTuple):
    """A year, with month and day where they are known."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def date(self) -> date | None:
        return date(self.year, self.month, self.day) if self.month and self.day else None

    def __str__(self) -> str:
        parts = (f"{self.year:04d}", *(f"{part:02d}" for part in self[1:] if part))
        return "-".join(parts)


def read_date(text: str, *, near: date | None = None) -> When | None:
    """The day, month or year that `text` is, and nothing else; None where it is none.

    Of `03/06/2025` the month comes first, as in the United States, unless that is no date, the parts
    are set apart by full stops, or `near` is closer to the other reading.
    """
    text = " ".join(text.replace("\u00a0", " ").split()).strip(" ,;()[]*_")
    if match := _NUMBERS.fullmatch(text):
        return _of_numbers(text, match, near)
    for shape in _SHAPES:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            return _when(_year(parts["y"]), parts.get("m"), parts.get("d"))
    return None


def find_month(text: str) -> When | None:
    """The first year with a month somewhere in a heading or a file name; None where none is."""
    found = [match for shape in _IN_TEXT if (match := shape.search(text))]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    return _when(int(first["y"]), first["m"], None)


def _of_numbers(text: str, match: re.Match[str], near: date | None) -> When | None:
    one, other, year = int(match["a"]), int(match["b"]), _year(match["y"])
    readings = [
        when
        for month, day in ((one, other), (other, one))
        if (when := _when(year, str(month), str(day))) and when.date
    ]
    if "." in text:
        readings.reverse()
    if near is not None:
        readings.sort(key=lambda when: abs((when.date or near) - near) > timedelta(days=31))
    return readings[0] if readings else None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _when(year: int, month: str | None, day: str | None) -> When | None:
    number = (_MONTHS.get(month.casefold()) or _number(month)) if month else None
    if (month and number is None) or (number is not None and not 1 <= number <= 12):
        return None
    when = When(year, number, int(day) if day else None)
    try:
        date(year, number or 1, when.day or 1)
    except ValueError:
        return None
    return when if day is None or when.day else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
