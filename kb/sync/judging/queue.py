"""Months of papers through the provider's queue: handed in by one pass, collected by a later one.

The ledger knows of a batch before the provider does, so that one is found again whenever a pass dies.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kb.core.costs import money
from kb.core.report import Action
from kb.errors import ConfigError, Problem, TryLater
from kb.scorers.llm import bulk
from kb.sync.judging import completing, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kb.core.history import Record
    from kb.core.papers import Paper
    from kb.scorers.llm.bulk import Bulk
    from kb.scorers.llm.endpoint import Endpoint
    from kb.sync.judging.asking import Model
    from kb.sync.state import State

_FIRST = 3
"""So many papers are asked about at once where nobody knows yet how this model is asked."""
_ON_ITS_WAY = timedelta(minutes=15)
"""After this a batch that the provider does not list has never reached it."""
_AT_LAST = timedelta(hours=48)
"""After this a batch is over, also where nobody can tell whether it ever was."""


def hand_in(
    state: State,
    model: Model,
    where: Endpoint,
    days: Mapping[str, date],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Puts papers that the model has not judged into the provider's queue, as many as the budget
    allows."""
    queued = model.in_queue()
    papers = [
        paper
        for paper in completing.texts(state, days, refetch).values()
        if not model.has_judged(paper) and paper.id not in queued
    ]
    if state.options.dry_run:
        _tell(state, model, papers)
        return
    if papers and model.scorer.ability is None:
        model.judge(papers[:_FIRST], days)
        papers = papers[_FIRST:]
    papers = _affordable(state, model, papers)
    if not papers or model.stopped is not None:
        return
    usd = model.scorer.estimate(papers).usd
    record: Record = {
        "v": 1, "k": "bulk", "by": model.name, "place": where.place, "prompt": model.prompt,
        "days": {paper.id: days[paper.id].isoformat() for paper in papers},
        "vers": {paper.id: paper.version for paper in papers},
        "about": (usd or 0.0) * bulk.DISCOUNT, "at": state.at,
    }  # fmt: skip
    begun = ""

    def begin(batch: Bulk) -> None:
        nonlocal begun
        begun = batch.name
        state.remember([record | {"batch": begun, "told": batch.dump()}])

    try:
        handed = model.scorer.hand_in(papers, begin)
    except bulk.Unsure as later:
        state.report.later = state.report.later or f"{later}; whether it has the batch will show"
        return
    except (ConfigError, TryLater) as error:
        if begun:
            state.remember([_done(state, begun)])
        if isinstance(error, ConfigError):
            state.report.mistake = str(error)
        else:
            state.report.later = state.report.later or str(error)
        return
    state.remember([record | {"batch": begun, "told": handed.dump(), "id": handed.id}])
    told = f"{len(papers)} papers; kb sync or kb score collects the answers when they are there"
    state.report.actions.append(Action("hand in", handed.id, told))
    state.report.settled += 1


def collect(
    state: State,
    model: Model,
    where: Endpoint,
    follow: Sequence[str],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Fetches what the queue has answered, and files it as if the model had been asked just now."""
    for name, record in list(state.history.bulks.items()):
        if (record["by"], record["place"]) != (model.name, where.place):
            continue
        try:
            batch = _found(state, model, name, record)
            outcome = model.scorer.collect(batch) if batch is not None else None
        except (ConfigError, TryLater, TypeError, ValueError) as error:
            state.report.problems.append(Problem(name, f"cannot be collected: {error}"))
            continue
        if batch is None:
            continue
        if outcome is None:
            state.report.actions.append(
                Action("wait", batch.id, "the provider has not answered yet")
            )
            continue
        days = {i: date.fromisoformat(day) for i, day in record["days"].items()}
        versions, prompt = record["vers"], record["prompt"]
        judged = [each for each in outcome.judged.values() if each.id in days]
        new = [each for each in judged if not model.has_said(each.id, versions[each.id], prompt)]
        model.put_down(new, versions, days, prompt)
        of_batch = {each.id: days[each.id] for each in judged}
        papers = completing.texts(state, of_batch, refetch)
        completing.file(state, model, papers, of_batch, follow)
        model.account(outcome, "assess", days, closing=[_done(state, name)])
        state.report.settled += 1


def _found(state: State, model: Model, name: str, record: Record) -> Bulk | None:
    """The batch as the provider knows it; None where it does not, or not yet.

    A pass that died while it handed the batch in has left only our name of it.
    """
    batch = bulk.load(record["told"])
    if batch.id:
        return batch
    age = state.now - datetime.fromisoformat(record.get("at", ""))
    try:
        found = model.scorer.find(batch)
    except ConfigError as error:
        if age < _AT_LAST:
            raise
        found = None
        state.report.problems.append(Problem(name, f"is given up after {age.days} days: {error}"))
    if found is not None:
        state.remember([record | {"told": found.dump(), "id": found.id}])
        told = f"{len(found.papers)} papers, handed in by a pass that did not live to say so"
        state.report.actions.append(Action("find", found.id, told))
        return found
    if age >= _ON_ITS_WAY:
        state.remember([_done(state, name)])
        state.report.actions.append(Action("drop", name, "it never reached the provider"))
    else:
        minutes = int((_ON_ITS_WAY - age).total_seconds() // 60) + 1
        why = f"may still be on its way to the provider; asked for again in {minutes} minutes"
        state.report.problems.append(Problem(name, why))
    return None


def _done(state: State, name: str) -> Record:
    return {"v": 1, "k": "bulk", "batch": name, "done": True, "at": state.at}


def _affordable(state: State, model: Model, papers: Sequence[Paper]) -> list[Paper]:
    """The first of the papers, as many as the budget is likely to cover."""

    def cost(number: int) -> float:
        return (model.scorer.estimate(papers[:number]).usd or 0.0) * bulk.DISCOUNT

    today = state.at[:10]
    handed_in = (b for b in state.history.bulks.values() if b.get("at", "").startswith(today))
    left = max(0.0, opening.line(state).left - sum(b.get("about", 0.0) for b in handed_in))
    if not papers or cost(len(papers)) <= left:
        return list(papers)
    most = bisect_right(range(1, len(papers)), left, key=cost)
    why = f"{money(left)} of the budget are left and cover {most} of {len(papers)} papers; the others wait"
    state.report.problems.append(Problem(model.name, why))
    return list(papers[:most])


def _tell(state: State, model: Model, papers: Sequence[Paper]) -> None:
    told = model.scorer.estimate(papers)
    price = "price unknown" if told.usd is None else f"about ${told.usd * bulk.DISCOUNT:.4f}"
    state.report.actions.append(Action("hand in", model.name, f"{told.papers} papers, {price}"))
