"""Asking the model in force about papers. What was paid for is put down at once, and paid for once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kb.core.costs import money
from kb.core.pages.shelf import count
from kb.core.report import Action
from kb.errors import ConfigError, Problem
from kb.scorers.llm.budget import BudgetReached

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from kb.core.assessments import Assessment
    from kb.core.history import Record
    from kb.core.papers import Paper
    from kb.errors import KbError
    from kb.scorers.llm.budget import Line
    from kb.scorers.llm.outcome import Judged, Outcome
    from kb.scorers.llm.scorer import Estimate, ModelScorer
    from kb.sync.state import State

TRIES = 3
"""So often a paper is asked about that gets no sound answer; after that a person has to ask."""
_SHOWN = 3
_ANSWERS = {
    "assess": ("answer about", "paper"), "summarise": ("summary of", "paper"),
    "notes": ("reading notes on", "paper"), "month": ("overview of", "month"),
}  # fmt: skip


class Model:
    """One model in one pass."""

    def __init__(self, state: State, scorer: ModelScorer, *, ability_fact: str, line: Line) -> None:
        """Raises ConfigError for a mistake in a prompt."""
        self.state = state
        self.scorer = scorer
        self.name = scorer.model
        self.prompt = scorer.prompt
        self.stopped: KbError | None = None
        """Why nothing more is asked in this pass."""
        self.unpriced: Problem | None = None
        """To be told once anything is asked."""
        self.asked: set[str] = set()
        """The papers that were to be judged in this pass, with or without an answer."""
        self._fact = ability_fact
        self._line = line
        self._unasked: set[str] = set()
        self._prompts = {"assess": self.prompt}

    def prompt_of(self, task: str) -> str:
        """The digest of the task's prompt. Raises ConfigError for a mistake in it."""
        if task not in self._prompts:
            self._prompts[task] = self.scorer.prompts.digest(task)
        return self._prompts[task]

    def has_judged(self, paper: Paper) -> bool:
        """Whether this version of the paper need not be asked about again."""
        return self.has_said(paper.id, paper.version, self.prompt)

    def has_said(self, arxiv_id: str, version: int, prompt: str) -> bool:
        """Whether the ledger has what the model thinks of it by that prompt."""
        return any(
            (record["by"], record.get("prompt"), record.get("ver")) == (self.name, prompt, version)
            for record in self.state.history.judged.get(arxiv_id, ())
        )

    def is_given_up(self, arxiv_id: str, task: str = "assess") -> bool:
        """Whether it was asked often enough without a sound answer."""
        tries = self.state.history.tries
        return tries.get((task, self.name, self.prompt_of(task), arxiv_id), 0) >= TRIES

    def in_queue(self) -> set[str]:
        """Papers that this model is to judge by the provider's queue."""
        return {
            arxiv_id
            for record in self.state.history.bulks.values()
            if record["by"] == self.name
            for arxiv_id in record["days"]
        }

    def judge(
        self,
        papers: Sequence[Paper],
        days: Mapping[str, date],
        meanwhile: Callable[[], None] | None = None,
    ) -> dict[str, str]:
        """Asks about those that it has not judged yet, and puts down what it says. `days` are the
        announcement days. Gives back why papers have no answer, as the end of a sentence about them.

        `meanwhile` is done by another thread while answers are waited for, if there are any.
        """
        queued = self.in_queue()
        unknown = [p for p in papers if not self.has_judged(p) and p.id not in queued]
        self.asked.update(paper.id for paper in unknown)
        if not unknown:
            return {}
        if self.state.options.dry_run:
            self.tell(self.scorer.estimate(unknown), count(len(unknown), "paper"))
            return {}
        if self.stopped is not None:
            return self._all_unasked([paper.id for paper in unknown], self.stopped)
        versions = {paper.id: paper.version for paper in unknown}
        self.state.progress("asking", 0, len(unknown))
        done = 0

        def taken(judged: Sequence[Judged[Assessment]]) -> None:
            nonlocal done
            self.put_down(judged, versions, days)
            done += len(judged)
            self.state.progress("asking", done, len(unknown))

        outcome = self.scorer.assess(unknown, taken, meanwhile)
        self.account(outcome, "assess", days)
        if outcome.stopped is not None:
            asked = {i: said for i, said in outcome.reasons.items() if _is_about_paper(said)}
            rest = [i for i in outcome.reasons if i not in asked]
            return self._all_unasked(rest, outcome.stopped) | asked
        return dict(outcome.reasons)

    def put_down(
        self,
        judged: Sequence[Judged[Assessment]],
        versions: Mapping[str, int],
        days: Mapping[str, date],
        prompt: str = "",
    ) -> None:
        """Writes judgements into the ledger; `prompt` is the digest of another prompt than today's."""
        by_day: dict[date, list[Record]] = {}
        for each in judged:
            record = self._record(each, versions[each.id], days[each.id], prompt or self.prompt)
            by_day.setdefault(days[each.id], []).append(record)
        for day, records in sorted(by_day.items()):
            self.state.remember(records, day=day)

    def _record(self, judged: Judged[Assessment], version: int, day: date, prompt: str) -> Record:
        said, share = judged.value, judged.share
        record: Record = {
            "v": 1, "k": "judged", "id": judged.id, "ver": version, "by": self.name,
            "prompt": prompt, "r": said.relevance, "n": said.novelty,
            "topics": list(said.topics), "comment": said.comment,
        }  # fmt: skip
        if said.summary:
            record["summary"] = said.summary  # the model's words: to have them again costs again
        return record | {
            "tokens": [share.prompt, share.cached, share.completion], "usd": share.usd,
            "day": day.isoformat(), "at": self.state.at,
        }  # fmt: skip

    def account(
        self,
        outcome: Outcome[Any],
        task: str,
        days: Mapping[str, date],
        closing: Sequence[Record] = (),
    ) -> None:
        """Books what was spent and not told by the records of the answers, and says what went wrong.
        `closing` goes into the ledger with it, or neither does."""
        report, usage = self.state.report, outcome.usage
        if (found := self.scorer.ability) is not None:
            from kb.sync.judging.opening import remember

            self.state.vault.cache.put_fact(self._fact, remember(found, self.state.now.date()))
        prompt, cached, completion = report.tokens
        report.tokens = (
            prompt + usage.prompt, cached + usage.cached, completion + usage.completion
        )  # fmt: skip
        report.usd = None if report.usd is None or usage.usd is None else report.usd + usage.usd
        unsound = {
            i: why
            for i, why in outcome.reasons.items()
            if outcome.stopped is None or _is_about_paper(why)
        }
        spent = [self._spent(outcome, task, days, unsound)] if usage.total else []
        self.state.remember([*spent, *closing], day=max(days.values(), default=None))
        if self.unpriced is not None and usage.total:
            report.problems.append(self.unpriced)
            self.unpriced = None
        if unsound:
            some = ", ".join(f"{i} {why}" for i, why in sorted(unsound.items())[:_SHOWN])
            more = f" and {len(unsound) - _SHOWN} more" if len(unsound) > _SHOWN else ""
            said, noun = _ANSWERS[task]
            why = f"gave no sound {said} {count(len(unsound), noun)}: {some}{more}"
            report.problems.append(Problem(self.name, why))
        self._stop(outcome.stopped)

    def _spent(
        self,
        outcome: Outcome[Any],
        task: str,
        days: Mapping[str, date],
        unsound: Mapping[str, str],
    ) -> Record:
        usage = outcome.usage
        told = [judged.share for judged in outcome.judged.values()] if task != "notes" else []
        rest = [
            usage.prompt - sum(share.prompt for share in told),
            usage.cached - sum(share.cached for share in told),
            usage.completion - sum(share.completion for share in told),
        ]
        usd = usage.usd
        if usd is not None:
            usd = max(0.0, round(usd - sum(share.usd or 0.0 for share in told), 9))
        record: Record = {
            "v": 1, "k": "spent", "by": self.name, "task": task, "prompt": self.prompt_of(task),
            "tokens": [max(0, each) for each in rest], "usd": usd, "requests": usage.requests,
            "retries": usage.retries, "reasoning": usage.reasoning, "uncounted": usage.uncounted,
            "seconds": round(usage.seconds, 1),
        }  # fmt: skip
        day = max(days.values(), default=None)
        if day is not None:
            record["day"] = day.isoformat()
        if unsound:
            record["unsound"] = dict(unsound)
        return record | {"at": self.state.at}

    def _stop(self, stopped: KbError | None) -> None:
        if stopped is None:
            return
        self.stopped, report = stopped, self.state.report
        if isinstance(stopped, ConfigError):
            report.mistake = str(stopped)
        elif not isinstance(stopped, BudgetReached):  # of that `close` tells
            report.later = report.later or str(stopped)

    def close(self) -> None:
        """Tells of a line that was reached, once it is known how many papers wait for it."""
        if not isinstance(self.stopped, BudgetReached):
            return
        history = self.state.history
        left = [i for i in self._unasked if history.judged_by_model(i) is None]
        waits = f"{count(len(left), 'paper')} not asked about, which keep their local score"
        if not left:
            waits = "no judgement is missing for it; summaries, reading notes or overviews are"
        why = f"{self._line.reached(self.scorer.spent)}. {waits[:1].upper()}{waits[1:]}"
        self.state.report.problems.append(Problem(self.name, why))

    def _all_unasked(self, ids: Sequence[str], stopped: KbError) -> dict[str, str]:
        """Why nobody asked about these papers."""
        self._unasked.update(ids)
        why = str(stopped)
        if isinstance(stopped, BudgetReached):
            why = self._line.reached(self.scorer.spent)
        return dict.fromkeys(ids, f"was not asked about: {why}")

    def tell(self, estimate: Estimate, what: str) -> None:
        """Says what asking would take, in the words of `--dry-run`."""
        price = "price unknown" if estimate.usd is None else f"about {money(estimate.usd)}"
        self.state.report.actions.append(
            Action(
                "ask",
                self.name,
                f"{what} in {count(estimate.requests, 'request')}, about {estimate.prompt} prompt and"
                f" {estimate.completion} completion tokens, {price}",
            )
        )


def _is_about_paper(why: str) -> bool:
    """Whether the paper was asked about, and had no sound answer."""
    return not why.startswith("was not asked about")
