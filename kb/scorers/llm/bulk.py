"""Months of papers handed to a provider's queue (files and batches), and fetched when they are done.

What is under way is kept as text by whoever asked, so that it outlives any restart: the batch's id,
and which papers are in which of its requests.
"""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kb.errors import ConfigError, TryLater
from kb.scorers.llm import endpoint as places
from kb.scorers.llm import failures, reply
from kb.scorers.llm.answers import sort_out
from kb.scorers.llm.asking import MARGIN
from kb.scorers.llm.failures import Failed
from kb.scorers.llm.outcome import Judged, Outcome
from kb.scorers.llm.prices import Price, cost
from kb.scorers.llm.usage import Share, shares

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from openai import AsyncOpenAI

    from kb.core.papers import Paper
    from kb.scorers.llm.answers import Reader
    from kb.scorers.llm.asking import State
    from kb.scorers.llm.prompts import Prompts
    from kb.scorers.llm.tasks import Task

T = TypeVar("T")

DISCOUNT = 0.5
"""What the queue costs, as a part of the price."""
_WHERE: Final = "/v1/chat/completions"
_UNDER_WAY = frozenset({"validating", "in_progress", "finalizing", "cancelling"})


@dataclass(frozen=True, slots=True)
class Bulk:
    """A batch under way."""

    id: str
    model: str
    task: str
    prompt: str
    """The digest of the prompt that was used."""
    requests: Mapping[str, Mapping[str, int]]
    """For each request its papers, and the weight of each."""

    def dump(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def papers(self) -> list[str]:
        return [each for request in self.requests.values() for each in request]


def load(text: str) -> Bulk:
    """What `dump` made. Raises ValueError for anything else."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no batch")
    try:
        return Bulk(**found)
    except TypeError:
        raise ValueError("no batch") from None


def hand_in(
    state: State,
    task: Task[T],
    prompts: Prompts,
    batches: Sequence[Sequence[Paper]],
    weight: Callable[[Paper], int],
) -> Bulk:
    """Puts the papers into the provider's queue. Raises ConfigError or TryLater; then nothing is
    under way."""
    lines, requests = [], {}
    able = state.ability
    for number, batch in enumerate(batches):
        said = prompts.say(task.prompt, batch, lines=able.form == "plain")
        body = {
            "model": state.endpoint.model,
            "messages": said.messages(system=able.system),
            **able.arguments(task.schema, task.most * len(batch) + MARGIN),
        }
        name = f"kb-{number}"
        line = {"custom_id": name, "method": "POST", "url": _WHERE, "body": body}
        lines.append(json.dumps(line, ensure_ascii=False))
        requests[name] = {paper.id: 1 + weight(paper) for paper in batch}
    data = "\n".join(lines).encode("utf-8", "replace")

    async def sent(client: AsyncOpenAI) -> str:
        added = places.headers(state.endpoint)
        file = await client.files.create(
            file=("kb.jsonl", io.BytesIO(data)), purpose="batch", extra_headers=added
        )
        batch = await client.batches.create(
            input_file_id=file.id,
            endpoint=_WHERE,
            completion_window="24h",
            extra_headers=added,
        )
        return batch.id

    made = asyncio.run(_with_client(state, sent))
    return Bulk(made, state.endpoint.model, task.prompt, prompts.digest(task.prompt), requests)


def collect(state: State, task: Task[T], bulk: Bulk, reader: Reader) -> Outcome[T] | None:
    """What came of a batch; None while it is under way. Papers without a sound answer have a reason
    and may be asked about again. Raises ConfigError or TryLater; then it may be tried again."""

    async def fetched(client: AsyncOpenAI) -> tuple[str, list[bytes]]:
        added = places.headers(state.endpoint)
        batch = await client.batches.retrieve(bulk.id, extra_headers=added)
        files: list[bytes] = []
        if batch.status not in _UNDER_WAY:
            for name in (batch.output_file_id, batch.error_file_id):
                if name:
                    content = await client.files.content(name, extra_headers=added)
                    files.append(content.content)
        return batch.status, files

    status, files = asyncio.run(_with_client(state, fetched))
    if status in _UNDER_WAY:
        return None
    outcome: Outcome[T] = Outcome()
    price = state.price
    half = price and Price(*(each * DISCOUNT for each in (price.input, price.cached, price.output)))
    for line in (line for file in files for line in file.splitlines()):
        _take(line, bulk, task, replace(reader, lenient=True), half, outcome)
    for each in bulk.papers:
        if each not in outcome.judged:
            outcome.reasons.setdefault(each, f"was not answered (the batch is {status})")
    return outcome


def _take(
    line: bytes, bulk: Bulk, task: Task[T], reader: Reader, price: Price | None, outcome: Outcome[T]
) -> None:
    """One line of a result file."""
    try:
        found = json.loads(line)
        request = bulk.requests[found["custom_id"]]
        status, body = found["response"]["status_code"], found["response"]["body"]
        if status != 200:
            failure = failures.of_status(int(status), {}, json.dumps(body).encode())
            raise Failed(failure)
        answer = reply.read(json.dumps(body).encode())
    except Failed as failed:
        outcome.reasons.update(dict.fromkeys(request, f"was refused ({failed.failure.said[:200]})"))
        return
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    outcome.usage.requests += 1
    spent = {}
    if answer.counts is None:
        outcome.usage.uncounted += 1
    else:
        usd = cost(price, answer.counts)
        outcome.usage.answered(answer.counts, usd)
        spent = shares(list(request), request, answer.counts, usd)
    if answer.finish == "filtered":
        outcome.reasons.update(dict.fromkeys(request, "was refused by a filter"))
        return
    sound, why = sort_out(
        reply.objects(answer.text), list(request), lambda each: task.read(reader, each)
    )
    for each, value in sound.items():
        outcome.judged.setdefault(each, Judged(each, value, spent.get(each, Share())))
    outcome.reasons.update({i: said for i, said in why.items() if i not in outcome.judged})


async def _with_client(state: State, act: Callable[[AsyncOpenAI], Awaitable[Any]]) -> Any:
    """Runs `act`, and turns what the client raises into errors of ours."""
    import openai

    place = state.endpoint.place
    client = places.client(state.endpoint, timeout=state.patience.deadline)
    try:
        async with asyncio.timeout(state.patience.deadline):
            return await act(client)
    except openai.APIStatusError as error:
        response = error.response
        failure = failures.of_status(response.status_code, response.headers, response.content)
        said = state.endpoint.said(failure.said)
        if failure.kind in ("key", "model", "refused"):
            raise ConfigError(
                f"{place} does not take the batch ({said}); it may have no Batch API: run kb score"
                " without --batch"
            ) from None
        raise TryLater(f"{place} cannot be asked now ({said})", seconds=failure.wait) from None
    except (TimeoutError, openai.OpenAIError) as error:
        raise TryLater(f"{place} cannot be asked now ({type(error).__name__})") from None
    finally:
        await client.close()
