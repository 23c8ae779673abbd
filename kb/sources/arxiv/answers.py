"""What is known before arXiv is asked, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from datetime import date

    from kb.core.papers import Paper
    from kb.errors import Problem

Outcome = Literal["done", "quiet", "holiday", "open"]


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier passes saw."""

    finished: Mapping[date, Set[str]]
    """Announcement days that are done, quiet or holiday, with the ids seen; no backlog days."""
    seen: Set[str] = frozenset()
    """Every id ever seen, the backlog's included."""
    noted: frozenset[str] = frozenset()
    """Ids that have notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAnswer:
    """One announcement day."""

    day: date
    outcome: Outcome
    papers: tuple[Paper, ...] = ()
    """Papers to judge, never seen before, `announced` and `announce_type` set, in order of id."""
    announced_count: int = 0
    """Papers announced in the categories, those of kinds not asked for included."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one round of questions brought."""

    days: tuple[DayAnswer, ...] = ()
    """Ascending."""
    backlog: tuple[Paper, ...] = ()
    """Papers of the days before the first one filed, `announced` set: seen, not filed."""
    late: tuple[Paper, ...] = ()
    """Papers of finished days that only now came to light; `announced` is the day they were found."""
    updates: tuple[Paper, ...] = ()
    """Newer versions and withdrawals of papers with notes; the same one may come again."""
    problems: tuple[Problem, ...] = ()
    retry: str | None = None
    """Why some day stayed open."""
