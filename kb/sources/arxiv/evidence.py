"""What the feed and the API showed in one pass, brought together: which paper came on which day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from kb.core.announcements import (
    Filing,
    Sighting,
    days_between,
    file_by_id,
    has_order,
    mailing_day,
    next_day,
    unbroken,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.papers import AnnounceType, Paper
    from kb.sources.arxiv.answers import Known
    from kb.sources.rss import RssFeed

_SMALL = 8
"""Papers a day below which any number, and none, is to be expected."""


@dataclass(frozen=True)
class Evidence:
    """One pass's sightings; `feed` or `api` is None where arXiv did not give it."""

    known: Known
    categories: frozenset[str]
    announce: frozenset[str]
    current: date
    first_day: date
    """The API was asked for papers submitted for this day and later."""
    feed: RssFeed | None
    api: Mapping[str, Paper] | None
    silent: frozenset[date] = frozenset()
    """Days on which arXiv is known to have announced nothing."""
    older: Mapping[str, Paper] = field(default_factory=dict)
    """Full records of what the feed names from before `first_day`."""

    @cached_property
    def listed(self) -> dict[str, Paper]:
        """The feed's new and cross-listed papers, each once, a new one before a cross-list."""
        found: dict[str, Paper] = {}
        for kind in ("new", "cross"):
            for paper in self.feed.items if self.feed else ():
                if paper.announce_type == kind:
                    found.setdefault(paper.id, paper)
        return found

    def lists(self, day: date) -> bool:
        """Whether the feed is that of `day` and has papers on it."""
        return self.feed is not None and self.feed.day == day and bool(self.listed)

    @cached_property
    def filing(self) -> Filing:
        """The API's papers by day; empty where the API did not answer."""
        if self.api is None:
            return Filing({}, {}, frozenset())
        return file_by_id(self.sightings, self._days, silent=self._empty)

    @property
    def _days(self) -> list[date]:
        return days_between(self.first_day, next_day(self.current))

    @property
    def _empty(self) -> set[date]:
        return {day for day, ids in self.known.finished.items() if not ids} | self.silent

    def doubtful(self, days: Iterable[date]) -> list[date]:
        """Those of `days` that may have been holidays, for all that the API shows."""
        asked = set(days) - self.filing.silent
        loud = [day for day in self._days if day not in self.filing.silent]
        return [day for day in unbroken(self.sightings, loud, usual=1.5) if day in asked]

    @cached_property
    def sightings(self) -> list[Sighting]:
        """What speaks for the day of each paper of the API, and of each new one of the feed."""
        return list(self._sightings(self.api or {}, self._empty, next_day(self.current)))

    def _sightings(
        self, api: Mapping[str, Paper], empty: set[date], last: date
    ) -> Iterable[Sighting]:
        filed = {
            paper: day
            for day, ids in self.known.finished.items()
            for paper in ids
            if paper in api and day not in empty
        }
        fresh = (
            {paper.id for paper in self.listed.values() if paper.announce_type == "new"}
            if self.feed and self.feed.day
            else set()
        )
        for paper in api.values():
            due = min(mailing_day(paper.submitted), last) if paper.submitted else last
            while due in empty:
                due = next_day(due)
            if paper.id in fresh and self.feed and self.feed.day:
                yield Sighting(paper.id, self.feed.day, sure=True, submitted=paper.submitted)
            else:
                yield Sighting(paper.id, due, filed.get(paper.id) == due, paper.submitted)
        for arxiv_id in fresh - api.keys():
            if self.feed and self.feed.day and has_order(arxiv_id):
                yield Sighting(arxiv_id, self.feed.day, sure=True)

    @cached_property
    def by_day(self) -> dict[date, list[Paper]]:
        """The API's papers of each day, in order of id, kinds not asked for included."""
        found: dict[date, list[Paper]] = {}
        for arxiv_id, day in sorted(self.filing.day_of.items()):
            if self.api and arxiv_id in self.api:
                found.setdefault(day, []).append(self.api[arxiv_id])
        return found

    def _counts(self, without: date) -> dict[date, int]:
        """How many papers of the kinds asked for the days at hand have, those with none left out."""
        counts = Counter({day: len(ids) for day, ids in self.known.finished.items()})
        for day, papers in self.by_day.items():
            if day <= self.current:
                counts[day] = max(counts[day], sum(self.wants(self.kind(p)) for p in papers))
        return {day: counts[day] for day in sorted(counts) if counts[day] and day != without}

    def is_plausible(self, day: date, count: int) -> bool:
        """Whether `count` papers may be all of the day's, by those before it.

        Of 87 real days one had fewer than half of the same weekday in the four weeks before, none
        fewer than 0.4 of the median; Tuesdays have twice as many papers as other days.
        """
        counts = self._counts(day)
        if not counts:
            return self.api is not None
        recent = [counts[other] for other in counts if (day - other).days <= 28]
        same = [counts[o] for o in counts if (day - o).days <= 28 and o.weekday() == day.weekday()]
        usual = median((recent or list(counts.values()))[-10:])
        return usual < _SMALL or count >= max(0.4 * usual, 0.5 * min(same, default=0))

    def is_small(self, day: date) -> bool:
        """Whether the categories are so small that a day without papers is nothing unusual."""
        counts = list(self._counts(day).values())[-10:]
        return not counts or median(counts) < _SMALL

    def kind(self, paper: Paper) -> AnnounceType:
        """How a paper of the API was announced in the categories."""
        if listed := self.listed.get(paper.id):
            return listed.announce_type
        return "new" if paper.primary in self.categories else "cross"

    def wants(self, kind: str) -> bool:
        return kind in self.announce

    def papers_of(self, day: date) -> dict[str, Paper]:
        """All that feed and API show of a day, the API's fuller record where both have one."""
        found = {paper.id: paper for paper in self.by_day.get(day, ())}
        if self.feed and self.feed.day == day:
            full = {**self.older, **(self.api or {})}
            return found | {arxiv_id: full.get(arxiv_id, p) for arxiv_id, p in self.listed.items()}
        # What the feed lists is of the feed's day, whatever its id says: late cross-lists.
        return {arxiv_id: paper for arxiv_id, paper in found.items() if arxiv_id not in self.listed}

    def fresh(self, papers: Iterable[Paper], day: date) -> tuple[Paper, ...]:
        """Those never seen and of the kinds asked for, dated, in order of id."""
        dated = [replace(p, announced=day, announce_type=self.kind(p)) for p in papers]
        return tuple(
            sorted(
                (p for p in dated if p.id not in self.known.seen and self.wants(p.announce_type)),
                key=lambda p: p.id,
            )
        )

    def late(self, answered: Sequence[date], day: date) -> tuple[Paper, ...]:
        """Unseen papers whose ids belong to days that were finished before, dated `day`."""
        found: list[Paper] = []
        begun = min(self.known.finished, default=day)
        for of, papers in self.by_day.items():
            if of in answered or of > self.current:
                continue
            seen = sum(paper.id in self.known.seen for paper in papers)
            if of in self.known.finished or (of < begun and 2 * seen >= len(papers)):
                found += papers
        listed_now = self.listed if self.feed and self.feed.day in answered else {}
        return self.fresh((p for p in found if p.id not in listed_now), day)
