"""The days a vault lacks, asked of arXiv: the current one from the feed, missed ones from the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from kb.core.announcements import (
    back,
    current_day,
    days_between,
    eastern_date,
    has_order,
    is_weekday,
    mailing_day,
    next_day,
    previous_day,
    window,
)
from kb.core.papers import id_order
from kb.errors import TryLater
from kb.sources.arxiv.answers import Answer, DayAnswer, Known
from kb.sources.arxiv.evidence import Evidence
from kb.sources.arxiv.verdicts import Judge

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from kb.core.papers import Paper
    from kb.sources.arxiv.api import ArxivSource
    from kb.sources.rss import RssFeed

__all__ = ["Answer", "DayAnswer", "Known", "collect", "missing_days"]

REACH = timedelta(days=60)
"""Days missed longer ago are filled only where they are asked for."""
HELD = timedelta(days=14)
"""How long moderation holds most papers back."""
FALL_BACK = 6
"""Days a first pass goes back for one with papers: arXiv's longest holidays and a weekend."""


def missing_days(
    known: Known, current: date, *, since: date | None = None, until: date | None = None
) -> list[date]:
    """The announcement days to ask for, ascending: those up to `current` that are not finished.

    Without `since` they begin with the earliest finished day, 60 days ago at most; before the first
    pass there is only the current one.
    """
    last = min(until or current, current)
    if since is None:
        first = last if not known.finished else max(min(known.finished), current - REACH)
        if not is_weekday(first):
            first = previous_day(first) if first == last else next_day(first)
    else:
        first = since
    return [day for day in days_between(first, last) if day not in known.finished]


def collect(
    source: ArxivSource,
    known: Known,
    *,
    categories: Sequence[str],
    announce: Collection[str] = frozenset({"new", "cross"}),
    backlog_days: int = 20,
    since: date | None = None,
    until: date | None = None,
    now: datetime,
) -> Answer:
    """Ask arXiv for what is missing at `now`.

    The first pass brings the current day and its backlog, later ones every day not finished; with
    `since` or `until` exactly those. Days that cannot be had now come back open, with the reason in
    `retry`. Raises TryLater where a first pass would have to begin without its backlog.
    """
    current = current_day(now)
    wanted = missing_days(known, current, since=since, until=until)
    if not wanted:
        return Answer()
    first_pass = not known.finished
    feed, feed_trouble = None, ""
    if wanted[-1] == current:
        try:
            feed = _dated(source.announcement_feed(categories))
        except TryLater as trouble:
            if first_pass:
                raise
            feed_trouble = str(trouble)
        if feed and feed.day and feed.items and current < feed.day <= eastern_date(now):
            current = feed.day
            wanted = [*wanted, current] if not first_pass else [current]
    depth = back(wanted[0], backlog_days + FALL_BACK) if first_pass else None
    first_day = depth or mailing_day(window(wanted[0])[0] - HELD)
    api: list[Paper] | None = None
    api_trouble = ""
    try:
        api = source.submitted_between(
            categories,
            window(first_day)[0],
            min(now, window(next_day(wanted[-1]))[1]),
            "papers of the last days",
        )
    except TryLater as trouble:
        if first_pass:
            raise
        api_trouble = str(trouble)
    evidence = Evidence(
        known=known,
        categories=frozenset(categories),
        announce=frozenset(announce),
        current=current,
        first_day=first_day,
        feed=feed,
        api=None if api is None else {paper.id: paper for paper in api},
    )
    evidence = _with_older(source, evidence)
    judge = Judge(source, evidence, now, api_trouble=api_trouble)
    _ask_about_holidays(judge, wanted)
    evidence = judge.evidence
    days = [judge.judge(day) for day in wanted]
    if first_pass and since is None and days[-1].outcome != "done" and not evidence.lists(current):
        days = _fall_back(judge, days)
    done = [answer.day for answer in days if answer.outcome == "done"]
    backlog: list[Paper] = []
    if first_pass and done:
        for day in (
            days_between(back(done[0], backlog_days), previous_day(done[0])) if backlog_days else []
        ):
            backlog += evidence.fresh(evidence.papers_of(day).values(), day)
    troubles = [f"{answer.day}: {answer.why}" for answer in days if answer.outcome == "open"]
    if feed_trouble and troubles:
        troubles.append(feed_trouble)
    return Answer(
        days=tuple(days),
        backlog=tuple(backlog),
        late=evidence.late(wanted, done[-1]) if done and not first_pass else (),
        updates=_updates(evidence),
        problems=tuple(source.problems),
        retry="; ".join(troubles) or None,
    )


def _dated(feed: RssFeed) -> RssFeed:
    """An empty feed made on a day without announcements is of that day, whatever its date says."""
    if feed.items or feed.day is None or feed.built is None:
        return feed
    return replace(feed, day=max(feed.day, eastern_date(feed.built)))


def _fall_back(judge: Judge, days: list[DayAnswer]) -> list[DayAnswer]:
    """The newest day that has papers before `days`, so that a newcomer has notes on a Saturday too.

    Days passed over on the way come with what is known of them; without any, `days` as they are.
    """
    earlier: list[DayAnswer] = []
    day = days[0].day
    for _ in range(FALL_BACK):
        day = previous_day(day)
        earlier.insert(0, judge.judge(day))
        if earlier[0].outcome == "done":
            return earlier + days
    return days


def _ask_about_holidays(judge: Judge, wanted: Sequence[date]) -> None:
    """Have many categories' ids decide where our own leave it open whether arXiv announced."""
    silent = {
        day
        for day in judge.evidence.doubtful(wanted)
        if judge.may_ask() and judge.did_announce(day) is False
    }
    if silent:
        judge.evidence = replace(judge.evidence, silent=frozenset(silent))


def _with_older(source: ArxivSource, evidence: Evidence) -> Evidence:
    """The same with full records of what the feed names from before the API's answer.

    Those are late cross-lists and new versions; where arXiv does not give them the feed's will do.
    """
    if evidence.feed is None or evidence.api is None:
        return evidence
    oldest = min(map(id_order, filter(has_order, evidence.api)), default=(0, 0))
    ids = [
        paper.id
        for paper in evidence.feed.items
        if paper.id not in evidence.api
        and (
            paper.id in evidence.known.noted
            if paper.announce_type.startswith("replace")
            else not has_order(paper.id) or id_order(paper.id) < oldest
        )
    ]
    if not ids:
        return evidence
    try:
        return replace(evidence, older={paper.id: paper for paper in source.by_ids(ids)})
    except TryLater:
        return evidence


def _updates(evidence: Evidence) -> tuple[Paper, ...]:
    """What is newer of papers with notes, `announced` left out: it is not their announcement."""
    found: dict[str, Paper] = {}
    replaced = [
        paper
        for paper in (evidence.feed.items if evidence.feed else ())
        if paper.announce_type.startswith("replace")
    ]
    fuller = [
        p for p in [*(evidence.api or {}).values(), *evidence.older.values()] if p.version > 1
    ]
    for paper in [*replaced, *fuller]:
        if paper.id in evidence.known.noted and (
            paper.id not in found or paper.version >= found[paper.id].version
        ):
            found[paper.id] = replace(paper, announced=None, announce_type="replace")
    return tuple(found[arxiv_id] for arxiv_id in sorted(found))
