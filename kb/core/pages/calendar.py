"""Days, ISO weeks and months as pages speak of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week. It belongs to the month of its Thursday."""

    year: int
    number: int

    @staticmethod
    @functools.lru_cache(maxsize=8192)
    def of(day: date) -> Week:
        year, number, _ = day.isocalendar()
        return Week(year, number)

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def month(self) -> tuple[int, int]:
        thursday = self.monday + timedelta(days=3)
        return thursday.year, thursday.month

    def days(self) -> list[date]:
        """Monday to Friday: the days on which arXiv announces."""
        return self.all_days()[:5]

    def all_days(self) -> list[date]:
        """Monday to Sunday."""
        return [self.monday + timedelta(days=offset) for offset in range(7)]

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"


def month_weeks(year: int, month: int) -> list[Week]:
    """The ISO weeks whose Thursday lies in the month."""
    day = date(year, month, 1)
    thursday = day + timedelta(days=(3 - day.weekday()) % 7)
    weeks = []
    while thursday.month == month:
        weeks.append(Week.of(thursday))
        thursday += timedelta(days=7)
    return weeks


def long(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def range_of(week: Week) -> str:
    sunday = week.monday + timedelta(days=6)
    return f"{short(week.monday)} to {short(sunday)} {sunday.year}"


def month_name(year: int, month: int) -> str:
    return f"{MONTHS[month - 1]} {year}"
