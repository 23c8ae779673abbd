"""A month looked back on by the model, for the top of its page."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kb.core.links import Linker
from kb.core.pages import Shelf
from kb.core.pages.calendar import Week, month_name, month_weeks
from kb.errors import Problem
from kb.scorers.llm.tasks import MONTH
from kb.sync.judging import completing, lately

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kb.core.history import Record
    from kb.core.notes import Note
    from kb.scorers.llm.outcome import Judged
    from kb.sync.judging.asking import Model
    from kb.sync.state import State

TASK = MONTH.prompt
Month = tuple[int, int]
"""Year and month."""


def as_set(state: State, model: Model) -> None:
    """Looks back on months that are over and were filed lately, where `[llm] overview` says so: once
    no paper of theirs waits for the model, and again only where their papers have changed."""
    if not state.vault.settings.llm.overview or model.stopped is not None:
        return
    waiting = completing.waiting(state)
    awaited = {Week.of(day).month for i, day in waiting.items() if not model.is_given_up(i)}
    for month in sorted({Week.of(day.day).month for day in lately.days(state)}):
        listed = _listed(state, month)
        known = {record["of"] for record in state.history.months.get(name(month), ())}
        if (
            listed
            and month not in awaited
            and is_over(state, month)
            and _digest(listed) not in known
            and not model.is_given_up(name(month), TASK)
        ):
            _write(state, model, month, listed)


def write(state: State, model: Model, months: Iterable[Month]) -> None:
    """Looks back on these months, unless the same model was asked about the same papers before."""
    for month in months:
        listed = _listed(state, month)
        if not listed:
            why = "has no papers that an overview could be about"
            state.report.problems.append(Problem(month_name(*month), why))
            continue
        asked = model.name, model.prompt_of(TASK), _digest(listed)
        told = state.history.months.get(name(month), ())
        if not any((r["by"], r.get("prompt"), r["of"]) == asked for r in told):
            _write(state, model, month, listed)


def is_over(state: State, month: Month) -> bool:
    """Whether its last week is past, and its last day or a later one was answered for."""
    last = month_weeks(*month)[-1].monday
    friday, sunday = last + timedelta(days=4), last + timedelta(days=6)
    answered = any(day.finished and day.day >= friday for day in state.history.real_days())
    return answered and state.now.date() > sunday


def name(month: Month) -> str:
    """As records name it: `2025-03`."""
    return f"{month[0]:04d}-{month[1]:02d}"


def _write(state: State, model: Model, month: Month, listed: Sequence[Note]) -> None:
    if model.stopped is not None:
        return
    kept = [(note.title, next(iter(note.texts("summary")), "")) for note in listed]
    if state.options.dry_run:
        estimate = model.scorer.estimate_month(name(month), kept)
        model.tell(estimate, f"overview of {month_name(*month)}")
        return

    def put_down(said: Sequence[Judged[tuple[str, ...]]]) -> None:
        for each in said:
            share = each.share
            record: Record = {
                "v": 1, "k": "month", "month": name(month), "by": model.name,
                "prompt": model.prompt_of(TASK), "papers": len(listed), "of": _digest(listed),
                "text": list(each.value),
                "tokens": [share.prompt, share.cached, share.completion], "usd": share.usd,
                "at": state.at,
            }  # fmt: skip
            state.remember([record], day=date(*month, 15))

    model.account(model.scorer.overview(name(month), kept, put_down), TASK, {})


def _listed(state: State, month: Month) -> list[Note]:
    """The papers on the month's page, the best first; those of the sample are no part of it."""
    shelf = Shelf(state.history, state.notes, Linker("markdown"), state.vault.layout)
    ids = (arxiv_id for week in month_weeks(*month) for arxiv_id in shelf.in_week(week))
    found = (state.notes[arxiv_id] for arxiv_id in state.notes.ordered(ids))
    return [note for note in found if note.values.get("source") != "sample"]


def _digest(listed: Sequence[Note]) -> str:
    """Changes where other papers are listed; what is said of them may change."""
    ids = "\n".join(sorted(note.id or "" for note in listed))
    return hashlib.sha256(ids.encode()).hexdigest()[:12]
