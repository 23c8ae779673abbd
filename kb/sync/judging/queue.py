"""Months of papers through the provider's queue: handed in by one pass, collected by a later one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kb.core.report import Action
from kb.errors import ConfigError, Problem, TryLater
from kb.scorers.llm import bulk
from kb.sync.judging import completing, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kb.core.history import Record
    from kb.core.papers import Paper
    from kb.scorers.llm.endpoint import Endpoint
    from kb.sync.judging.asking import Model
    from kb.sync.state import State

_FIRST = 3
"""So many papers are asked about at once where nobody knows yet how this model is asked."""


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
    try:
        handed = model.scorer.hand_in(papers)
    except ConfigError as mistake:
        state.report.mistake = str(mistake)
        return
    except TryLater as later:
        state.report.later = state.report.later or str(later)
        return
    record: Record = {
        "v": 1, "k": "bulk", "batch": handed.id, "by": model.name, "place": where.place,
        "prompt": model.prompt, "told": handed.dump(),
        "days": {paper.id: days[paper.id].isoformat() for paper in papers},
        "vers": {paper.id: paper.version for paper in papers}, "at": state.at,
    }  # fmt: skip
    state.remember([record])
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
            outcome = model.scorer.collect(bulk.load(record["told"]))
        except (ConfigError, TryLater, ValueError) as error:
            state.report.problems.append(Problem(name, f"cannot be collected: {error}"))
            continue
        if outcome is None:
            state.report.actions.append(Action("wait", name, "the provider has not answered yet"))
            continue
        days = {i: date.fromisoformat(day) for i, day in record["days"].items()}
        judged = [each for each in outcome.judged.values() if each.id in days]
        model.put_down(judged, record["vers"], days, record["prompt"])
        model.account(outcome, "assess", days)
        of_batch = {each.id: days[each.id] for each in judged}
        papers = completing.texts(state, of_batch, refetch)
        completing.file(state, model, papers, of_batch, follow)
        state.remember([{"v": 1, "k": "bulk", "batch": name, "done": True, "at": state.at}])
        state.report.settled += 1


def _affordable(state: State, model: Model, papers: Sequence[Paper]) -> list[Paper]:
    """The first of the papers, as many as the budget is likely to cover."""
    usd = model.scorer.estimate(papers).usd if papers else None
    left = opening.budget(state)
    if usd is None or usd * bulk.DISCOUNT <= left:
        return list(papers)
    most = int(len(papers) * left / (usd * bulk.DISCOUNT))
    why = f"the budget of ${left:.2f} covers {most} of {len(papers)} papers; the others wait"
    state.report.problems.append(Problem(model.name, why))
    return list(papers[:most])


def _tell(state: State, model: Model, papers: Sequence[Paper]) -> None:
    told = model.scorer.estimate(papers)
    price = "price unknown" if told.usd is None else f"about ${told.usd * bulk.DISCOUNT:.4f}"
    state.report.actions.append(Action("hand in", model.name, f"{told.papers} papers, {price}"))
