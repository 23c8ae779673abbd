"""Months of papers handed to a provider's queue (files and batches), and fetched when they are done.

What is under way is kept as text by whoever asked, so that it outlives any restart: the batch's id,
and which papers are in which of its requests. It is kept before anything is sent, under a name of ours
that goes along, so that a batch is found again though nobody could write down its id.
"""

from __future__ import annotations

import asyncio
import io
import json
import secrets
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
_LABEL = "kb"
"""Under which key the batch's name stands in its metadata."""
_LOOKED_AT = 2000
"""So many of a provider's batches or files, the newest first, are looked at."""


class Unsure(TryLater):
    """The provider may have the batch, or not; `find` tells."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """A batch under way."""

    id: str
    """The provider's; empty as long as it has given none."""
    model: str
    task: str
    prompt: str
    """The digest of the prompt that was used."""
    requests: Mapping[str, Mapping[str, int]]
    """For each request its papers, and the weight of each."""
    name: str = ""
    """Ours."""

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
    begun: Callable[[Bulk], None] = lambda _bulk: None,
) -> Bulk:
    """Puts the papers into the provider's queue. `begun` is told of it before anything is sent.

    Raises ConfigError or TryLater; then nothing is under way, but perhaps after Unsure.
    """
    lines, requests = [], {}
    able = state.ability
    for number, batch in enumerate(batches):
        said = prompts.say(task.prompt, batch, lines=able.form == "plain")
        body = {
            "model": state.endpoint.model,
            "messages": said.messages(system=able.system),
            **able.arguments(task.schema, task.most * len(batch) + MARGIN),
        }
        request = f"kb-{number}"
        line = {"custom_id": request, "method": "POST", "url": _WHERE, "body": body}
        lines.append(json.dumps(line, ensure_ascii=False))
        requests[request] = {paper.id: 1 + weight(paper) for paper in batch}
    data = "\n".join(lines).encode("utf-8", "replace")
    name = f"kb-{secrets.token_hex(8)}"
    bulk = Bulk(
        "", state.endpoint.model, task.prompt, prompts.digest(task.prompt), requests, name=name
    )
    begun(bulk)
    return replace(bulk, id=_sent(state, name, data))


def _sent(state: State, name: str, data: bytes) -> str:
    """Hands in a file of requests under this name; gives back the provider's id of the batch."""
    added = places.headers(state.endpoint)

    async def upload(client: AsyncOpenAI) -> str:
        file = await client.files.create(
            file=(_file(name), io.BytesIO(data)), purpose="batch", extra_headers=added
        )
        return file.id

    uploaded = asyncio.run(_with_client(state, upload))

    async def begin(client: AsyncOpenAI) -> str:
        batch = await client.batches.create(
            input_file_id=uploaded,
            endpoint=_WHERE,
            completion_window="24h",
            metadata={_LABEL: name},
            extra_headers=added,
        )
        return batch.id

    return str(asyncio.run(_with_client(state, begin, unsure=True)))


def find(state: State, bulk: Bulk) -> str | None:
    """The provider's id of a batch of which only our name is known; None where it has none of that
    name. Raises ConfigError, such as where batches cannot be listed, or TryLater."""
    added = places.headers(state.endpoint)

    async def batches(client: AsyncOpenAI) -> dict[str, str]:
        found: dict[str, str] = {}
        looked_at = 0
        async for batch in client.batches.list(limit=100, extra_headers=added):
            if (batch.metadata or {}).get(_LABEL) == bulk.name:
                return {"": batch.id}
            found[batch.input_file_id] = batch.id
            if (looked_at := looked_at + 1) >= _LOOKED_AT:
                break
        return found

    async def file(client: AsyncOpenAI) -> str | None:
        looked_at = 0
        async for each in client.files.list(purpose="batch", extra_headers=added):
            if each.filename == _file(bulk.name):
                return each.id
            if (looked_at := looked_at + 1) >= _LOOKED_AT:
                break
        return None

    listed: dict[str, str] = asyncio.run(_with_client(state, batches))
    if "" in listed or not listed:
        return listed.get("")
    # A server that keeps no metadata still knows the name of the file.
    return listed.get(asyncio.run(_with_client(state, file)) or "")


def _file(name: str) -> str:
    return f"{name}.jsonl"


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


async def _with_client(
    state: State, act: Callable[[AsyncOpenAI], Awaitable[Any]], *, unsure: bool = False
) -> Any:
    """Runs `act`, and turns what the client raises into errors of ours: Unsure where that is said and
    the other side may have done what it was asked for."""
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
        kind = Unsure if unsure and response.status_code >= 500 else TryLater
        raise kind(f"{place} cannot be asked now ({said})", seconds=failure.wait) from None
    except (TimeoutError, openai.OpenAIError) as error:
        kind = Unsure if unsure else TryLater
        raise kind(f"{place} cannot be asked now ({type(error).__name__})") from None
    finally:
        await client.close()
