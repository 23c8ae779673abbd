"""What asking a model took, as the ledger tells it: tokens, and US dollars where a price is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST = 0.0001
_BILLION = 1_000_000_000
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """`cached` is a part of `prompt`."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    nanos: int = 0
    """Billionths of a US dollar, as far as they are known: whole numbers add up the same in any order."""
    unpriced: bool = False
    """Some of it has a price that nobody knows, which is not the same as nothing."""
    reasoning: int = 0
    """A part of `completion`."""
    requests: int = 0
    """All that were sent, retries included."""
    retries: int = 0
    tenths: int = 0
    """Tenths of a second that were waited."""

    @property
    def usd(self) -> float:
        return self.nanos / _BILLION

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            self.nanos + other.nanos,
            self.unpriced or other.unpriced,
            self.reasoning + other.reasoning,
            self.requests + other.requests,
            self.retries + other.retries,
            self.tenths + other.tenths,
        )

    def price(self) -> str:
        """In words for a person: never $0 where no price is known."""
        if not self.unpriced:
            return money(self.usd)
        return f"{money(self.usd)} + price unknown" if self.nanos else "price unknown"

    def as_json(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt, "cached": self.cached, "completion": self.completion,
            "total": self.total, "usd": None if self.unpriced and not self.nanos else self.usd,
            "unpriced": self.unpriced, "reasoning": self.reasoning, "requests": self.requests,
            "retries": self.retries, "seconds": self.tenths / 10,
        }  # fmt: skip


def money(usd: float) -> str:
    """`$1.25`, and `$0.0031` where cents would hide it."""
    if usd == 0 or usd >= 1:
        return f"${usd:.2f}"
    return f"${usd:.4f}" if usd >= _LEAST else f"under ${_LEAST}"


def cost_of(record: Mapping[str, Any]) -> Cost | None:
    """The cost that a record of the ledger tells (`tokens`, `usd`); None where it tells none."""
    tokens, usd = record.get("tokens"), record.get("usd")
    if not isinstance(tokens, list) or len(tokens) != 3:
        return None
    prompt, cached, completion = map(_count, tokens)
    reasoning, requests, retries = (
        _count(record.get(key)) for key in ("reasoning", "requests", "retries")
    )
    if not any((prompt, cached, completion, requests)):
        return None
    nanos = _parts(usd, _BILLION)
    return Cost(
        prompt,
        cached,
        completion,
        nanos or 0,
        nanos is None,
        reasoning,
        requests,
        retries,
        _parts(record.get("seconds"), 10) or 0,
    )


def _count(value: Any) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value < 2**53 else 0


def _parts(value: Any, of_one: int) -> int | None:
    """A number as so many parts of one; None for what is none, or out of all bounds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _MOST:
        return None
    return round(value * of_one)
