"""The monthly page: charts, then the best of each week, then the others as a list."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from kb.core import tex
from kb.core.inline import one_line
from kb.core.pages.calendar import month_name, month_weeks, range_of
from kb.core.pages.shelf import count, marks, page, paper_table, topic_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.core.pages.calendar import Week
    from kb.core.pages.shelf import Page, Shelf


def monthly(shelf: Shelf, year: int, month: int) -> Page:
    path = shelf.layout.month(year, month)
    weeks = month_weeks(year, month)
    by_week = {week: shelf.in_week(week) for week in weeks}
    listed = [arxiv_id for week in weeks for arxiv_id in by_week[week]]
    former = shelf.former(path)
    parts = [
        f"# arXiv, {month_name(year, month)}",
        f"{count(len(listed), 'paper')} · {shelf.page_link('Home', path, shelf.layout.home)}",
    ]
    parts += _overview(shelf, year, month)
    parts += _charts(shelf, weeks, listed)
    for number, week in enumerate(weeks, 1):
        parts += [f"## Week {number}/{len(weeks)}", _week_line(shelf, week, path)]
        best, others = by_week[week][: shelf.month_rows], by_week[week][shelf.month_rows :]
        if best:
            parts.append(paper_table(shelf, best, former, full=False))
        else:
            parts.append(_empty_week(shelf, week))
        if others:
            parts.append(f"{count(len(others), 'more paper')}:")
            parts.append("\n".join(
                former.item(i) or f"- {shelf.link(shelf.note(i), path)}" for i in others
            ))  # fmt: skip
    first, last = weeks[0].monday, weeks[-1].monday + timedelta(days=6)
    return page(path, "monthly", first, last, len(listed), parts)


def facts(shelf: Shelf, year: int, month: int) -> tuple[object, ...]:
    """All that the page says beside what its notes say."""
    weeks = tuple(
        (
            shelf.has_page(week),
            [bool(shelf.records(day)) for day in week.days()],
            marks(shelf, week.all_days(), full=False),
        )
        for week in month_weeks(year, month)
    )
    return *weeks, _overview(shelf, year, month)


def _overview(shelf: Shelf, year: int, month: int) -> list[str]:
    """How a model looked back on the month last; nothing where none has."""
    told = shelf.history.months.get(f"{year:04d}-{month:02d}")
    if not told:
        return []
    by, papers = tex.readable(str(told[-1]["by"])), count(told[-1]["papers"], "paper")
    said = [tex.readable(one_line(paragraph)) for paragraph in told[-1]["text"]]
    return [f"**Overview**, by {by} from the summaries of {papers}", *said]


def _week_line(shelf: Shelf, week: Week, path: str) -> str:
    if not shelf.has_page(week):
        return range_of(week)
    return f"{range_of(week)} · {shelf.page_link(f'Week {week.number}', path, shelf.layout.week(week))}"


def _empty_week(shelf: Shelf, week: Week) -> str:
    if any(shelf.records(day) for day in week.days()):
        return "No papers this week."
    return "Not covered."


def _charts(shelf: Shelf, weeks: Sequence[Week], listed: Sequence[str]) -> list[str]:
    days = [
        day
        for week in weeks
        for day in week.days()
        if shelf.notes.count_on(day) or shelf.records(day)
    ]
    if not days or not listed:
        return []
    counts = [shelf.notes.count_on(day) for day in days]
    labels = ", ".join(f'"{day:%m-%d}"' for day in days)
    bars = ", ".join(map(str, counts))
    charts = [
        f"""```mermaid
xychart-beta
    title "Papers a day"
    x-axis [{labels}]
    y-axis "Papers" 0 --> {max([*counts, 1])}
    bar [{bars}]
```"""
    ]
    if topics := topic_counts(shelf, listed):
        slices = "\n".join(f'    "{_chart_label(topic)}" : {count}' for topic, count in topics)
        charts.append(f"```mermaid\npie title Papers by topic\n{slices}\n```")
    return charts


def _chart_label(text: str) -> str:
    return re.sub(r"[^\w\s\-+&/,.()]", "", text).strip() or "other"
