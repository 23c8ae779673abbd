"""Which pages there are, and which of them say something else once there are more."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.core.collection import Notes
    from kb.core.history import History

_SAME_WEEK = 6
"""Days that two of one week may be apart."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Which pages there are. Two of one ledger and its notes are told apart by their `turns`."""

    turns: tuple[int, int]
    """How often a day has come or gone, in the ledger and among the notes."""
    days: Sequence[date]
    """Those with a daily page, in order."""
    known: Sequence[date]
    """Those that a weekly page has to account for, in order."""
    undated: bool
    """Whether there are papers without a day, and so the list of imports."""
    span: tuple[date, date] | None
    """The first and the last day of arXiv that the ledger knows."""


def extent(history: History, notes: Notes) -> Extent:
    """Which pages are to be made of a ledger and notes."""
    turns = history.turns, notes.turns
    if history.paged is None or history.paged[0] is not notes or history.paged[1].turns != turns:
        answered = {day for (day, _), r in history.days.items() if r.outcome == "done"}
        days = sorted(answered.union(notes.days()))
        known = sorted({day for day, _ in history.days}.union(days))
        asked = [day for day, source in history.days if not source]
        span = (min(asked), max(asked)) if asked else None
        history.paged = notes, Extent(turns, days, known, notes.count_on(None) > 0, span)
    return history.paged[1]


def beside(before: Extent, now: Extent) -> set[date] | None:
    """Days that are shown on pages which say something else merely since there are other pages than
    `before`; None where any page may, or one is to go.

    A daily page links to those before and after it; a weekly page says why a day between two that the
    ledger knows, or before them, is missing.
    """
    if before.turns == now.turns:
        return set()
    fewer = _fresh(now.known, before.known) or _fresh(now.days, before.days)
    if fewer or (before.undated and not now.undated) or (before.span is None) != (now.span is None):
        return None
    found = _fresh(before.known, now.known)
    for day in _fresh(before.days, now.days):
        at = bisect_left(now.days, day)
        found.update(now.days[max(at - 1, 0) : at + 2])
    for one, other in zip(before.span or (), now.span or (), strict=True):
        if one != other:
            first, last = (day.toordinal() for day in sorted((one, other)))
            begin = bisect_left(now.known, first - _SAME_WEEK, key=date.toordinal)
            end = bisect_right(now.known, last + _SAME_WEEK, key=date.toordinal)
            found.update(now.known[begin:end])
    return found


def _fresh(before: Sequence[date], now: Sequence[date]) -> set[date]:
    return set(now).difference(before)
