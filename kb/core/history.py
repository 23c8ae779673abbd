"""What the ledger's records say together: days, judgements, what was written, what is gone.

Folding them is `kb.core.folding`'s. What comes of it is held for as long as kb runs, so the tables of
many papers are packed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kb.core.assessments import LOCAL, Assessment, of_record
from kb.core.packed import Judgements, PaperIds, Reasons, Scores
from kb.core.records import Record, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from kb.core.costs import Cost
    from kb.core.pages.extent import Extent

__all__ = ["Day", "History", "Outcome", "Record", "Written"]

Outcome = Literal["done", "quiet", "holiday", "open"]


@dataclass(slots=True)
class Day:
    """One announcement day as kb has accounted for it. `source` keeps the sample's days apart."""

    day: date
    source: str = ""
    outcome: Outcome = "open"
    categories: tuple[str, ...] = ()
    announced: int = 0
    """Papers that arXiv listed, scanned or not."""
    by: str = ""
    scores: Scores = field(default_factory=Scores)
    """Relevance and novelty of every paper scanned, as first judged."""
    outside: PaperIds = field(default_factory=PaperIds)
    """Listed, but outside the reader's categories or announce types."""
    kept: list[str] = field(default_factory=list)
    """Without those that a model, asked when the day was filed already, put below the cutoffs."""
    counted: int = 0
    """Papers scanned, by a digest that names only those it kept."""
    usage: tuple[tuple[Any, ...], ...] = ()
    """What each model took, as a digest says it: the fields of `kb.core.listed.Usage`."""
    reasons: Reasons = field(default_factory=Reasons)
    """Topics and comment of the papers worth a reason."""
    cutoffs: Mapping[str, int] = field(default_factory=dict)
    criteria: str = ""
    from_arxiv: bool = False
    """Whether arXiv itself was asked; False for days that came from saved feeds or lists alone."""
    why: str = ""
    """Why the day is open, quiet or a holiday."""
    tokens: tuple[int, int, int] = (0, 0, 0)
    """Prompt, cached and completion tokens."""
    usd: float = 0.0
    model: str = ""
    """The model that was to judge the day over the local scorer; empty where there was none."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Papers that had no answer of the model when the day was filed, and why; until they are judged and
    filed after all. See `History.waiting`."""
    screens: tuple[Mapping[str, Any], ...] = ()
    """How the day was screened for the model, as recorded."""
    at: str = ""

    @property
    def listed(self) -> PaperIds:
        """Every paper of the day, scanned or not."""
        return PaperIds([*self.scores, *self.outside]) if self.outside else self.scores.ids

    @property
    def scanned(self) -> int:
        return max(len(self.scores), self.counted)

    @property
    def relevant(self) -> int:
        return len(self.kept)

    @property
    def finished(self) -> bool:
        return self.outcome != "open"


@dataclass(slots=True)
class History:
    """The ledger, folded."""

    days: dict[tuple[date, str], Day] = field(default_factory=dict)
    """By day and source ("" or "sample")."""
    judged: Judgements = field(default_factory=Judgements)
    summaries: Judgements = field(default_factory=Judgements)
    months: dict[str, list[Record]] = field(default_factory=dict)
    """Looks back on a month (`YYYY-MM`), the latest last."""
    wrote: dict[str, Written] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    """Every path under which kb ever wrote a note."""
    gone: dict[str, str] = field(default_factory=dict)
    """Papers whose note was deleted, and when."""
    dropped: set[str] = field(default_factory=set)
    """Those among them whose note kb removed, since they fell below the cutoffs."""
    former: dict[str, Written] = field(default_factory=dict)
    """What kb had last written into the notes that are gone, in case they come back."""
    backlog: dict[date, set[str]] = field(default_factory=dict)
    """Papers of the days before the first pass."""
    boxes: dict[str, frozenset[str]] = field(default_factory=dict)
    passes: list[Record] = field(default_factory=list)
    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    """What was spent, by the day (UTC) on which it was, and by model."""
    usage: dict[date, dict[str, Cost]] = field(default_factory=dict)
    """What was spent, by the announcement day it was spent on, and by model."""
    bulks: dict[str, Record] = field(default_factory=dict)
    """What is in a provider's queue, or may be (without `id`), by the name of the batch."""
    closed: set[str] = field(default_factory=set)
    """Batches that are in none any more."""
    tries: dict[tuple[str, ...], int] = field(default_factory=dict)
    """How often a model gave no sound answer, by task, model, prompt and paper."""
    updates: dict[str, list[str]] = field(default_factory=dict)
    """Replacements and withdrawals that reached the note, per paper, in words."""
    latest: str = ""
    """The newest `at` of all records."""
    gaps: list[tuple[date, str]] | None = None
    """What `kb.core.pages.gaps` found; None once a day has been recorded since."""
    turns: int = field(default=0, compare=False)
    """How often days have been recorded or forgotten."""
    paged: tuple[object, Extent] | None = field(default=None, compare=False)
    """What `kb.core.pages.extent` found last, and for which notes."""
    unknown: int = 0
    """Records that are malformed, or of a kind or version this program does not know; they change
    nothing and are left as they are."""

    def real_days(self) -> list[Day]:
        """The days of arXiv, not of the sample, in order."""
        return sorted((d for d in self.days.values() if not d.source), key=lambda d: d.day)

    def first_from_arxiv(self) -> date | None:
        """The day with which kb began to ask arXiv; None before the first pass."""
        asked = [d.day for d in self.real_days() if d.from_arxiv and d.finished]
        return asked[0] if asked else None

    @property
    def seen(self) -> dict[str, date]:
        """Every paper ever seen, and its announcement day (the earliest said); made anew each time."""
        found: dict[str, date] = {}
        for day, listed in sorted(self._listed(), key=lambda said: said[0], reverse=True):
            found.update(dict.fromkeys(listed, day))
        return found

    def seen_on(self, arxiv_id: str) -> date | None:
        """The announcement day of one paper, as in `seen`."""
        return min((day for day, listed in self._listed() if arxiv_id in listed), default=None)

    def scored(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that were judged on any day."""
        wanted = frozenset(ids)
        return {i for day in self.days.values() for i in wanted.intersection(day.scores)}

    def _listed(self) -> Iterator[tuple[date, PaperIds | set[str]]]:
        for day in self.days.values():
            yield day.day, day.scores.ids
            yield day.day, day.outside
        yield from self.backlog.items()

    def judged_by_model(self, arxiv_id: str) -> Record | None:
        """The assessment that stands over the local one: of each scorer the earliest counts, and
        of several scorers the one that was asked last."""
        told = self.judged.get(arxiv_id, ())
        return _standing(record for record in told if record["by"] != LOCAL)

    def summary_of(self, arxiv_id: str) -> tuple[str, str] | None:
        """The model's summary of the paper, short and long; of several as with judgements."""
        if arxiv_id not in self.summaries:
            return None
        record = _standing(self.summaries[arxiv_id])
        return (record["short"], record["long"]) if record else None

    def assessment(self, arxiv_id: str, followed: tuple[str, ...] = ()) -> Assessment | None:
        """What a model thinks of the paper, with its summary; None where none has judged it."""
        record = self.judged_by_model(arxiv_id) if arxiv_id in self.judged else None
        return of_record(record, followed, self.summary_of(arxiv_id)) if record else None

    def waiting(self, day: Day) -> dict[str, str]:
        """Papers of the day that no model has judged yet though one was to, and why."""
        return {
            arxiv_id: why
            for arxiv_id, why in day.waiting.items()
            if arxiv_id not in self.judged or self.judged_by_model(arxiv_id) is None
        }

    def day_of(self, arxiv_id: str) -> Day | None:
        """The day on which the paper was judged, else the one on which it was listed outside."""
        outside = None
        for day in self.days.values():
            if arxiv_id in day.scores:
                return day
            if arxiv_id in day.outside:
                outside = day
        return outside


def _standing(told: Iterable[Record]) -> Record | None:
    standing: dict[tuple[Any, ...], Record] = {}
    for record in told:
        standing.setdefault((record["by"], record.get("prompt"), record.get("ver")), record)
    return next(reversed(standing.values()), None)
