"""What asking comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from kb.scorers.llm.usage import Usage

if TYPE_CHECKING:
    from kb.errors import KbError
    from kb.scorers.llm.usage import Share

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """A sound answer about one paper, and its part of what was spent."""

    id: str
    value: T
    share: Share


@dataclass(slots=True)
class Outcome(Generic[T]):
    """What came of asking. Every paper is in `judged` or in `reasons`."""

    judged: dict[str, Judged[T]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a paper has no answer, as the end of a sentence about it."""
    usage: Usage = field(default_factory=Usage)
    stopped: KbError | None = None
    """Why asking ended early: ConfigError, TryLater, or BudgetReached among those."""
