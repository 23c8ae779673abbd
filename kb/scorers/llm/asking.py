"""Asking a model about many papers at once, until each has a sound answer or is given up.

A batch that was answered in part is asked again for the rest, in smaller batches, then one by one.
Everything happens in one thread; requests overlap in their waiting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from kb.scorers.llm import endings, reply, wire
from kb.scorers.llm import endpoint as places
from kb.scorers.llm.answers import sort_out
from kb.scorers.llm.batches import smaller, tokens
from kb.scorers.llm.failures import Failed, Failure
from kb.scorers.llm.outcome import Judged, Outcome
from kb.scorers.llm.prices import cost
from kb.scorers.llm.reply import Counts
from kb.scorers.llm.usage import Share, shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openai import AsyncOpenAI

    from kb.core.papers import Paper
    from kb.errors import KbError
    from kb.scorers.llm.ability import Ability
    from kb.scorers.llm.answers import Reader
    from kb.scorers.llm.budget import Budget
    from kb.scorers.llm.endpoint import Endpoint
    from kb.scorers.llm.pacing import Pace
    from kb.scorers.llm.prices import Price
    from kb.scorers.llm.prompts import Prompt, Prompts
    from kb.scorers.llm.reply import Reply
    from kb.scorers.llm.tasks import Task

log = logging.getLogger(__name__)
T = TypeVar("T")

_HOPELESS = 5
"""Papers asked about alone, without one sound answer ever, after which the model is given up."""
_HEAD_START = 0.1
"""Seconds until something else is done meanwhile: the first requests would have to wait for it."""
_DENSE = 1.5
"""So many times more tokens a text may have than was reckoned, where it is all formulas."""
MARGIN = 400
"""Tokens that an answer may take beyond those of its papers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what, in seconds."""

    deadline: float = 300
    """For one request as a whole."""
    tries: int = 4
    backoff: float = 2
    """Before the second try; doubled before each other."""
    longest_wait: float = 60
    """A longer Retry-After ends the asking."""


@dataclass(slots=True)
class State:
    """What lasts from one call to the next."""

    endpoint: Endpoint
    price: Price | None
    ability: Ability
    proven: bool
    """Whether a sound answer was ever had with this ability."""
    patience: Patience
    pace: Pace
    budget: Budget
    at_once: int


@dataclass(frozen=True, slots=True)
class _Job:
    papers: tuple[Paper, ...]
    again: bool = False
    """Asked about before."""
    last: bool = False
    """Asked about alone, for the last time."""


class Asking(Generic[T]):
    """One call: these papers, this task."""

    def __init__(
        self,
        state: State,
        task: Task[T],
        prompts: Prompts,
        reader: Callable[[bool], Reader],
        taken: Callable[[Sequence[Judged[T]]], None],
    ) -> None:
        self.state = state
        self.task = task
        self.prompts = prompts
        self.reader = reader
        self.taken = taken
        self.outcome: Outcome[T] = Outcome()
        self._stable = tokens(prompts.say(task.prompt, ()).stable)
        self._shares: dict[str, Share] = {}
        self._rests = 0
        """How often all rested without an answer in between, and when they last began to."""
        self._rested_at = 0.0
        self._in_vain = 0
        self._alone_in_vain = 0

    async def ask(
        self, batches: Sequence[Sequence[Paper]], meanwhile: Callable[[], None] | None
    ) -> Outcome[T]:
        """Asks about all of them. Nothing is raised for what the other side does; what `meanwhile`
        raises is, in the end."""
        began = time.monotonic()
        self._stop = asyncio.Event()
        client = places.client(self.state.endpoint, timeout=self.state.patience.deadline)
        beside = asyncio.create_task(_beside(meanwhile))
        try:
            await self._all(client, deque(_Job(tuple(batch)) for batch in batches))
        finally:
            await client.close()
        self.outcome.usage.seconds += time.monotonic() - began
        await beside
        return self.outcome

    async def _all(self, client: AsyncOpenAI, pending: deque[_Job]) -> None:
        running: set[asyncio.Task[list[_Job]]] = set()
        try:
            while True:
                self._start(client, pending, running)
                if not running:
                    break
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    # What is left of a batch goes first: that a model is of no use shows sooner.
                    pending.extendleft(reversed(each.result()))
        except BaseException:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            raise
        for job in pending:
            self._give_up(job, f"was not asked about: {self.outcome.stopped}")

    def _start(
        self, client: AsyncOpenAI, pending: deque[_Job], running: set[asyncio.Task[list[_Job]]]
    ) -> None:
        """Fills the free places with requests that the budget allows for."""
        in_doubt = self._in_vain and not self.outcome.judged
        places_ = 1 if in_doubt else self.state.at_once
        while pending and not self.outcome.stopped and len(running) < places_:
            most = self.most(pending[0].papers)
            if not self.state.budget.fits(most):
                if running:
                    return
                self._shrink(pending)
                continue
            self.state.budget.hold(most)
            running.add(asyncio.create_task(self._job(client, pending.popleft(), most)))

    def _shrink(self, pending: deque[_Job]) -> None:
        """Leaves as much of the next batch as the budget allows for, or ends everything."""
        job = pending.popleft()
        papers, fits = job.papers, self.state.budget.fits
        count = bisect_left(
            range(1, len(papers)), True, key=lambda count: not fits(self.most(papers[:count]))
        )
        pending.extendleft(
            replace(job, papers=part) for part in (papers[count:], papers[:count]) if part
        )
        if not count:
            self._end(self.state.budget.reached())

    async def _job(self, client: AsyncOpenAI, job: _Job, held: float | None) -> list[_Job]:
        """One batch, with one answer; gives back what of it is to be asked again."""
        try:
            return await self._attempts(client, job)
        finally:
            self.state.budget.release(held)

    async def _attempts(self, client: AsyncOpenAI, job: _Job) -> list[_Job]:
        tries = slow = 0
        again = job.again
        while await self._turn(job):
            self.outcome.usage.retries += again
            again = True
            sent, at = self.state.ability, time.monotonic()
            try:
                answer = await self._send(client, job, sent)
            except Failed as failed:
                failure = failed.failure
            else:
                return self._read(answer, sent, job)
            log.info("the model: %s", self.state.endpoint.said(failure.said))
            if failure.kind in ("long", "filtered") or self._is_of_the_papers(failure):
                return self._split(job, failure)
            if failure.kind == "refused" or (tries and self._may_be_of_the_form(failure, sent)):
                self._lower(sent, failure)
            elif failure.kind == "rate":
                self._rest(failure, at)
            else:
                tries += 1
                slow += failure.kind == "slow"
                await self._wait(failure, tries, slow)
        return [job]

    async def _turn(self, job: _Job) -> bool:
        """Waits until the pace allows a request; False when all has ended."""
        pace = self.state.pace
        size = self.size(job.papers) + self.task.usual * len(job.papers)
        while (wait := pace.wait(time.monotonic(), size)) > 0 and not self.outcome.stopped:
            await self._sleep(wait)
        if self.outcome.stopped:
            return False
        pace.note(time.monotonic(), size)
        return True

    async def _send(self, client: AsyncOpenAI, job: _Job, sent: Ability) -> Reply:
        """One request, counted. Raises Failed."""
        prompt = self.prompts.say(self.task.prompt, job.papers, lines=sent.form == "plain")
        self.outcome.usage.requests += 1
        log.info("asking about %d papers (%s)", len(job.papers), self.task.prompt)
        answer = await wire.send(
            client,
            self.state.endpoint,
            prompt.messages(system=sent.system),
            sent.arguments(self.task.schema, self._room(job.papers)),
            deadline=self.state.patience.deadline,
        )
        self._count(answer, prompt, job)
        return answer

    def _count(self, answer: Reply, prompt: Prompt, job: _Job) -> None:
        usage = self.outcome.usage
        counts = answer.counts
        if counts is None:
            usage.uncounted += 1
            said = tokens(prompt.stable) + tokens(prompt.papers)
            counts = Counts(said, 0, tokens(answer.text))
        usd = cost(self.state.price, counts)
        usage.answered(counts, usd)
        self.state.budget.spend(usd)
        self._rests = 0
        ids = [paper.id for paper in job.papers]
        weights = {paper.id: 1 + self.weight(paper) for paper in job.papers}
        for each, share in shares(ids, weights, counts, usd).items():
            self._shares[each] = self._shares.get(each, Share()).plus(share)

    def _read(self, answer: Reply, sent: Ability, job: _Job) -> list[_Job]:
        """Takes what is sound and gives back the rest, to be asked about again."""
        if answer.finish == "filtered":
            return self._split(job, Failure("filtered", "the model refused"))
        found = reply.objects(answer.text)
        if not found and (other := self._other_way(answer, sent)) is not None:
            if self.state.ability == sent:
                self.state.ability = other
            self._in_vain += 1
            return [replace(job, again=True)]
        reader = self.reader(job.last)
        sound, why = sort_out(
            found, [paper.id for paper in job.papers], lambda each: self.task.read(reader, each)
        )
        if sound:
            self.state.proven = True
            judged = [Judged(each, value, self._shares[each]) for each, value in sound.items()]
            self.outcome.judged.update((each.id, each) for each in judged)
            self.taken(judged)
        rest = [paper for paper in job.papers if paper.id in why]
        if job.last:
            cut = answer.finish == "length"
            for paper in rest:
                said = "was answered too long" if cut else why[paper.id]
                self._give_up(_Job((paper,)), said)
            self._despair(sound)
            return []
        self._in_vain += not sound
        return [_Job(tuple(part), True, last=len(part) == 1) for part in smaller(rest)]

    def _other_way(self, answer: Reply, sent: Ability) -> Ability | None:
        """How to ask instead, where the answer held nothing at all."""
        if answer.finish == "length" and (roomier := sent.roomier()):
            return roomier
        return None if self.state.proven else sent.next_form()

    def _split(self, job: _Job, failure: Failure) -> list[_Job]:
        """A batch that the endpoint will not have as a whole."""
        if len(job.papers) > 1:
            return [_Job(tuple(part), True) for part in smaller(job.papers)]
        said = self.state.endpoint.said(failure.said)
        what = {"long": "is too long for the model", "filtered": "was refused by a filter"}
        self._give_up(job, f"{what.get(failure.kind, 'was refused')} ({said})")
        if failure.kind != "filtered":
            self._despair(())
        return []

    def _despair(self, sound: Sequence[str] | Mapping[str, T]) -> None:
        self._alone_in_vain = 0 if sound else self._alone_in_vain + 1
        patient = 4 if self.state.proven else 1
        if not self.outcome.judged and self._alone_in_vain >= _HOPELESS * patient:
            self._end(endings.no_use(self.state.endpoint))

    def _give_up(self, job: _Job, why: str) -> None:
        for paper in job.papers:
            self.outcome.reasons[paper.id] = why

    def _is_of_the_papers(self, failure: Failure) -> bool:
        """Refused by an endpoint that takes this way of asking: it minds what is asked about."""
        return (
            failure.kind == "refused"
            and self.state.proven
            and not self.state.ability.is_named(failure.said)
        )

    def _may_be_of_the_form(self, failure: Failure, sent: Ability) -> bool:
        """An inner error that comes again may be how a server says that it knows no schemas."""
        return failure.status == 500 and not self.state.proven and sent.form != "plain"

    def _lower(self, sent: Ability, failure: Failure) -> None:
        if self.state.ability != sent:
            return
        found = sent.without(failure.said)
        if found is None:
            self._end(endings.no_way(self.state.endpoint, failure))
            return
        self.state.ability, self.state.proven = found, False

    async def _wait(self, failure: Failure, tries: int, slow: int) -> None:
        """Waits before the next try, or ends everything where there is to be none."""
        patience = self.state.patience
        final = failure.kind in ("key", "model", "quota") or tries >= patience.tries or slow > 1
        if final or (failure.wait or 0) > patience.longest_wait:
            self._end(endings.of_failure(self.state.endpoint, failure))
        elif failure.wait is not None:
            self.state.pace.rest(time.monotonic() + failure.wait)
        else:
            await self._sleep(patience.backoff * 2 ** (tries - 1))

    def _rest(self, failure: Failure, sent: float) -> None:
        """Lets all requests rest after one that was sent at `sent` met a limit.

        Those that were under way meet the same limit, and do not count.
        """
        patience, now = self.state.patience, time.monotonic()
        if sent >= self._rested_at:
            self._rests += 1
            self._rested_at = now
        if self._rests >= patience.tries or (failure.wait or 0) > patience.longest_wait:
            self._end(endings.of_failure(self.state.endpoint, failure))
            return
        wait = patience.backoff * 2 ** max(0, self._rests - 1)
        self.state.pace.rest(now + (wait if failure.wait is None else failure.wait))

    def _end(self, error: KbError) -> None:
        self.outcome.stopped = self.outcome.stopped or error
        self._stop.set()

    async def _sleep(self, seconds: float) -> None:
        """Less where everything ends meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            pass

    def weight(self, paper: Paper) -> int:
        """The tokens of one paper in a prompt."""
        text = paper.title + paper.abstract if self.task.abstracts else paper.title
        return tokens(text) + 8

    def size(self, papers: Sequence[Paper]) -> int:
        """The tokens of a prompt about these papers."""
        return self._stable + sum(self.weight(paper) for paper in papers)

    def most(self, papers: Sequence[Paper]) -> float | None:
        """US dollars that a request about these papers may cost at most; None: no price is known."""
        price = self.state.price
        room = self._room(papers) + self.state.ability.room
        return None if price is None else price.of(int(self.size(papers) * _DENSE), 0, room)

    def _room(self, papers: Sequence[Paper]) -> int:
        return self.task.most * len(papers) + MARGIN


async def _beside(meanwhile: Callable[[], None] | None) -> None:
    if meanwhile is not None:
        await asyncio.sleep(_HEAD_START)
        await asyncio.to_thread(meanwhile)
