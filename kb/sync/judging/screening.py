"""Which part of a day the model is sent: the local order decides, by what it has earned on days before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kb.core.assessments import of_record, reason_left_out
from kb.scorers.llm import screen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from kb.core.assessments import Assessment, Cutoffs
    from kb.core.history import Day, History, Record
    from kb.scorers.llm.screen import Choice, Screened
    from kb.sync.judge import Judge, LocalDay
    from kb.sync.judging.asking import Model


@dataclass(frozen=True, slots=True)
class Sending:
    """A day divided: what the model is sent, and what the local order alone has judged."""

    order: tuple[str, ...]
    choice: Choice

    @property
    def left_out(self) -> frozenset[str]:
        return frozenset(self.choice.left_out)

    def why(self, model: str) -> str:
        """Why a paper was left out, as the end of a sentence about it."""
        sent = len(self.choice.sent)
        return f"stands in the local order behind what was sent to {model} ({sent} of {len(self.order)})"

    def record(
        self, judged: Mapping[str, Assessment], cutoffs: Cutoffs, prompt: str
    ) -> dict[str, Any]:
        """What is to be known of the day when the share of a later one is reckoned."""
        place = {arxiv_id: number for number, arxiv_id in enumerate(self.order)}
        kept = [
            place[arxiv_id]
            for arxiv_id in self.choice.sent
            if (said := judged.get(arxiv_id)) is not None
            and reason_left_out(replace(said, followed=()), cutoffs) is None
        ]
        return {
            "size": len(self.order), "sent": len(self.choice.best), "kept": sorted(kept),
            "sample": sorted(place[arxiv_id] for arxiv_id in self.choice.sample), "prompt": prompt,
        }  # fmt: skip


class Division:
    """How a day is divided. How much of it is sent is known before its papers are in order."""

    def __init__(self, model: Model, judge: Judge, day: LocalDay) -> None:
        settings = model.state.vault.settings
        learnt = _judged(model, judge.background(day.incoming))
        self.part = 1.0
        """How much of the day is sent."""
        if settings.llm.screen and len(learnt) >= screen.LEAST_DAYS:
            self.part = screen.share(
                screened(model.state.history, model.name, model.prompt),
                loss=settings.llm.screen_loss,
                floor=settings.llm.screen_floor,
            )
        self._day = day
        self._said = _labels(model, learnt, settings.keep.cutoffs)
        self._sample = settings.llm.screen_sample

    @cached_property
    def sending(self) -> Sending:
        """What is sent, once the local scorer has put the day in order."""
        order = self._day.order(self._said)
        seed = self._day.incoming.day.isoformat()
        choice = screen.choose(order, self.part, sample=self._sample, seed=seed)
        return Sending(tuple(order), choice)


def screened(history: History, model: str, prompt: str) -> list[Screened]:
    """The days on which this model judged by this prompt, the oldest first."""
    return [
        screen.Screened(
            size=told["size"], sent=told["sent"], kept=tuple(told["kept"]),
            sample=tuple(told["sample"]),
        )
        for day in history.real_days()
        for told in day.screens
        if (told["by"], told["prompt"]) == (model, prompt)
    ]  # fmt: skip


def losses(history: History) -> list[dict[str, Any]]:
    """What the screen has cost each model and prompt, as far as the samples tell."""
    asked = {(told["by"], told["prompt"]) for day in history.real_days() for told in day.screens}
    found = []
    for model, prompt in sorted(asked):
        days = screened(history, model, prompt)
        loss = screen.measured(days)
        sent = sum(day.sent + len(day.sample) for day in days)
        found.append(
            {"model": model, "prompt": prompt, "days": len(days), "sent": sent,
             "papers": sum(day.size for day in days), "kept": loss.kept, "sampled": loss.sampled,
             "found": loss.found, "lost": loss.lost, "share": loss.share}
        )  # fmt: skip
    return found


def _judged(model: Model, background: Collection[date]) -> list[Day]:
    """Those of these days on which the model has judged. After a rest there are none: what was earned
    by an order that had learnt does not hold for one that has not."""
    days = model.state.history.real_days()
    return [day for day in days if day.model == model.name and day.day in background]


def _labels(model: Model, days: Iterable[Day], cutoffs: Cutoffs) -> dict[str, bool]:
    """Whether the model has kept a paper, of those that it has judged on these days.

    One that was left out counts as not kept: as good as always that is so, and without these the
    order would learn from nothing but papers that are alike.
    """
    history = model.state.history
    found: dict[str, bool] = {}
    for day in days:
        divided = any((s["by"], s["prompt"]) == (model.name, model.prompt) for s in day.screens)
        for arxiv_id in day.scores:
            if (record := _by(model, history, arxiv_id)) is not None:
                found[arxiv_id] = reason_left_out(of_record(record), cutoffs) is None
            elif divided and arxiv_id not in day.waiting:
                found[arxiv_id] = False
    return found


def _by(model: Model, history: History, arxiv_id: str) -> Record | None:
    for record in history.judged.get(arxiv_id, ()):
        if (record["by"], record.get("prompt")) == (model.name, model.prompt):
            return record
    return None
