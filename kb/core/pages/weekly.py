"""The weekly page: its days with their counts or reasons, and a table of its papers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kb.core import tables
from kb.core.pages.calendar import WEEKDAYS, month_name, range_of, short
from kb.core.pages.shelf import marks, page, paper_table

if TYPE_CHECKING:
    from datetime import date

    from kb.core.history import Day
    from kb.core.pages.calendar import Week
    from kb.core.pages.shelf import Page, Shelf


def weekly(shelf: Shelf, week: Week) -> Page:
    path = shelf.layout.week(week)
    listed = shelf.in_week(week)
    month = shelf.page_link(month_name(*week.month), path, shelf.layout.month(*week.month))
    home = shelf.page_link("Home", path, shelf.layout.home)
    parts = [f"# arXiv, week {week.number} of {week.year}", f"{range_of(week)} · {month} · {home}"]
    rows = [row for day in week.days() if (row := _day_row(shelf, day, path))]
    weekend = (day for day in week.all_days()[5:] if shelf.notes.count_on(day))
    rows += [row for day in weekend if (row := _day_row(shelf, day, path))]
    parts.append(
        tables.table(
            ("Day", "Announced", "Scanned", "Relevant", ""),
            rows,
            align=("left", "right", "right", "right", "left"),
        )
    )
    if listed:
        parts.append("## Papers")
        parts.append(paper_table(shelf, listed, shelf.former(path), full=True))
    return page(path, "weekly", week.monday, week.monday + timedelta(days=6), len(listed), parts)


def facts(shelf: Shelf, week: Week) -> tuple[object, ...]:
    """All that the page says beside what its notes say."""
    return tuple(
        (marks(shelf, [day], full=True),
         _why_missing(shelf, day),
         [(r.outcome, r.announced, r.scanned, r.source, r.why) for r in shelf.records(day)])
        for day in week.all_days()
    )  # fmt: skip


def _day_row(shelf: Shelf, day: date, path: str) -> tuple[str, ...] | None:
    records = shelf.records(day)
    listed = shelf.notes.count_on(day)
    label = f"{WEEKDAYS[day.weekday()]}, {short(day)}"
    if not records and not listed:
        why = _why_missing(shelf, day)
        return (label, "", "", "", why) if why else None
    settled = [record for record in records if record.outcome == "done"]
    if settled or listed:
        link = shelf.page_link(label, path, shelf.layout.day(day), in_table=True)
        announced = str(sum(r.announced for r in records)) if records else ""
        scanned = str(sum(r.scanned for r in records)) if records else ""
        note = "" if any(not r.source for r in records) or not records else "sample"
        return (link, announced, scanned, str(listed), note)
    return (label, "", "", "", _outcome(records[0]))


def _outcome(record: Day) -> str:
    words = {
        "quiet": "quiet: nothing announced in these categories",
        "holiday": "holiday: arXiv announced nothing",
        "open": "open" + (f": {record.why}" if record.why else ""),
    }
    return tables.cell(words.get(record.outcome, record.outcome))


def _why_missing(shelf: Shelf, day: date) -> str:
    span = shelf.extent().span
    if span is None or day > span[1]:
        return ""
    if day in shelf.history.backlog:
        return "before the first pass: read, not filed"
    return "before the first pass" if day < span[0] else "missing: no pass has fetched it"
