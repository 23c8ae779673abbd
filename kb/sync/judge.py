"""Judging the papers of a day against the topics, with the days before as background."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
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


class LocalDay:
    """One day as the local scorer sees it.

    The papers are there when this is made. The rest is reckoned when it is first asked for: that
    takes a second and may be done by another thread.
    """

    def __init__(
        self,
        incoming: Incoming,
        pool: Sequence[Paper],
        scorer: Callable[[], LocalScorer],
        follow: Sequence[str],
    ) -> None:
        self.incoming = incoming
        self._pool = pool
        self._scorer = scorer
        self._follow = follow

    @cached_property
    def assessments(self) -> dict[str, Assessment]:
        """What the local scorer thinks of each scanned paper of the day."""
        papers = self.incoming.scanned
        if not papers:
            return {}
        assessments = self._scorer().assess(papers, self._ranked)
        return {p.id: _followed(assessments[p.id], self.followed(p)) for p in papers}

    def order(self, said: Mapping[str, bool]) -> list[str]:
        """The papers of the day, the best first, as learnt from `said`: whether a paper was kept.

        Only what is said of papers of the days before counts, those that `Judge.background` names.
        """
        from kb.scorers.local import Label

        if not self.incoming.scanned:
            return []
        order = self._ranked.learnt_from(Label(i, liked=liked) for i, liked in said.items())
        places = dict(zip(self._ranked.ids, order.tolist(), strict=True))
        return sorted({paper.id for paper in self.incoming.scanned}, key=lambda i: (-places[i], i))

    def followed(self, paper: Paper) -> tuple[str, ...]:
        """The followed authors of the paper."""
        return people.followed(self._follow, paper.authors)

    @cached_property
    def _ranked(self) -> Ranked:
        return self._scorer().rank(self.incoming.scanned, self._pool)


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
        self._labelled: dict[str, Mapping[str, Paper]] = {}
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

    def day(self, incoming: Incoming) -> LocalDay:
        """The day, with the texts that it is ranked with."""
        source, pool = incoming.source, []
        if incoming.scanned:
            if source not in self._labelled:
                labels = () if source else self.labels
                self._labelled[source] = self._papers({label.id for label in labels})
            pool = self._pool(incoming)
        return LocalDay(incoming, pool, partial(self._scorer, source), self.follow)

    def background(self, incoming: Incoming) -> list[date]:
        """The announcement days whose papers a day is ranked with, its own the last of them."""
        scored, taken = self._scored(incoming.source), self._days[incoming.source]
        return sorted(d for d in scored.keys() | taken.keys() if d <= incoming.day)[-POOL_DAYS:]

    def _scorer(self, source: str) -> LocalScorer:
        if source not in self._scorers:
            from kb.scorers.local import LocalScorer

            labelled = self._labelled[source]
            self._scorers[source] = LocalScorer(
                self.topics,
                labels=[label for label in self.labels if label.id in labelled],
                labelled_papers=list(labelled.values()),
                counts=self.cache,
            )
        return self._scorers[source]

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


def _followed(assessment: Assessment, authors: tuple[str, ...]) -> Assessment:
    """The assessment of a paper by these followed authors."""
    if not authors:
        return assessment
    comment = f"by {', '.join(authors)}, whom you follow"
    if assessment.comment:
        comment = f"{comment}; {assessment.comment}"
    return replace(assessment, followed=authors, comment=comment)
