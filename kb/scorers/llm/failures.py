"""What an endpoint means when it does not answer."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["key", "model", "quota", "rate", "again", "slow", "refused", "long", "filtered"]
"""key, model: a person has to change the configuration.
quota: paid for no more. rate, again, slow: the same request may do later.
refused: something in how we ask. long, filtered: something in what we ask about."""

# Plain "billing" or "payment" says nothing: messages on mere rate limits advertise them.
_QUOTA = re.compile(
    r"insufficient[_ ](?:quota|credits?|balance|funds)|exceeded your current quota"
    r"|not enough (?:credits?|balance)|out of credits|credit balance is too low|payment required",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"model_not_found|DeploymentNotFound|unknown[_ ]model|invalid[_ ]model|no such model"
    r"|not a valid model|model\b.{0,120}\b(?:does not exist|not found|is not available|not loaded)",
    re.IGNORECASE | re.DOTALL,
)
_LONG = re.compile(
    r"context_length_exceeded|(?:maximum|max|exceed\w*|available|larger than).{0,40}\bcontext\b"
    r"|\bcontext\b.{0,40}(?:exceed|overflow|too (?:long|large|small))"
    r"|prompt is too long|request too large|too many tokens",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_filter|content management policy|ResponsibleAIPolicy|flagged|moderation",
    re.IGNORECASE,
)
_OF_THE_FORM = re.compile(
    r"response_format|json_?schema|json_?object|\bschema\b|grammar|structured", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that brought no answer."""

    kind: Kind
    said: str
    """What came instead, as it came."""
    wait: float | None = None
    """Seconds the other side asked for."""
    status: int | None = None


class Failed(Exception):
    """Carries a failure up to whoever decides what follows from it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.said)
        self.failure = failure


def of_status(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """What an answer with an error status means."""
    said = _said(body)
    wait = retry_after(headers) if status in (408, 409, 429) or status >= 500 else None
    return Failure(_kind(status, said), said or f"status {status}", wait, status)


def of_error_object(error: Any) -> Failure:
    """What an `error` means that came with status 200, as gateways send it."""
    text = json.dumps(error, ensure_ascii=False) if isinstance(error, dict | list) else str(error)
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code <= 599 else 502
    message = error.get("message") if isinstance(error, dict) else None
    return Failure(_kind(status, text), str(message or text), None, status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `Retry-After`, a number or a date (read by the server's own
    clock, if it tells it); None where nothing sensible is said."""
    for name, factor in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name, "").strip()
        try:
            seconds = float(said) * factor
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, IndexError):
        return None
    try:
        now = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, IndexError):
        now = datetime.now(UTC)
    if until.tzinfo is None or now.tzinfo is None:
        return None
    return max(0.0, (until - now).total_seconds())


def _kind(status: int, said: str) -> Kind:
    if status == 402 or (status in (403, 429) and _QUOTA.search(said)):
        return "quota"
    if status in (400, 403, 413, 422, 500) and _FILTER.search(said):
        return "filtered"
    if status == 413 or (status in (400, 422, 429, 500) and _LONG.search(said)):
        return "long"
    if status in (401, 403):
        return "key"
    if (
        300 <= status < 400
        or status in (404, 405)
        or (status in (400, 422) and _MODEL.search(said))
    ):
        return "model"
    if status == 429:
        return "rate"
    if status in (408, 409, 425) or (status >= 500 and not _OF_THE_FORM.search(said)):
        return "again"
    return "refused"


def _said(body: bytes) -> str:
    """The message and code of an error body, which comes in many shapes."""
    text = body[:20_000].decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.startswith("<") else text
    if isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict):
        return text
    error = found.get("error", found)
    if not isinstance(error, dict):
        return str(error)
    parts = [error.get(key) for key in ("message", "code", "type", "param", "detail")]
    inner = error.get("innererror")
    parts += [inner.get("code")] if isinstance(inner, dict) else []
    return " · ".join(str(part) for part in parts if part not in (None, "")) or text
