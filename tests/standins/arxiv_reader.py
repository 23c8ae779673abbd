"""A reader who asks the stand-in day after day and remembers what a vault would remember."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kb.core.announcements import out_at
from kb.sources.arxiv import Answer, ArxivSource, Known, collect
from kb.sources.arxiv.transport import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from standins.arxiv_server import ArxivStandIn

STEADY = Patience(
    every=0, connect=5, silence=20, deadline=20, tries=3, backoff=0.001, longest_wait=0.5, rest=0
)
HASTY = replace(STEADY, silence=0.3, deadline=0.4)
"""For servers that hang."""


@dataclass
class Reader:
    server: ArxivStandIn
    cache: Path
    categories: tuple[str, ...] = ("cs.LG", "cs.AI")
    page_size: int = 100
    patience: Patience = STEADY
    finished: dict[date, frozenset[str]] = field(default_factory=dict)
    outcomes: dict[date, str] = field(default_factory=dict)
    filed: dict[str, date] = field(default_factory=dict)
    backlog: dict[str, date] = field(default_factory=dict)
    noted: set[str] = field(default_factory=set)

    def at(self, day: date, hours: float = 1) -> datetime:
        """A moment so many hours after the feed of `day` should be out."""
        return (out_at(day) + timedelta(hours=hours)).astimezone(UTC)

    def read(
        self, day: date, *, hours: float = 1, now: datetime | None = None, **asked: Any
    ) -> Answer:
        """One pass with `day`'s feed; `server.today` is set, `server.api_day` left alone."""
        self.server.today = day
        moment = now or self.at(day, hours)
        source = ArxivSource(
            self.server.url,
            self.cache,
            lambda: moment,
            patience=self.patience,
            page_size=self.page_size,
        )
        known = Known(
            finished=dict(self.finished),
            seen=frozenset(self.filed) | frozenset(self.backlog),
            noted=frozenset(self.noted),
        )
        try:
            answer = collect(source, known, categories=self.categories, now=moment, **asked)
        finally:
            source.close()
        self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        for found in answer.days:
            self.outcomes[found.day] = found.outcome
            if found.outcome == "open":
                assert not found.papers
                assert found.why
                assert answer.retry
                continue
            assert found.day not in self.finished, "a day was finished twice"
            self.finished[found.day] = frozenset(paper.id for paper in found.papers)
            for paper in found.papers:
                assert paper.announced == found.day
                self._file(paper.id, found.day, self.filed)
        for paper in answer.late:
            assert paper.announced in self.finished
            self.finished[paper.announced] |= {paper.id}
            self._file(paper.id, paper.announced, self.filed)
        for paper in answer.backlog:
            assert paper.announced is not None
            self._file(paper.id, paper.announced, self.backlog)

    def _file(self, arxiv_id: str, day: date, where: dict[str, date]) -> None:
        assert arxiv_id not in self.filed, f"{arxiv_id} came twice"
        assert arxiv_id not in self.backlog, f"{arxiv_id} came twice"
        where[arxiv_id] = day

    def announced(self, first: date, last: date) -> dict[str, date]:
        """The truth: what arXiv announced in the categories, and when."""
        found: dict[str, date] = {}
        for paper in self.server.papers:
            on = [paper.announced] if set(paper.categories) & set(self.categories) else []
            on += [day for name, day in paper.crossed.items() if name in self.categories]
            if on and first <= min(on) <= last:
                found[paper.id] = min(on)
        return found
