"""Judging the papers of a day against the topics, with the days before as background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kb.core import people
from kb.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.history import History
    from kb.core.papers import Paper
    from kb.core.topics import Topics
    from kb.scorers.local import Label, LocalScorer
    from kb.sync.intake import Incoming
    from kb.vault.cache import Cache

POOL_DAYS = 20


class Judge:
    """Scores days in order. A day's scores depend only on the topics, the labels, and the papers of
    the 20 announcement days up to that day; the sample's days know only each other."""

    def __init__(
        self,
        topics: Topics,
        follow: Sequence[str],
        history: History,
        cache: Cache,
        labels: Sequence[Label],
        *,
        refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
    ) -> None:
        self.topics = topics
        self.follow = tuple(follow)
        self.cache = cache
        self.labels = labels
        self.refetch = refetch
        self.problems: list[Problem] = []
        self._texts: dict[str, Paper] = {}
        self._history = history
        self._days: dict[str, dict[date, set[str]]] = {"": {}, "sample": {}}
        """Papers of days, beside those that the history has scored."""
        for day, ids in history.backlog.items():
            self._days[""].setdefault(day, set()).update(ids)
        self._scorers: dict[str, LocalScorer] = {}

    def take_in(self, days: Iterable[Incoming], backlog: Iterable[Paper]) -> None:
        """Makes the texts of this pass known; all of them, before the first day is scored."""
        for incoming in days:
            for paper in incoming.scanned:
                self._texts[paper.id] = paper
                self._days[incoming.source].setdefault(incoming.day, set()).add(paper.id)
        for paper in backlog:
            if paper.announced is not None:
                self._texts[paper.id] = paper
                self._days[""].setdefault(paper.announced, set()).add(paper.id)

    def score(self, incoming: Incoming) -> dict[str, Assessment]:
        """An assessment for each scanned paper of the day."""
        if not incoming.scanned:
            return {}
        pool = self._pool(incoming.day, incoming.source)
        scorer = self._scorers.get(incoming.source) or self._scorer(incoming.source)
        assessments = scorer.score_day(list(incoming.scanned), pool)
        return {
            paper.id: self._follow(assessments[paper.id], paper.authors)
            for paper in incoming.scanned
        }

    def order(self, incoming: Incoming, said: Mapping[str, bool]) -> list[str]:
        """The papers of a day, the best first, as learnt from `said`: whether a paper was kept."""
        import numpy as np

        from kb.scorers.local import Label, LocalScorer

        if not incoming.scanned:
            return []
        known = self._papers(said.keys())
        labels = [Label(i, liked=liked) for i, liked in sorted(said.items()) if i in known]
        scorer = LocalScorer(self.topics, labels, list(known.values()), self.cache)
        ranked = scorer.rank(incoming.scanned, self._pool(incoming.day, incoming.source))
        ids = sorted(paper.id for paper in incoming.scanned)
        at = np.searchsorted(np.array(ranked.ids), ids)
        places = dict(zip(ids, ranked.order[at].tolist(), strict=True))
        return sorted(ids, key=lambda i: (-places[i], i))

    def _scorer(self, source: str) -> LocalScorer:
        from kb.scorers.local import LocalScorer

        labels = [] if source else list(self.labels)
        labelled = self._papers({label.id for label in labels})
        scorer = LocalScorer(
            self.topics,
            labels=[label for label in labels if label.id in labelled],
            labelled_papers=list(labelled.values()),
            counts=self.cache,
        )
        self._scorers[source] = scorer
        return scorer

    def _pool(self, day: date, source: str) -> list[Paper]:
        scored = {
            d: r.scores for (d, s), r in self._history.days.items() if s == source and r.scores
        }
        taken = self._days[source]
        days = sorted(d for d in scored.keys() | taken.keys() if d <= day)[-POOL_DAYS:]
        ids = {i for d in days for known in (scored, taken) for i in known.get(d, ())}
        papers = self._papers(ids)
        if missing := len(ids) - len(papers):
            self.problems.append(
                Problem(
                    day.isoformat(),
                    f"{missing} of the {len(ids)} papers of the last {len(days)} announcement days have"
                    " no text in the cache, so the day was ranked without them",
                )
            )
        return [papers[arxiv_id] for arxiv_id in sorted(papers)]

    def _papers(self, ids: Iterable[str]) -> Mapping[str, Paper]:
        wanted = set(ids)
        missing = wanted - self._texts.keys()
        if missing:
            self._texts.update(self.cache.papers(sorted(missing)))
            missing -= self._texts.keys()
        if missing and self.refetch is not None:
            found = {paper.id: paper for paper in self.refetch(sorted(missing))}
            self.cache.put_papers(found.values())
            self._texts.update(found)
        return {i: self._texts[i] for i in wanted if i in self._texts}

    def _follow(self, assessment: Assessment, authors: Sequence[str]) -> Assessment:
        followed = people.followed(self.follow, authors)
        if not followed:
            return assessment
        comment = f"by {', '.join(followed)}, whom you follow"
        if assessment.comment:
            comment = f"{comment}; {assessment.comment}"
        return replace(assessment, followed=followed, comment=comment)
