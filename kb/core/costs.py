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
            "unpriced": self.unpriced,
        }  # fmt: skip


def money(usd: float) -> str:
    """`$1.25`, and `$0.0031` where cents would hide it."""
    if usd == 0 or usd >= 1:
        return f"${usd:.2f}"
    return f"${usd:.4f}" if usd >= _LEAST else f"under ${_LEAST}"


def cost_of(record: Mapping[str, Any]) -> Cost | None:
    """The cost that a record of the ledger tells (`tokens`, `usd`); None where it tells none."""
    tokens, usd = record.get("tokens"), record.get("usd")
    if not isinstance(tokens, list) or len(tokens) != 3 or not any(map(_counts, tokens)):
        return None
    prompt, cached, completion = (each if _counts(each) else 0 for each in tokens)
    if not isinstance(usd, int | float) or isinstance(usd, bool) or not 0 <= usd < _MOST:
        return Cost(prompt, cached, completion, unpriced=True)
    return Cost(prompt, cached, completion, round(usd * _BILLION))


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53
