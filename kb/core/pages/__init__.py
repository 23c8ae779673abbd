"""Generated pages: daily, weekly, monthly, home and the list of imports.

Everything here is a function of the notes and the ledger: no clock, no machine. A page is rendered
as the inside of one region and the frontmatter keys that go with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core.pages.daily import TASKS, boxes, daily, ticked
from kb.core.pages.home import gaps, home, imported
from kb.core.pages.layout import Layout
from kb.core.pages.monthly import monthly
from kb.core.pages.shelf import PAGE_KEYS, REGION, Page, Shelf
from kb.core.pages.weekly import weekly

if TYPE_CHECKING:
    from kb.core.pages.calendar import Week

__all__ = [
    "PAGE_KEYS",
    "REGION",
    "TASKS",
    "Layout",
    "Page",
    "Shelf",
    "boxes",
    "gaps",
    "render",
    "ticked",
]


def render(shelf: Shelf) -> list[Page]:
    """Every page there should be, in a fixed order."""
    pages = [daily(shelf, day) for day in shelf.days()]
    weeks = shelf.weeks()
    pages += [weekly(shelf, week) for week in weeks]
    months: dict[tuple[int, int], list[Week]] = {}
    for week in weeks:
        months.setdefault(week.month, []).append(week)
    pages += [monthly(shelf, *month) for month in sorted(months)]
    if shelf.undated:
        pages.append(imported(shelf))
    pages.append(home(shelf))
    return pages
