"""The ledger folded: what its records say together becomes a History.

Records are JSON objects, one a line, in any order and any number of times (files are merged by
`merge=union`), so folding sorts them by their `at` and lets repetition change nothing. The kinds
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

from itertools import groupby
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any

from kb.core import records
from kb.core.costs import Cost
from kb.core.history import Day, History
from kb.core.packed import PaperIds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kb.core.records import Entry, Record, Written

_AT, _ABOUT = itemgetter(0), itemgetter(1, 2)


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
        written = written._replace(
            adopted=written.adopted or earlier.adopted, moved=written.moved or earlier.moved
        )
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
