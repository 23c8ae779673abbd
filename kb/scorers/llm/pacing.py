"""How fast an endpoint is asked: requests and tokens a minute, and rest when it asks for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_WINDOW = 60.0


@dataclass(slots=True)
class Pace:
    """The limits of one endpoint; 0 is none. Times are seconds of one clock, whichever."""

    requests: int = 0
    tokens: int = 0
    _sent: deque[tuple[float, int]] = field(default_factory=deque)
    _until: float = 0.0

    def wait(self, now: float, tokens: int) -> float:
        """Seconds until a request of so many tokens may go; 0 when it may go now.

        One that is larger than the limit goes when the minute before it is empty.
        """
        while self._sent and self._sent[0][0] <= now - _WINDOW:
            self._sent.popleft()
        wait = self._until - now
        count, held = len(self._sent), sum(each for _, each in self._sent)
        for at, each in self._sent:
            full = self.requests and count >= self.requests
            heavy = self.tokens and held + tokens > self.tokens
            if not (full or heavy):
                break
            wait = max(wait, at + _WINDOW - now)
            count, held = count - 1, held - each
        return max(0.0, wait)

    def note(self, now: float, tokens: int) -> None:
        """A request of so many tokens goes."""
        if self.requests or self.tokens:
            self._sent.append((now, tokens))

    def rest(self, until: float) -> None:
        """Nothing goes before `until`."""
        self._until = max(self._until, until)
