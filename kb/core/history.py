"""What the ledger's records say together: days, judgements, what was written, what is gone.

Records are JSON objects, one a line, in any order and any number of times (files are merged by
`merge=union`), so folding sorts them by their `at` and lets repetition change nothing. The kinds
`day`, `judged`, `wrote` and `gone` are those of the contract; beside them stand

- `seen`: papers of an announcement day that were fetched as background and not filed,
- `boxes`: which tasks of a paper's section on the daily page kb last showed as ticked,
- `pass`: what a pass that changed something did,
- `forgot`: all days of a source, such as the sample, were removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from kb.core.assessments import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Outcome = Literal["done", "quiet", "holiday", "open"]
Record = dict[str, Any]
_SETTLED = {"done": 3, "quiet": 2, "holiday": 1, "open": 0}


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
    scores: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Relevance and novelty of every paper scanned, as first judged."""
    outside: set[str] = field(default_factory=set)
    """Listed, but outside the reader's categories or announce types."""
    kept: list[str] = field(default_factory=list)
    reasons: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    """Topics and comment of the papers worth a reason."""
    cutoffs: dict[str, int] = field(default_factory=dict)
    criteria: str = ""
    from_arxiv: bool = False
    """Whether arXiv itself was asked; False for days that came from saved feeds alone."""
    why: str = ""
    """Why the day is open, quiet or a holiday."""
    tokens: tuple[int, int, int] = (0, 0, 0)
    """Prompt, cached and completion tokens."""
    usd: float = 0.0
    at: str = ""

    @property
    def scanned(self) -> int:
        return len(self.scores)

    @property
    def relevant(self) -> int:
        return len(self.kept)

    @property
    def finished(self) -> bool:
        return self.outcome != "open"


@dataclass(frozen=True, slots=True)
class Written:
    """What kb last wrote into the note of one paper."""

    path: str
    keys: Mapping[str, Any]
    regions: Mapping[str, str]
    """Region name to the digest of its text."""
    at: str
    adopted: bool = False
    moved: bool = False
    """The reader has renamed or moved the note since kb made it."""


@dataclass(slots=True)
class History:
    """The ledger, folded."""

    days: dict[tuple[date, str], Day] = field(default_factory=dict)
    """By day and source ("" or "sample")."""
    judged: dict[str, list[Record]] = field(default_factory=dict)
    wrote: dict[str, Written] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    """Every path under which kb ever wrote a note."""
    gone: dict[str, str] = field(default_factory=dict)
    """Papers whose note was deleted, and when."""
    dropped: set[str] = field(default_factory=set)
    """Those among them whose note kb removed, since they fell below the cutoffs."""
    former: dict[str, Written] = field(default_factory=dict)
    """What kb had last written into the notes that are gone, in case they come back."""
    seen: dict[str, date] = field(default_factory=dict)
    """Every paper ever seen, and its announcement day (the earliest said)."""
    backlog: dict[date, set[str]] = field(default_factory=dict)
    boxes: dict[str, frozenset[str]] = field(default_factory=dict)
    passes: list[Record] = field(default_factory=list)
    updates: dict[str, list[Record]] = field(default_factory=dict)
    """Replacements and withdrawals that reached the note, per paper."""
    latest: str = ""
    """The newest `at` of all records."""
    unknown: int = 0
    """Records of a kind or version this program does not know; left as they are."""

    def real_days(self) -> list[Day]:
        """The days of arXiv, not of the sample, in order."""
        return sorted((d for d in self.days.values() if not d.source), key=lambda d: d.day)

    def first_from_arxiv(self) -> date | None:
        """The day with which kb began to ask arXiv; None before the first pass."""
        asked = [d.day for d in self.real_days() if d.from_arxiv and d.finished]
        return asked[0] if asked else None

    def judged_by_model(self, arxiv_id: str) -> Record | None:
        """The assessment that stands over the local one: of each scorer the earliest counts, and
        of several scorers the one that was asked last."""
        standing: dict[tuple[Any, ...], Record] = {}
        for record in self.judged.get(arxiv_id, ()):
            if record["by"] != LOCAL:
                scorer = record["by"], record.get("prompt"), record.get("ver")
                standing.setdefault(scorer, record)
        return next(reversed(standing.values()), None)

    def day_of(self, arxiv_id: str) -> Day | None:
        """The day on which the paper was judged, else the one on which it was listed outside."""
        outside = None
        for day in self.days.values():
            if arxiv_id in day.scores:
                return day
            if arxiv_id in day.outside:
                outside = day
        return outside


def fold(records: Iterable[Record]) -> History:
    """The history that `records` tell. Malformed records are counted in `unknown`."""
    history = History()
    unique = {repr(sorted(r.items(), key=lambda kv: kv[0])): r for r in records}
    extend(history, sorted(unique.values(), key=lambda r: str(r.get("at", ""))))
    return history


def extend(history: History, records: Iterable[Record]) -> None:
    """Adds records that are newer than all the history holds."""
    for record in records:
        if record.get("v") != 1:
            history.unknown += 1
            continue
        try:
            _fold_one(history, record)
        except (KeyError, TypeError, ValueError, AttributeError):
            history.unknown += 1


def _fold_one(history: History, record: Record) -> None:
    kind = record["k"]
    at = str(record.get("at", ""))
    history.latest = max(history.latest, at)
    if kind == "day":
        _fold_day(history, record, at)
    elif kind == "judged":
        if not all(isinstance(record[key], int) and 1 <= record[key] <= 10 for key in ("r", "n")):
            raise ValueError("a score is out of range")
        history.judged.setdefault(str(record["id"]), []).append(record | {"by": str(record["by"])})
    elif kind == "wrote":
        earlier = history.wrote.get(record["id"])
        written = Written(
            record["path"], record.get("keys", {}), record.get("regions", {}), at,
            adopted=bool(record.get("adopted") or (earlier and earlier.adopted)),
            moved=bool(record.get("moved") or (earlier and earlier.moved)),
        )  # fmt: skip
        history.wrote[record["id"]] = written
        history.paths.add(written.path)
        if history.gone.get(record["id"], "") <= at:
            history.gone.pop(record["id"], None)
            history.former.pop(record["id"], None)
            history.dropped.discard(record["id"])
        if record.get("update"):
            history.updates.setdefault(record["id"], []).append(record)
    elif kind == "gone":
        history.gone[record["id"]] = at
        if record.get("by") == "cutoffs":
            history.dropped.add(record["id"])
        if record["id"] in history.wrote:
            history.former[record["id"]] = history.wrote.pop(record["id"])
    elif kind == "seen":
        day = date.fromisoformat(record["day"])
        history.backlog.setdefault(day, set()).update(record["papers"])
        for arxiv_id in record["papers"]:
            _see(history, arxiv_id, day)
    elif kind == "boxes":
        history.boxes[record["id"]] = frozenset(record["on"])
    elif kind == "forgot":
        _forget(history, str(record["source"]))
    elif kind == "pass":
        history.passes.append(record)
    else:
        history.unknown += 1


def _fold_day(history: History, record: Record, at: str) -> None:
    day_date = date.fromisoformat(record["day"])
    source = str(record.get("source", ""))
    day = history.days.setdefault((day_date, source), Day(day_date, source))
    if _SETTLED[record["outcome"]] >= _SETTLED[day.outcome]:
        day.outcome = record["outcome"]
        day.why = str(record.get("why", ""))
    day.categories = tuple(record.get("cats", day.categories))
    day.announced = max(day.announced, int(record.get("announced", 0)))
    day.by = str(record.get("by", day.by))
    day.from_arxiv = day.from_arxiv or record.get("via") != "feed"
    day.cutoffs = record.get("cutoffs", day.cutoffs)
    day.criteria = str(record.get("criteria", day.criteria))
    day.at = at
    for arxiv_id, relevance, novelty in record.get("papers", ()):
        day.scores.setdefault(arxiv_id, (relevance, novelty))
        _see(history, arxiv_id, day_date)
    for arxiv_id in record.get("outside", ()):
        day.outside.add(arxiv_id)
        _see(history, arxiv_id, day_date)
    day.outside.difference_update(day.scores)
    for arxiv_id in record.get("kept", ()):
        if arxiv_id not in day.kept:
            day.kept.append(arxiv_id)
    for arxiv_id, (topics, comment) in record.get("reasons", {}).items():
        day.reasons.setdefault(arxiv_id, (tuple(topics), str(comment)))
    prompt, cached, completion = record.get("tokens", (0, 0, 0))
    day.tokens = (day.tokens[0] + prompt, day.tokens[1] + cached, day.tokens[2] + completion)
    day.usd += float(record.get("usd", 0.0))


def _forget(history: History, source: str) -> None:
    """Every trace of the days of a source, such as the sample, as if they had never been."""
    for key in [key for key in history.days if key[1] == source]:
        day = history.days.pop(key)
        for arxiv_id in [*day.scores, *day.outside]:
            history.seen.pop(arxiv_id, None)
            history.gone.pop(arxiv_id, None)
            history.former.pop(arxiv_id, None)
            history.dropped.discard(arxiv_id)
            history.wrote.pop(arxiv_id, None)
            history.boxes.pop(arxiv_id, None)
            history.updates.pop(arxiv_id, None)


def _see(history: History, arxiv_id: str, day: date) -> None:
    known = history.seen.get(arxiv_id)
    if known is None or day < known:
        history.seen[arxiv_id] = day
