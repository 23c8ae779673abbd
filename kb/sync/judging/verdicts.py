"""What is thought of the papers of one day in the end: by the model, or by what stands in for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kb.sync import recording
from kb.sync.judging import screening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kb.core.assessments import Assessment
    from kb.sync.judge import Judge, LocalDay
    from kb.sync.judging.asking import Model


@dataclass(frozen=True, slots=True)
class Verdicts:
    """An assessment for each scanned paper of a day."""

    assessments: Mapping[str, Assessment]
    passed_over: frozenset[str] = frozenset()
    """Papers that the screen left out: not to be kept."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """What the record of the day says of this."""

    @property
    def candidates(self) -> list[Assessment]:
        return [said for i, said in self.assessments.items() if i not in self.passed_over]


def ask(model: Model, judge: Judge, day: LocalDay) -> Verdicts:
    """Asks the model about what is worth it, and lets local scores stand in where it does not answer.

    Papers that a model has judged before have its judgement without being asked about again.
    """
    state, incoming = model.state, day.incoming
    papers = {paper.id: paper for paper in incoming.scanned}
    division = screening.Division(model, judge, day)
    wanted = list(papers)
    if division.part < 1 or not model.scorer.covers(incoming.scanned):  # the best go first
        followed = [i for i in division.sending.choice.left_out if day.followed(papers[i])]
        wanted = [*division.sending.choice.sent, *followed]

    def meanwhile() -> None:
        """What has to be done in any case, and takes about as long as a model's first answer."""
        _ = division.sending, day.assessments
        recording.ask(state)

    waiting = model.judge(
        [papers[i] for i in wanted], dict.fromkeys(papers, incoming.day), meanwhile
    )
    sending, local = division.sending, day.assessments
    judged = {
        i: said
        for i in papers
        if (said := state.history.assessment(i, local[i].followed)) is not None
    }
    waiting = {i: why for i, why in waiting.items() if i not in judged}
    stand_in = {i: replace(local[i], provisional=True) for i in waiting}
    passed_over = frozenset(papers.keys() - judged.keys() - set(wanted))
    if state.options.dry_run:
        return Verdicts({**local, **judged})
    by_reason: dict[str, list[str]] = {}
    for arxiv_id, why in sorted(waiting.items()):
        by_reason.setdefault(why, []).append(arxiv_id)
    record: dict[str, Any] = {"model": model.name}
    if by_reason:
        record["waiting"] = by_reason
    before = state.history.days.get((incoming.day, incoming.source))
    first = before is None or not before.scanned
    if first and model.stopped is None:
        cutoffs = state.vault.settings.keep.cutoffs
        record["screen"] = sending.record(judged, cutoffs, model.prompt)
    return Verdicts({**local, **judged, **stand_in}, passed_over, record)
