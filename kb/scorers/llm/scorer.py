"""A language model as a scorer of papers. What each call gives back is all that it did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from kb.core.assessments import Cutoffs
from kb.scorers.llm import tasks
from kb.scorers.llm.ability import first_tried
from kb.scorers.llm.answers import Reader, compared
from kb.scorers.llm.asking import Asking, Patience, State
from kb.scorers.llm.batches import divide, tokens
from kb.scorers.llm.budget import Budget
from kb.scorers.llm.pacing import Pace
from kb.scorers.llm.prices import price_of
from kb.scorers.llm.prompts import Prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kb.config import LlmSettings
    from kb.core.assessments import Assessment
    from kb.core.papers import Paper
    from kb.core.topics import Topics
    from kb.scorers.llm.ability import Ability
    from kb.scorers.llm.bulk import Bulk
    from kb.scorers.llm.endpoint import Endpoint
    from kb.scorers.llm.outcome import Judged, Outcome
    from kb.scorers.llm.tasks import ReadingNotes, Summary, Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What asking would take, reckoned without asking."""

    papers: int
    requests: int
    prompt: int
    completion: int
    usd: float | None
    """None: no price is known."""


class ModelScorer:
    """Asks one model on behalf of one vault.

    `own_prompt` gives back the text of a file in the vault's prompts folder, or None. `ability` is
    what an earlier pass found of this endpoint (see the property). `budget` is what may be spent by
    this scorer, in US dollars, all calls together; None: no limit. Every method raises ConfigError
    for a mistake in a prompt and gives back all else in the outcome.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: LlmSettings,
        topics: Topics,
        cutoffs: Cutoffs | None = None,
        *,
        own_prompt: Callable[[str], str | None] = lambda _name: None,
        prompts_folder: str = ".kb/prompts",
        ability: Ability | None = None,
        budget: float | None = None,
        patience: Patience | None = None,
    ) -> None:
        cutoffs = cutoffs or Cutoffs()
        self.settings = settings
        self.topics = tuple(topic.name for topic in topics.topics)
        self.prompts = Prompts(
            {
                "about": topics.about,
                "topics": topics.topics,
                "negative_keywords": topics.negative_keywords,
                "language": settings.language,
                "relevance": cutoffs.relevance,
                "novelty": cutoffs.novelty,
            },
            own_prompt,
            prompts_folder,
        )
        self._known = ability or first_tried(near=endpoint.is_near)
        self._state = State(
            endpoint=endpoint,
            price=price_of(endpoint.model, settings.prices),
            ability=self._known,
            proven=ability is not None,
            patience=patience or Patience(deadline=settings.timeout),
            pace=Pace(settings.requests_per_minute, settings.tokens_per_minute),
            budget=Budget(budget),
            at_once=settings.concurrency,
        )
        names = {compared(name): name for name in reversed(self.topics)}
        self._reader = Reader(names, endpoint.model)

    @property
    def model(self) -> str:
        return self._state.endpoint.model

    @property
    def is_priced(self) -> bool:
        """Whether a budget means anything: without a price nothing can be held to it."""
        return self._state.price is not None

    @property
    def ability(self) -> Ability | None:
        """What was found of the endpoint, to be remembered; None where nothing is known for sure."""
        return self._state.ability if self._state.proven else None

    @property
    def spent(self) -> float:
        """US dollars, all calls together, as far as they are known."""
        return self._state.budget.spent

    @property
    def prompt(self) -> str:
        """A digest that changes when papers are judged by anything else than before."""
        return self.prompts.digest("assess")

    def assess(
        self,
        papers: Sequence[Paper],
        taken: Callable[[Sequence[Judged[Assessment]]], None] = lambda _judged: None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Outcome[Assessment]:
        """Relevance, novelty and why. `taken` is told of each batch as soon as it is judged, so that
        what was paid for can be put down at once; so it is in `summarise` and `overview`.

        `meanwhile` is done by another thread while answers are waited for. What it raises is raised
        when the last answer is there.
        """
        return self._ask(tasks.assess(self.topics), papers, taken, meanwhile)

    def covers(self, papers: Sequence[Paper]) -> bool:
        """Whether what is left of the budget will do for `assess`, however long the answers are."""
        asking = self._asking(tasks.assess(self.topics))
        dearest = [asking.most(batch) for batch in self._batches(asking.task, asking, papers)]
        return self._state.budget.fits(sum(usd or 0.0 for usd in dearest))

    def screen(self, papers: Sequence[Paper]) -> Outcome[bool]:
        """Whether the abstract is worth reading, by the title alone."""
        return self._ask(tasks.SCREEN, papers)

    def summarise(
        self,
        papers: Sequence[Paper],
        taken: Callable[[Sequence[Judged[Summary]]], None] = lambda _judged: None,
    ) -> Outcome[Summary]:
        """What problem, what idea, what result: for a table and for the note."""
        return self._ask(tasks.SUMMARISE, papers, taken)

    def notes(self, papers: Sequence[Paper]) -> Outcome[ReadingNotes]:
        return self._ask(tasks.NOTES, papers)

    def overview(
        self,
        month: str,
        kept: Sequence[tuple[str, str]],
        taken: Callable[[Sequence[Judged[tuple[str, ...]]]], None] = lambda _judged: None,
    ) -> Outcome[tuple[str, ...]]:
        """Paragraphs on `month` (`YYYY-MM`), in which papers of these titles and summaries were kept:
        on the first of them, as many as `batch_tokens` allows."""
        return self._ask(tasks.MONTH, [self._month(month, kept)], taken)

    def _month(self, month: str, kept: Sequence[tuple[str, str]]) -> Paper:
        """A month as what a model reads: one text of titles and summaries."""
        from kb.core.papers import Paper

        told: list[str] = []
        left = self.settings.batch_tokens
        for title, summary in kept:
            said = f"{title}: {summary}" if summary else title
            left -= tokens(said) + 1
            if told and left < 0:
                break
            told.append(said)
        return Paper(id=month, title=month, authors=(), abstract=" · ".join(told), categories=())

    def hand_in(
        self, papers: Sequence[Paper], begun: Callable[[Bulk], None] = lambda _bulk: None
    ) -> Bulk:
        """Puts `assess` for many papers into the provider's queue. What comes back is to be kept:
        with its `dump` the answers can be collected by any later process. So is what `begun` is given
        before anything is sent: with that `find` tells whether the provider has it.

        Where `ability` is None, `assess` a few papers first: a queue tells a day later that it
        minds a parameter.
        """
        from kb.scorers.llm import bulk

        task = tasks.assess(self.topics)
        unique = list({paper.id: paper for paper in papers}.values())
        asking = self._asking(task)
        batches = self._batches(task, asking, unique)
        return bulk.hand_in(self._state, task, self.prompts, batches, asking.weight, begun)

    def find(self, begun: Bulk) -> Bulk | None:
        """What was begun to be handed in, with the id that the provider gave it; None where it has
        nothing of that name."""
        from kb.scorers.llm import bulk

        found = bulk.find(self._state, begun)
        return replace(begun, id=found) if found else None

    def collect(self, handed_in: Bulk) -> Outcome[Assessment] | None:
        """The answers to what was handed in; None while they are waited for."""
        from kb.scorers.llm import bulk

        task = tasks.assess(self.topics)
        outcome = bulk.collect(self._state, task, handed_in, self._reader)
        if outcome is not None:
            self._state.budget.spend(outcome.usage.usd)
        return outcome

    def estimate_month(self, month: str, kept: Sequence[tuple[str, str]]) -> Estimate:
        """What `overview` would take."""
        return self.estimate([self._month(month, kept)], tasks.MONTH)

    def estimate(self, papers: Sequence[Paper], task: Task[Any] | None = None) -> Estimate:
        """What asking (`assess`, or another task) would take, if every answer were sound."""
        task = task or tasks.assess(self.topics)
        asking = self._asking(task)
        batches = self._batches(task, asking, papers)
        prompt = sum(asking.size(batch) for batch in batches)
        completion = task.usual * len(papers) + self._state.ability.room * len(batches)
        price = self._state.price
        usd = price.of(prompt, 0, completion) if price else None
        return Estimate(len(papers), len(batches), prompt, completion, usd)

    def _ask(
        self,
        task: Task[T],
        papers: Sequence[Paper],
        taken: Callable[[Sequence[Judged[T]]], None] = lambda _judged: None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Outcome[T]:
        unique = list({paper.id: paper for paper in papers}.values())
        asking = self._asking(task, taken)
        if not unique:
            return asking.outcome
        try:
            return asyncio.run(asking.ask(self._batches(task, asking, unique), meanwhile))
        finally:
            if not self._state.proven:
                # What was tried while nobody answered says nothing of the endpoint.
                self._state.ability = self._known

    def _asking(
        self,
        task: Task[T],
        taken: Callable[[Sequence[Judged[T]]], None] = lambda _judged: None,
    ) -> Asking[T]:
        return Asking(
            self._state,
            task,
            self.prompts,
            lambda lenient: replace(self._reader, lenient=lenient),
            taken,
        )

    def _batches(
        self, task: Task[T], asking: Asking[T], papers: Sequence[Paper]
    ) -> list[list[Paper]]:
        return divide(
            papers,
            asking.weight,
            tokens=self.settings.batch_tokens,
            most=task.at_once,
            at_once=self.settings.concurrency,
        )
