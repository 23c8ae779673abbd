"""Papers that are judged later than their day was filed: those a model owes, and those asked for again.

Notes that are there are brought in step by `kb.sync.reassess`. Here those get one that reach the
cutoffs only now.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kb.core import people
from kb.core.assessments import keep, of_record, reason_left_out
from kb.errors import Problem, TryLater
from kb.sync import filing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.history import Day, Record
    from kb.core.papers import Paper
    from kb.sync.judging.asking import Model
    from kb.sync.state import State


def complete(
    state: State,
    model: Model,
    follow: Sequence[str],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Asks about the papers that wait for a model, those of the newest day first, and files them; also
    those that were judged by a pass that died before it could file them."""
    wanted = {
        i: day
        for i, day in waiting(state).items()
        if i not in model.asked and not model.is_given_up(i)
    }
    settle(state, model, wanted, follow, refetch)
    left = {i: day.day for day in state.history.real_days() for i in day.waiting}
    judged = {i: day for i, day in left.items() if i not in waiting(state)}
    file(state, model, texts(state, judged, refetch), judged, follow)


def waiting(state: State) -> dict[str, date]:
    """The papers that wait for a model, with their day, the newest day first."""
    history = state.history
    return {i: day.day for day in reversed(history.real_days()) for i in history.waiting(day)}


def settle(
    state: State,
    model: Model,
    days: Mapping[str, date],
    follow: Sequence[str],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> None:
    """Has these papers judged, and files those that now reach the cutoffs on their days."""
    if not days:
        return
    papers = texts(state, days, refetch)
    model.judge(list(papers.values()), days)
    file(state, model, papers, days, follow)


def file(
    state: State,
    model: Model,
    papers: Mapping[str, Paper],
    days: Mapping[str, date],
    follow: Sequence[str],
) -> None:
    """Makes notes of those of the papers that now reach the cutoffs, as their days have room."""
    if state.options.dry_run:
        return
    by_day: dict[date, list[Paper]] = {}
    for arxiv_id, paper in papers.items():
        by_day.setdefault(days[arxiv_id], []).append(paper)
    for day, of_day in sorted(by_day.items()):
        if (record := state.history.days.get((day, ""))) is not None:
            _file(state, model, record, of_day, follow)


def texts(
    state: State,
    days: Mapping[str, date],
    refetch: Callable[[Sequence[str]], Iterable[Paper]] | None,
) -> dict[str, Paper]:
    """Those of the papers whose text is at hand or can be had again."""
    cache = state.vault.cache
    found = cache.papers(days)
    missing = [arxiv_id for arxiv_id in days if arxiv_id not in found]
    if missing and refetch is not None and not state.options.dry_run:
        try:
            fetched = {paper.id: paper for paper in refetch(missing)}
        except TryLater as later:
            state.report.later = state.report.later or str(later)
            fetched = {}
        cache.put_papers(fetched.values())
        found |= fetched
        missing = [arxiv_id for arxiv_id in missing if arxiv_id not in found]
    if missing:
        why = f"{len(missing)} papers cannot be judged now: their text is not in the cache"
        state.report.problems.append(Problem("cache", why))
    return {i: replace(found[i], announced=day) for i, day in days.items() if i in found}


def _file(
    state: State, model: Model, day: Day, papers: Sequence[Paper], follow: Sequence[str]
) -> None:
    cutoffs = state.vault.settings.keep.cutoffs
    judged: dict[str, Assessment] = {}
    for paper in papers:
        said = state.history.assessment(paper.id, people.followed(follow, paper.authors))
        if said is not None and _may_get_a_note(state, day, paper.id):
            judged[paper.id] = said
    standing = [i for i in day.kept if not _fell_below(state, i)]
    kept, _ = keep(judged.values(), cutoffs, already=len(standing))
    texts = {paper.id: paper for paper in papers}
    paths = filing.names(state)
    records: list[Record] = []
    for said in kept:
        done = filing.write_note(state, texts[said.id], said, paths)
        if done is not None:
            state.notes[said.id] = done[0]
            records += [done[1]] if done[1] else []
    answered = sorted(
        i for i in texts if i in day.waiting and state.history.judged_by_model(i) is not None
    )
    if not kept and not answered:
        return
    filed: Record = {
        "v": 1, "k": "day", "day": day.day.isoformat(), "cats": list(day.categories),
        "outcome": day.outcome, "announced": day.announced, "scanned": day.scanned,
        "relevant": len(kept), "by": day.by, "model": model.name, "papers": [],
        "kept": [said.id for said in kept],
        "cutoffs": {**day.cutoffs, "novelty": cutoffs.novelty}, "at": state.at,
    }  # fmt: skip
    if answered:
        filed["answered"] = answered
    if fell := [i for i in day.kept if i not in standing]:
        filed["fell"] = fell
    if not day.from_arxiv:
        filed["via"] = "feed"
    state.remember([*records, filed], day=day.day)
    state.report.settled += 1


def _may_get_a_note(state: State, day: Day, arxiv_id: str) -> bool:
    history = state.history
    known = arxiv_id in history.wrote or arxiv_id in history.gone or arxiv_id in day.kept
    return not known and arxiv_id not in state.notes


def _fell_below(state: State, arxiv_id: str) -> bool:
    record = state.history.judged_by_model(arxiv_id)
    note = state.notes.get(arxiv_id)
    followed = note.texts("followed") if note is not None else ()
    cutoffs = state.vault.settings.keep.cutoffs
    return record is not None and bool(reason_left_out(of_record(record, followed), cutoffs))
