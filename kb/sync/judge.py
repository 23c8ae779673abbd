"""Judging the papers of a day against the topics, with the days before as background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kb.core import people
from kb.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.history import History
    from kb.core.papers import Paper
    from kb.core.topics import Topics
    from kb.scorers.local import Label, LocalScorer, Ranked
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
        self._ranked: tuple[Incoming, Ranked] | None = None
        """The day that was ranked last: it is scored, and with a model put in order too."""

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
        scorer = self._scorer(incoming.source)
        assessments = scorer.assess(incoming.scanned, self._rank(incoming))
        return {
            paper.id: self._follow(assessments[paper.id], paper.authors)
            for paper in incoming.scanned
        }

    def order(self, incoming: Incoming, said: Mapping[str, bool]) -> list[str]:
        """The papers of a day, the best first, as learnt from `said`: whether a paper was kept.

        Only what is said of papers of the days before counts, those that `background` names.
        """
        from kb.scorers.local import Label

        if not incoming.scanned:
            return []
        ranked = self._rank(incoming)
        order = ranked.learnt_from(Label(i, liked=liked) for i, liked in said.items())
        places = dict(zip(ranked.ids, order.tolist(), strict=True))
        return sorted({paper.id for paper in incoming.scanned}, key=lambda i: (-places[i], i))

    def background(self, incoming: Incoming) -> list[date]:
        """The announcement days whose papers a day is ranked with, its own the last of them."""
        scored, taken = self._scored(incoming.source), self._days[incoming.source]
        return sorted(d for d in scored.keys() | taken.keys() if d <= incoming.day)[-POOL_DAYS:]

    def _rank(self, incoming: Incoming) -> Ranked:
        if self._ranked is None or self._ranked[0] is not incoming:
            self._ranked = None  # two matrices at once would be a lot of memory
            scorer = self._scorer(incoming.source)
            self._ranked = incoming, scorer.rank(incoming.scanned, self._pool(incoming))
        return self._ranked[1]

    def _scorer(self, source: str) -> LocalScorer:
        if source not in self._scorers:
            self._scorers[source] = self._new_scorer(source)
        return self._scorers[source]

    def _new_scorer(self, source: str) -> LocalScorer:
        from kb.scorers.local import LocalScorer

        labels = [] if source else list(self.labels)
        labelled = self._papers({label.id for label in labels})
        return LocalScorer(
            self.topics,
            labels=[label for label in labels if label.id in labelled],
            labelled_papers=list(labelled.values()),
            counts=self.cache,
        )

    def _scored(self, source: str) -> dict[date, Mapping[str, Any]]:
        return {d: r.scores for (d, s), r in self._history.days.items() if s == source and r.scores}

    def _pool(self, incoming: Incoming) -> list[Paper]:
        scored, taken = self._scored(incoming.source), self._days[incoming.source]
        days = self.background(incoming)
        ids = {i for d in days for known in (scored, taken) for i in known.get(d, ())}
        papers = self._papers(ids)
        if missing := len(ids) - len(papers):
            self.problems.append(
                Problem(
                    incoming.day.isoformat(),
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
