"""From what came in to notes and ledger: days are judged one after the other and filed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.core import plan
from kb.core.assessments import Assessment, keep
from kb.core.note_names import NamePlan
from kb.core.report import DayReport
from kb.sync import criteria, known, reassess
from kb.sync.judge import Judge
from kb.sync.judging import verdicts as verdicts_
from kb.sync.judging.opening import open_model
from kb.sync.judging.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kb.core.history import Day, Record
    from kb.core.notes import Note
    from kb.core.papers import Paper
    from kb.core.topics import Topics
    from kb.scorers.llm.endpoint import Endpoint
    from kb.sources.arxiv import ArxivSource
    from kb.sync.intake import Incoming, Intake
    from kb.sync.state import State


def file_intake(
    state: State, intake: Intake, arxiv: ArxivSource | None, where: Endpoint | None = None
) -> None:
    """Judges each day, writes its notes, then its record; updates notes of replaced papers.

    `where` is the model that judges over the local scorer. What it cannot say now, it is asked about
    by a later pass; that pass also files the papers of earlier days that it judges only now.

    The record comes last: a pass that dies before it does the day again, with the same result.
    """
    report, vault = state.report, state.vault
    report.problems += intake.problems
    report.later = intake.later
    report.backlog = len(intake.backlog)
    topics = criteria.topics_of(vault, report)
    if not state.options.dry_run:
        listed = [p for incoming in intake.days for p in (*incoming.scanned, *incoming.outside)]
        vault.cache.put_papers([*intake.backlog, *listed])
    for day, source in intake.known_days:
        report.days.append(_told(state.history.days[(day, source)]))
    judge = _judge(state, topics, arxiv)
    model = open_model(state, where, topics) if where is not None else None
    judge.take_in(intake.days, intake.backlog)
    _remember_backlog(state, intake.backlog)
    snapshot = criteria.snapshot(vault)
    if any(incoming.scanned for incoming in intake.days):
        state.writer.text(*snapshot)
    paths = names(state)
    for number, incoming in enumerate(intake.days, 1):
        state.progress("judging", number - 1, len(intake.days))
        local = judge.day(incoming)
        if model is not None and incoming.scanned and not incoming.source:
            verdicts = verdicts_.ask(model, judge, local)
        else:
            verdicts = Verdicts(local.assessments)
        digest = criteria.digest_of(snapshot[0])
        _file_day(state, incoming, local.assessments, verdicts, paths, digest)
        state.progress("judging", number, len(intake.days))
    if model is not None and where is not None:
        from kb.sync.judging import completing, months, queue, reading, summarising

        if not state.options.dry_run:
            queue.collect(state, model, where, judge.follow, judge.refetch)
        completing.complete(state, model, judge.follow, judge.refetch)
        reassess.reassess(
            state
        )  # what is judged only now need not be provisional, or there, any more
        summarising.as_set(state, model, judge.refetch)
        reading.as_set(state, model, judge.refetch)
        months.as_set(state, model)
        model.close()
        report.days = [_told(state.history.days[(told.day, told.source)]) for told in report.days]
    _update_notes(state, intake.updates)  # a new paper may have been replaced by now
    report.days.sort(key=lambda told: (told.day, told.source))
    report.problems += judge.problems


def _judge(state: State, topics: Topics, arxiv: ArxivSource | None) -> Judge:
    settings = state.vault.settings
    return Judge(
        topics,
        (*settings.keep.follow, *topics.follow),
        state.history,
        state.vault.cache,
        known.labels(state),
        refetch=arxiv.by_ids if arxiv is not None and state.options.feed is None else None,
    )


def _update_notes(state: State, updates: Iterable[Paper]) -> None:
    for paper in updates:
        note = state.notes.get(paper.id)
        if note is None:
            continue
        written = state.history.wrote.get(paper.id)
        edit = plan.update(
            note, paper, written, state.form, known.comment(state.history, paper.id),
            summary=state.history.summary_of(paper.id),
        )  # fmt: skip
        done = state.writer.edit(edit, written) if edit is not None else None
        if edit is not None and done is not None:
            state.notes[paper.id] = done[0]
            state.remember([done[1]] if done[1] else [], day=edit.day)


def _remember_backlog(state: State, backlog: Iterable[Paper]) -> None:
    by_day: dict[date, list[str]] = {}
    for paper in backlog:
        day = paper.announced
        if day is not None and paper.id not in state.history.backlog.get(day, ()):
            by_day.setdefault(day, []).append(paper.id)
    for day, ids in sorted(by_day.items()):
        record = {
            "v": 1,
            "k": "seen",
            "day": day.isoformat(),
            "papers": sorted(ids),
            "at": state.at,
        }
        state.remember([record], day=day)


def names(state: State) -> NamePlan:
    """Gives new notes names that nothing in the vault has."""
    settings = state.vault.settings
    return NamePlan(
        taken=set(state.scan.stems),
        folder=settings.folders.papers,
        name=settings.notes.name,
        root=settings.folders.root,
    )


def _file_day(
    state: State,
    incoming: Incoming,
    scores: Mapping[str, Assessment],
    verdicts: Verdicts,
    paths: NamePlan,
    snapshot: str,
) -> None:
    """`scores` are the local ones, `verdicts` what stands in the end."""
    cutoffs = state.vault.settings.keep.cutoffs
    before = state.history.days.get((incoming.day, incoming.source))
    kept, _ = keep(verdicts.candidates, cutoffs, already=before.relevant if before else 0)
    records = _write_notes(state, incoming, verdicts.assessments, kept, paths)
    ordered = [scores[arxiv_id] for arxiv_id in sorted(scores)]
    worth_a_reason = {a.id for a in kept} | {
        a.id for a in ordered if a.relevance >= cutoffs.relevance - 2
    }
    record: Record = {
        "v": 1,
        "k": "day",
        "day": incoming.day.isoformat(),
        "cats": list(state.vault.settings.arxiv.categories),
        "outcome": incoming.outcome,
        "announced": incoming.announced,
        "scanned": len(scores),
        "relevant": len(kept),
        "by": "local",
        "papers": [[a.id, a.relevance, a.novelty] for a in ordered],
        "kept": [a.id for a in kept],
        "at": state.at,
    }
    optional = {
        "outside": sorted(paper.id for paper in incoming.outside),
        "reasons": {a.id: [list(a.topics), a.comment] for a in ordered if a.id in worth_a_reason},
        "why": incoming.why,
        "source": incoming.source,
        "via": incoming.via,
        "criteria": snapshot if scores else "",
        "cutoffs": {"relevance": cutoffs.relevance, "per_day": cutoffs.per_day} if scores else {},
    }
    record |= {key: value for key, value in optional.items() if value}
    record |= verdicts.record
    if "model" in verdicts.record:
        record["cutoffs"]["novelty"] = cutoffs.novelty
    state.remember([*records, record], day=incoming.day)
    state.report.settled += 1
    state.report.days.append(_told(state.history.days[(incoming.day, incoming.source)]))


def _write_notes(
    state: State,
    incoming: Incoming,
    scores: Mapping[str, Assessment],
    kept: list[Assessment],
    paths: NamePlan,
) -> list[Record]:
    """Notes for the kept papers, and for every other one of the day that somebody has a note of."""
    texts = {paper.id: paper for paper in incoming.scanned}
    held = [a for i, a in sorted(scores.items()) if i in state.scan.traced or i in state.notes]
    records: list[Record] = []
    wanted = {a.id: a for a in [*kept, *held]}
    for arxiv_id, assessment in wanted.items():
        mine = state.notes.get(arxiv_id) or state.scan.traced.get(arxiv_id)
        known = arxiv_id in state.history.wrote or arxiv_id in state.history.gone
        if known or (mine is not None and mine.refused):
            continue
        done = write_note(state, texts[arxiv_id], assessment, paths)
        if done is not None:
            state.notes[arxiv_id] = done[0]
            records += [done[1]] if done[1] else []
    return records


def write_note(
    state: State, paper: Paper, assessment: Assessment, paths: NamePlan
) -> tuple[Note, Record | None] | None:
    """A new note, or the one that somebody has joined; None where it was left as it is."""

    def make() -> plan.NewNote:
        return plan.new_note(paper, assessment, paths, state.form)

    mine = state.notes.get(paper.id) or state.scan.traced.get(paper.id)
    if mine is None:
        return state.writer.create(make(), rename=make)
    edit = plan.adopt(mine, paper, assessment, state.form)
    return state.writer.edit(edit, None)


def _told(day: Day) -> DayReport:
    return DayReport(
        day.day, day.outcome, day.announced, day.scanned, day.relevant, day.why, day.source
    )
