"""The invented arXiv of the tests: six weeks of papers, once with a holiday, and what to ask of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from standins.arxiv_papers import invent_days

from kb.core.announcements import days_between

if TYPE_CHECKING:
    from standins.arxiv_reader import Reader

FIRST = date(2025, 2, 3)
WEDNESDAY = date(2025, 3, 5)
HOLIDAY = date(2025, 3, 14)  # a Friday: arXiv announced nothing on Thursday evening
PAPERS = invent_days(FIRST, 40, 60, held=0.04, crossed=0.03, rare={"math.KT": 3})
WITH_HOLIDAY = invent_days(
    FIRST, 40, 60, holidays=frozenset({HOLIDAY}), held=0.04, crossed=0.03, rare={"math.KT": 3}
)


def complete(reader: Reader, first: date, last: date) -> None:
    """Every day is finished and every paper was seen."""
    assert set(days_between(first, last)) == set(reader.finished)
    truth = reader.announced(first, last)
    assert truth
    assert truth.keys() <= reader.filed.keys() | reader.backlog.keys()


def misfiled(reader: Reader, first: date, last: date) -> list[str]:
    """Papers filed on another day than their own; late cross-lists of missed days have none."""
    by_id = {paper.id: paper for paper in reader.server.papers}
    truth = reader.announced(first, last)
    return [
        arxiv_id
        for arxiv_id, day in truth.items()
        if day == by_id[arxiv_id].announced and reader.filed.get(arxiv_id, day) != day
    ]
