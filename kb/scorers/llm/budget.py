"""The line that is not crossed: what a request may cost at most is set aside before it goes."""

from __future__ import annotations

from dataclasses import dataclass

from kb.errors import TryLater


class BudgetReached(TryLater):
    """The next request might cost more than is left; nothing is wrong, and another day has another
    budget."""

    def __init__(self, limit: float, spent: float) -> None:
        super().__init__(
            f"the budget of ${limit:.2f} is reached (${spent:.4f} spent); papers that were not judged"
            " keep their local score. Raise llm.daily_budget or --max-cost, or wait for the next day"
        )
        self.limit = limit
        self.spent = spent


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
