"""`kb score`: papers are judged again, because somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.errors import Problem, UsageError
from kb.sync import criteria
from kb.sync.judging import completing, months, opening, queue, reading, summarising

if TYPE_CHECKING:
    from datetime import date

    from kb.sources.arxiv import ArxivSource
    from kb.sync.options import Selection
    from kb.sync.state import State


def score(state: State, selection: Selection, arxiv: ArxivSource | None) -> None:
    """Has the selected papers judged by the model, or writes what else of it is asked for.

    Raises UsageError where there is no model.
    """
    where = opening.find(state)
    if where is None:
        raise UsageError(
            "there is no model to ask; set the environment variable OPENAI_API_KEY, or llm.base_url in"
            " kb.toml to the address of a server that needs no key"
        )
    topics = criteria.topics_of(state.vault, state.report)
    model = opening.open_model(state, where, topics)
    refetch = arxiv.by_ids if arxiv is not None else None
    follow = (*state.vault.settings.keep.follow, *topics.follow)
    days = _selected(state, selection)
    if not state.options.dry_run:
        queue.collect(state, model, where, follow, refetch)
    if selection.batch:
        queue.hand_in(state, model, where, days, refetch)
        model.close()
        return
    noted = [arxiv_id for arxiv_id in days if arxiv_id in state.notes]
    if selection.notes or selection.summaries:
        for arxiv_id in (i for i in selection.ids if i in days and i not in state.notes):
            state.report.problems.append(Problem(arxiv_id, "has no note; kb add makes one"))
    if selection.summaries:
        summarising.write(state, model, noted, refetch)
    if selection.notes:
        reading.write(state, model, noted, refetch)
    if not (selection.notes or selection.summaries):
        completing.settle(state, model, days, follow, refetch)
    months.write(state, model, selection.months)
    model.close()


def _selected(state: State, selection: Selection) -> dict[str, date]:
    """Papers with their announcement day, the newest day first; notes without a day count as today's."""
    history = state.history
    found: dict[str, date] = {}
    if selection.provisional:
        found |= completing.waiting(state)
    if selection.everything or selection.since is not None:
        for day in reversed(history.real_days()):
            if selection.since is None or day.day >= selection.since:
                found |= {arxiv_id: day.day for arxiv_id in day.scores if arxiv_id not in found}
    for arxiv_id in selection.ids:
        note, on = state.notes.get(arxiv_id), history.seen_on(arxiv_id)
        if on is None and note is None:
            why = "no pass has met it; kb add makes a note of it"
            state.report.problems.append(Problem(arxiv_id, why))
            continue
        found[arxiv_id] = on or (note.announced if note else None) or state.now.date()
    return found
