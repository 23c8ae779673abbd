"""What the ledger's records say together: days, judgements, what was written, what is gone.

Records are JSON objects, one a line, in any order and any number of times (files are merged by
`merge=union`), so folding sorts them by their `at` and lets repetition change nothing. What comes of
it is held for as long as kb runs, so the tables of many papers are packed. The kinds
`day`, `judged`, `wrote` and `gone` are those of the contract; beside them stand

- `seen`: papers of an announcement day that were fetched as background and not filed,
- `boxes`: which tasks of a paper's section on the daily page kb last showed as ticked,
- `pass`: what a pass that changed something did,
- `summary`: what a model says a paper is about, for the table and for the note,
- `month`: how a model looks back on a month, and on which papers of it,
- `spent`: what asking a model took, beside what the records of its answers say, and about which papers
  it gave no sound answer,
- `bulk`: papers are about to be handed to a provider's queue, were (`id`), or were collected from it
  (`done`), or never got there (`done` too),
- `forgot`: all days of a source, such as the sample, were removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any, Literal

from kb.core import records
from kb.core.assessments import LOCAL, Assessment, of_record
from kb.core.costs import Cost
from kb.core.packed import Judgements, PaperIds, Reasons, Scores
from kb.core.records import Entry, Record, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

__all__ = [
    "Day",
    "History",
    "Outcome",
    "Record",
    "Written",
    "extend",
    "fold",
    "fold_lines",
    "go_on",
]

_AT, _ABOUT = itemgetter(0), itemgetter(1, 2)
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
    paged: tuple[object, tuple[int, int], list[date]] | None = field(default=None, compare=False)
    """What `kb.core.pages.Shelf.days` found last, for which notes, and as of which turns."""
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


def fold(told: Iterable[Record]) -> History:
    """The history that records tell. Malformed ones change nothing and are counted in `unknown`."""
    return _fold(map(records.entry, told))


def fold_lines(lines: Iterable[bytes]) -> History:
    """The same of records as lines of JSON, without their ends; what cannot be read is passed over."""
    return _fold(filter(None, map(records.read, lines)))


def go_on(history: History, lines: Iterable[bytes]) -> bool:
    """Adds what more lines of the ledger say. False, and nothing is added, where one of them is not
    newer than all the history holds, or it cannot be told."""
    entries = list(filter(None, map(records.read, lines)))
    if any(at <= history.latest or kind == records.NEWER for at, kind, *_ in entries):
        return False
    _fold(entries, history)
    return True


def extend(history: History, told: Iterable[Record]) -> None:
    """Adds records that are newer than all the history holds."""
    for record in told:
        _take(history, records.entry(record))


def _fold(entries: Iterable[Entry], history: History | None = None) -> History:
    history = history or History()
    for _, run in groupby(sorted(entries, key=_AT), key=_AT):
        together = list(run)
        several = len(set(map(_ABOUT, together))) < len(together)
        for entry in _once(together) if several else together:
            _take(history, entry)
    return history


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Of records that are equal as JSON the first; all of `entries` have the same `at`."""
    first: dict[tuple[str, Any], Entry] = {}
    told: dict[tuple[str, Any], set[str]] = {}
    for entry in entries:
        about, line = _ABOUT(entry), entry[-1]
        other = first.setdefault(about, entry)
        if other is not entry:
            if line is not None and line == other[-1]:
                continue
            if about not in told:
                told[about] = {records.canonical(other)}
            known, said = told[about], records.canonical(entry)
            if said in known:
                continue
            known.add(said)
        yield entry


def _take(history: History, entry: Entry) -> None:
    at, kind, about, said, line = entry
    if at > history.latest and kind != records.NEWER:
        history.latest = at
    if kind == "wrote":
        _take_wrote(history, at, about, said)
    elif kind == "day":
        _take_day(history, at, about, said)
    elif kind == "judged":
        history.judged.add(about, line or b"")
        _take_paid(history, at, said)
    elif kind == "summary":
        history.summaries.add(about, line or b"")
        _take_paid(history, at, said)
    elif kind == "month":
        paid, record = said
        history.months.setdefault(about, []).append(record)
        _take_paid(history, at, paid)
    elif kind == "spent":
        _take_spent(history, at, *said)
    elif kind == "bulk":
        _take_bulk(history, about, said)
    elif kind == "boxes":
        history.boxes[about] = said
    elif kind == "gone":
        _take_gone(history, at, about, fell_below=said)
    elif kind == "seen":
        history.backlog.setdefault(about, set()).update(said)
    elif kind == "pass":
        history.passes.append(said)
    elif kind == "forgot":
        _forget(history, about)
    else:
        history.unknown += 1


def _take_wrote(history: History, at: str, arxiv_id: str, written: Written) -> None:
    earlier = history.wrote.setdefault(arxiv_id, written)
    if earlier is not written:
        written.adopted |= earlier.adopted
        written.moved |= earlier.moved
        history.wrote[arxiv_id] = written
    history.paths.add(written.path)
    if arxiv_id in history.gone and history.gone[arxiv_id] <= at:
        del history.gone[arxiv_id]
        history.former.pop(arxiv_id, None)
        history.dropped.discard(arxiv_id)
    if written.update:
        history.updates.setdefault(arxiv_id, []).append(written.update)


def _take_paid(history: History, at: str, paid: records.Paid | None) -> None:
    if paid is None:
        return
    spent_on = at[:10], paid.by
    history.costs[spent_on] = history.costs.get(spent_on, Cost()) + paid.cost
    if paid.day is not None:
        of_day = history.usage.setdefault(paid.day, {})
        of_day[paid.by] = of_day.get(paid.by, Cost()) + paid.cost


def _take_spent(history: History, at: str, paid: records.Paid | None, record: Record) -> None:
    _take_paid(history, at, paid)
    asked = record.get("task", ""), record["by"], record.get("prompt", "")
    for arxiv_id in record.get("unsound", ()):
        key = (*asked, arxiv_id)
        history.tries[key] = history.tries.get(key, 0) + 1


def _take_bulk(history: History, name: str, said: Record) -> None:
    """A batch goes on from begun to handed in to done, whichever of it is read first."""
    if said.get("done"):
        history.closed.add(name)
        history.bulks.pop(name, None)
    elif name not in history.closed and (said.get("id") or name not in history.bulks):
        history.bulks[name] = said


def _take_gone(history: History, at: str, arxiv_id: str, *, fell_below: bool) -> None:
    history.gone[arxiv_id] = at
    if fell_below:
        history.dropped.add(arxiv_id)
    if arxiv_id in history.wrote:
        history.former[arxiv_id] = history.wrote.pop(arxiv_id)


def _take_day(history: History, at: str, about: tuple[date, str], record: Record) -> None:
    day = history.days.setdefault(about, Day(*about))
    history.gaps = None
    history.turns += 1
    if records.OUTCOMES[record["outcome"]] >= records.OUTCOMES[day.outcome]:
        day.outcome = record["outcome"]
        day.why = record.get("why", "")
    day.categories = tuple(record.get("cats", day.categories))
    day.announced = max(day.announced, record.get("announced", 0))
    day.by = record.get("by", day.by)
    day.from_arxiv = day.from_arxiv or not record.get("via")
    day.cutoffs = record.get("cutoffs", day.cutoffs)
    day.criteria = record.get("criteria", day.criteria)
    day.at = at
    day.scores = day.scores.joined(record.get("papers", day.scores))
    if outside := record.get("outside", day.outside):
        day.outside = PaperIds(i for i in (*day.outside, *outside) if i not in day.scores)
    day.kept = list(dict.fromkeys((*day.kept, *record.get("kept", ()))))
    if fell := set(record.get("fell", ())):
        day.kept = [arxiv_id for arxiv_id in day.kept if arxiv_id not in fell]
    day.reasons = day.reasons.joined(record.get("reasons", day.reasons))
    day.tokens = tuple(map(add, day.tokens, record.get("tokens", (0, 0, 0))))
    day.usd += record.get("usd", 0.0)
    day.usage += record.get("usage", ())
    if record.get("via") == "import":
        day.counted = max(day.counted, record.get("scanned", 0))
    day.model = record.get("model", day.model)
    if waiting := record.get("waiting"):
        told = {arxiv_id: why for why, ids in waiting.items() for arxiv_id in ids}
        day.waiting = {**day.waiting, **told}
    if answered := set(record.get("answered", ())):
        day.waiting = {i: why for i, why in day.waiting.items() if i not in answered}
    if screen := record.get("screen"):
        day.screens += ({**screen, "by": day.model},)


def _forget(history: History, source: str) -> None:
    """Every trace of the days of a source, such as the sample, as if they had never been."""
    history.gaps = None
    history.turns += 1
    for key in [key for key in history.days if key[1] == source]:
        for arxiv_id in history.days.pop(key).listed:
            history.gone.pop(arxiv_id, None)
            history.former.pop(arxiv_id, None)
            history.dropped.discard(arxiv_id)
            history.wrote.pop(arxiv_id, None)
            history.boxes.pop(arxiv_id, None)
            history.updates.pop(arxiv_id, None)
