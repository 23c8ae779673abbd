"""What comes in: papers by announcement day, from arXiv or from saved feeds, with what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from kb.core import announcements
from kb.core.papers import id_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from kb.config import Settings
    from kb.core.history import History, Outcome
    from kb.core.papers import Paper
    from kb.errors import Problem
    from kb.sources.arxiv import ArxivSource

SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One announcement day as it came in."""

    day: date
    source: str = ""
    outcome: Outcome = "done"
    scanned: tuple[Paper, ...] = ()
    """Papers to judge: in the reader's categories, not judged before."""
    outside: tuple[Paper, ...] = ()
    """Listed, but not scanned: other categories, or cross-lists that are not wanted."""
    announced: int = 0
    why: str = ""
    via: str = ""
    """`feed` for saved feeds."""


@dataclass(slots=True)
class Intake:
    """All that one pass takes in."""

    days: list[Incoming] = field(default_factory=list)
    known_days: list[tuple[date, str]] = field(default_factory=list)
    """Days (with their source) that came in again with nothing new to tell."""
    backlog: list[Paper] = field(default_factory=list)
    updates: list[Paper] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    later: str = ""


def from_files(
    feed: str,
    settings: Settings,
    history: History,
    *,
    day: date | None = None,
    since: date | None = None,
    until: date | None = None,
    stdin: BinaryIO | None = None,
) -> Intake:
    """Saved feeds: a file, a folder, `-`, or the bundled `sample`.

    Raises UsageError for a feed that cannot be found or read at all.
    """
    from kb import resources
    from kb.sources.files import read_feed

    source = SAMPLE if feed == "sample" else ""
    path = str(resources.sample_path()) if source else feed
    saved = read_feed(path, stdin=stdin, day=day, mailing_day=announcements.mailing_day)
    intake = Intake(problems=list(saved.problems))
    by_day: dict[date, list[Paper]] = {day: [] for day in saved.days}
    for paper in saved.papers:
        if paper.announced is not None:
            by_day.setdefault(paper.announced, []).append(
                replace(paper, source="sample") if source else paper
            )
    scored = history.scored(paper.id for paper in saved.papers)
    for at in sorted(by_day):
        if (since is None or at >= since) and (until is None or at <= until):
            outcome: Outcome = "done" if by_day[at] else "quiet"
            _add_day(intake, settings, history, scored, at, source, outcome, by_day[at], via="feed")
    if not source:
        intake.updates = list(saved.updates)
    return intake


def from_arxiv(
    source: ArxivSource,
    settings: Settings,
    history: History,
    *,
    noted: Iterable[str],
    now: datetime,
    since: date | None = None,
    until: date | None = None,
) -> Intake:
    """What arXiv announced and the ledger has not seen. Raises TryLater when arXiv does not answer."""
    from kb.sources.arxiv.days import Known, collect

    # Saved feeds of long ago do not make this a later pass, with all the days since to be filled.
    begun = history.first_from_arxiv()
    known = Known(
        finished={
            record.day: record.listed
            for record in history.real_days()
            if record.finished and begun is not None and record.day >= begun
        },
        seen=history.seen.keys(),
        noted=frozenset(noted),
    )
    answer = collect(
        source,
        known,
        categories=tuple(settings.arxiv.categories),
        backlog_days=settings.arxiv.backlog_days,
        since=since,
        until=until,
        now=now,
    )
    intake = Intake(problems=list(answer.problems), later=answer.retry or "")
    scored = history.scored(
        paper.id
        for papers in (*(day.papers for day in answer.days), answer.late)
        for paper in papers
    )
    late: dict[date, list[Paper]] = {}
    for paper in answer.late:
        if paper.announced is not None:
            late.setdefault(paper.announced, []).append(paper)
    for day in answer.days:
        papers = [*day.papers, *late.pop(day.day, ())]
        announced = max(day.announced_count, len(papers))
        _add_day(intake, settings, history, scored, day.day, "", day.outcome, papers,
                 announced=announced, why=day.why)  # fmt: skip
    for at, papers in sorted(late.items()):
        _add_day(intake, settings, history, scored, at, "", "done", papers)
    intake.days.sort(key=lambda incoming: incoming.day)
    finished = set(known.finished) | {incoming.day for incoming in intake.days}
    intake.backlog = [paper for paper in answer.backlog if paper.announced not in finished]
    intake.updates = list(answer.updates)
    return intake


def _add_day(
    intake: Intake,
    settings: Settings,
    history: History,
    scored: Collection[str],
    day: date,
    source: str,
    outcome: Outcome,
    papers: Iterable[Paper],
    *,
    announced: int | None = None,
    why: str = "",
    via: str = "",
) -> None:
    record = history.days.get((day, source))
    known = frozenset(record.listed) if record else frozenset()
    listed = sorted({paper.id: paper for paper in papers}.values(), key=lambda p: id_order(p.id))
    scanned = tuple(paper for paper in listed if wanted(paper, settings) and paper.id not in scored)
    outside = tuple(paper for paper in listed if not wanted(paper, settings))
    news = bool(scanned) or (record is None) or not {p.id for p in outside} <= known
    if record is not None and record.finished and not news:
        intake.known_days.append((day, source))
        return
    if (
        record is not None
        and not record.finished
        and (record.outcome, record.why) == (outcome, why)
        and not scanned
    ):
        intake.known_days.append((day, source))
        return
    total = len(listed) if announced is None else announced
    if record is not None:
        total = max(total, len({p.id for p in listed} | known))
    intake.days.append(
        Incoming(day=day, source=source, outcome=outcome, scanned=scanned, outside=outside,
                 announced=total, why=why, via=via)
    )  # fmt: skip


def wanted(paper: Paper, settings: Settings) -> bool:
    """Whether the paper is scanned: in a configured category, and new or cross-listed as wished."""
    categories = set(settings.arxiv.categories)
    if not categories.intersection(paper.categories):
        return False
    kind = paper.announce_type or ("new" if paper.primary in categories else "cross")
    return kind in settings.arxiv.announce
