"""Generated pages: daily, weekly, monthly, home and the list of imports.

Everything here is a function of the notes and the ledger: no clock, no machine. A page is rendered
as the inside of one region and the frontmatter keys that go with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING

from kb.core.pages import daily as daily_
from kb.core.pages import home as home_
from kb.core.pages import monthly as monthly_
from kb.core.pages import weekly as weekly_
from kb.core.pages.calendar import Week, month_weeks
from kb.core.pages.columns import OF_MARKS
from kb.core.pages.daily import TASKS, boxes, marked, ticked
from kb.core.pages.extent import Extent, beside, extent
from kb.core.pages.home import gaps
from kb.core.pages.layout import Layout
from kb.core.pages.shelf import PAGE_KEYS, REGION, Page, Shelf, marks
from kb.core.pages.text import NotAPage, page_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import date

__all__ = [
    "PAGE_KEYS",
    "REGION",
    "TASKS",
    "Extent",
    "Layout",
    "Leaf",
    "NotAPage",
    "Page",
    "Shelf",
    "beside",
    "boxes",
    "extent",
    "gaps",
    "leaves",
    "marked",
    "page_text",
    "render",
    "ticked",
]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page there should be, not rendered yet."""

    path: str
    render: Callable[[], Page]
    _facts: Callable[[], object]
    _faces: Callable[[], Iterable[bytes]] = tuple
    days: tuple[date | None, ...] = ()
    """Those whose notes it lists; none where it is made from a little of everything."""
    marks: frozenset[str] = frozenset()
    """What it shows of notes beside their faces: `status`, `rating`."""
    day: date | None = None
    """The day of a daily page."""

    def signature(self, setting: str = "") -> str:
        """Equal where the page is equal: a digest of all that it is made from. `setting` is what all
        pages have in common."""
        digest = hashlib.blake2b(repr((setting, self._facts())).encode(), digest_size=16)
        for face in self._faces():
            digest.update(face)
        return digest.hexdigest()


def leaves(shelf: Shelf, stirred: Collection[date | None] | None = None) -> Iterator[Leaf]:
    """The pages there should be, a month after the other; or those alone that show one of the days
    in `stirred` (None among them: notes without a day). Home is always among them."""
    days = shelf.days()
    if stirred is not None:
        days = [day for day in days if day in stirred]
    by_week: dict[Week, list[date]] = {}
    for day in days:
        by_week.setdefault(Week.of(day), []).append(day)
    if stirred is None:
        weeks, months = shelf.weeks(), shelf.months()
    else:
        touched = {Week.of(day) for day in stirred if day is not None}
        weeks = [week for week in sorted(touched) if shelf.has_page(week)]
        months = sorted({week.month for week in touched})
        months = [month for month in months if any(map(shelf.has_page, month_weeks(*month)))]
    for month in months:
        for week in (week for week in weeks if week.month == month):
            yield from (_daily(shelf, day) for day in by_week.get(week, ()))
            yield _weekly(shelf, week)
        yield _monthly(shelf, *month)
    if shelf.notes.count_on(None) and (stirred is None or None in stirred):
        faces = partial(_faces, shelf, [None])
        facts = partial(marks, shelf, [None], full=False)
        yield Leaf(
            shelf.layout.imported, partial(home_.imported, shelf), facts, faces, (None,),
            shelf.marks_shown(full=False),
        )  # fmt: skip
    yield _home(shelf)


def render(shelf: Shelf) -> list[Page]:
    """Every page there should be."""
    return [leaf.render() for leaf in leaves(shelf)]


def _daily(shelf: Shelf, day: date) -> Leaf:
    return Leaf(
        shelf.layout.day(day), partial(daily_.daily, shelf, day), partial(daily_.facts, shelf, day),
        lambda: chain(daily_.reasons(shelf, day), _faces(shelf, [day])), (day,),
        OF_MARKS, day,
    )  # fmt: skip


def _weekly(shelf: Shelf, week: Week) -> Leaf:
    return Leaf(
        shelf.layout.week(week), partial(weekly_.weekly, shelf, week),
        partial(weekly_.facts, shelf, week), partial(_faces, shelf, week.all_days()),
        tuple(week.all_days()), shelf.marks_shown(full=True),
    )  # fmt: skip


def _monthly(shelf: Shelf, year: int, month: int) -> Leaf:
    days = [day for week in month_weeks(year, month) for day in week.all_days()]
    return Leaf(
        shelf.layout.month(year, month), partial(monthly_.monthly, shelf, year, month),
        partial(monthly_.facts, shelf, year, month), partial(_faces, shelf, days),
        tuple(days), shelf.marks_shown(full=False),
    )  # fmt: skip


def _home(shelf: Shelf) -> Leaf:
    """What it says is the signature."""
    page = cache(partial(home_.home, shelf))
    return Leaf(shelf.layout.home, page, lambda: (page().properties, page().inner))


def _faces(shelf: Shelf, days: Iterable[date | None]) -> Iterator[bytes]:
    return map(shelf.faces, days)
