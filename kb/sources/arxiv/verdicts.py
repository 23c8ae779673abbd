"""How a day ended: done, quiet, holiday, or open until more is known."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from kb.core.announcements import (
    Sighting,
    back,
    days_between,
    file_by_id,
    mailing_day,
    next_day,
    out_at,
    unbroken,
    window,
)
from kb.errors import TryLater
from kb.sources.arxiv.answers import DayAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from kb.core.papers import Paper
    from kb.sources.arxiv.api import ArxivSource
    from kb.sources.arxiv.evidence import Evidence
    from kb.sources.rss import RssFeed

log = logging.getLogger(__name__)

CONTROL = ("cs.LG", "cs.CV", "cs.CL", "cs.AI", "math.AP", "quant-ph", "hep-ph", "astro-ph.GA")
"""Categories of which at least one is announced whenever arXiv announces anything."""

SETTLED = timedelta(hours=20)
"""After this long the API has a day without the feed's help."""

_CONTROLS_A_PASS = 5


class Judge:
    """Judges the days of one pass; asks control questions where a day looks empty."""

    def __init__(
        self, source: ArxivSource, evidence: Evidence, now: datetime, *, api_trouble: str = ""
    ) -> None:
        self._source = source
        self.evidence = evidence
        self._now = now
        self._api_trouble = api_trouble
        self._controls = 0
        self._control_feed: RssFeed | None = None

    def judge(self, day: date) -> DayAnswer:
        """The answer for `day`, which must not be later than the current one."""
        evidence = self.evidence
        feed_is_its = evidence.feed is not None and evidence.feed.day == day
        settled = day < evidence.current or self._now - out_at(day) >= SETTLED
        if not settled:
            if evidence.feed is None:
                return _open(day, "the feed could not be read")
            if not feed_is_its:
                return _open(day, f"the feed is still that of {evidence.feed.day}")
            return self._by_feed(day) if evidence.listed else self._empty_feed(day, evidence.feed)
        papers = evidence.papers_of(day)
        if evidence.api is None:
            if feed_is_its and evidence.listed:
                return self._by_feed(day)
            return _open(day, self._api_trouble)
        if not papers and feed_is_its and day == evidence.current and evidence.feed:
            return self._empty_feed(day, evidence.feed)
        if not papers:
            return self._without_papers(day)
        newer = any(other > day for other in evidence.by_day)
        if newer or evidence.is_plausible(day, self._count(papers)):
            return self._done(day, papers)
        return _open(day, f"the API shows {len(papers)} papers, too few to be all of them")

    def _by_feed(self, day: date) -> DayAnswer:
        """The feed is the truth for its day, completed by the API."""
        evidence = self.evidence
        papers = evidence.papers_of(day)
        in_api = {paper.id for paper in evidence.by_day.get(day, ())}
        new = {paper.id for paper in evidence.listed.values() if paper.announce_type == "new"}
        agreed = bool(in_api) and len(new & in_api) >= 0.9 * len(new)
        if agreed or evidence.is_plausible(day, self._count(papers)):
            lacked = len(in_api - evidence.listed.keys())
            return self._done(
                day, papers, f"the feed lacked {lacked} papers, which the API has" if lacked else ""
            )
        return _open(
            day, f"the feed lists {len(evidence.listed)} papers, too few to be all of them"
        )

    def _empty_feed(self, day: date, feed: RssFeed) -> DayAnswer:
        evidence = self.evidence
        if there := [p for p in evidence.by_day.get(day, ()) if p.id not in evidence.known.seen]:
            return _open(day, f"the feed is empty although the API has {len(there)} papers")
        try:
            control = self._ask_control_feed()
        except TryLater as trouble:
            return _open(
                day, f"the feed is empty, and whether arXiv announced is not known: {trouble}"
            )
        if control.day != day:
            return _open(day, f"the feed is empty, that of other categories is of {control.day}")
        others = [paper for paper in control.items if paper.announce_type in ("new", "cross")]
        new = (paper for paper in others if paper.announce_type == "new")
        if any(evidence.categories.intersection(paper.categories) for paper in new):
            return _open(
                day, "the feed is empty although a wider one lists papers of its categories"
            )
        if others and evidence.is_small(day):
            return _quiet(day)
        if others:
            return _open(day, "the feed is empty on a day on which arXiv announced papers")
        if f"{day:%A}" in feed.skip_days | control.skip_days:
            return _holiday(day)
        return _open(day, "the feed is empty; the next one will tell whether the day is a holiday")

    def _without_papers(self, day: date) -> DayAnswer:
        if day in self.evidence.filing.silent:
            return _holiday(day)
        if not self.may_ask():
            if any(other > day for other in self.evidence.by_day):
                return _quiet(day)
            return _open(day, "no papers, and too many such days to ask about all in one pass")
        try:
            announced = self.did_announce(day)
        except TryLater as trouble:
            return _open(day, f"no papers, and whether arXiv announced is not known: {trouble}")
        if announced is None:
            return _open(day, "the API does not show this day yet")
        return _quiet(day) if announced else _holiday(day)

    def may_ask(self) -> bool:
        """Whether one more control question is allowed in this pass; counts it."""
        self._controls += 1
        return self._controls <= _CONTROLS_A_PASS

    def did_announce(self, day: date) -> bool | None:
        """Whether arXiv announced anything at all on a past day, by the ids of many categories.

        None where the API shows nothing of this day or a later one.
        """
        evidence = self.evidence
        before, after = back(day, 5), next_day(day)
        fresh: set[str] = set()
        if evidence.feed and evidence.feed.day == after:
            control = self._ask_control_feed()
            if control.day == after:
                fresh = {p.id for p in control.items if p.announce_type == "new"}
        found = self._source.submitted_between(
            self._control_categories(),
            window(before)[0],
            min(self._now, window(next_day(after))[1]),
            f"other papers around {day}",
        )
        last = next_day(after)
        sightings = [
            Sighting(p.id, after, sure=True)
            if p.id in fresh
            else Sighting(p.id, min(mailing_day(p.submitted), last), submitted=p.submitted)
            for p in found
            if p.submitted
        ]
        days = days_between(before, last)
        filing = file_by_id(sightings, days)
        loud = [d for d in days if d not in filing.silent]
        if day in filing.silent or day in unbroken(sightings, loud, usual=3):
            return False
        counts = Counter(filing.day_of.values())
        if counts[day] and counts[day] >= 0.1 * max(counts.values()):
            return True
        return False if any(of > day for of in counts) else None

    def _ask_control_feed(self) -> RssFeed:
        if self._control_feed is None:
            self._control_feed = self._source.announcement_feed(self._control_categories())
        return self._control_feed

    def _control_categories(self) -> list[str]:
        return sorted(self.evidence.categories.union(CONTROL))

    def _count(self, papers: Mapping[str, Paper]) -> int:
        evidence = self.evidence
        return sum(evidence.wants(evidence.kind(paper)) for paper in papers.values())

    def _done(self, day: date, papers: Mapping[str, Paper], why: str = "") -> DayAnswer:
        return DayAnswer(
            day=day,
            outcome="done",
            papers=self.evidence.fresh(papers.values(), day),
            announced_count=len(papers),
            why=why,
        )


def _open(day: date, why: str) -> DayAnswer:
    return DayAnswer(day=day, outcome="open", why=why)


def _quiet(day: date) -> DayAnswer:
    return DayAnswer(day=day, outcome="quiet", why="nothing was announced in the categories")


def _holiday(day: date) -> DayAnswer:
    return DayAnswer(day=day, outcome="holiday", why="arXiv announced nothing")
