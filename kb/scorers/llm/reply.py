"""What a chat completion says, once all the ways of saying it are undone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from kb.scorers.llm.failures import Failed, Failure, of_error_object

_BEGINS = re.compile(r"\s*<(?:think|thinking|reasoning)>", re.IGNORECASE)
_ENDS = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_MOST = 400_000
"""Characters of an answer that are looked at."""
_BROKEN = 300
"""Brackets that begin nothing whole, after which no more are tried."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of one request, as the endpoint counted them."""

    prompt: int
    cached: int
    completion: int
    reasoning: int = 0
    usd: float | None = None
    """What it cost, where the endpoint says so itself."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `text` is what is left to read: never a thought, and nothing of a refusal."""

    text: str
    finish: str
    """`stop`, `length`, `filtered`, or a word of the endpoint's."""
    counts: Counts | None = None


def read(body: bytes) -> Reply:
    """The reply in the body of an answer with status 200.

    Raises Failed for what is no chat completion: a web page, an error that calls itself a success.
    """
    try:
        found = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        page = body.lstrip()[:1] == b"<"
        raise Failed(
            Failure("again", "a web page came instead of an answer" if page else "no JSON came")
        )
    choices = found.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        if found.get("error"):
            raise Failed(of_error_object(found["error"]))
        raise Failed(Failure("again", "an answer without a choice came"))
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    finish = str(choice.get("finish_reason") or "stop")
    if message.get("refusal") or finish == "content_filter":
        finish = "filtered"
    text = "" if finish == "filtered" else without_thoughts(_content(message.get("content")))
    return Reply(text, finish, _counts(found.get("usage")))


def without_thoughts(text: str) -> str:
    """`text` without what the model said to itself before it answered.

    A thought that does not end has no answer after it. Inside of an answer the same words are left
    alone: papers write about them.
    """
    text = text[:_MOST]
    ends = _ENDS.search(text)
    if _BEGINS.match(text):
        return text[ends.end() :].strip() if ends else ""
    if ends and not text.lstrip().startswith(("{", "[", "```")):
        return text[ends.end() :].strip()
    return text.strip()


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects that are answers for one thing each, in order.

    Whole JSON, JSON in a code block, one object a line, and what is whole of JSON that was cut off
    or has prose around it. An object with a key twice is no answer and left out.
    """
    text = text[:_MOST]
    decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant)
    found: list[dict[str, Any]] = []
    at = broken = 0
    while broken < _BROKEN and (start := _next_bracket(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            # Not whole from here on: what is inside may be.
            at, broken = start + 1, broken + 1
            continue
        found += _answers(value)
    return found


class _Doubled(dict[str, Any]):
    """An object that gave a key twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Doubled(made)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _next_bracket(text: str, at: int) -> int | None:
    places = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(places) if places else None


def _answers(value: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Objects with an `id`, themselves or inside lists and objects without one."""
    if isinstance(value, _Doubled) or depth > 4:
        return []
    if isinstance(value, dict):
        if "id" in value:
            return [value]
        return [each for inner in value.values() for each in _answers(inner, depth + 1)]
    if isinstance(value, list):
        return [each for inner in value for each in _answers(inner, depth + 1)]
    return []


def _content(content: Any) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _counts(usage: Any) -> Counts | None:
    if not isinstance(usage, dict):
        return None
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if not prompt or completion is None:
        return None
    cached = _count(_detail(usage, "prompt_tokens_details", "cached_tokens"))
    if cached is None:
        cached = _count(usage.get("prompt_cache_hit_tokens"))
    reasoning = _count(_detail(usage, "completion_tokens_details", "reasoning_tokens"))
    cost = usage.get("cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost < 10_000:
        cost = None
    return Counts(
        prompt, min(cached or 0, prompt), completion, min(reasoning or 0, completion), cost
    )


def _detail(usage: dict[str, Any], part: str, name: str) -> Any:
    details = usage.get(part)
    return details.get(name) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
    return value if sound else None
