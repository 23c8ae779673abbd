"""What a fault suite counts: trials, other figures worth telling, and every trial that failed."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """A progress that shows nothing."""


@dataclass(slots=True)
class Tally:
    """Filled in by a suite's `run`; `holds` is the verdict for pytest, `full.py` prints it."""

    tried: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    """What else happened, e.g. `refused` or `recovered`, and how often."""
    failures: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def trial(self, what: str) -> Iterator[None]:
        """One trial; a failed assertion inside it is noted, and the next trial goes on."""
        self.tried += 1
        try:
            yield
        except AssertionError as error:
            self.failures.append(f"{what}: {error}")

    def holds(self) -> None:
        """Raises AssertionError where a trial failed, or none was made."""
        assert self.tried, "nothing was tried"
        told = "\n".join(self.failures[:10])
        assert not self.failures, f"{len(self.failures)} of {self.tried} failed:\n{told}"
