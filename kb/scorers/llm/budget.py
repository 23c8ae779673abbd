"""The line that is not crossed: what a request may cost at most is set aside before it goes."""

from __future__ import annotations

from dataclasses import dataclass

from kb.core.costs import money
from kb.errors import TryLater


class BudgetReached(TryLater):
    """The next request might cost more than is left; nothing is wrong, and another day has another
    budget."""

    def __init__(self, limit: float, spent: float) -> None:
        super().__init__(
            f"the budget of {money(limit)} is reached: {money(spent)} spent, and the next request might"
            " cost more than is left"
        )
        self.limit = limit
        self.spent = spent


@dataclass(frozen=True, slots=True)
class Line:
    """Who drew the line, and where."""

    name: str
    """The option or the setting."""
    limit: float
    before: float = 0.0
    """What was spent before this pass and counts."""

    @property
    def left(self) -> float:
        return max(0.0, self.limit - self.before)

    def reached(self, spent: float) -> str:
        """What has ended the asking after `spent` US dollars in this pass, and what to do about it."""
        in_all = f"{money(self.before + spent)} spent " + (
            "today (UTC)" if self.daily else "in this pass"
        )
        if self.daily and self.before:
            in_all += f", {money(spent)} of it in this pass"
        remedy = (
            "a pass on another day asks about the rest; or raise llm.daily_budget"
            if self.daily
            else "the next pass asks about the rest; or kb score --provisional"
        )
        return (
            f"{self.name} {money(self.limit)} ends the asking: {in_all}, and the next request might cost"
            f" more than is left; {remedy}"
        )

    @property
    def daily(self) -> bool:
        return self.name == DAILY


DAILY = "llm.daily_budget"


@dataclass(slots=True)
class Budget:
    """US dollars. `limit` None: none is set."""

    limit: float | None = None
    spent: float = 0.0
    _held: float = 0.0

    def fits(self, usd: float | None) -> bool:
        """Whether a request of at most so much may go; one without a known price always may."""
        if self.limit is None or usd is None:
            return True
        return self.spent + self._held + usd <= self.limit

    def hold(self, usd: float | None) -> None:
        """A request that may cost so much is under way."""
        self._held += usd or 0.0

    def release(self, usd: float | None) -> None:
        """It has ended; what it did cost was told by `spend`."""
        self._held = max(0.0, self._held - (usd or 0.0))

    def spend(self, usd: float | None) -> None:
        self.spent += usd or 0.0

    def reached(self) -> BudgetReached:
        return BudgetReached(self.limit or 0.0, self.spent)
