"""One request over the wire, and whatever came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from kb.scorers.llm import endpoint as places
from kb.scorers.llm import failures, reply
from kb.scorers.llm.failures import Failed, Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openai import AsyncOpenAI

    from kb.scorers.llm.endpoint import Endpoint
    from kb.scorers.llm.reply import Reply


async def send(
    client: AsyncOpenAI,
    endpoint: Endpoint,
    messages: Sequence[Mapping[str, str]],
    arguments: Mapping[str, Any],
    *,
    deadline: float,
) -> Reply:
    """The reply to `messages`, whole after at most `deadline` seconds. Raises Failed."""
    import openai

    said: Any = messages
    try:
        async with asyncio.timeout(deadline):
            raw = await client.chat.completions.with_raw_response.create(
                model=endpoint.model,
                messages=said,
                extra_headers=places.headers(endpoint),
                **arguments,
            )
        body = raw.http_response.content
    except openai.APIStatusError as error:
        response = error.response
        failure = failures.of_status(response.status_code, response.headers, response.content)
        raise Failed(failure) from None
    except (TimeoutError, openai.APITimeoutError):
        why = (
            f"no answer came in {deadline:g} seconds; a slow model wants a larger llm.timeout or smaller"
            " llm.batch_tokens"
        )
        raise Failed(Failure("slow", why)) from None
    except openai.OpenAIError as error:
        raise Failed(Failure("again", f"the connection failed ({_cause(error)})")) from None
    return reply.read(body)


def _cause(error: BaseException) -> str:
    """The innermost reason, without addresses and objects."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
