"""Summaries by the model: a short one for the tables, a longer one for the note itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import notes as notes_
from kb.core.pages.shelf import count
from kb.scorers.llm.tasks import SUMMARISE
from kb.sync import reassess
from kb.sync.judging import lately
from kb.sync.judging.completing import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from kb.core.history import Record
    from kb.core.papers import Paper
    from kb.scorers.llm.outcome import Judged
    from kb.scorers.llm.tasks import Summary
    from kb.sync.judging.asking import Model
    from kb.sync.state import State

TASK = SUMMARISE.prompt


def as_set(
    state: State, model: Model, refetch: Callable[[Sequence[str]], Iterable[Paper]] | None
) -> None:
    """Writes them where `[llm] summaries` says so and no model has said one yet."""
    which = state.vault.settings.llm.summaries
    if which == "never":
        return
    wanted = [
        arxiv_id
        for arxiv_id in lately.wanted(state, which)
        if arxiv_id not in state.history.summaries and not model.is_given_up(arxiv_id, TASK)
    ]
    write(state, model, wanted, refetch)


def write(
    state: State,
    model: Model,
    wanted: Sequence[str],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Asks for summaries of these papers, unless it has said them before, and shows them in their notes.

    Nothing is asked where the reader has put a summary of their own.
    """
    days = {
        arxiv_id: state.notes[arxiv_id].announced or state.now.date()
        for arxiv_id in wanted
        if _is_ours(state, arxiv_id)
    }
    if not days or model.stopped is not None:
        return
    if state.options.dry_run:
        papers = lately.at_hand(state, days)
        told = f"summaries of {count(len(papers), 'paper')}"
        model.tell(model.scorer.estimate(papers, SUMMARISE), told)
        return
    papers = [p for p in texts(state, days, refetch).values() if not _has_said(model, p)]
    versions = {paper.id: paper.version for paper in papers}
    state.progress("summaries", 0, len(papers))
    outcome = model.scorer.summarise(papers, lambda said: _put_down(model, said, versions, days))
    model.account(outcome, TASK, days)
    for arxiv_id in sorted(outcome.judged):
        if (summary := state.history.summary_of(arxiv_id)) is not None:
            reassess.summarise(state, state.notes[arxiv_id], summary)


def _put_down(
    model: Model,
    said: Sequence[Judged[Summary]],
    versions: dict[str, int],
    days: dict[str, date],
) -> None:
    """What is paid for is in the ledger before anything else is done with it."""
    for each in said:
        day, share = days[each.id], each.share
        record: Record = {
            "v": 1, "k": "summary", "id": each.id, "ver": versions[each.id], "by": model.name,
            "prompt": model.prompt_of(TASK), "short": each.value.short, "long": each.value.long,
            "tokens": [share.prompt, share.cached, share.completion], "usd": share.usd,
            "day": day.isoformat(), "at": model.state.at,
        }  # fmt: skip
        model.state.remember([record], day=day)


def _is_ours(state: State, arxiv_id: str) -> bool:
    note, written = state.notes.get(arxiv_id), state.history.wrote.get(arxiv_id)
    if note is None or written is None or note.refused:
        return False
    return not notes_.changed_by_reader("summary", note.values.get("summary"), written.keys)


def _has_said(model: Model, paper: Paper) -> bool:
    asked = model.name, model.prompt_of(TASK), paper.version
    told = model.state.history.summaries.get(paper.id, ())
    return any((r["by"], r.get("prompt"), r.get("ver")) == asked for r in told)
