"""The home page, and the page of papers without an announcement day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from kb.core import tex
from kb.core.pages.calendar import Week, long, month_name, range_of
from kb.core.pages.shelf import count, page, paper_table, totals

if TYPE_CHECKING:
    from kb.core.history import History
    from kb.core.notes import Note
    from kb.core.pages.shelf import Page, Shelf

LONG_GAP = timedelta(days=14)
ONE_DAY = timedelta(days=1)
_WEEKEND = (6, 0)
"""Saturday and Sunday: the proleptic Gregorian calendar begins with a Monday, the day 1."""
SHOWN_UNREAD = 15


def home(shelf: Shelf) -> Page:
    path = shelf.layout.home
    former = shelf.former(path)
    parts = ["# Papers"]
    days = shelf.days()
    if days:
        newest = days[-1]
        listed = shelf.on(newest)
        parts += [
            f"## Newest day: {shelf.page_link(long(newest), path, shelf.layout.day(newest))}",
            totals(shelf.records(newest), listed),
        ]
        if listed:
            parts.append(paper_table(shelf, listed[:10], former, full=True))
        week = Week.of(newest)
        week_link = shelf.page_link(f"Week {week.number}", path, shelf.layout.week(week))
        month_link = shelf.page_link(month_name(*week.month), path, shelf.layout.month(*week.month))
        papers = count(sum(map(shelf.notes.count_on, week.all_days())), "paper")
        parts += ["## This week", f"{week_link}: {papers}, {range_of(week)} · {month_link}"]
    else:
        parts.append("Nothing here yet. `kb sync` fetches the newest day.")
    parts += ["## Unread", f"{count(shelf.notes.unread, 'paper')} not read yet."]
    if unread := shelf.notes.best_unread(SHOWN_UNREAD):
        parts.append("\n".join(former.item(i) or _item(shelf, shelf.note(i), path) for i in unread))
    if undated := shelf.notes.count_on(None):
        link = shelf.page_link("Papers without an announcement day", path, shelf.layout.imported)
        parts.append(f"{link}: {undated}")
    parts += ["## Gaps", _gaps(shelf)]
    parts += ["## Last pass", _last_pass(shelf)]
    topics = shelf.page_link("Topics.md", path, shelf.layout.topics)
    parts.append(f"What to look for is said in {topics}.")
    return page(path, "home", days[0] if days else None, days[-1] if days else None,
                 shelf.notes.listed, parts)  # fmt: skip


def _item(shelf: Shelf, note: Note, path: str) -> str:
    return f"- {shelf.link(note, path)} ({note.score})"


def gaps(history: History) -> list[tuple[date, str]]:
    """Days that are not accounted for, from the first day asked of arXiv to the last known, and why.

    Where all days came from saved feeds, from the first of these; stretches of more than
    `LONG_GAP` between two of them are nobody's gap.
    """
    if history.gaps is None:
        history.gaps = _find_gaps(history)
    return history.gaps


def _find_gaps(history: History) -> list[tuple[date, str]]:
    real = history.real_days()
    begun = next((record.day for record in real if record.from_arxiv and record.finished), None)
    if begun is not None:
        real = [record for record in real if record.day >= begun]
    found = [(record.day, record.why or "open") for record in real if not record.finished]
    for record, following in pairwise(real):
        between = following.day - record.day
        if between > ONE_DAY and (begun is not None or between <= LONG_GAP):
            missed = range(record.day.toordinal() + 1, following.day.toordinal())
            weekdays = (date.fromordinal(day) for day in missed if day % 7 not in _WEEKEND)
            found += ((day, "no pass has fetched it") for day in weekdays)
    return sorted(found)


def _gaps(shelf: Shelf) -> str:
    missing = gaps(shelf.history)
    if not missing:
        return "None: every day so far is accounted for."
    shown = "\n".join(f"- {long(day)}: {tex.readable(why)}" for day, why in missing[-10:])
    more = len(missing) - 10
    return shown + (f"\n- and {more} earlier ones (`kb status` lists them)" if more > 0 else "")


def _last_pass(shelf: Shelf) -> str:
    if not shelf.history.passes:
        return "No pass has changed anything yet."
    last = shelf.history.passes[-1]
    told = [
        f"{str(last.get('at', ''))[:16].replace('T', ' ')} UTC",
        f"{count(int(last.get('created', 0)), 'note')} created",
        f"{int(last.get('updated', 0))} updated",
    ]
    if problems := int(last.get("problems", 0)):
        told.append(f"{count(problems, 'problem')} (`kb status` names them)")
    return " · ".join(told)


def _listed(note: Note) -> str:
    """Where a list had the paper; one that gives days is shown by months."""
    listed = next(iter(note.texts("listed")), "")
    if not listed and "hand" in note.texts("source"):
        return "Added by hand"
    return listed[:7] if re.fullmatch(r"\d{4}-\d\d-\d\d", listed) else listed


def imported(shelf: Shelf) -> Page:
    path = shelf.layout.imported
    parts = [
        "# Papers without an announcement day",
        shelf.page_link("Home", path, shelf.layout.home),
    ]
    former = shelf.former(path)
    groups: dict[str, list[str]] = {}
    for arxiv_id in shelf.on(None):
        groups.setdefault(_listed(shelf.note(arxiv_id)), []).append(arxiv_id)
    for listed_at in sorted(groups):
        parts += [
            f"## {tex.readable(listed_at) or 'Not said where'}",
            paper_table(shelf, groups[listed_at], former, full=False),
        ]
    return page(path, "monthly", None, None, shelf.notes.count_on(None), parts)
